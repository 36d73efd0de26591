"""Slow start of a service's replicas: a new one gets few calls at first."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.fields.labels import percent, seconds
from sim.fields.model import Model
from sim.fields.quantity import PositiveDuration, Share
from sim.policies.balancing import SlowStart as Weight


class SlowStart(Model):
    """Callers' balancers send a replica that joins, restarts or becomes healthy few calls at first, and more over time.

    Its weight is the larger of `min weight` and (age over `window`) to the power of 1 / `aggression`; the others have
    1. A replica that outlier detection lets return has its full weight at once, as in Envoy (`slow_start_config`).
    """

    window: PositiveDuration
    """How long it takes until its weight is full (`slow_start_window`; Istio's `warmupDurationSecs`)."""
    aggression: Annotated[float, Field(gt=0)] = 1.0
    """How fast the weight grows: 1 in proportion to the time, above 1 faster at first."""
    min_weight: Share = 0.1
    """The least weight (`min_weight_percent`)."""

    def labels(self) -> tuple[str, ...]:
        """From which weight it grows, and over which time."""
        return (f"slow start: {percent(self.min_weight)} to 100% in {seconds(self.window)}",)

    @property
    def rule(self) -> Weight:
        """Return the weight by age."""
        return Weight(float(self.window), self.aggression, float(self.min_weight))
