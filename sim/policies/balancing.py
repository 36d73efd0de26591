"""Balancing by more than turns and counts: the weight of a host that is new, and the cost of a host by its latencies.

Not modelled: weights of hosts that are configured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable, Hashable, Iterable, TypeVar

Host = TypeVar("Host", bound=Hashable)

PENALTY = 1e9
"""The cost of a host with calls out and no latency known yet: above that of any other."""

LEAST_AGE_S = 0.001
"""A host that is younger counts as this old, so that no weight is zero."""


@dataclass(frozen=True, slots=True)
class SlowStart:
    """The weight of a host that joined or became healthy a while ago: it grows to 1 over *window_s*.

    Source: Envoy documentation, "Slow start mode"; ``EdfLoadBalancerBase::applySlowStartFactor`` in
    ``source/extensions/load_balancing_policies/common/load_balancer_impl.cc``.

    >>> [round(SlowStart(60.0, 1.0, 0.1).weight(age_s), 3) for age_s in (0, 3, 15, 30, 60)]
    [0.1, 0.1, 0.25, 0.5, 1.0]
    >>> round(SlowStart(60.0, 2.0, 0.1).weight(15.0), 3)
    0.5
    """

    window_s: float
    aggression: float
    least: float

    def weight(self, age_s: float) -> float:
        """Return the share of a full weight that a host of this age has."""
        if age_s >= self.window_s:
            return 1.0
        grown: float = (max(age_s, LEAST_AGE_S) / self.window_s) ** (1.0 / self.aggression)
        return min(max(grown, self.least), 1.0)


class EarliestDeadlineFirst:
    """Choose hosts in proportion to their weights: each one's next turn is one over its weight after the last.

    Source: ``EdfScheduler`` in Envoy's ``source/common/upstream/edf_scheduler.h``.

    >>> one = EarliestDeadlineFirst()
    >>> "".join(one.choose("ab", lambda host: 1.0 if host == "a" else 0.5) for _ in range(6))
    'aabaab'
    """

    __slots__ = ("_now", "_deadlines")

    def __init__(self) -> None:
        self._now = 0.0
        self._deadlines: dict[Hashable, float] = {}

    def choose(self, hosts: Iterable[Host], weight: Callable[[Host], float]) -> Host:
        """Return the host whose turn is next; one that is new here begins with a full interval."""
        deadlines = self._deadlines
        there = list(hosts)
        for host in there:
            if host not in deadlines:
                deadlines[host] = self._now + 1.0 / weight(host)
        chosen = min(there, key=deadlines.__getitem__)
        self._now = max(self._now, deadlines[chosen])
        deadlines[chosen] = self._now + 1.0 / weight(chosen)
        return chosen

    def forget(self) -> None:
        """Begin again."""
        self._now = 0.0
        self._deadlines.clear()


class PeakEwma:
    """The latency of one host as its callers see it: a moving average that follows each peak at once.

    A call that took longer than the average sets it; a shorter one, and time without any, let it decay over *decay_s*.
    A host's cost is that average times the calls that it would then have out. Use it where replicas are of unequal
    speed; a host that fails fast is cheap, and so draws calls.

    Source: twitter/finagle, ``PeakEwma.scala`` (``decayTime`` 10 s by default); Linkerd balances in the same way.

    >>> one = PeakEwma(10.0)
    >>> one.observe(0.0, 0.25)
    >>> one.cost(0.0, 0), one.cost(0.0, 3), round(one.cost(10.0, 0), 4)
    (0.25, 1.0, 0.092)
    """

    __slots__ = ("decay_s", "average_s", "_at")

    def __init__(self, decay_s: float) -> None:
        self.decay_s = decay_s
        self.average_s = 0.0
        self._at = 0.0

    def observe(self, now: float, took_s: float) -> None:
        """Fold in a call that ended at *now* after *took_s*."""
        kept = math.exp(-max(now - self._at, 0.0) / self.decay_s)
        self.average_s = took_s if took_s > self.average_s else self.average_s * kept + took_s * (1.0 - kept)
        self._at = now

    def cost(self, now: float, outstanding: int) -> float:
        """Return what one more call would cost while *outstanding* are out."""
        self.observe(now, 0.0)
        if not self.average_s and outstanding:
            return PENALTY + outstanding
        return self.average_s * (outstanding + 1)
