"""How the engine plays the verbs of faults on a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.engine.messaging.queue import Queue
    from sim.mechanisms.faults.parts import Edges


class QueueUnderFault:
    """A queue that a fault strikes."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue

    def pause(self) -> Edges:
        """Deliver nothing in the window."""
        return self.queue.pause, self.queue.unpause

    def crash(self, refuse: bool) -> Edges:
        """Take and deliver nothing in the window; messages survive."""
        return lambda: self.queue.crash(refuse), lambda: self.queue.restore(refuse)
