"""Which balancer picks the replica of a call: one for each link, made when the first call step asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Sequence

from sim.engine.services.balancing import balancer

if TYPE_CHECKING:
    from sim.engine.services.replica import Replica
    from sim.engine.system import System


class Balancers:
    """The balancers of one system, by link."""

    def __init__(self, system: System) -> None:
        self.system = system
        self._made: dict[str, Callable[[], Replica]] = {}

    def of(self, callee: str, link: str) -> Callable[[], Replica]:
        """Return what picks the replica of the next call on *link*."""
        if link not in self._made:
            uniform = self.system.streams.uniform(link, "balancing")
            balance = self.system.scenario.services[callee].balance
            self._made[link] = balancer(balance, self.choices(callee), uniform)
        return self._made[link]

    def choices(self, callee: str) -> Sequence[Replica]:
        """Return the replicas that calls to *callee* may go to, which may change during the run."""
        service = self.system.services[callee]
        return service.pool if service.rotation is None else service.rotation.replicas
