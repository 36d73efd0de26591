"""Which replicas of a service are in slow start, and the weight of each.

A replica enters it when it joins or restarts, and when health checks find it well again; at the beginning of a run all
are as old as each other, so none does.

Not modelled: the different instants at which callers learn of a new replica.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Sequence

from sim.policies.balancing import EarliestDeadlineFirst

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.record.recorder import Event
    from sim.scenario import models

Choose = Callable[[], "Replica"]


class SlowStarts:
    """The instants since which replicas are new, and the balancers that know it."""

    __slots__ = ("kernel", "events", "service", "rule", "since", "until")

    def __init__(self, kernel: Kernel, events: list[Event], service: Service, model: models.SlowStart) -> None:
        self.kernel, self.events, self.service, self.rule = kernel, events, service, model.rule
        self.since: dict[Replica, float] = {}
        self.until = 0.0
        """When the slow start of the last one ends."""
        service.on_restart.append(self.begin)

    def begin(self, replica: Replica) -> None:
        """*replica* is new, or well again."""
        now = self.kernel.now
        self.since[replica] = now
        self.until = now + self.rule.window_s
        self.events.append((now, "slow start", self.service.name, str(replica.index)))

    def weight(self, replica: Replica) -> float:
        """Return the weight of *replica* now."""
        since = self.since.get(replica)
        return 1.0 if since is None else self.rule.weight(self.kernel.now - since)

    def weighing(self, usual: Choose, replicas: Sequence[Replica], counts: bool) -> Choose:
        """Wrap a balancer: while a replica is new, choose by weights; with *counts* over one more than are out."""
        scheduler = EarliestDeadlineFirst()
        weights_since = -1.0

        def weight(replica: Replica) -> float:
            full = self.weight(replica)
            return full / (replica.outstanding + 1) if counts else full

        def choose() -> Replica:
            nonlocal weights_since
            if self.kernel.now >= self.until:
                return usual()
            if weights_since != self.until:
                weights_since = self.until
                scheduler.forget()
            return scheduler.choose(replicas, weight)

        return choose
