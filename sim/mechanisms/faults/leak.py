"""Work gets slower with age, as with a memory leak."""

from __future__ import annotations

from typing import Annotated, ClassVar, Mapping

from pydantic import Field

from sim.fields.quantity import Factor, PositiveDuration
from sim.mechanisms.faults.base import ServiceFault
from sim.mechanisms.faults.injection import Injection
from sim.mechanisms.faults.parts import VARIABLE_SPEED, Edges, ServicePart
from sim.mechanisms.faults.targets import Indexes
from sim.number_words import counted, number, seconds


class Leak(ServiceFault):
    """Work gets slower and slower, as with a memory leak: in a straight line, from the beginning after each restart."""

    verb: ClassVar[str] = "leak"
    tried: ClassVar[tuple[Injection, ...]] = (Injection(("services",), {"within": "10s"}, size="by", default="10x"),)
    form_starts: ClassVar[Mapping[str, str]] = {"within": "20s"}

    leak: str
    """The service, or a host."""
    by: Factor
    """How many times as long work takes after `within`, or after `requests`; it keeps growing."""
    within: PositiveDuration | None = None
    """The time, since the window began or the replica restarted, in which work becomes `by` times as long."""
    requests: Annotated[int, Field(ge=1)] | None = None
    """Instead of `within`: how many requests a replica begins until then."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "leaks"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        grown = f"in {seconds(self.within)}" if self.within else f"with {counted(self.requests or 0, 'request')}"
        return f"{self.struck_part} gets slower and slower, {number(self.by)} times {grown},"

    def needs(self, indexes: Indexes) -> frozenset[str]:
        """Return that speed varies."""
        return frozenset({VARIABLE_SPEED})

    def on_service(self, part: ServicePart) -> list[Edges]:
        """Let work grow."""
        return [part.leak(float(self.by), self.within, self.requests)]
