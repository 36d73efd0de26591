"""The calls inside one replica, and the limit on them that finds its own size."""

from __future__ import annotations

from typing import Any

from sim.outcomes import PENDING
from sim.policies.concurrency import Aimd, Gradient


class InFlight:
    """The calls inside one replica, and how many there may be."""

    __slots__ = ("policy", "inside", "hears_drops", "reason")

    def __init__(self, policy: Aimd | Gradient, reason: int, hears_drops: bool) -> None:
        self.policy = policy
        self.inside: dict[Any, int] = {}
        """Each call, with how many were inside when it began."""
        self.hears_drops, self.reason = hears_drops, reason

    def admits(self, replica: Any, attempt: Any, now: float) -> bool:
        """Whether *attempt* may enter; it counts as inside from now on."""
        if len(self.inside) >= self.policy.limit:
            return False
        self.inside[attempt] = len(self.inside) + 1
        return True

    def left(self, attempt: Any, now: float, rejected: bool = False) -> None:
        """*attempt* leaves the replica: learn from it."""
        in_flight = self.inside.pop(attempt, 0)
        if in_flight and (self.hears_drops or not rejected):
            dropped = rejected or attempt.outcome != PENDING
            self.policy.record(now, now - attempt.entered_at, in_flight, dropped)
