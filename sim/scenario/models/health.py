"""Health checks of a service's replicas by the balancer in front of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.fields.labels import percent, seconds
from sim.fields.model import Model
from sim.fields.quantity import LawField, PositiveDuration, Share
from sim.quantities import Constant


class HealthChecks(Model):
    """The balancer asks each replica whether it lives, and sends calls only to those that do: late, by its thresholds.

    The defaults are those of Kubernetes' readiness probes. A check needs no worker, and unless it is `deep` a replica
    that fails requests passes it.
    """

    every: PositiveDuration = 10.0
    """Time between two checks of a replica; all replicas are asked at once, first after this long (Kubernetes'
    `periodSeconds`)."""
    timeout: PositiveDuration = 1.0
    """A check without an answer for this long has failed; at most `every` (Kubernetes' `timeoutSeconds`)."""
    unhealthy_after: Annotated[int, Field(ge=1)] = 3
    """Failed checks in a row after which a replica leaves the rotation (Kubernetes' `failureThreshold`)."""
    healthy_after: Annotated[int, Field(ge=1)] = 1
    """Good checks in a row after which it is back (Kubernetes' `successThreshold`)."""
    work: LawField = Constant(0.0, text="0s")
    """How long a replica takes to answer a check, stretched by what slows it: beyond the timeout it counts as down."""
    deep: bool = False
    """Whether a check asks as a request would (a dependency, a query): then it fails with the share of errors that
    faults inject at the replica. Default: it asks the process only."""
    panic_threshold: Share = 0.0
    """Below this share of healthy replicas, health is ignored and `when none` says what is used (Envoy's
    `healthy_panic_threshold`, 50% there). Default: only when no replica is healthy. A link with `outlier detection`
    uses its own threshold instead."""
    when_none: Literal["all", "none"] = "all"
    """When no replica is healthy, or fewer than the `panic threshold`: `all` are used (fail open, as most cloud
    balancers do: the checks are more likely wrong than everything down), or `none`, and calls are refused at once (fail
    closed; Envoy's `fail_traffic_on_panic`)."""

    def labels(self) -> tuple[str, ...]:
        """How often it asks, and when it panics."""
        panic = (f"panic below {percent(self.panic_threshold)} healthy",) * bool(self.panic_threshold)
        return (f"checked every {seconds(self.every)}", *panic)
