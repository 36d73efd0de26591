"""An autoscaler of a service's replicas."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.fields.labels import percent
from sim.fields.presets import Preset
from sim.fields.quantity import Duration, PositiveDuration, PositiveNumber, Share
from sim.mechanisms.loads import IN_LOADS
from sim.mechanisms.services.autoscaler_presets import PRESETS
from sim.mechanisms.services.base import ServiceRule
from sim.mechanisms.services.parts import ReplicaPart
from sim.mechanisms.services.scaling import BacklogTarget, ConcurrencyTarget, ScalingRules


class Autoscale(ServiceRule):
    """Start and stop replicas as the load demands; `replicas` is how many there are at first.

    It reads one metric or several, of which the one that asks for most replicas counts.
    """

    layer: ClassVar[int] = 50
    loads: ClassVar[str] = IN_LOADS
    reasons: ClassVar[tuple[str, ...]] = ("scaled in",)
    presets: ClassVar[tuple[Preset, ...]] = PRESETS

    preset: Literal["hpa", "keda", "knative"] | None = None
    """The rules and defaults of a product."""
    target_utilisation: Share | None = None
    """Held worker time over all worker time that it aims at: busy workers, those that wait for a callee included."""
    target_cpu: Share | None = None
    """Processor time over `cores` that it aims at (Kubernetes: CPU over the pod's request). Processor time is the time
    in `work` steps, stretched by `slow` faults, too; not the time in calls, in `wait` steps and in pauses."""
    cores: PositiveNumber | None = None
    """Cores of a replica, of which `target cpu` is a share (Kubernetes: the CPU request of a pod). Default: the
    service's own `cores`, or 1."""
    backlog: BacklogTarget | None = None
    """Messages for each replica that it aims at, of the queues that the service consumes."""
    concurrency: ConcurrencyTarget | None = None
    """Calls in flight at each replica that it aims at, by Knative's rule."""
    max_replicas: Annotated[int, Field(ge=1, le=1000)]
    """Replicas at most."""
    min_replicas: Annotated[int, Field(ge=0, le=1000)] = 1
    """Replicas at least. 0 with `backlog` or `concurrency` only: without replicas there is nothing else to read."""
    every: PositiveDuration = 15.0
    """How often it reads, the mean since its last reading or the number now (Kubernetes: 15s)."""
    boot: PositiveDuration = 60.0
    """How long after the decision a new replica takes its first call, cold."""
    tolerance: Share = 0.1
    """Nothing changes while a reading over its target is within this of 1 (Kubernetes: 10%)."""
    down_after: Duration = 300.0
    """Replicas are stopped only when so few would have done for this long (Kubernetes: 300s)."""
    scale_up: ScalingRules | None = None
    """How fast it adds replicas. Default: at once, as many as are asked for."""
    scale_down: ScalingRules | None = None
    """How fast it takes replicas away. Default: after `down after`, as many as are too many."""
    scale_in: Literal["drain", "kill"] = "drain"
    """Whether a replica that is stopped finishes what it has and takes nothing new, or dies with it at once: its calls
    are refused, its messages return when their visibility ends."""
    longest_drain: PositiveDuration | None = None
    """A replica that still drains after this time is killed (Kubernetes: `terminationGracePeriodSeconds`, 30s)."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """What it reads."""
        given = (self.target_utilisation, self.target_cpu, self.backlog, self.concurrency)
        return tuple(name for name, target in zip(METRICS, given) if target is not None)

    @property
    def is_recorded(self) -> bool:
        """Whether the record has what it read; it has not where held worker time alone decides, without limits."""
        return self.metrics != METRICS[:1] or self.scale_up is not None or self.scale_down is not None

    @property
    def kills(self) -> bool:
        """Whether replicas may be stopped with work on them."""
        return self.scale_in == "kill" or self.longest_drain is not None

    def labels(self) -> tuple[str, ...]:
        """Between which numbers of replicas it scales, and by what."""
        by = [
            words
            for given, words in (
                (self.target_cpu, f"CPU {percent(self.target_cpu or 0.0)}"),
                (self.backlog, f"backlog {self.backlog.target if self.backlog else 0:g} each"),
                (self.concurrency, f"{self.concurrency.per_replica if self.concurrency else 0:g} in flight each"),
            )
            if given is not None
        ]
        if by and self.target_utilisation is not None:
            by.insert(0, f"busy {percent(self.target_utilisation)}")
        return (f"scales {self.min_replicas} to {self.max_replicas}" + (f" by {', '.join(by)}" if by else ""),)

    def build(self, replica: ReplicaPart) -> None:
        """Ask nothing of a single replica: the autoscaling group adds its own rule for replicas that come and go."""


METRICS = ("utilisation", "CPU", "backlog", "concurrency")
"""The names of the metrics, in the order in which they are read."""
