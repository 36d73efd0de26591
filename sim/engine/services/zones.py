"""The balancer of a caller that prefers its own zone: it chooses the zone of an attempt, then a replica there.

Not modelled: weights of zones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Mapping, Sequence

from sim.engine.services.balancing import Pool
from sim.policies.zones import ZonePlan, ZoneRule

if TYPE_CHECKING:
    from sim.engine.services.host_set import HostSet
    from sim.engine.services.replica import Replica

Choose = Callable[[], "Replica"]


class ZoneBalancer:
    """Balances over the replicas of *hosts* for a caller in the zone *own*, by the plan of *rule*.

    In panic, and with the probability that is not *enabled*, all usable replicas are alike. *callers* gives the number
    of callers in each zone.
    """

    __slots__ = (
        "hosts",
        "own",
        "zone_of",
        "callers",
        "rule",
        "enabled",
        "uniform",
        "make",
        "any",
        "pools",
        "seen",
        "plan",
    )

    def __init__(
        self,
        hosts: HostSet,
        own: str,
        zone_of: Callable[[int], str],
        callers: Callable[[], Mapping[str, int]],
        rule: ZoneRule,
        enabled: float,
        uniform: Callable[[], float],
        make: Callable[[Sequence[Replica]], Choose],
    ) -> None:
        self.hosts, self.own, self.zone_of, self.callers = hosts, own, zone_of, callers
        self.rule, self.enabled, self.uniform, self.make = rule, enabled, uniform, make
        self.any = make(hosts.replicas)
        self.pools: dict[str, tuple[Pool, Choose]] = {}
        self.seen: tuple[list[Replica], Mapping[str, int]] | None = None
        self.plan: ZonePlan | None = None

    def choose(self) -> Replica:
        """Return the replica of the next attempt."""
        if self.hosts.is_panicking:
            return self.any()
        callers = self.callers()
        if self.seen is None or self.seen != (self.hosts.replicas, callers):
            self._group(callers)
        if self.plan is None or (self.enabled < 1.0 and self.uniform() >= self.enabled):
            return self.any()
        zone = self.own if self.plan.own >= 1.0 else self.plan.zone(self.own, self.uniform())
        return self.pools[zone][1]()

    def _group(self, callers: Mapping[str, int]) -> None:
        """Sort the usable replicas by zone, and plan again."""
        usable = list(self.hosts.replicas)
        self.seen = usable, callers
        for replica in self.hosts.known():
            zone = self.zone_of(replica.index)
            if zone not in self.pools:
                pool = Pool()
                self.pools[zone] = pool, self.make(pool)
        for zone, (pool, _) in self.pools.items():
            pool[:] = [one for one in usable if self.zone_of(one.index) == zone]
        self.plan = self.rule.plan(self.own, callers, {zone: len(pool) for zone, (pool, _) in self.pools.items()})
