"""Arrivals of a workload come all at once."""

from __future__ import annotations

from typing import ClassVar

from sim.fields.quantity import PositiveDuration
from sim.mechanisms.faults.base import WorkloadFault
from sim.mechanisms.faults.injection import Injection
from sim.number_words import seconds


class Synchronise(WorkloadFault):
    """Arrivals of a workload come all at once instead of spread out (cron jobs, a thundering herd): no more, no fewer.

    In an open loop, requests due between two ticks arrive at the first of them; users of a closed loop whose pause
    ends between two ticks wait for the second.
    """

    verb: ClassVar[str] = "synchronise"
    tried: ClassVar[tuple[Injection, ...]] = (Injection(("open loops",), size="every", default="5s"),)

    synchronise: str
    """The workload."""
    every: PositiveDuration | None = None
    """Time between ticks, the first at the window's beginning; default one tick for the whole window."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "all at once"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        every = f" every {seconds(self.every)}" if self.every else ""
        return f"requests of {self.struck_part} come all at once{every}"
