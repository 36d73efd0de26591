"""Calls whose caller may give up: a timeout, retries, a breaker that counts failures, or a client's deadline.

Each attempt is a race between its answer and a timer; the first end counts, and a late answer changes nothing. The
policies, outermost first, with what each may do to an attempt::

    retry (sends another) ── breaker (stops it) ── timeout (ends it) ── route

``PipelineCall`` plays all the other defences, and these with them. It could play these alone, but a run would take half
as long again (decision 95).

Not modelled: the time that a decision takes.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.calls.attempt import Attempt, Frame, is_detached
from sim.engine.calls.ends import answered_late, give_up
from sim.engine.calls.step import CallStep
from sim.outcomes import DEGRADED, OK, PENDING, SHORT_CIRCUITED, TIMEOUT
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel, TimerQueue
    from sim.policies.breaker import CircuitBreaker
    from sim.policies.retry import Retry
    from sim.record.recorder import Recorder


class Call:
    """One logical call: its attempts so far."""

    __slots__ = ("frame", "tries", "current", "wait_s", "over")

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.tries = 0
        self.current: Attempt | None = None
        self.wait_s = 0.0
        self.over = False


class RetryingCall(CallStep):
    """A call step whose caller may give up: timeout, retries, breaker, or a client's deadline."""

    __slots__ = ("timer_queue", "retry", "breaker", "timeout_reason", "open_reason", "can_die")

    def __init__(
        self,
        kernel: Kernel,
        recorder: Recorder,
        ids: Callable[[], int],
        code: int,
        link_place: int,
        timeout_s: float | None,
        retry: Retry | None,
        breaker: CircuitBreaker | None,
    ) -> None:
        super().__init__(kernel, recorder, ids, code)
        self.timer_queue: TimerQueue | None = None if timeout_s is None else kernel.timer_queue(timeout_s, expire)
        self.retry, self.breaker = retry, breaker
        self.can_die = False
        """Whether the caller can crash."""
        self.timeout_reason = reason_code(link_place, "timeout")
        self.open_reason = reason_code(link_place, "breaker open")

    def start(self, frame: Frame) -> None:
        """Begin a call: its first attempt starts now."""
        self.attempt(Call(frame))

    def attempt(self, call: Any) -> None:
        """Send the next attempt, unless the breaker is open or the caller has gone."""
        if call.over or (call.tries and is_detached(call.frame)) or (self.can_die and self._held_back(call)):
            return
        now = self.kernel.now
        breaker = self.breaker
        if breaker is not None and not breaker.admit(now):
            self._short_circuit(call, now)
            return
        call.tries += 1
        number = self.next_id()
        frame = call.frame
        attempt = Attempt(self, frame, frame.request, number, now)
        attempt.number = call.tries
        attempt.call = call
        attempt.unanswerable = False
        if breaker is not None:
            attempt.generation = breaker.generation
        call.current = attempt
        self.open[number] = attempt
        if self.timer_queue is not None:
            self.timer_queue.add(attempt)
        self.route.send(attempt)

    def _held_back(self, call: Call) -> bool:
        """Whether the caller was killed, or is frozen and sends its next attempt when it thaws."""
        frame = call.frame
        if frame.killed:
            return True
        replica = frame.replica
        if replica.frozen:
            replica.deferred.append((self.attempt, (call,)))
        return bool(replica.frozen)

    def _short_circuit(self, call: Call, now: float) -> None:
        """Fail at once: no attempt is made, but a row shows that one was wanted."""
        frame = call.frame
        self.rows.write(
            (
                self.next_id(),
                frame.request.id,
                frame.id,
                self.code,
                -1,
                call.tries + 1,
                now,
                nan,
                nan,
                nan,
                now,
                SHORT_CIRCUITED,
                self.open_reason,
                0.0,
            )
        )
        call.over = True
        self.after.failed(frame, SHORT_CIRCUITED, self.open_reason)

    def has_timer(self, attempt: Attempt) -> bool:
        """Whether a timer will end *attempt* if no answer does."""
        return self.timer_queue is not None

    def receive(self, attempt: Attempt) -> None:
        """An answer is back: the first end counts, a late one changes nothing."""
        if attempt.outcome != PENDING:
            answered_late(attempt)
            return
        outcome = attempt.outcome = attempt.result
        attempt.ended_at = now = self.kernel.now
        if attempt.left_at is not None:  # as in ``answered``, without a call
            left_at = attempt.left_at
            del self.open[attempt.id]
            self.rows.write(
                (
                    attempt.id,
                    attempt.request.id,
                    attempt.parent.id,
                    self.code,
                    attempt.replica.index,
                    attempt.number,
                    attempt.sent_at,
                    attempt.entered_at,
                    attempt.started_at,
                    left_at,
                    now,
                    outcome,
                    attempt.reason,
                    attempt.worked_s,
                )
            )
        settled = self.route.settled
        if settled is not None:
            settled(attempt)
        call = attempt.call
        if outcome == OK and self.breaker is None and not call.over:
            call.over = True
            call.current = None
            self.after.then(call.frame)
        else:
            self.ended(attempt, outcome)

    def ended(self, attempt: Attempt, outcome: int) -> None:
        """The caller knows how *attempt* ended: the breaker learns it, then the call succeeds, is retried or fails."""
        call = attempt.call
        call.current = None
        if self.breaker is not None:
            self.breaker.record(attempt.generation, outcome <= DEGRADED, self.kernel.now)
        if call.over:
            return
        if outcome <= DEGRADED:
            call.over = True
            (self.after.then if outcome == OK else self.after.degraded)(call.frame)
            return
        wait_s = None
        if self.retry is not None and outcome != SHORT_CIRCUITED:
            wait_s = self.retry.next_wait_s(call.tries, outcome, call.wait_s)
        if wait_s is None:
            call.over = True
            self.after.failed(call.frame, outcome, attempt.reason)
            return
        call.wait_s = wait_s
        if wait_s == 0 and outcome == TIMEOUT:
            self.attempt(call)
        else:
            self.kernel.after(wait_s, self.attempt, call)

    def cancel(self, attempt: Any, reason: int) -> None:
        """The client leaves at its deadline while *attempt* is out."""
        give_up(attempt, TIMEOUT, reason)
        self.ended(attempt, TIMEOUT)


class ClientRetryingCall(RetryingCall):
    """A client's call: the request itself remembers how far its call is, so that its deadline can end it."""

    __slots__ = ()

    def start(self, frame: Any) -> None:
        """Begin a call: its first attempt starts now."""
        frame.tries = 0
        frame.current = None
        frame.wait_s = 0.0
        frame.over = False
        self.attempt(frame)

    def has_timer(self, attempt: Attempt) -> bool:
        """A client's deadline is a timer too."""
        return self.timer_queue is not None or attempt.request.client.timer_queue is not None


def expire(attempt: Attempt) -> None:
    """The timeout of *attempt* is reached: its caller gives it up, its callee continues."""
    step = attempt.step
    give_up(attempt, TIMEOUT, step.timeout_reason)
    step.ended(attempt, TIMEOUT)
