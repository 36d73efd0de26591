"""The number of replicas for the calls in flight, by the rule of Knative's pod autoscaler (KPA).

::

    stable window (60 s)  mean calls in flight / target ─┐
    panic window  (6 s)   mean calls in flight / target ─┴─> the larger in panic, else the stable one

It panics while the panic window asks for twice as many replicas as are ready, and until a stable window after that. In
panic it only adds. It changes at most by a factor at each look, and the last replica is stopped when none has been
asked for during the grace period.

Source: knative/serving, pkg/autoscaler/scaling/autoscaler.go (Scale), pkg/reconciler/autoscaling/kpa/scaler.go
(handleScaleToZero), config/core/configmaps/autoscaler.yaml; Knative documentation, "Configuring concurrency".

Not modelled: requests per second as the metric, and the activator in the path while replicas are there
(`target-burst-capacity`).
"""

from __future__ import annotations

from collections import deque
from math import ceil, floor, inf

from sim.errors import ParameterError


class WindowMeans:
    """Means of a number that is sampled, over windows that end now."""

    __slots__ = ("longest_s", "_read")

    def __init__(self, longest_s: float) -> None:
        self.longest_s = longest_s
        self._read: deque[tuple[float, float]] = deque()

    def read(self, now: float, value: float) -> None:
        """Take a sample at *now*."""
        self._read.append((now, value))
        while now - self._read[0][0] >= self.longest_s:
            self._read.popleft()

    def mean(self, now: float, window_s: float) -> float:
        """Return the mean of the samples of the last *window_s* seconds; 0 without any."""
        inside = [value for at, value in self._read if now - at < window_s]
        return sum(inside) / len(inside) if inside else 0.0


class ConcurrencyAutoscaler:
    """Ask for ceil(calls in flight / *target*) replicas, over a long window or, in panic, over a short one.

    Use it for services with bursts and idle times, whose replicas boot in seconds. It sees calls that wait, so it adds
    replicas where a callee is slow as well. Give it the sum over all replicas, calls that wait for one included.
    """

    __slots__ = (
        "target", "stable_s", "panic_threshold", "up_rate", "down_rate", "delay_s", "activation", "grace_s",
        "panic_at", "_most_in_panic", "_wanted", "_idle_since",
    )  # fmt: skip

    def __init__(
        self,
        target: float,
        stable_s: float = 60.0,
        panic_threshold: float = 2.0,
        up_rate: float = 1000.0,
        down_rate: float = 2.0,
        delay_s: float = 0.0,
        activation: int = 1,
        grace_s: float = 30.0,
        replicas: int = 1,
    ) -> None:
        if not 0 < target < inf:
            raise ParameterError("be a number above 0", target, place="target")
        if not stable_s > 0:
            raise ParameterError("be a duration above zero", stable_s, place="stable window")
        for value, place in ((up_rate, "max scale up rate"), (down_rate, "max scale down rate")):
            if not value > 1:
                raise ParameterError("be a factor above 1x", value, place=place)
        self.target, self.stable_s, self.panic_threshold = target, stable_s, panic_threshold
        self.up_rate, self.down_rate, self.delay_s, self.activation = up_rate, down_rate, delay_s, activation
        self.grace_s = grace_s
        self.panic_at: float | None = 0.0 if replicas > 1 else None
        """When it last exceeded the panic threshold; None while it is calm. With several replicas it begins so."""
        self._most_in_panic = replicas if replicas > 1 else 0
        self._wanted: deque[tuple[float, int]] = deque()
        self._idle_since: float | None = None

    def desired(self, now: float, ready: int, in_flight: float, just_now: float) -> int:
        """Return the desired number of replicas, of which *ready* take calls now.

        *in_flight* are the calls in flight on average over the stable window, *just_now* over the panic window.
        """
        there = max(1, ready)
        most, fewest = ceil(self.up_rate * there), floor(there / self.down_rate)
        stable, short = (ceil(calls / self.target - 1e-9) for calls in (in_flight, just_now))
        wanted, hasty = (self._at_least_active(asked, min(max(asked, fewest), most)) for asked in (stable, short))
        self._panic(now, short / there >= self.panic_threshold)
        if self.panic_at is not None:
            self._most_in_panic = wanted = max(wanted, hasty, self._most_in_panic)
        if self.delay_s:
            wanted = self._delayed(now, wanted)
        return self._not_yet_zero(now, wanted)

    def _at_least_active(self, asked: int, bounded: int) -> int:
        return max(bounded, self.activation) if asked and self.activation > 1 else bounded

    def _panic(self, now: float, is_over: bool) -> None:
        if is_over:
            self.panic_at = now
        elif self.panic_at is not None and now - self.panic_at > self.stable_s:
            self.panic_at, self._most_in_panic = None, 0

    def _delayed(self, now: float, wanted: int) -> int:
        self._wanted.append((now, wanted))
        while now - self._wanted[0][0] >= self.delay_s:
            self._wanted.popleft()
        return max(many for _, many in self._wanted)

    def _not_yet_zero(self, now: float, wanted: int) -> int:
        """Keep one replica until none has been asked for during the grace period."""
        if wanted:
            self._idle_since = None
            return wanted
        self._idle_since = now if self._idle_since is None else self._idle_since
        return 0 if now - self._idle_since >= self.grace_s else 1
