"""Calls with a resilience pipeline: every defence of the caller, where a timeout and retries do not suffice.

::

    LogicalCall     cache -> fallback -> hedge
      AttemptSequence (one, or several when it hedges)     retry and its budget
        Attempt     breaker -> throttle -> rate limit -> bulkhead -> timeout -> link

A ``LogicalCall`` is what the step of an operation asks for. It runs one ``AttemptSequence`` (a first attempt and its
retries), or several at once when it hedges; each attempt acquires a token from each strategy (``strategies``) before it
leaves. The first good answer ends the logical call, and the attempts still out are abandoned. ``RetryingCall`` does the
same for links with a timeout, retries and a plain breaker only, and is faster. ``stages`` plays links that state
another order of their policies, as calls of this kind one inside another.

Not modelled: the time that a decision takes, and the messages that cancel work at the callee.
"""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.engine.calls.abandonment import CANCEL, CONTINUE
from sim.engine.calls.attempt import Attempt, is_detached
from sim.engine.calls.ends import answered, answered_late, close, give_up
from sim.engine.calls.hedging import HedgeTimers
from sim.engine.calls.retrying import RetryingCall
from sim.engine.calls.scope import Scope
from sim.engine.calls.state import AttemptSequence, LogicalCall, PipelineAttempt
from sim.engine.calls.strategies import DENIED, QUEUED, Strategy
from sim.engine.clock.kernel import TIMER
from sim.outcomes import ABANDONED, DEGRADED, OK, PENDING, SHORT_CIRCUITED, TIMEOUT
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Frame
    from sim.engine.calls.caching import LinkCache, OperationCache
    from sim.engine.calls.retries import RetryLimits
    from sim.engine.calls.route import Verb
    from sim.engine.clock.kernel import Kernel
    from sim.policies.hedge import Hedge
    from sim.policies.retry import Retry
    from sim.record.recorder import Recorder


class Pipeline:
    """The defences of one link other than timeout and retries; all steps of the link share them."""

    __slots__ = (
        "strategies",
        "budget",
        "retry_limits",
        "total_timeout_s",
        "holds_retries",
        "pays_for_hedges",
        "hedge",
        "fallback",
        "link_cache",
        "propagates",
        "on_abandon",
        "accepts_late",
        "connecting",
        "mark",
    )

    def __init__(self, mark: Callable[[str, Any], None]) -> None:
        self.strategies: tuple[Strategy, ...] = ()
        self.budget: Scope | None = None
        self.retry_limits: RetryLimits | None = None
        """What else decides whether and when another attempt follows: a most duration, and what the callee asks for."""
        self.total_timeout_s: float | None = None
        """The longest time of a whole call (``total_timeout``)."""
        self.holds_retries = False
        """Whether the budget counts retries that are out (``retries.InFlightStrategy``)."""
        self.pays_for_hedges = False
        """Whether the budget is asked for hedges too."""
        self.hedge: Hedge | None = None
        self.fallback: str | None = None
        self.link_cache: LinkCache | None = None
        self.propagates = False
        self.on_abandon = CONTINUE
        self.accepts_late = False
        self.connecting: Callable[[Verb], Verb] | None = None
        """Wraps the delivery of an attempt, for a strategy that learns which connections are made."""
        self.mark = mark
        """Notes a decision that no attempt shows."""


