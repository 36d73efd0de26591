"""The parts of a running system as an action sees them; each verb returns the edges of one window.

The engine implements the verbs (``sim.engine.actions``).
"""

from __future__ import annotations

from typing import Callable, Protocol

Act = Callable[[], None]
Edges = tuple[Act, Act]
"""What happens at the beginning of a window and at its end."""


class ReplicasPart(Protocol):
    """The replicas of one service."""

    def scale(self, replicas: int, boot_s: float) -> Edges:
        """Have as many *replicas*; each new one takes its first call after *boot_s*, those too many drain."""
        ...


class WorkloadPart(Protocol):
    """The arrivals of one workload with a rate."""

    def stop(self, share: float) -> Edges:
        """Turn away a *share* of the arrivals before they become requests."""
        ...
