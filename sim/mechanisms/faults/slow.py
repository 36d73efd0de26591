"""Work takes longer."""

from __future__ import annotations

from typing import ClassVar

from sim.fields.quantity import Factor
from sim.mechanisms.faults.base import ServiceFault
from sim.mechanisms.faults.injection import Injection
from sim.mechanisms.faults.parts import VARIABLE_SPEED, Edges, ServicePart
from sim.mechanisms.faults.targets import Indexes
from sim.number_words import number


class Slow(ServiceFault):
    """Work begun inside takes longer."""

    verb: ClassVar[str] = "slow"
    tried: ClassVar[tuple[Injection, ...]] = (
        Injection(("services",), size="by", default="10x"),
        Injection(("replicated services",), {"replicas": 1}, size="by", default="10x"),
    )

    slow: str
    """The service, or a host."""
    by: Factor
    """The factor; overlapping ones multiply."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return f"{self.by:g}x slower"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        return f"{self.struck_part} takes {number(self.by)} times as long to work"

    def needs(self, indexes: Indexes) -> frozenset[str]:
        """Return that some replicas of several work at another speed; all of them share one law of work."""
        return frozenset() if indexes is None else frozenset({VARIABLE_SPEED})

    def on_service(self, part: ServicePart) -> list[Edges]:
        """Stretch the work."""
        return [part.slow_down(float(self.by))]
