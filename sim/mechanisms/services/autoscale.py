"""An autoscaler of a service's replicas."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from sim.fields.quantity import Duration, PositiveDuration, Share
from sim.mechanisms.loads import IN_LOADS
from sim.mechanisms.services.base import ServiceRule
from sim.mechanisms.services.parts import ReplicaPart


class Autoscale(ServiceRule):
    """Keep utilisation near a target by starting and stopping replicas; `replicas` is how many there are at first."""

    layer: ClassVar[int] = 50
    loads: ClassVar[str] = IN_LOADS

    target_utilisation: Share
    """Held worker time over all worker time that it aims at."""
    max_replicas: Annotated[int, Field(ge=1, le=1000)]
    """Replicas at most."""
    min_replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """Replicas at least."""
    every: PositiveDuration = 15.0
    """How often it reads the mean utilisation since its last reading (Kubernetes: 15s)."""
    boot: PositiveDuration = 60.0
    """How long after the decision a new replica takes its first call, cold."""
    tolerance: Share = 0.1
    """Nothing changes while utilisation over target is within this of 1 (Kubernetes: 10%)."""
    down_after: Duration = 300.0
    """Replicas are stopped only when so few would have done for this long (Kubernetes: 300s). They drain: finish what
    they have and take nothing new."""

    def labels(self) -> tuple[str, ...]:
        """Between which numbers of replicas it scales."""
        return (f"scales {self.min_replicas} to {self.max_replicas}",)

    def build(self, replica: ReplicaPart) -> None:
        """Ask nothing of a single replica: the autoscaling group adds its own rule for replicas that come and go."""
