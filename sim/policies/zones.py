"""Zone-aware routing: how much of a caller's traffic stays in its own zone, and where the rest goes.

::

    own zone's share of the replicas >= its share of the callers    all stays
    below that                                                      share of replicas / share of callers stays
    the rest goes to the zones that have more of the replicas than of the callers, in proportion to how much more

So each replica gets about the same, if each caller sends the same. With few healthy replicas no zone is preferred.

Source: Envoy, ``ZoneAwareLoadBalancerBase`` in
``source/extensions/load_balancing_policies/common/load_balancer_impl.cc`` (``min_cluster_size`` 6, ``routing_enabled``
100 %, ``force_locality_direct_routing``).

Not modelled: Envoy's rounding of shares to hundredths of a percent, and the health of callers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """The share that stays in the own zone, and the *residual* capacity of each other zone that takes the rest."""

    own: float
    residual: Mapping[str, float]

    def share(self, own: str, zone: str) -> float:
        """Return the share of the calls of a caller in zone *own* that *zone* gets."""
        stays = self.own if zone == own else 0.0
        return stays + (1.0 - self.own) * self.residual.get(zone, 0.0) / (sum(self.residual.values()) or 1.0)

    def zone(self, own: str, drawn: float) -> str:
        """Return the zone for the number *drawn* from [0, 1)."""
        if drawn < self.own:
            return own
        left = (drawn - self.own) / (1.0 - self.own) * sum(self.residual.values())
        for zone, capacity in self.residual.items():
            left -= capacity
            if left < 0:
                return zone
        return list(self.residual)[-1]


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """When a zone is preferred: with *least* healthy replicas or more; *always_own* whatever the shares are."""

    least: int
    always_own: bool

    def plan(self, own: str, callers: Mapping[str, int], healthy: Mapping[str, int]) -> ZonePlan | None:
        """Return the plan of a caller in zone *own*, or None where no zone is preferred.

        *healthy* has the number of healthy replicas of every zone with replicas, zeros included.

        >>> rule = ZoneRule(6, False)
        >>> rule.plan("a", {"a": 4, "b": 4, "c": 2}, {"a": 5, "b": 10, "c": 5})
        ZonePlan(own=0.625, residual={'b': 0.1, 'c': 0.05})
        >>> rule.plan("c", {"a": 4, "b": 4, "c": 2}, {"a": 5, "b": 10, "c": 5})
        ZonePlan(own=1.0, residual={})
        """
        all_callers, all_healthy = sum(callers.values()), sum(healthy.values())
        if len(healthy) < 2 or all_healthy < max(self.least, 1) or (len(callers) < 2 and not self.always_own):
            return None

        def more(zone: str) -> float:
            """How much more of the replicas than of the callers is in *zone*, as a share of all."""
            whole = all_healthy * all_callers
            return (healthy.get(zone, 0) * all_callers - callers.get(zone, 0) * all_healthy) / whole

        if healthy.get(own, 0) and (self.always_own or more(own) >= 0):
            return ZonePlan(1.0, {})
        stays = healthy.get(own, 0) * all_callers / (callers[own] * all_healthy)
        residual = {zone: more(zone) for zone in healthy if zone != own and more(zone) > 0}
        if not residual:  # cannot be while callers and replicas are counted right, but for rounding
            residual = {zone: float(count) for zone, count in healthy.items() if count and zone != own}
        return ZonePlan(stays, residual)
