"""Replicas or a queue die, and are back when the window ends."""

from __future__ import annotations

from typing import ClassVar, Literal, Mapping

from sim.fields.quantity import Factor, PositiveDuration
from sim.mechanisms.faults.base import ServiceFault
from sim.mechanisms.faults.injection import PLACES, Injection
from sim.mechanisms.faults.parts import CAN_PAUSE, VARIABLE_SPEED, Edges, QueuePart, ServicePart
from sim.mechanisms.faults.targets import Indexes


class Death(ServiceFault):
    """A fault after which replicas start again, empty: work in flight and the queue are lost."""

    mode: Literal["silent", "refuse"]
    """`silent`: callers hear nothing. `refuse`: calls in flight and new ones are answered refused at once."""
    warm_up: PositiveDuration | None = None
    """After a restart a replica is cold: its work takes `cold` times as long at first, which falls to
    normal over this time in a straight line. Default: it is at full speed at once."""
    cold: Factor | None = None
    """With `warm up`: how much longer work takes right after a restart."""

    @property
    def manner(self) -> str:
        """What callers hear meanwhile."""
        return "refuses calls" if self.mode == "refuse" else "answers nobody"

    def needs(self, indexes: Indexes) -> frozenset[str]:
        """Return that work can be cut off, and where replicas are cold at first, that speed varies."""
        return frozenset({CAN_PAUSE, VARIABLE_SPEED} if self.warm_up else {CAN_PAUSE})


class Crash(Death):
    """Replicas die; after the window they are back."""

    verb: ClassVar[str] = "crash"
    befalls: ClassVar[tuple[str, ...]] = PLACES
    tried: ClassVar[tuple[Injection, ...]] = (
        Injection(PLACES, {"mode": "silent"}),
        Injection(PLACES, {"mode": "refuse"}),
    )
    form_starts: ClassVar[Mapping[str, str]] = {"mode": "refuse"}

    crash: str
    """The service, the queue (its messages survive), or a host."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "down"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        return f"{self.struck_part} crashes and {self.manner}"

    def on_service(self, part: ServicePart) -> list[Edges]:
        """Kill the replicas."""
        return [part.crash(self.mode == "refuse", self.warm_up, self.cold)]

    def on_queue(self, part: QueuePart) -> Edges:
        """Stop the queue; its messages survive."""
        return part.crash(self.mode == "refuse")
