"""Work on cores that it shares with other work: how long it takes depends on what runs at the same time.

A step draws the processor time that it needs; faults stretch this as they stretch the time of any work. What it has had
is the time that it has worked: the rest of its time at work is time held, as in a line.

Not modelled: work that leaves its core by itself (`wait` and `call` are steps of their own).
"""

from __future__ import annotations

from typing import Any

from sim.engine.operations.steps import PausableWork


class PieceOfWork:
    """One work step of one frame on the processor of its replica; a pause takes it off, and puts the rest on again."""

    __slots__ = ("frame", "work", "left_s", "begun_at", "processor")

    def __init__(self, frame: Any, work: SharedWork, left_s: float) -> None:
        self.frame, self.work, self.left_s = frame, work, left_s
        self.begun_at = 0.0
        """The processor's virtual time when it was put on it."""
        self.processor: Any = None
        """The processor that it is on."""

    def run(self) -> None:
        """Put it on the processor."""
        self.processor = processor = self.frame.replica.processor
        processor.begin(self)

    def done(self) -> None:
        """It has ended."""
        frame = self.frame
        del frame.replica.in_progress[self]
        frame.worked_s += self.left_s
        self.work.then(frame)

    def freeze(self) -> PieceOfWork:
        """Take it off the processor, and return a new piece with what is left."""
        frame, had_s = self.frame, self._take_off()
        frame.worked_s += had_s
        return PieceOfWork(frame, self.work, self.left_s - had_s)

    def worked(self, before_s: float, now: float) -> float:
        """Return the seconds that its frame has worked, of them *before_s* before this piece."""
        return before_s if self.processor is None else before_s + self.processor.served(self)

    def drop(self) -> None:
        """Forget it: nothing will be done when it has ended."""
        self._take_off()

    def _take_off(self) -> float:
        if self.processor is None:
            return 0.0
        had_s: float = self.processor.served(self)
        self.processor.stop(self)
        return had_s


class SharedWork(PausableWork):
    """Work of a service whose cores are shared, or which stands on a host whose cores are."""

    __slots__ = ()

    def start(self, frame: Any) -> None:
        """Put a piece of work on the processor; a factor on its speed is asked when it begins."""
        replica = frame.replica
        time_s = self.draw()
        for pace in replica.service.speed_factors.values():
            time_s *= pace(replica, self.kernel.now)
        piece = PieceOfWork(frame, self, time_s)
        replica.in_progress[piece] = None
        if not replica.frozen:
            piece.run()
