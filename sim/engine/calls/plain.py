"""Calls over a link without policies: one attempt, and the caller waits for as long as it takes.

This is the hot path, written as callbacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from sim.engine.calls.attempt import Attempt, Failed, Frame, Then, late
from sim.outcomes import DEGRADED, OK, PENDING

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.record.recorder import Recorder


class PlainCall:
    """A call step over a link without policies: the caller waits for as long as it takes."""

    __slots__ = (
        "env",
        "next_id",
        "open",
        "write",
        "code",
        "begin",
        "send",
        "deliver",
        "answer",
        "then",
        "degraded",
        "failed",
    )
    speaks_first = False
    chooses_replicas = False
    drops_abandoned = False

    def __init__(self, kernel: Kernel, recorder: Recorder, ids: Callable[[], int], code: int) -> None:
        self.env, self.next_id, self.code = kernel.env, ids, float(code)
        self.open, self.write = recorder.open_attempts, recorder.attempts.write
        self.begin: Then
        """The callee's recipe."""
        self.send: Callable[[Attempt], None]
        """The way to the callee; ends in *deliver*."""
        self.deliver: Callable[[Attempt], None]
        """The callee's door."""
        self.answer: Callable[[Attempt], None] = self.receive
        """The way back; ends in *receive*."""
        self.then: Then
        self.degraded: Then
        self.failed: Failed

    def start(self, frame: Frame) -> None:
        """Send the one attempt of this call."""
        number = self.next_id()
        attempt = Attempt(self, frame, frame.request, number, self.env._now)
        self.open[number] = attempt
        self.send(attempt)

    def has_timer(self, attempt: Attempt) -> bool:
        """Whether a timer will end *attempt* if no answer does."""
        return False

    def receive(self, attempt: Attempt) -> None:
        """The answer is back at the caller."""
        if attempt.outcome != PENDING:
            late(attempt, self.open, self.write)
            return
        outcome = attempt.outcome = attempt.result
        left_at = attempt.left_at
        now = self.env._now
        if left_at is None:
            attempt.ended_at = now
        else:
            del self.open[attempt.id]
            self.write(
                (
                    attempt.id,
                    attempt.request.number,
                    attempt.parent.id,
                    self.code,
                    attempt.replica.index,
                    1.0,
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
        if outcome == OK:
            self.then(attempt.parent)
        elif outcome == DEGRADED:
            self.degraded(attempt.parent)
        else:
            self.failed(attempt.parent, outcome, attempt.reason)


class CountedCall(PlainCall):
    """A plain call whose balancer counts what is outstanding at each replica."""

    __slots__ = ()

    def receive(self, attempt: Attempt) -> None:
        """The answer is back: one less at its replica."""
        if attempt.outcome == PENDING:
            one_less(attempt)
        super().receive(attempt)


def one_less(attempt: Attempt) -> None:
    """*attempt* is no longer outstanding at its replica."""
    attempt.replica.outstanding -= 1
