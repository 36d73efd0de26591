"""When a service has any replicas at all: the rule by which KEDA scales to zero and back.

KEDA polls its source. It is active while the value is above the activation threshold. An active source without
replicas gets the first ones; the other numbers are the business of the Horizontal Pod Autoscaler. A source that has not
been active for the cooldown loses all replicas; one that never was active loses them at the first poll.

Source: kedacore/keda, pkg/scaling/executor/scale_scaledobjects.go (RequestScale, scaleToZero); KEDA documentation,
"Scaling Deployments", "Activating and Scaling thresholds".

Not modelled: `initialCooldownPeriod`, `fallback`, and paused objects.
"""

from __future__ import annotations

from sim.errors import ParameterError


class Activation:
    """Active above *threshold*; to zero when it has not been active for *cooldown_s*."""

    __slots__ = ("threshold", "cooldown_s", "first", "_active_at")

    def __init__(self, threshold: float = 0.0, cooldown_s: float = 300.0, first: int = 1) -> None:
        if not threshold >= 0:
            raise ParameterError("be a number of at least 0", threshold, place="activation")
        if not cooldown_s >= 0:
            raise ParameterError("be a duration", cooldown_s, place="cooldown")
        self.threshold, self.cooldown_s, self.first = threshold, cooldown_s, first
        self._active_at: float | None = None

    def polled(self, now: float, value: float, replicas: int) -> int:
        """Return the number of replicas after a poll that has read *value*.

        >>> keda = Activation(cooldown_s=30.0)
        >>> [keda.polled(0.0, 7, 0), keda.polled(15.0, 0, 2), keda.polled(30.0, 0, 2)]
        [1, 2, 0]
        """
        if value > self.threshold:
            self._active_at = now
            return replicas or self.first
        cold = self._active_at is None or now - self._active_at >= self.cooldown_s
        return 0 if cold else replicas
