"""From recipes in a scenario to chains of bound methods (``recipe``), once, before the run.

Recipes are compiled backwards: a step is made with its continuation. Two wrappers stand around the continuations of
steps that take time, and only where they are needed. In a service that a fault can pause or crash, a recipe checks
whether its replica is still alive. In a service that frees its workers while calling, it asks for a worker again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.engine.assembly.continuations import resuming, suspending, while_alive, while_carried
from sim.engine.calls.route import Continuation
from sim.engine.operations import steps as player
from sim.engine.operations import stores
from sim.engine.operations.load_dependent import under_load
from sim.errors import not_played
from sim.mechanisms.steps.facts import walk
from sim.quantities.line_order import PREEMPTIVE
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.assembly.wiring import Wiring
    from sim.engine.calls.attempt import Failed, Frame, Then
    from sim.engine.calls.plain import PlainCall
    from sim.engine.calls.retrying import RetryingCall
    from sim.engine.faults.capabilities import Needs
    from sim.engine.system import System
    from sim.mechanisms.steps.parts import OutcomeRule, Steps
    from sim.quantities import Condition, Law


class OperationCompiler:
    """Compiles one operation of one service."""

    def __init__(self, system: System, wiring: Wiring, needs: Needs, service_name: str, operation: str) -> None:
        self.system, self.wiring, self.needs = system, wiring, needs
        self.service, self.operation = system.services[service_name], operation
        service, model = self.service, system.scenario.services[service_name]
        self.component = f"{service.name}.{operation}"
        self.steps = model.operations[operation]
        self.frees = model.while_calling == "free"
        self.can_die = service.name in needs.can_die
        self.last_work: player.Work | player.PausableWork | None = None
        self.in_batches = any(one.operation == operation for one in model.batches.values())
        self.asked = {inner.condition.step for step in walk(self.steps) for inner in step.inner if inner.condition}

    def program(self) -> Then:
        """Return the start of the operation: what a worker does with an attempt."""
        service = self.service
        replies = any(step.replies for step in walk(self.steps))
        finish: Then = service.finish_replied if replies else service.finish
        fail: Failed = service.fail_replied if replies else service.fail
        if self.in_batches:
            from sim.engine.messaging.batches import ending_in_batches

            finish, fail = ending_in_batches(finish, fail)
        if self.can_die:
            finish = service.end_unless_injected(finish, fail)
        begin = self.chain(self.steps, Continuation.after(finish, fail), self.component, False)
        if self.can_die:
            begin = service.begin_if_up(begin, fail)
        return _expecting_reply(begin) if replies else begin

    def batch_program(self, queue: str, law: Law, begin: Then) -> Then:
        """Return the start of a batch from *queue*: the work for all of it, then *begin* with its first message."""
        if law.is_zero:
            return begin
        after = Continuation.after(begin, self.service.fail)
        return _StepCompiler(self, after, f"{queue} -> {self.component}", False).work(law)

    def chain(self, steps: Steps, after: Continuation, path: str, in_fork_branch: bool) -> Then:
        """Return the start of a list of steps that continues with *after*."""
        then = after.then
        for i in range(len(steps) - 1, -1, -1):
            here = Continuation.after(then, after.failed)
            then = steps[i].express(_StepCompiler(self, here, f"{path}[{i}]", in_fork_branch))
        return then


class _StepCompiler:
    """The verbs of one step (``sim.mechanisms.steps.parts``): each is the start of its part of the chain."""

    __slots__ = ("op", "system", "service", "after", "path", "in_fork_branch")

    def __init__(self, op: OperationCompiler, after: Continuation, path: str, in_fork_branch: bool) -> None:
        self.op, self.system, self.service = op, op.system, op.service
        self.after, self.path, self.in_fork_branch = after, path, in_fork_branch

    # --- continuations ------------------------------------------------------------------------------------

    def _timed(self, after: Continuation, on_worker: bool = False) -> Continuation:
        """Wrap the continuation of a step that takes time; *on_worker*: the step kept its worker meanwhile."""
        if self.in_fork_branch:
            holds = on_worker and self.op.frees
            after = after.wrapped(lambda go_on: while_carried(go_on, holds))
        return after.wrapped(while_alive) if self.op.can_die else after

    def _elsewhere(self, start: Then, after: Continuation) -> tuple[Then, Continuation]:
        """Free the worker while a step waits for an answer, where the service does so."""
        if not self.op.frees:
            return start, after
        return suspending(start), after.wrapped(lambda go_on: _resuming(go_on, self.in_fork_branch))

    def _on_error(self, rule: OutcomeRule) -> Continuation:
        """Return the continuation of a call, a send or a join with what its failure means."""
        after = self.after
        if rule.on_error == "fail":
            return after
        if rule.on_error == "ignore":
            instead = after.then
        elif rule.on_error == "degraded":
            instead = player.Degraded(after.then).go_on
        else:
            instead = self._inner(rule.instead, ".on error")
        return Continuation.after(after.then, player.OnError(instead).go_on)

    def _inner(self, steps: Steps, place: str) -> Then:
        """Return the start of a recipe inside the step, which continues as the step does."""
        return self.op.chain(steps, self.after, self.path + place, self.in_fork_branch)

    # --- verbs --------------------------------------------------------------------------------------------

    def work(self, law: Law) -> Then:
        """Keep the worker busy, with only the parts that the faults of the service need."""
        system, service, needs = self.system, self.service, self.op.needs
        draw, counting = under_load(system.streams.draw(law, self.path, "work"), law.per_request_s)
        kind: type[player.Work | player.PausableWork] = player.Work
        order = system.scenario.services[service.name].line
        if order.kind == PREEMPTIVE:
            from sim.engine.operations.preemptible_work import PreemptibleWork

            kind = PreemptibleWork
        elif service.name in needs.shares_cores:
            from sim.engine.operations.shared_work import SharedWork

            kind = SharedWork
        elif service.name in needs.has_variable_speed:
            kind = player.VariableSpeedWork
        elif service.name in needs.can_pause:
            kind = player.PausableWork
        then, processor_time = self._timed(self.after, True).then, service.processor_time
        work = kind(system.kernel, draw, then if processor_time is None else processor_time.ending(then))
        if order.kind == PREEMPTIVE:
            work.preempted = order.preempted  # type: ignore[union-attr]
        service.work_steps.append((work, draw))
        self.op.last_work = work
        start = counting(work.start)
        return start if processor_time is None else processor_time.beginning(start)

    def wait(self, law: Law) -> Then:
        """Hold the worker."""
        draw = self.system.streams.draw(law, self.path, "wait")
        kind = player.InterruptibleWait if self.service.name in self.op.needs.can_pause else player.Work
        return kind(self.system.kernel, draw, self._timed(self.after, True).then).start

    def call(self, operation: str, rule: OutcomeRule) -> Then:
        """Call over the link."""
        callee, _, name = operation.partition(".")
        return self._remote(self.op.wiring.call("call", self.service.name, callee, name, self.op.operation), rule)

    def send(self, queue: str, rule: OutcomeRule) -> Then:
        """Send over the link."""
        return self._remote(self.op.wiring.call("send", self.service.name, queue, "", self.op.operation), rule)

    def _remote(self, call: PlainCall | RetryingCall, rule: OutcomeRule) -> Then:
        after = self._on_error(rule)
        if rule.name in self.op.asked:
            note = player.RecordOutcome(rule.name, after.then, after.failed)
            after = Continuation(note.ended_well, note.ended_degraded, note.ended_badly)
        else:
            after = Continuation(after.then, player.Degraded(after.then).go_on, after.failed)
        start, inner = self._elsewhere(call.start, after)
        call.after = self._timed(inner)
        return start

    def effect(self, name: str, once_per: str) -> Then:
        """Write it into the ledger."""
        system = self.system
        site = system.effect_codes[self.path]
        return player.Effect(system.kernel, system.recorder.effects.rows, site, self.after.then).start

    def read(self, store: str) -> Then:
        """Read the row of the request."""
        return stores.Read(self.system.stores[store], self.after.then).start

    def write(self, store: str, if_unchanged: bool) -> Then:
        """Write the row of the request."""
        system, component = self.system, self.system.component_code(store)
        return stores.Write(
            system.kernel,
            system.stores[store],
            if_unchanged,
            system.recorder.marks.rows.write,
            component,
            reason_code(component, "conflict"),
            self.after.then,
            self.after.failed,
        ).start

    def fail(self, share: float, retry_after_s: float | None) -> Then:
        """Fail by chance."""
        uniform = self.system.streams.uniform(self.path, "fail")
        reason = reason_code(self.service.component, "fail step")
        failed = self.after.failed
        if retry_after_s is not None:
            failed = _asking(failed, retry_after_s)
        return player.Fail(share, uniform, self.after.then, failed, reason).start

    def reply(self) -> Then:
        """Answer the caller."""
        return player.Reply(self.after.then).start

    def branch(self, condition: Condition, then: Steps, otherwise: Steps) -> Then:
        """Choose by share, by key or by an outcome."""
        streams = self.system.streams
        if condition.kind == "share":
            chooses = player.by_share(streams.seed, streams.replication, self.path, condition.share)
        elif condition.kind == "key":
            chooses = player.by_key(condition.keys)
        elif condition.kind == "step":
            chooses = player.by_outcome(condition.step, condition.outcome)
        else:
            raise not_played("condition of a branch", condition.kind)
        return player.Branch(chooses, self._inner(then, ".then"), self._inner(otherwise, ".else")).start

    def repeat(self, times: int, steps: Steps) -> Then:
        """Do the steps in a loop."""
        repeat = player.Repeat(self.system.kernel, times, self.after.then)
        body = Continuation.after(repeat.again, repeat.left(self.after.failed))
        repeat.body = self.op.chain(steps, body, self.path, self.in_fork_branch)
        if self.op.can_die:
            repeat.body = while_alive(repeat.body)
        return repeat.start

    def parallel(self, recipes: Sequence[Steps], times: int, needed: int, rule: OutcomeRule) -> Then:
        """Begin the recipes as branches of a fork."""
        after = self._on_error(rule)
        if rule.name in self.op.asked:
            note = player.RecordOutcome(rule.name, after.then, after.failed)
            after = Continuation.after(note.ended_well, note.ended_badly)
        fork = player.Parallel(self.system.kernel, needed)
        start, inner = self._elsewhere(fork.start, after)
        timed = self._timed(inner)
        fork.then, fork.failed = timed.then, timed.failed
        arrived, broke = fork.arrived, fork.broke
        if self.op.frees:
            arrived, broke = suspending(arrived), suspending(broke)
        for i, steps in enumerate(recipes):
            body = self.op.chain(steps, Continuation.after(arrived, broke), f"{self.path}.parallel[{i}]", True)
            if self.op.frees:
                body = _resuming(body, True)
            fork.bodies += [body] * times
        return start


def _resuming(go_on: Callable[..., None], in_fork_branch: bool) -> Callable[..., None]:
    """Get a worker for the frame, then call *go_on*; by then the attempt of a fork branch may have ended."""
    return resuming(while_carried(go_on, True) if in_fork_branch else go_on)


def _expecting_reply(begin: Then) -> Then:
    def expect(attempt: Any) -> None:
        attempt.replied = False
        begin(attempt)

    return expect


def _asking(failed: Failed, after_s: float) -> Failed:
    """Wrap *failed*: the answer of the operation says when its caller may try again."""
    from sim.engine.services.pushback import say_retry_after

    def fail(frame: Frame, outcome: int, reason: int) -> None:
        say_retry_after(frame.root, after_s)
        failed(frame, outcome, reason)

    return fail
