"""Which balancer picks the replica of a call: one for each link, made when the first call step asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Sequence

from sim.engine.services.balancing import Latencies, balancer

if TYPE_CHECKING:
    from sim.engine.services.replica import Replica
    from sim.engine.system import System


class Balancers:
    """The balancers of one system, by link."""

    def __init__(self, system: System) -> None:
        self.system = system
        self._made: dict[str, Callable[[], Replica]] = {}
        self._latencies: dict[str, Latencies] = {}

    def of(self, callee: str, link: str) -> Callable[[], Replica]:
        """Return what picks the replica of the next call on *link*."""
        if link not in self._made:
            uniform = self.system.streams.uniform(link, "balancing")
            balance = self.system.scenario.services[callee].balance
            slow_starts = self.system.services[callee].slow_starts
            self._made[link] = balancer(
                balance, self.choices(callee), uniform, self.latencies(callee, link), slow_starts
            )
        return self._made[link]

    def latencies(self, callee: str, link: str) -> Latencies | None:
        """Return what the callers on *link* know of the replicas' latencies, if they balance by it."""
        balance = self.system.scenario.services[callee].balance
        if balance.kind != "peak ewma":
            return None
        if link not in self._latencies:
            self._latencies[link] = Latencies(self.system.kernel, balance.decay_s)
        return self._latencies[link]

    def choices(self, callee: str) -> Sequence[Replica]:
        """Return the replicas that calls to *callee* may go to, which may change during the run."""
        service = self.system.services[callee]
        return service.pool if service.rotation is None else service.rotation.replicas
