"""Calls over a link without policies: one attempt, and the caller waits for as long as it takes.

Nothing here watches the time: an attempt that is lost leaves its caller waiting for ever, as a client without a timeout
does. This is the hot path, written as callbacks.

Not modelled: a caller that notices it by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.calls.attempt import Attempt
from sim.engine.calls.ends import answered_late
from sim.engine.calls.step import CallStep
from sim.outcomes import DEGRADED, OK, PENDING

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Frame


class PlainCall(CallStep):
    """A call step over a link without policies: the caller waits for as long as it takes."""

    __slots__ = ()

    def start(self, frame: Frame) -> None:
        """Send the one attempt of this call."""
        number = self.next_id()
        attempt = Attempt(self, frame, frame.request, number, self.kernel.now)
        self.open[number] = attempt
        self.route.send(attempt)

    def receive(self, attempt: Attempt) -> None:
        """The answer is back at the caller."""
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
        settled = self.route.settled
        if settled is not None:
            settled(attempt)
        if outcome == OK:
            self.after.then(attempt.parent)
        elif outcome == DEGRADED:
            self.after.degraded(attempt.parent)
        else:
            self.after.failed(attempt.parent, outcome, attempt.reason)
