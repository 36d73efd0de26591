"""Work that a more important request can interrupt; then it resumes, or is done again.

Not modelled: work that saves how far it has come now and then.
"""

from __future__ import annotations

from typing import Any

from sim.engine.operations.steps import PausableWork, WorkInProgress
from sim.quantities.line_order import REDRAWS, RESTARTS


class PreemptiblePiece(WorkInProgress):
    """Work in progress that knows how long its step takes as a whole."""

    __slots__ = ("whole_s",)

    def __init__(self, frame: Any, work: PreemptibleWork, left_s: float, whole_s: float) -> None:
        super().__init__(frame, work, left_s)
        self.whole_s = whole_s

    def freeze(self) -> PreemptiblePiece:
        """As for any work: a pause stops it, and what is left is done later."""
        frame, spent_s = self.frame, self.work.kernel.now - self.begun_at
        self.frame = None
        frame.worked_s += spent_s
        return PreemptiblePiece(frame, self.work, max(self.left_s - spent_s, 0.0), self.whole_s)  # type: ignore[arg-type]

    def interrupt(self) -> PreemptiblePiece:
        """Stop it for a more important one, and return the piece to do when it gets a worker again."""
        rest = self.freeze()
        work: Any = self.work
        if work.preempted == RESTARTS:
            rest.left_s = self.whole_s
        elif work.preempted == REDRAWS:
            rest.left_s = rest.whole_s = work.time_s(rest.frame)
        return rest


class PreemptibleWork(PausableWork):
    """Work of a service with preemptive priority; *preempted* says what it does when it gets a worker again."""

    __slots__ = ("preempted",)
    preempted: str

    def time_s(self, frame: Any) -> float:
        """Draw a time, stretched by the faults that slow the replica."""
        replica, time_s = frame.replica, self.draw()
        for pace in replica.service.speed_factors.values():
            time_s *= pace(replica, self.kernel.now)
        return time_s

    def start(self, frame: Any) -> None:
        """Work, unless a more important one waits for this worker."""
        replica, time_s = frame.replica, self.time_s(frame)
        piece = PreemptiblePiece(frame, self, time_s, time_s)
        replica.in_progress[piece] = None
        if not replica.frozen:
            piece.run()
        if replica.line or replica.ready:
            replica.take_next()
