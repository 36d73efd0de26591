"""How fast a replica works while a fault is on or its traces last: factors on the work that begins at an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.replica import Replica
    from sim.mechanisms.faults.targets import Indexes


class SlowFactor:
    """A constant factor for some replicas, or all."""

    def __init__(self, factor: float, indexes: Indexes) -> None:
        self.factor, self.indexes = factor, indexes

    def __call__(self, replica: Replica, now: float) -> float:
        """Return the factor of work that *replica* begins now."""
        return self.factor if self.indexes is None or replica.index in self.indexes else 1.0


class ColdStart:
    """The slow start after a restart: a factor that falls from *factor* to 1 in *warm_up_s*, in a straight line."""

    def __init__(self, kernel: Kernel, factor: float, warm_up_s: float) -> None:
        self.kernel, self.factor, self.warm_up_s = kernel, factor, warm_up_s
        self.dead: dict[int, None] = {}
        """Replicas that its fault has killed and that have not restarted yet."""
        self.since: dict[int, float] = {}

    def restarted(self, replica: Replica) -> None:
        """Begin the slow start of *replica*, which has restarted."""
        if replica.index in self.dead:
            del self.dead[replica.index]
            self.since[replica.index] = self.kernel.now

    def __call__(self, replica: Replica, now: float) -> float:
        """Return the factor of work that *replica* begins now."""
        since = self.since.get(replica.index)
        if since is None or now >= since + self.warm_up_s:
            return 1.0
        return 1.0 + (self.factor - 1.0) * (1.0 - (now - since) / self.warm_up_s)


class Leak:
    """A factor that grows from 1 with time or with requests begun, without an end; a restart sets it back."""

    def __init__(self, kernel: Kernel, factor: float, within_s: float | None, requests: int | None, indexes: Indexes):
        self.kernel, self.indexes = kernel, indexes
        self.per_s = 0.0 if within_s is None else (factor - 1.0) / within_s
        self.per_request = 0.0 if requests is None else (factor - 1.0) / requests
        self.begun_at = kernel.now
        self.since: dict[int, float] = {}
        self.count: dict[int, int] = {}

    def restarted(self, replica: Replica) -> None:
        """Set the factor of *replica* back to 1."""
        self.since[replica.index] = self.kernel.now
        self.count[replica.index] = 0

    def counted(self, attempt: Attempt) -> int:
        """Count a request that begins; return 0, because it does not fail."""
        index = attempt.replica.index
        self.count[index] = self.count.get(index, 0) + 1
        return 0

    def __call__(self, replica: Replica, now: float) -> float:
        """Return the factor of work that *replica* begins now: the request that asks has been counted."""
        index = replica.index
        if self.indexes is not None and index not in self.indexes:
            return 1.0
        aged = self.per_s * (now - self.since.get(index, self.begun_at))
        return max(1.0 + aged + self.per_request * max(self.count.get(index, 0) - 1, 0), 0.0)
