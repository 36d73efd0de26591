"""Work stops and resumes later."""

from __future__ import annotations

from typing import ClassVar

from sim.mechanisms.faults.base import ServiceFault
from sim.mechanisms.faults.injection import PLACES, Injection
from sim.mechanisms.faults.parts import CAN_PAUSE, Edges, QueuePart, ServicePart
from sim.mechanisms.faults.targets import Indexes


class Pause(ServiceFault):
    """Freezes work and resumes it (garbage collection, live migration); arrivals queue up."""

    verb: ClassVar[str] = "pause"
    befalls: ClassVar[tuple[str, ...]] = PLACES
    tried: ClassVar[tuple[Injection, ...]] = (Injection(PLACES),)

    pause: str
    """The service, a queue (which then delivers nothing), or a host."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "paused"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        return f"{self.struck_part} stops"

    def needs(self, indexes: Indexes) -> frozenset[str]:
        """Return that work can be stopped in the middle."""
        return frozenset({CAN_PAUSE})

    def on_service(self, part: ServicePart) -> list[Edges]:
        """Stop the replicas."""
        return [part.pause()]

    def on_queue(self, part: QueuePart) -> Edges:
        """Stop deliveries."""
        return part.pause()
