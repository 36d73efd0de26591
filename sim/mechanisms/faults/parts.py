"""The parts of a running system as a fault sees them: a service, a queue, a link, each with a few verbs.

Each verb returns the edges of one window: what to do when it begins and what to do when it ends. The engine implements
the verbs (``sim.engine.faults``); a fault combines them and needs to know nothing else of the engine.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, Protocol, Sequence

from sim.quantities import BackoffLaw, Law

Act = Callable[[], None]
Edges = tuple[Act, Act]
"""What happens at the beginning of a window and at its end."""

Pace = Callable[[Any, float], float]
"""The factor by which work takes longer that a replica (it has an ``index``) begins at an instant (seconds)."""

CAN_PAUSE = "can pause"
"""Replicas whose work can be stopped in the middle, and begun again or lost."""
CAN_FAIL = "can fail"
"""Replicas that check, where an operation begins and ends, whether it may."""
VARIABLE_SPEED = "variable speed"
"""Replicas whose work asks how fast it is when it begins."""


class ServicePart(Protocol):
    """The replicas of one service that a fault strikes."""

    def slow_down(self, by: float) -> Edges:
        """Let work that begins in the window take *by* times as long; needs VARIABLE_SPEED unless it strikes all."""
        ...

    def slow_each(self, by: float) -> Edges:
        """Let work of each struck replica take *by* times as long; needs VARIABLE_SPEED."""
        ...

    def pace(self, pace: Pace) -> Edges:
        """Let *pace* say how much longer each piece of work takes; needs VARIABLE_SPEED."""
        ...

    def fail(self, share: float, after_work: bool = False) -> Edges:
        """Answer a *share* of requests with an error, before or after their work; needs CAN_FAIL."""
        ...

    def leak(self, by: float, within_s: float | None, requests: int | None) -> Edges:
        """Let work grow in a straight line with time or with requests; needs VARIABLE_SPEED."""
        ...

    def poison(self, operation: str, keys: Sequence[int], restarts_after_s: float | None) -> Edges:
        """Fail requests with *keys* in *operation*, or kill their replica, which is back after *restarts_after_s*."""
        ...

    def crash(self, refuse: bool, warm_up_s: float | None, cold: float | None) -> Edges:
        """Kill the replicas; the end of the window starts them again, empty; needs CAN_PAUSE."""
        ...

    def crash_again_and_again(
        self,
        lives: Law,
        restarts_after: BackoffLaw,
        times: int | None,
        refuse: bool,
        warm_up_s: float | None,
        cold: float | None,
    ) -> Edges:
        """Kill each replica, start it after the wait of its n-th death, and kill it again; needs CAN_PAUSE."""
        ...

    def pause(self) -> Edges:
        """Stop work and resume it later; needs CAN_PAUSE."""
        ...


class QueuePart(Protocol):
    """A queue."""

    def pause(self) -> Edges:
        """Deliver nothing in the window."""
        ...

    def crash(self, refuse: bool) -> Edges:
        """Take and deliver nothing in the window; messages survive."""
        ...


class LinkPart(Protocol):
    """The network of a link; *ways* are ``out`` (requests) and ``back`` (answers)."""

    def cut(self, mode: str, ways: Sequence[str]) -> Edges:
        """Carry nothing in the window."""
        ...

    def delay(self, by: Law, ways: Sequence[str]) -> Edges:
        """Add a time drawn from *by* to each message."""
        ...

    def lose(self, share: float, ways: Sequence[str]) -> Edges:
        """Lose a *share* of messages."""
        ...

    def limit(self, per_s: float, ways: Sequence[str]) -> Edges:
        """Let *per_s* messages a second through; the others wait in order."""
        ...


class Nodes(Protocol):
    """The named parts of a scenario, among which a fault finds its targets."""

    @property
    def workload(self) -> Mapping[str, Any]:
        """Workloads by name."""
        ...

    @property
    def services(self) -> Mapping[str, Any]:
        """Services by name."""
        ...

    @property
    def queues(self) -> Mapping[str, Any]:
        """Queues by name."""
        ...

    @property
    def placed(self) -> Mapping[str, Sequence[str]]:
        """What runs on each host, by the host's name."""
        ...
