"""Replicas die again and again, as a container that fails at its start."""

from __future__ import annotations

from typing import Annotated, ClassVar, Mapping

from pydantic import Field

from sim.fields.quantity import BackoffField, LawField
from sim.mechanisms.faults.crash import Death
from sim.mechanisms.faults.injection import Injection
from sim.mechanisms.faults.parts import Edges, ServicePart
from sim.quantities import UNLIMITED, BackoffLaw


class CrashLoop(Death):
    """Replicas die, are restarted, and die again, each by itself, until the window ends.

    The default waits are those of Kubernetes' CrashLoopBackOff (Kubernetes documentation, "Pod Lifecycle").
    """

    verb: ClassVar[str] = "crash loop"
    tried: ClassVar[tuple[Injection, ...]] = (Injection(("services",), {"mode": "refuse"}, size="lives", default="2s"),)
    form_starts: ClassVar[Mapping[str, str]] = {"lives": "exponential 5s", "restarts after": ""}

    crash_loop: str
    """The service, or a host (its queues are spared)."""
    lives: LawField
    """How long a replica lives after each restart."""
    restarts_after: BackoffField = BackoffLaw(
        "exponential", 10.0, 2.0, cap=300.0, text="exponential 10s factor 2 cap 300s"
    )
    """How long it stays down after each death, the first one counted as 1."""
    times: Annotated[int, Field(ge=1)] | None = None
    """How many times each replica dies in all; default as often as the window allows."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "dies again and again"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        return f"{self.struck_part} dies again and again and {self.manner}"

    def on_service(self, part: ServicePart) -> list[Edges]:
        """Kill each replica, and again after each restart."""
        refuse = self.mode == "refuse"
        times = self.times
        if self.restarts_after.most_waits < UNLIMITED:  # a list that stops: no replica dies more often
            times = min(int(self.restarts_after.most_waits), times or int(self.restarts_after.most_waits))
        restarts = self.restarts_after
        return [part.crash_again_and_again(self.lives, restarts, times, refuse, self.warm_up, self.cold)]
