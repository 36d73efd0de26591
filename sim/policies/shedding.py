"""Load shedding: by the time that work waited, by the time that the queue has not been empty, or by priority.

The queue asks ``CoDel`` when work is taken out, ``AdaptiveLifo`` and ``ControlledDelay`` before that, and
``PriorityShed`` when work arrives. Not modelled: marking instead of dropping, flow queues (FQ-CoDel), and shedding by
cost.
"""

from __future__ import annotations

import itertools
from math import sqrt
from typing import Sequence

from sim.errors import ParameterError


class CoDel:
    """Drop work when all of it has waited longer than *target_s* for *interval_s*, the more often the longer it lasts.

    Use it on queues that must absorb bursts but not stay long: a short burst passes whole, a standing queue is thinned
    until waits fall below the target. Drops are interval / sqrt(count) apart. That slows senders that back off but
    hardly affects an open load far above capacity: there the queue still grows, and ``ControlledDelay`` or a bound is
    needed. It harms work whose service time is not far below the target.

    Ask ``keep`` for each call taken out; after a False take the next one at the same instant.
    Source: RFC 8289, section 5 (defaults there 5 ms and 100 ms for packets). Where the RFC never drops from a line of
    at most one packet, here *empty* means that nothing waits behind.
    """

    __slots__ = ("target_s", "interval_s", "dropping", "count", "_last_count", "_above_at", "_drop_at", "_dropped")

    def __init__(self, target_s: float, interval_s: float) -> None:
        for place, value in (("target", target_s), ("interval", interval_s)):
            if not value > 0:
                raise ParameterError("be a duration above zero", value, place=place)
        self.target_s, self.interval_s = target_s, interval_s
        self.dropping = False
        self.count = 0
        """The number of drops since dropping began."""
        self._last_count = 0  # the count when dropping last began
        self._above_at: float | None = None  # when waits have been above target for an interval; None: they are not
        self._drop_at = 0.0  # while dropping: when the next one is due
        self._dropped = False  # the last one taken was dropped while dropping: the next drop is not yet planned

    def keep(self, now: float, waited_s: float, empty: bool) -> bool:
        """Whether to serve the work that is taken out at *now*; *empty*: the queue is empty behind it."""
        standing = self._stands(now, waited_s, empty)
        planned, self._dropped = not self._dropped, False
        if self.dropping:
            if not standing:
                self.dropping = False
                return True
            if not planned:
                self._drop_at = self._next_drop(self._drop_at)
            if now < self._drop_at:
                return True
            self.count += 1
            self._dropped = True
            return False
        if not standing:
            return True
        self._begin(now)
        return False

    def _stands(self, now: float, waited_s: float, empty: bool) -> bool:
        """Whether waits have been above target for a whole interval."""
        if waited_s < self.target_s or empty:
            self._above_at = None
        elif self._above_at is None:
            self._above_at = now + self.interval_s
        else:
            return now >= self._above_at
        return False

    def _begin(self, now: float) -> None:
        """Start dropping, at the pace reached before if that was not long ago."""
        self.dropping = True
        since = self.count - self._last_count
        recent = now - self._drop_at < 16 * self.interval_s
        self.count = since if since > 1 and recent else 1
        self._drop_at = self._next_drop(now)
        self._last_count = self.count

    def _next_drop(self, after: float) -> float:
        """The control law: drops come closer together with the square root of their count."""
        return after + self.interval_s / sqrt(self.count)


class AdaptiveLifo:
    """Serve the newest first while more than *threshold* wait and the queue has not been empty for *interval_s*.

    Use it where callers give up: in an overload the newest call is the one whose caller still waits, while first in,
    first out serves only abandoned calls. It is unfair, and old calls must be dropped by a timeout or a bound, or they
    wait forever. With an interval of 0 the length alone decides.
    Source: B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015, "Adaptive LIFO".
    """

    __slots__ = ("threshold", "interval_s")

    def __init__(self, threshold: int = 0, interval_s: float = 0.1) -> None:
        if not threshold >= 0:
            raise ParameterError("be a whole number of at least 0", threshold, place="threshold")
        if not interval_s >= 0:
            raise ParameterError("be a duration", interval_s, place="interval")
        self.threshold, self.interval_s = threshold, interval_s

    def newest_first(self, now: float, waiting: int, empty_at: float) -> bool:
        """Whether to take from the end at *now*, with *waiting* in a queue that was last empty at *empty_at*."""
        return waiting > self.threshold and now - empty_at >= self.interval_s


class ControlledDelay:
    """Let work wait *interval_s*, but only *target_s* once the queue has not been empty for the last *interval_s*.

    Use it with ``AdaptiveLifo`` on a server: bursts may wait, a standing queue is cut to the target at once, so served
    calls are answered in time at any load. It harms calls whose callers would wait longer.
    Source: B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015, "Controlled Delay" (5 ms and 100 ms).
    """

    __slots__ = ("target_s", "interval_s")

    def __init__(self, target_s: float = 0.005, interval_s: float = 0.1) -> None:
        if not target_s > 0:
            raise ParameterError("be a duration above zero", target_s, place="target")
        if not interval_s >= target_s:
            raise ParameterError(f"be at least the target, {target_s:g} s", interval_s, place="interval")
        self.target_s, self.interval_s = target_s, interval_s

    def patience_s(self, now: float, empty_at: float) -> float:
        """Return how long work that arrives at *now* may wait in a queue that was last empty at *empty_at*."""
        return self.target_s if now - empty_at > self.interval_s else self.interval_s


class PriorityShed:
    """Admit work while the queue is filled below the share of its priority: the least important is shed first.

    Use it where work differs in worth: in an overload browsing is refused so that paying is not. It protects nothing if
    everything is called important, and it wastes the places kept free for important work that does not arrive.

    *thresholds* are shares of the places, of priority 0 (most important) first; less important priorities than there
    are thresholds count as the last.
    Source: B. Beyer et al., Site Reliability Engineering, ch. 21 "Handling Overload", "Criticality".
    """

    __slots__ = ("thresholds",)

    def __init__(self, thresholds: Sequence[float]) -> None:
        if not thresholds:
            raise ParameterError("name a share of the places for each priority", None, place="thresholds")
        for share in thresholds:
            if not 0 < share <= 1:
                raise ParameterError("be shares above 0% and at most 100%", share, place="thresholds")
        for important, less in itertools.pairwise(thresholds):
            if less > important:
                raise ParameterError(f"not grow from {important:g} for less important work", less, place="thresholds")
        self.thresholds = tuple(thresholds)

    def admits(self, priority: int, waiting: int, places: float) -> bool:
        """Whether work of *priority* may join a queue of *places* with *waiting* in it; no places admit none."""
        share = self.thresholds[min(priority, len(self.thresholds) - 1)]
        return waiting < share * places - 1e-9  # 55 % of 20 is 11 places, in rounded numbers a little more
