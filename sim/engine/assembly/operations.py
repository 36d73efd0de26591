"""From recipes in a scenario to chains of bound methods (``recipe``), once, before the run.

Compiling goes backwards: a step is made with what comes after it. Two things wrap the continuations of steps that
take time, and only where they are needed: the recipes of a service that a fault can pause or crash ask whether they
are still alive, and those of a service whose workers are freed while calling ask for a worker again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.engine.calls.attempt import Failed, Frame, Then
from sim.engine.calls.plain import PlainCall
from sim.engine.calls.retrying import GuardedCall
from sim.engine.operations import steps as recipe
from sim.engine.operations import stores
from sim.engine.operations.load_dependent import under_load
from sim.errors import not_played
from sim.record.recorder import cause
from sim.scenario import models
from sim.scenario.models.steps import walk

if TYPE_CHECKING:
    from sim.engine.assembly.wiring import Wiring
    from sim.engine.faults.capabilities import Needs
    from sim.engine.system import System


@dataclass(frozen=True, slots=True)
class Continuation:
    """What comes after a step, both ways."""

    then: Then
    failed: Failed


class OperationCompiler:
    """Compiles one operation of one service."""

    def __init__(self, system: System, wiring: Wiring, needs: Needs, service_name: str, operation: str) -> None:
        self.system, self.wiring, self.needs = system, wiring, needs
        self.service, self.operation = system.services[service_name], operation
        service, model = self.service, system.scenario.services[service_name]
        self.component = f"{service.name}.{operation}"
        self.steps: Sequence[Any] = model.operations[operation]
        self.frees = model.while_calling == "free"
        self.fragile = service.name in needs.fragile
        self.last_work: recipe.Work | recipe.FreezableWork | None = None
        self.asked = {step.branch.step for step in walk(self.steps) if isinstance(step, models.Branch)}

    def program(self) -> Then:
        """Return the start of the operation: what a worker does with an attempt."""
        service = self.service
        replies = any(isinstance(step, models.Reply) for step in walk(self.steps))
        finish: Then = service.finish_replied if replies else service.finish
        fail: Failed = service.fail_replied if replies else service.fail
        if self.fragile:
            finish = service.end_fragile(finish, fail)
        begin = self.recipe(self.steps, Continuation(finish, fail), self.component, False)
        if self.fragile:
            begin = service.begin_fragile(begin, fail)
        return _expecting_reply(begin) if replies else begin

    def recipe(self, steps: Sequence[Any], after: Continuation, path: str, in_strand: bool) -> Then:
        """Return the start of a list of steps that goes on to *after*."""
        then = after.then
        for i in range(len(steps) - 1, -1, -1):
            then = self.step(steps[i], Continuation(then, after.failed), f"{path}[{i}]", in_strand)
        return then

    def step(self, step: Any, after: Continuation, path: str, in_strand: bool) -> Then:
        """Return the start of one step."""
        kind: Callable[..., Then] | None = getattr(self, "_" + type(step).__name__.lower(), None)
        if kind is None:
            raise not_played("step", type(step).__name__)
        return kind(step, after, path, in_strand)

    # --- continuations ------------------------------------------------------------------------------------

    def _timed(self, after: Continuation, in_strand: bool, on_worker: bool = False) -> Continuation:
        """Wrap what comes after a step that takes time; *on_worker*: the step kept its worker meanwhile."""
        then, failed = after.then, after.failed
        if in_strand:
            holds = on_worker and self.frees
            then, failed = _while_carried(then, holds), _while_carried(failed, holds)
        if self.fragile:
            then, failed = _while_alive(then), _while_alive(failed)
        return Continuation(then, failed)

    def _elsewhere(self, start: Then, after: Continuation, in_strand: bool) -> tuple[Then, Continuation]:
        """Free the worker while a step waits for somebody else, where the service does so."""
        if not self.frees:
            return start, after
        return _suspending(start), Continuation(
            self._resuming(after.then, in_strand), self._resuming(after.failed, in_strand)
        )

    def _resuming(self, go_on: Callable[..., None], in_strand: bool) -> Callable[..., None]:
        """Get a worker for the frame, then do *go_on*: a strand may find then that its attempt is over."""
        return _resuming(_while_carried(go_on, True) if in_strand else go_on)

    def _on_error(self, step: Any, after: Continuation, path: str, in_strand: bool) -> Continuation:
        """What failing means for a call, a send or a join."""
        on_error = step.on_error
        if on_error == "fail":
            return after
        if on_error == "ignore":
            instead = after.then
        elif on_error == "degraded":
            instead = recipe.Degraded(after.then).go_on
        else:
            instead = self.recipe(on_error, after, f"{path}.on error", in_strand)
        return Continuation(after.then, recipe.Otherwise(instead).go_on)

    # --- steps --------------------------------------------------------------------------------------------

    def _work(self, step: models.Work, after: Continuation, path: str, in_strand: bool) -> Then:
        system = self.system
        draw, counting = under_load(system.streams.draw(step.work, path, "work"), step.work.per_request_s)
        kind: type[recipe.Work | recipe.FreezableWork] = recipe.Work
        if self.service.name in self.needs.paced:
            kind = recipe.PacedWork
        elif self.service.name in self.needs.freezable:
            kind = recipe.FreezableWork
        work = kind(system.kernel, draw, self._timed(after, in_strand, True).then)
        self.service.works.append((work, draw))
        self.last_work = work
        return counting(work.start)

    def _wait(self, step: models.Wait, after: Continuation, path: str, in_strand: bool) -> Then:
        draw = self.system.streams.draw(step.wait, path, "wait")
        kind = recipe.FragileWait if self.service.name in self.needs.freezable else recipe.Work
        return kind(self.system.kernel, draw, self._timed(after, in_strand, True).then).start

    def _call(self, step: models.Call, after: Continuation, path: str, in_strand: bool) -> Then:
        service, _, operation = step.call.partition(".")
        call = self.wiring.call("call", self.service.name, service, operation, self.operation)
        return self._remote(call, step, after, path, in_strand)

    def _send(self, step: models.Send, after: Continuation, path: str, in_strand: bool) -> Then:
        call = self.wiring.call("send", self.service.name, step.send, "", self.operation)
        return self._remote(call, step, after, path, in_strand)

    def _remote(
        self, call: PlainCall | GuardedCall, step: Any, after: Continuation, path: str, in_strand: bool
    ) -> Then:  # fmt: skip
        after = self._on_error(step, after, path, in_strand)
        degraded = recipe.Degraded(after.then).go_on
        if step.as_ in self.asked:
            note = recipe.Remember(step.as_, after.then, after.failed)
            after, degraded = Continuation(note.ended_well, note.ended_badly), note.ended_degraded
        start, inner = self._elsewhere(call.start, after, in_strand)
        timed = self._timed(inner, in_strand)
        call.then, call.failed = timed.then, timed.failed
        _, inner = self._elsewhere(call.start, Continuation(degraded, after.failed), in_strand)
        call.degraded = self._timed(inner, in_strand).then
        if isinstance(call, GuardedCall):
            call.fragile = self.fragile
        return start

    def _effect(self, step: models.Effect, after: Continuation, path: str, in_strand: bool) -> Then:
        system = self.system
        site = system.effect_codes[path]
        return recipe.Effect(system.kernel, system.recorder.effects.write, site, after.then).start

    def _read(self, step: models.Read, after: Continuation, path: str, in_strand: bool) -> Then:
        return stores.Read(self.system.stores[step.read], after.then).start

    def _write(self, step: models.Write, after: Continuation, path: str, in_strand: bool) -> Then:
        system, place = self.system, self.system.place(step.write)
        return stores.Write(
            system.kernel, system.stores[step.write], step.if_unchanged, system.recorder.marks.write, place,
            cause(place, "conflict"), after.then, after.failed,
        ).start  # fmt: skip

    def _fail(self, step: models.Fail, after: Continuation, path: str, in_strand: bool) -> Then:
        uniform = self.system.streams.uniform(path, "fail")
        why = cause(self.service.place, "fail step")
        return recipe.Fail(step.fail, uniform, after.then, after.failed, why).start

    def _reply(self, step: models.Reply, after: Continuation, path: str, in_strand: bool) -> Then:
        return recipe.Reply(after.then).start

    def _branch(self, step: models.Branch, after: Continuation, path: str, in_strand: bool) -> Then:
        asks = step.branch
        streams = self.system.streams
        if asks.kind == "share":
            chooses = recipe.by_share(streams.seed, streams.replication, path, asks.share)
        elif asks.kind == "key":
            chooses = recipe.by_key(asks.keys)
        elif asks.kind == "step":
            chooses = recipe.by_outcome(asks.step, asks.outcome)
        else:
            raise not_played("condition of a branch", asks.kind)
        then = self.recipe(step.then, after, f"{path}.then", in_strand)
        otherwise = self.recipe(step.else_, after, f"{path}.else", in_strand)
        return recipe.Branch(chooses, then, otherwise).start

    def _repeat(self, step: models.Repeat, after: Continuation, path: str, in_strand: bool) -> Then:
        repeat = recipe.Repeat(self.system.kernel, step.repeat, after.then)
        body = Continuation(repeat.again, repeat.left(after.failed))
        repeat.body = self.recipe(step.steps, body, path, in_strand)
        if self.fragile:
            repeat.body = _while_alive(repeat.body)
        return repeat.start

    def _parallel(self, step: models.Parallel, after: Continuation, path: str, in_strand: bool) -> Then:
        after = self._on_error(step, after, path, in_strand)
        if step.as_ in self.asked:
            note = recipe.Remember(step.as_, after.then, after.failed)
            after = Continuation(note.ended_well, note.ended_badly)
        total = len(step.parallel) * step.times
        needed = total if step.join == "all" else int(step.join)
        fork = recipe.Parallel(self.system.kernel, needed)
        start, inner = self._elsewhere(fork.start, after, in_strand)
        timed = self._timed(inner, in_strand)
        fork.then, fork.failed = timed.then, timed.failed
        arrived, broke = fork.arrived, fork.broke
        if self.frees:
            arrived, broke = _suspending(arrived), _suspending(broke)
        for i, steps in enumerate(step.parallel):
            body = self.recipe(steps, Continuation(arrived, broke), f"{path}.parallel[{i}]", True)
            if self.frees:
                body = self._resuming(body, True)
            fork.bodies += [body] * step.times
        return start


def _while_carried(go_on: Callable[..., None], holds: bool) -> Callable[..., None]:
    """A strand stops when its attempt is over (its join was decided without it), and gives up a worker it *holds*."""

    def carried(strand: Frame, *arguments: Any) -> None:
        if strand.root.left_at is None:
            go_on(strand, *arguments)
        elif holds:
            strand.replica.suspend(strand)

    return carried


def _while_alive(go_on: Callable[..., None]) -> Callable[..., None]:
    """A killed frame does not go on; a frozen one goes on when its replica thaws."""

    def alive(frame: Frame, *arguments: Any) -> None:
        if frame.killed:
            return
        replica = frame.replica
        if replica.frozen:
            replica.deferred.append((alive, (frame, *arguments)))
        else:
            go_on(frame, *arguments)

    return alive


def _suspending(start: Callable[..., None]) -> Callable[..., None]:
    """Free the frame's worker, then do *start*."""

    def suspend(frame: Frame, *arguments: Any) -> None:
        frame.replica.suspend(frame)
        start(frame, *arguments)

    return suspend


def _resuming(go_on: Callable[..., None]) -> Callable[..., None]:
    """Get a worker for the frame, then do *go_on*."""

    def resume(frame: Frame, *arguments: Any) -> None:
        frame.replica.resume(frame, go_on, frame, *arguments)

    return resume


def _expecting_reply(begin: Then) -> Then:
    def expect(attempt: Frame) -> None:
        attempt.replied = False
        begin(attempt)

    return expect
