"""A queue with a bound on waiting messages: further sends are rejected, or wait until there is room.

Messages that come back, and dead letters, are never turned away: the broker has them already.

Not modelled: bounds on bytes, and dropping the oldest.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from sim.engine.calls.abandonment import admit_after_wait
from sim.engine.calls.ends import turn_away
from sim.engine.messaging.queue import Queue
from sim.outcomes import DONE, REJECTED
from sim.record.recorder import MarkCodes, reason_code

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.services.interfaces import MessageTaker

DELAYED = MarkCodes()["delayed"]


class BoundedQueue(Queue):
    """A queue with a most length; a send that finds it full is pushed back onto its sender."""

    __slots__ = ("most", "blocks", "outside", "full", "_letting_in")

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        *_, component, model, _ = arguments
        self.most, self.blocks = model.max_length, model.when_full == "block"
        self.outside: deque[Attempt] = deque()
        """Sends that wait for room, in order of arrival."""
        self.full = reason_code(component, "queue full")
        self._letting_in = False

    def deliver(self, attempt: Attempt) -> None:
        """A send is here: as for any queue, if there is room and no other send waits for it."""
        if self.down or (self.backlog < self.most and not self.outside):
            self.accept(attempt)
        elif self.blocks:
            self.outside.append(attempt)
            self.recorder.marks.rows.write((self.kernel.now, DELAYED, self.component, attempt.request.id))
        else:
            attempt.entered_at = now = self.kernel.now
            turn_away(attempt, REJECTED, self.full, now)

    def accept(self, attempt: Attempt) -> None:
        """As for any queue: the message is stored, and the send answered."""
        Queue.deliver(self, attempt)

    def dispatch_to(self, replica: MessageTaker) -> bool:
        """As for any queue; what is taken makes room."""
        delivered = Queue.dispatch_to(self, replica)
        self._let_in()
        return delivered

    def settle(self, message: Any, outcome: int) -> None:
        """As for any queue; a late acknowledgement can end a message that waits again."""
        Queue.settle(self, message, outcome)
        if outcome == DONE:
            self._let_in()

    def _let_in(self) -> None:
        if self._letting_in:
            return
        self._letting_in = True
        while self.outside and self.backlog < self.most:
            admit_after_wait(self.accept, self.outside.popleft())
        self._letting_in = False

    def crash(self, refuse: bool) -> None:
        """As for any queue; the connections of the sends that wait outside are gone."""
        Queue.crash(self, refuse)
        while self.outside:
            self._turn_away(self.outside.popleft())
