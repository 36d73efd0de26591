"""From recipes in a scenario to chains of bound methods (``recipe``), once, before the run.

Compiling goes backwards: a step is made with what comes after it. Two things wrap the continuations of steps that
take time, and only where they are needed: the recipes of a service that a fault can pause or crash ask whether they
are still alive, and those of a service whose workers are freed while calling ask for a worker again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.engine.calls.route import Continuation
from sim.engine.operations import steps as player
from sim.engine.operations import stores
from sim.engine.operations.load_dependent import under_load
from sim.errors import not_played
from sim.record.recorder import reason_code
from sim.scenario import models
from sim.scenario.models.steps import walk

if TYPE_CHECKING:
    from sim.engine.assembly.wiring import Wiring
    from sim.engine.calls.attempt import Failed, Frame, Then
    from sim.engine.calls.plain import PlainCall
    from sim.engine.calls.retrying import RetryingCall
    from sim.engine.faults.capabilities import Needs
    from sim.engine.system import System


class OperationCompiler:
    """Compiles one operation of one service."""

    def __init__(self, system: System, wiring: Wiring, needs: Needs, service_name: str, operation: str) -> None:
        self.system, self.wiring, self.needs = system, wiring, needs
        self.service, self.operation = system.services[service_name], operation
        service, model = self.service, system.scenario.services[service_name]
        self.component = f"{service.name}.{operation}"
        self.steps: Sequence[Any] = model.operations[operation]
        self.frees = model.while_calling == "free"
        self.can_die = service.name in needs.can_die
        self.last_work: player.Work | player.PausableWork | None = None
        self.asked = {step.branch.step for step in walk(self.steps) if isinstance(step, models.Branch)}

    def program(self) -> Then:
        """Return the start of the operation: what a worker does with an attempt."""
        service = self.service
        replies = any(isinstance(step, models.Reply) for step in walk(self.steps))
        finish: Then = service.finish_replied if replies else service.finish
        fail: Failed = service.fail_replied if replies else service.fail
        if self.can_die:
            finish = service.end_unless_injected(finish, fail)
        begin = self.chain(self.steps, Continuation.after(finish, fail), self.component, False)
        if self.can_die:
            begin = service.begin_if_up(begin, fail)
        return _expecting_reply(begin) if replies else begin

    def chain(self, steps: Sequence[Any], after: Continuation, path: str, in_fork_branch: bool) -> Then:
        """Return the start of a list of steps that goes on to *after*."""
        then = after.then
        for i in range(len(steps) - 1, -1, -1):
            then = self.step(steps[i], Continuation.after(then, after.failed), f"{path}[{i}]", in_fork_branch)
        return then

    def step(self, step: Any, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        """Return the start of one step."""
        kind: Callable[..., Then] | None = getattr(self, "_" + type(step).__name__.lower(), None)
        if kind is None:
            raise not_played("step", type(step).__name__)
        return kind(step, after, path, in_fork_branch)

    # --- continuations ------------------------------------------------------------------------------------

    def _timed(self, after: Continuation, in_fork_branch: bool, on_worker: bool = False) -> Continuation:
        """Wrap what comes after a step that takes time; *on_worker*: the step kept its worker meanwhile."""
        if in_fork_branch:
            holds = on_worker and self.frees
            after = after.wrapped(lambda go_on: _while_carried(go_on, holds))
        return after.wrapped(_while_alive) if self.can_die else after

    def _elsewhere(self, start: Then, after: Continuation, in_fork_branch: bool) -> tuple[Then, Continuation]:
        """Free the worker while a step waits for somebody else, where the service does so."""
        if not self.frees:
            return start, after
        return _suspending(start), after.wrapped(lambda go_on: self._resuming(go_on, in_fork_branch))

    def _resuming(self, go_on: Callable[..., None], in_fork_branch: bool) -> Callable[..., None]:
        """Get a worker for the frame, then do *go_on*: a strand may find then that its attempt is over."""
        return _resuming(_while_carried(go_on, True) if in_fork_branch else go_on)

    def _on_error(self, step: Any, after: Continuation, path: str, in_fork_branch: bool) -> Continuation:
        """What failing means for a call, a send or a join."""
        on_error = step.on_error
        if on_error == "fail":
            return after
        if on_error == "ignore":
            instead = after.then
        elif on_error == "degraded":
            instead = player.Degraded(after.then).go_on
        else:
            instead = self.chain(on_error, after, f"{path}.on error", in_fork_branch)
        return Continuation.after(after.then, player.OnError(instead).go_on)

    # --- steps --------------------------------------------------------------------------------------------

    def _work(self, step: models.Work, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        system = self.system
        draw, counting = under_load(system.streams.draw(step.work, path, "work"), step.work.per_request_s)
        kind: type[player.Work | player.PausableWork] = player.Work
        if self.service.name in self.needs.has_variable_speed:
            kind = player.VariableSpeedWork
        elif self.service.name in self.needs.can_pause:
            kind = player.PausableWork
        work = kind(system.kernel, draw, self._timed(after, in_fork_branch, True).then)
        self.service.work_steps.append((work, draw))
        self.last_work = work
        return counting(work.start)

    def _wait(self, step: models.Wait, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        draw = self.system.streams.draw(step.wait, path, "wait")
        kind = player.InterruptibleWait if self.service.name in self.needs.can_pause else player.Work
        return kind(self.system.kernel, draw, self._timed(after, in_fork_branch, True).then).start

    def _call(self, step: models.Call, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        service, _, operation = step.call.partition(".")
        call = self.wiring.call("call", self.service.name, service, operation, self.operation)
        return self._remote(call, step, after, path, in_fork_branch)

    def _send(self, step: models.Send, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        call = self.wiring.call("send", self.service.name, step.send, "", self.operation)
        return self._remote(call, step, after, path, in_fork_branch)

    def _remote(
        self, call: PlainCall | RetryingCall, step: Any, after: Continuation, path: str, in_fork_branch: bool
    ) -> Then:
        after = self._on_error(step, after, path, in_fork_branch)
        if step.as_ in self.asked:
            note = player.RecordOutcome(step.as_, after.then, after.failed)
            after = Continuation(note.ended_well, note.ended_degraded, note.ended_badly)
        else:
            after = Continuation(after.then, player.Degraded(after.then).go_on, after.failed)
        start, inner = self._elsewhere(call.start, after, in_fork_branch)
        call.after = self._timed(inner, in_fork_branch)
        return start

    def _effect(self, step: models.Effect, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        system = self.system
        site = system.effect_codes[path]
        return player.Effect(system.kernel, system.recorder.effects.write, site, after.then).start

    def _read(self, step: models.Read, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        return stores.Read(self.system.stores[step.read], after.then).start

    def _write(self, step: models.Write, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        system, component = self.system, self.system.component_code(step.write)
        return stores.Write(
            system.kernel,
            system.stores[step.write],
            step.if_unchanged,
            system.recorder.marks.write,
            component,
            reason_code(component, "conflict"),
            after.then,
            after.failed,
        ).start

    def _fail(self, step: models.Fail, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        uniform = self.system.streams.uniform(path, "fail")
        reason = reason_code(self.service.component, "fail step")
        return player.Fail(step.fail, uniform, after.then, after.failed, reason).start

    def _reply(self, step: models.Reply, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        return player.Reply(after.then).start

    def _branch(self, step: models.Branch, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        asks = step.branch
        streams = self.system.streams
        if asks.kind == "share":
            chooses = player.by_share(streams.seed, streams.replication, path, asks.share)
        elif asks.kind == "key":
            chooses = player.by_key(asks.keys)
        elif asks.kind == "step":
            chooses = player.by_outcome(asks.step, asks.outcome)
        else:
            raise not_played("condition of a branch", asks.kind)
        then = self.chain(step.then, after, f"{path}.then", in_fork_branch)
        otherwise = self.chain(step.else_, after, f"{path}.else", in_fork_branch)
        return player.Branch(chooses, then, otherwise).start

    def _repeat(self, step: models.Repeat, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        repeat = player.Repeat(self.system.kernel, step.repeat, after.then)
        body = Continuation.after(repeat.again, repeat.left(after.failed))
        repeat.body = self.chain(step.steps, body, path, in_fork_branch)
        if self.can_die:
            repeat.body = _while_alive(repeat.body)
        return repeat.start

    def _parallel(self, step: models.Parallel, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        after = self._on_error(step, after, path, in_fork_branch)
        if step.as_ in self.asked:
            note = player.RecordOutcome(step.as_, after.then, after.failed)
            after = Continuation.after(note.ended_well, note.ended_badly)
        total = len(step.parallel) * step.times
        needed = total if step.join == "all" else int(step.join)
        fork = player.Parallel(self.system.kernel, needed)
        start, inner = self._elsewhere(fork.start, after, in_fork_branch)
        timed = self._timed(inner, in_fork_branch)
        fork.then, fork.failed = timed.then, timed.failed
        arrived, broke = fork.arrived, fork.broke
        if self.frees:
            arrived, broke = _suspending(arrived), _suspending(broke)
        for i, steps in enumerate(step.parallel):
            body = self.chain(steps, Continuation.after(arrived, broke), f"{path}.parallel[{i}]", True)
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
