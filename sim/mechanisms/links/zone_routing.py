"""Zone-aware routing: a caller prefers the callee's replicas in its own zone."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from sim.fields.labels import percent
from sim.fields.quantity import Share
from sim.mechanisms.links.base import Decision, LinkDefence
from sim.mechanisms.links.parts import LinkPart
from sim.policies.zones import ZoneRule


class ZoneRouting(LinkDefence):
    """Prefer replicas in the caller's zone, as Envoy does (`zone_aware_lb_config`); both ends need `zones`.

    As much stays in the zone as lets every replica get the same if all callers send the same; the rest goes to zones
    with room. A zone whose callers send more than others overloads its replicas. In panic no zone is preferred.
    """

    layer: ClassVar[int] = 93
    decisions: ClassVar[tuple[Decision, ...]] = (
        Decision(
            "stopped without healthy zone", "tries that were not sent: no replica in any zone is healthy",
            reason="no healthy zone", thing="try", does="be stopped because no replica in any zone is healthy",
            whose="with `zone routing`",
        ),
    )  # fmt: skip
    loads: ClassVar[str] = "zone routings"

    min_cluster_size: Annotated[int, Field(ge=1)] = 6
    """Healthy replicas below which no zone is preferred (`min_cluster_size`)."""
    enabled: Share = 1.0
    """The share of calls that are routed by zone (`routing_enabled`)."""
    always_own: bool = False
    """Whether all calls stay in the own zone while a replica there is healthy, whatever its share is
    (`force_locality_direct_routing`; Kubernetes' `trafficDistribution: PreferClose`, Istio's locality failover)."""

    def labels(self) -> tuple[str, ...]:
        """How much stays in the zone."""
        rule = "while one there is healthy" if self.always_own else "as far as replicas stay even"
        share = "" if self.enabled >= 1 else f", for {percent(self.enabled)} of the calls"
        return (f"prefers its own zone {rule}{share}",)

    @property
    def rule(self) -> ZoneRule:
        """Return the policy that decides."""
        return ZoneRule(self.min_cluster_size, self.always_own)

    def build(self, link: LinkPart) -> None:
        """Let each caller's balancer choose the zone first."""
        link.prefer_zone(self, "no healthy zone")
