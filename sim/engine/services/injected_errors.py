"""Errors that a fault injects: each injector fails a share of the requests of some replicas, or all.

Not modelled: errors that grow with load; those come out of queues and timeouts, not out of faults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.clock.streams import Draw
    from sim.engine.services.replica import Replica
    from sim.mechanisms.faults.targets import Indexes


class ErrorInjector:
    """Fails a share of what is asked of some replicas, or all; several injectors are asked in turn, each for itself."""

    def __init__(self, draw: Draw, share: float, reason: int, indexes: Indexes) -> None:
        self.draw, self.share, self.reason, self.indexes = draw, share, reason, indexes

    def __call__(self, attempt: Attempt) -> int:
        """Return the reason if this request is one of them."""
        return self.reason if self.share_at(attempt.replica) and self.draw() < self.share else 0

    def share_at(self, replica: Replica) -> float:
        """Return the share that fails at *replica*."""
        return self.share if self.indexes is None or replica.index in self.indexes else 0.0
