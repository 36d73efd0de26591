"""Calls over a link without policies: one attempt, and the caller waits for as long as it takes.

Nothing here watches the time: an attempt that is lost leaves its caller waiting for ever, as a client without a timeout
does. This is the hot path, written as callbacks.

Not modelled: a caller that notices it by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.calls.attempt import Attempt
from sim.engine.calls.ends import answered, answered_late
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
        attempt = Attempt(self, frame, frame.request, number, self.env._now)
        self.open[number] = attempt
        self.route.send(attempt)

    def receive(self, attempt: Attempt) -> None:
        """The answer is back at the caller."""
        if attempt.outcome != PENDING:
            answered_late(attempt)
            return
        answered(attempt)
        outcome = attempt.outcome
        if outcome == OK:
            self.after.then(attempt.parent)
        elif outcome == DEGRADED:
            self.after.degraded(attempt.parent)
        else:
            self.after.failed(attempt.parent, outcome, attempt.reason)
