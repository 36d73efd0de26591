"""The processor of a replica: its weight among the replicas of a host, and a quota of processor time for each period.

The cores themselves are the field `cores` of a service, and of a host.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.fields.labels import seconds
from sim.fields.model import Model
from sim.fields.quantity import Cores, Duration, PositiveDuration


class Cpu(Model):
    """What the operating system lets each replica of a service have of a processor, as a control group of Linux does.

    A quota of 0.5 in periods of 100 ms is 50 ms of processor time: with 4 threads at work it is used up after 12.5 ms,
    and the replica then stands still until the next period (it is throttled). Kubernetes writes `resources.limits.cpu`
    as a quota with this period (`cpu.max`, formerly `cpu.cfs_quota_us` and `cpu.cfs_period_us`), and
    `resources.requests.cpu` as a weight (`cpu.weight`, formerly `cpu.shares`).
    Source: Linux, Documentation/scheduler/sched-bwc.rst and Documentation/admin-guide/cgroup-v2.rst (CPU).
    """

    weight: Annotated[float, Field(gt=0, le=10_000)] = 100
    """Its share of a busy host's `cores`, against the weights of the other replicas there (cgroup v2 default: 100)."""
    quota: Cores | None = None
    """Cores that it may use on average over each period (`limits.cpu`); default no quota."""
    period: PositiveDuration = 0.1
    """How long a period is (Linux and Kubernetes: 100ms)."""
    burst: Duration = 0.0
    """Unused processor time of earlier periods that it may use besides its quota (`cpu.max.burst`; default none)."""

    def labels(self) -> tuple[str, ...]:
        """Its quota and its weight, as far as they are given."""
        quota = () if self.quota is None else (f"at most {self.quota:g} cores in {seconds(self.period)}",)
        return quota if self.weight == 100 else (*quota, f"CPU weight {self.weight:g}")