class PipelineCall(RetryingCall):
    """A call step under any of a caller's defences."""

    __slots__ = (
        "pipeline",
        "strategies",
        "learners",
        "counts_refusals",
        "timeout_s",
        "deadline_reason",
        "late_reason",
        "unneeded_reason",
        "operation_cache",
        "known",
        "hedge",
        "hedge_timers",
    )

    def __init__(
        self,
        kernel: Kernel,
        recorder: Recorder,
        ids: Callable[[], int],
        code: int,
        link_place: int,
        timeout_s: float | None,
        retry: Retry | None,
        pipeline: Pipeline,
    ) -> None:
        super().__init__(kernel, recorder, ids, code, link_place, None, retry, None)
        self.timer_queue = None if timeout_s is None else kernel.timer_queue(timeout_s, time_out)
        self.timeout_s = inf if timeout_s is None else timeout_s
        self.pipeline, self.strategies = pipeline, pipeline.strategies
        self.chooses_replicas = any(strategy.chooses_replicas for strategy in self.strategies)
        self.drops_abandoned = pipeline.on_abandon != CONTINUE
        self.learners = [(i, strategy.release) for i, strategy in enumerate(pipeline.strategies) if strategy.learns]
        """Releases the token of each strategy that learns how an attempt ended, by the index of its token."""
        self.counts_refusals = retry is not None and SHORT_CIRCUITED in retry.on
        """Whether an attempt that is stopped counts as one: its retry may send another."""
        self.hedge, self.hedge_timers = pipeline.hedge, HedgeTimers(kernel, self._hedge)
        self.deadline_reason = reason_code(link_place, "deadline")
        self.late_reason = reason_code(link_place, "out of time")
        self.unneeded_reason = reason_code(link_place, "another was first")
        self.operation_cache: OperationCache | None = None
        """Where the answers of this operation are kept, if they are."""
        self.known: dict[float, None] = {}
        """Keys that were answered well before, for a fallback to a cached answer."""

    # --- the logical call ---------------------------------------------------------------------------------

    def start(self, frame: Frame) -> None:
        """Begin a call: look into the cache, then send a first attempt."""
        logical_call = LogicalCall(self, frame)
        if self.operation_cache is None or not self.operation_cache.try_serve(logical_call):
            self.start_sequence(logical_call)

    def start_sequence(self, logical_call: LogicalCall) -> None:
        """Send a first attempt, and plan a hedge, or a further one."""
        sequence = AttemptSequence(logical_call)
        scope = self.pipeline.budget
        if scope is not None:
            sequence.budget = scope.only if scope.only is not None else scope.of(sequence)
        logical_call.sequences.append(sequence)
        self.attempt(sequence)
        hedge = self.hedge
        if hedge is not None and logical_call.hedges < hedge.most and not logical_call.over:
            delay_s = hedge.delay_s()
            if delay_s is not None:
                self.hedge_timers.plan(delay_s, logical_call)

    def _hedge(self, logical_call: LogicalCall) -> None:
        if is_detached(logical_call.frame):
            return
        if self.pipeline.pays_for_hedges and not logical_call.sequences[0].budget.take_for_hedge(self.kernel.now):
            self.pipeline.mark("hedge denied", logical_call)
            return
        logical_call.hedges += 1
        self.pipeline.mark("hedge", logical_call)
        self.start_sequence(logical_call)

    def succeed(self, logical_call: LogicalCall, outcome: int) -> None:
        """A good answer is here, or was in the cache: the caller continues."""
        self._close(logical_call)
        if self.pipeline.fallback == "cached" and outcome == OK:
            self.known[logical_call.request.key] = None
        waiters = (
            self.operation_cache.store_and_release(logical_call, outcome) if self.operation_cache is not None else ()
        )
        (self.after.then if outcome == OK else self.after.degraded)(logical_call.frame)
        for waiter in waiters:
            if not waiter.over:
                waiter.step.succeed(waiter, outcome)

    def fail(self, logical_call: LogicalCall, outcome: int, reason: int) -> None:
        """No answer will come: fall back, or fail."""
        self._close(logical_call)
        waiters = self.operation_cache.release_waiters(logical_call) if self.operation_cache is not None else ()
        if self._can_fall_back(logical_call):
            self.pipeline.mark("fallback", logical_call)
            self.after.degraded(logical_call.frame)
        else:
            self.after.failed(logical_call.frame, outcome, reason)
        for waiter in waiters:
            if not waiter.over:
                waiter.step.fail(waiter, outcome, reason)

    def _can_fall_back(self, logical_call: LogicalCall) -> bool:
        fallback = self.pipeline.fallback
        return fallback is not None and (fallback != "cached" or logical_call.request.key in self.known)

    def _close(self, logical_call: LogicalCall) -> None:
        """The logical call has ended: abandon the attempts that are out, and cancel what waits for a token."""
        logical_call.over, logical_call.outcome = True, OK
        for sequence in logical_call.sequences:
            if sequence.over:
                continue
            sequence.over = True
            if sequence.current is not None:
                self._abandon(sequence.current)
            else:
                self._cancel_all(sequence)

    def cancel(self, logical_call: Any, reason: int) -> None:
        """The client leaves at its deadline: its attempts end as timeouts, nothing is tried again."""
        logical_call.over, logical_call.outcome = True, TIMEOUT
        self.give_up_all(logical_call, reason)
        self._promote_waiter(logical_call)

    def give_up_all(self, logical_call: LogicalCall, reason: int) -> None:
        """End what is under way of *logical_call*: attempts that are out as timeouts, and all waits."""
        for sequence in logical_call.sequences:
            attempt = sequence.current
            if attempt is not None and not sequence.over:
                give_up(attempt, TIMEOUT, reason)
                self._cancel_at_callee(attempt)
                self._release_all(attempt, TIMEOUT)
            elif not sequence.over:
                self._cancel_all(sequence)
            sequence.over = True

    def _promote_waiter(self, logical_call: LogicalCall) -> None:
        """Let the first call that waits for the answer of *logical_call* fetch it now."""
        if self.operation_cache is None:
            return
        waiters = [waiter for waiter in self.operation_cache.release_waiters(logical_call) if not waiter.over]
        if waiters:
            first = waiters[0]
            self.operation_cache.take_over(first, waiters[1:])
            first.step.start_sequence(first)

    # --- one sequence of attempts -------------------------------------------------------------------------

    def attempt(self, sequence: Any) -> None:
        """Send the next attempt of *sequence*, if its caller still waits and the strategies let it pass."""
        if sequence.over:
            return
        if is_detached(sequence.frame):
            self._detach(sequence)
            return
        if self.can_die and self._held_back(sequence):
            return
        if self._is_late(sequence):
            self.stop(sequence, self.late_reason)
            return
        sequence.tokens = ()
        self._acquire_all(sequence, self.strategies)

    def _detach(self, sequence: AttemptSequence) -> None:
        """Send nothing more for a caller that does not continue; other calls may wait for the same answer."""
        self._cancel_all(sequence)
        sequence.over = True
        logical_call = sequence.logical_call
        if all(other.over for other in logical_call.sequences):
            logical_call.over, logical_call.outcome = True, TIMEOUT
            self._promote_waiter(logical_call)

    def _is_late(self, sequence: AttemptSequence) -> bool:
        """Whether the time of its caller's caller has ended, as far as it knows."""
        return bool(self.pipeline.propagates and sequence.frame.due_at <= self.kernel.now)

    def _acquire_all(self, sequence: AttemptSequence, strategies: Sequence[Strategy]) -> None:
        now = self.kernel.now
        sequence.tokens = tokens = [*sequence.tokens]
        for strategy in strategies:
            token = strategy.acquire(sequence, now)
            if token is DENIED:
                self.stop(sequence, strategy.reason)
                return
            if token is QUEUED:
                return
            tokens.append(token)
        self._send_attempt(sequence, now)

    def resume(self, sequence: AttemptSequence, index: int, token: Any) -> None:
        """The token that *sequence* waited for is here, of the strategy with *index*."""
        if sequence.over:
            self.strategies[index].cancel(token)
            return
        sequence.tokens = [*sequence.tokens, token]
        if is_detached(sequence.frame):
            self._detach(sequence)
        elif self._is_late(sequence):
            self.stop(sequence, self.late_reason)
        else:
            self._acquire_all(sequence, self.strategies[index + 1 :])

    def stop_waiting(self, sequence: AttemptSequence, reason: int) -> None:
        """*sequence* has waited for its token for too long: stop it, unless its caller has left meanwhile."""
        if sequence.over:
            return
        if is_detached(sequence.frame):
            self._detach(sequence)
        else:
            self.stop(sequence, reason)

    def stop(self, sequence: AttemptSequence, reason: int) -> None:
        """The caller itself stops it: no attempt is made, but a row shows that one was wanted; a retry may follow."""
        logical_call, now = sequence.logical_call, self.kernel.now
        self._cancel_all(sequence)
        sequence.over = True
        self.rows.write(
            (
                self.next_id(),
                logical_call.request.id,
                logical_call.frame.id,
                self.code,
                -1,
                logical_call.tries + 1,
                now,
                nan,
                nan,
                nan,
                now,
                SHORT_CIRCUITED,
                reason,
                0.0,
            )
        )
        if self.counts_refusals:
            logical_call.tries += 1
            sequence.tries += 1
            wait_s = self._next_wait_s(sequence, None, SHORT_CIRCUITED)
            if wait_s is not None:
                sequence.over, sequence.wait_s = False, wait_s
                self.kernel.after(wait_s, self.attempt, sequence)
                return
        self._sequence_ended(sequence, SHORT_CIRCUITED, reason)

    def _cancel_all(self, sequence: AttemptSequence) -> None:
        tokens, sequence.tokens = sequence.tokens, ()
        for strategy, token in zip(self.strategies, tokens):
            strategy.cancel(token)
        if sequence.held is not None:
            sequence.held.put_back()
            sequence.held = None

    def _send_attempt(self, sequence: AttemptSequence, now: float) -> None:
        logical_call, frame = sequence.logical_call, sequence.frame
        logical_call.tries += 1
        sequence.tries += 1
        number = self.next_id()
        attempt = PipelineAttempt(self, frame, logical_call.request, number, now)
        attempt.number, attempt.call, attempt.unanswerable = logical_call.tries, sequence, False
        attempt.tokens, sequence.tokens = sequence.tokens, ()
        sequence.current = attempt
        self.open[number] = attempt
        if sequence.replica is not None:
            attempt.replica = sequence.replica
            if self.route.counts:
                sequence.replica.outstanding += 1
        if sequence.budget is not None and logical_call.tries == 1:
            sequence.budget.first_try(now)
        attempt.due_at = self._due_at(sequence, now) if self.pipeline.propagates else inf
        if self.pipeline.propagates and frame.due_at < attempt.due_at:  # less is left of its caller's time than its own
            attempt.due_at = frame.due_at
            self.kernel.at(frame.due_at, TIMER, _on_deadline, attempt)
        elif self.timer_queue is not None:
            self.timer_queue.add(attempt)
        self.route.send(attempt)

    def _due_at(self, sequence: AttemptSequence, now: float) -> float:
        """When the time of an attempt of *sequence* ends that is sent *now*, by the timeouts of this link."""
        return now + self.timeout_s

    def has_timer(self, attempt: Attempt) -> bool:
        """Whether a timer will end *attempt* if no answer does."""
        return self.timer_queue is not None or getattr(attempt, "due_at", inf) < inf

    # --- how attempts end ---------------------------------------------------------------------------------

    def receive(self, attempt: Attempt) -> None:
        """An answer is back: the first end counts; a late one can still end the logical call where that is wanted."""
        if attempt.outcome != PENDING:
            answered_late(attempt)
            if attempt.result <= DEGRADED:
                self._late_and_good(attempt)
            return
        answered(attempt)
        self.ended(attempt, attempt.outcome)

    def _late_and_good(self, attempt: Attempt) -> None:
        logical_call, pipeline = attempt.call.logical_call, self.pipeline
        if pipeline.hedge is not None and attempt.outcome == ABANDONED:
            pipeline.hedge.took(self.kernel.now - attempt.sent_at)
        if pipeline.accepts_late and attempt.outcome == TIMEOUT and not logical_call.over:
            pipeline.mark("late answer accepted", logical_call)
            self.succeed(logical_call, attempt.result)

    def ended(self, attempt: Any, outcome: int) -> None:
        """The caller knows how *attempt* ended: it succeeds, is retried, or ends its sequence."""
        sequence: AttemptSequence = attempt.call
        sequence.current = None
        self._release_all(attempt, outcome)
        if sequence.over:
            return
        if outcome <= DEGRADED:
            sequence.over = True
            self._learn(sequence, attempt)
            self.succeed(sequence.logical_call, outcome)
            return
        wait_s = self._next_wait_s(sequence, attempt, outcome)
        if wait_s is None:
            sequence.over = True
            self._sequence_ended(sequence, outcome, attempt.reason)
            return
        sequence.wait_s = wait_s
        if wait_s == 0 and outcome == TIMEOUT:
            self.attempt(sequence)
        else:
            self.kernel.after(wait_s, self.attempt, sequence)

    def _release_all(self, attempt: PipelineAttempt, outcome: int) -> None:
        tokens, attempt.tokens = attempt.tokens, ()
        now = self.kernel.now
        took_s = now - attempt.sent_at
        if tokens:
            for i, release in self.learners:
                release(tokens[i], outcome, took_s, now)

    def _learn(self, sequence: AttemptSequence, attempt: PipelineAttempt) -> None:
        """Let hedge and budget learn from an attempt that went well."""
        if self.hedge is not None:
            self.hedge.took(attempt.ended_at - attempt.sent_at)
        if sequence.budget is not None:
            sequence.budget.success(sequence.tries > 1, sequence.timed_out, self.kernel.now)

    def _next_wait_s(self, sequence: AttemptSequence, attempt: Attempt | None, outcome: int) -> float | None:
        """Return the seconds until the next attempt of *sequence*, after *attempt* or a stop; None: there is none."""
        if self.retry is None:
            return None
        budget, limits = sequence.budget, self.pipeline.retry_limits
        if budget is not None:
            is_forbidden = limits is not None and limits.forbids(attempt)
            budget.failure(is_forbidden or outcome in self.retry.on, self.kernel.now)
        if limits is None:
            wait_s = self.retry.next_wait_s(sequence.tries, outcome, sequence.wait_s)
        else:
            wait_s = limits.next_wait_s(self.retry, sequence, attempt, outcome)
        if wait_s is None:
            return None
        if self.pipeline.propagates and self.kernel.now + wait_s >= sequence.frame.due_at:
            return None
        if budget is not None:
            if not budget.take(outcome == TIMEOUT, self.kernel.now):
                self.pipeline.mark("retry denied", sequence.logical_call)
                return None
            if self.pipeline.holds_retries:
                sequence.held = budget
        sequence.timed_out = outcome == TIMEOUT
        return wait_s

    def _sequence_ended(self, sequence: AttemptSequence, outcome: int, reason: int) -> None:
        """*sequence* has failed for good: so has the logical call, unless another sequence is under way."""
        logical_call = sequence.logical_call
        if not logical_call.over and all(other.over for other in logical_call.sequences):
            self.fail(logical_call, outcome, reason)

    def _abandon(self, attempt: PipelineAttempt) -> None:
        """The caller continues without *attempt*: another was first."""
        give_up(attempt, ABANDONED, self.unneeded_reason)
        self._release_all(attempt, ABANDONED)
        self._cancel_at_callee(attempt)

    def _cancel_at_callee(self, attempt: Attempt) -> None:
        """Cancel *attempt* at its callee, where the link does so; one on its way is dropped where it would enter."""
        how = self.pipeline.on_abandon
        entered = attempt.entered_at == attempt.entered_at
        if how == CONTINUE or attempt.left_at is not None or not entered or attempt.replica.index < 0:
            return
        if attempt.started_at != attempt.started_at:
            if attempt.replica.leave_line(attempt):
                self.pipeline.mark("dropped", attempt.call.logical_call)
                attempt.left_at = self.kernel.now
                close(attempt)
        elif how == CANCEL and not getattr(attempt, "replied", False):
            self.pipeline.mark("cancelled", attempt.call.logical_call)
            attempt.replica.service.cancel(attempt)
            self._cancel_children(attempt)

    def _cancel_children(self, attempt: Attempt) -> None:
        """The calls that a cancelled operation was waiting for are not waited for any more either."""
        for child in list(self.open.values()):
            step = child.step
            if isinstance(step, PipelineCall) and getattr(child.parent, "root", None) is attempt:
                call = step.outermost(child.call.logical_call)
                if child.outcome == PENDING and not call.over:
                    call.step.cancel(call, self.unneeded_reason)

    def outermost(self, logical_call: LogicalCall) -> LogicalCall:
        """Return the call that the caller's step knows: this one, unless another stage is around it (``stages``)."""
        return logical_call


