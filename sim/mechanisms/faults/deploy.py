"""A bad version runs until it is rolled back."""

from __future__ import annotations

from typing import ClassVar, Mapping

from sim.fields.quantity import Factor, Share
from sim.mechanisms.faults.base import ServiceFault
from sim.mechanisms.faults.injection import Injection
from sim.mechanisms.faults.parts import VARIABLE_SPEED, Edges, ServicePart
from sim.mechanisms.faults.targets import Indexes
from sim.number_words import number, share


class Deploy(ServiceFault):
    """A bad version runs, on some replicas or all, until it is rolled back: it fails, or is slow, or both."""

    verb: ClassVar[str] = "deploy"
    tried: ClassVar[tuple[Injection, ...]] = (
        Injection(("replicated services",), {"replicas": 1}, size="share", default="50%"),
    )
    form_starts: ClassVar[Mapping[str, str]] = {"share": "20%"}

    deploy: str
    """The service, or a host."""
    share: Share = 0.0
    """The share of its requests that end in an error."""
    by: Factor = 1.0
    """How many times as long its work takes."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "bad version"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        bad = [f"{share(self.share)} of requests fail"] if self.share else []
        bad += [f"work takes {number(self.by)} times as long"] if self.by != 1 else []
        return f"{self.struck_part} runs a bad version ({' and '.join(bad)})"

    def needs(self, indexes: Indexes) -> frozenset[str]:
        """Return that speed varies."""
        return frozenset({VARIABLE_SPEED})

    def on_service(self, part: ServicePart) -> list[Edges]:
        """Let some requests fail, and stretch the work."""
        return [part.fail(float(self.share)), part.slow_each(float(self.by))]
