"""Health checks: a load balancer's belief about one replica.

The engine holds the interval and the timeout of the checks, and the panic threshold. Not modelled: a rise or fall that
depends on more than checks in a row.
"""

from __future__ import annotations

from sim.errors import ParameterError


class HealthChecker:
    """Mark a replica unhealthy after *unhealthy_after* failed checks in a row, healthy after *healthy_after* good ones.

    Use it to take dead replicas out of the rotation. It reacts after interval times *unhealthy_after*, calls fail until
    then, and it sees only what the check sees: a replica that answers checks and fails calls stays in (gray failure).
    Counts near 1 take out replicas that are merely busy, which loads the others more.

    A new replica counts as healthy.
    Source: AWS Elastic Load Balancing (``UnhealthyThresholdCount``, ``HealthyThresholdCount``); Kubernetes probes
    (``failureThreshold``, ``successThreshold``).
    """

    __slots__ = ("unhealthy_after", "healthy_after", "healthy", "_against")

    def __init__(self, unhealthy_after: int, healthy_after: int) -> None:
        for place, value in (("unhealthy after", unhealthy_after), ("healthy after", healthy_after)):
            if not value >= 1:
                raise ParameterError("be a whole number of at least 1", value, place=place)
        self.unhealthy_after, self.healthy_after = unhealthy_after, healthy_after
        self.healthy = True
        self._against = 0  # checks in a row that contradict the present state

    def record(self, ok: bool) -> bool:
        """Fold in one check; return whether the replica now counts as healthy."""
        if ok == self.healthy:
            self._against = 0
        else:
            self._against += 1
            if self._against == (self.unhealthy_after if self.healthy else self.healthy_after):
                self.healthy = not self.healthy
                self._against = 0
        return self.healthy


def is_panic(healthy: int, hosts: int, threshold: float) -> bool:
    """Whether so few of the hosts are *healthy* that health is ignored: their share is below *threshold*.

    Source: Envoy documentation, "Panic threshold" (default 50 %); ``LoadBalancerBase::isHostSetInPanic`` in
    ``source/extensions/load_balancing_policies/common/load_balancer_impl.cc``, which rounds it to a whole percent.

    >>> is_panic(4, 10, 0.5), is_panic(5, 10, 0.5), is_panic(0, 10, 0.0)
    (True, False, False)
    """
    return healthy < threshold * hosts - 1e-9