class ClientPipelineCall(PipelineCall):
    """A client's call: the request remembers its logical call, so that its deadline can end it."""

    __slots__ = ()

    def start(self, frame: Any) -> None:
        """Begin a call: look into the cache, then send a first attempt."""
        logical_call = LogicalCall(self, frame)
        frame.tries, frame.current = 0.0, logical_call
        if self.operation_cache is None or not self.operation_cache.try_serve(logical_call):
            self.start_sequence(logical_call)

    def _send_attempt(self, sequence: AttemptSequence, now: float) -> None:
        request: Any = sequence.frame
        request.tries += 1.0
        super()._send_attempt(sequence, now)

    def has_timer(self, attempt: Attempt) -> bool:
        """A client's deadline is a timer too."""
        return super().has_timer(attempt) or attempt.request.client.timer_queue is not None


def time_out(attempt: Any) -> None:
    """The timeout of *attempt* is reached."""
    _end_in_time(attempt, attempt.step.timeout_reason)


def _on_deadline(attempt: PipelineAttempt) -> None:
    """The time of the attempt's caller has ended, unless the attempt ended before."""
    if attempt.outcome == PENDING:
        _end_in_time(attempt, attempt.step.deadline_reason)


def _end_in_time(attempt: Any, reason: int) -> None:
    step: PipelineCall = attempt.step
    give_up(attempt, TIMEOUT, reason)
    step._cancel_at_callee(attempt)
    step.ended(attempt, TIMEOUT)
