"""More arrivals of a workload."""

from __future__ import annotations

from typing import ClassVar, Mapping

from sim.fields.quantity import Factor
from sim.mechanisms.faults.base import WorkloadFault
from sim.mechanisms.faults.injection import Injection
from sim.number_words import number


class Spike(WorkloadFault):
    """More arrivals of a workload, from a stream of their own."""

    verb: ClassVar[str] = "spike"
    tried: ClassVar[tuple[Injection, ...]] = (Injection(("open loops",), size="by", default="3x"),)
    form_starts: ClassVar[Mapping[str, str]] = {"by": "3x"}

    spike: str
    """The workload (an open loop)."""
    by: Factor
    """The rate is multiplied by this; at least 1x."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return f"{self.by:g}x the rate"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        return f"requests of {self.struck_part} come {number(self.by)} times as often"
