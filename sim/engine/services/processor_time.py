"""Processor time of replicas: how long their work has kept cores busy, as a counter of the operating system would say.

Each piece of work that is under way keeps one core busy. A pause stops all of them; calls and waits keep none busy.
Where cores are shared, the processor of the replica says what they have done. A service has this part only if something
reads it; its work steps are wrapped then.

Not modelled: the processor time of accepting, queueing and answering calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Then
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.replica import Replica


class ProcessorTime:
    """Core seconds used by each replica of one service: the integral of the pieces of work under way."""

    __slots__ = ("kernel", "used_s", "since")

    def __init__(self, kernel: Kernel, replicas: int) -> None:
        self.kernel = kernel
        self.used_s, self.since = [0.0] * replicas, [0.0] * replicas

    def read(self, replica: Replica) -> float:
        """Return the core seconds that *replica* has used by now."""
        if replica.processor is not None:
            return replica.processor.open_s()
        self.settle(replica)
        return self.used_s[replica.index]

    def settle(self, replica: Replica, ended: int = 0) -> None:
        """Count until now, before the work of *replica* changes; *ended* pieces are no longer in its table."""
        index, now = replica.index, self.kernel.now
        self.used_s[index] += self.busy_cores(replica, ended) * (now - self.since[index])
        self.since[index] = now

    @staticmethod
    def busy_cores(replica: Replica, ended: int) -> float:
        """Return how many cores the work of *replica* has kept busy since the last change."""
        return 0.0 if replica.frozen else float(len(replica.in_progress) + ended)

    def beginning(self, start: Then) -> Then:
        """Wrap the start of a work step."""

        def begin(frame: Any) -> None:
            self.settle(frame.replica)
            start(frame)

        return begin

    def ending(self, then: Callable[[Any], None]) -> Then:
        """Wrap what comes after a work step."""

        def end(frame: Any) -> None:
            self.settle(frame.replica, ended=1)
            then(frame)

        return end
