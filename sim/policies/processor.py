"""How cores are divided: each takes what it needs, up to its fair part, and leaves the rest to the others.

Not modelled: the time slices of a scheduler (a share is held all the time), caches that a switch makes cold, and a
processor that slows down when it is hot.
"""

from __future__ import annotations

from typing import Sequence


def fair_parts(cores: float, needs: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the cores that each has, of *cores* in all: *needs* are the most that each can use.

    If there are not enough, they are divided by *weights*, and what one does not need is divided among the others in
    the same way. The sum is the smaller of *cores* and all needs.
    Source: weighted max-min fairness, D. Bertsekas, R. Gallager, Data Networks, 2nd ed., section 6.5.2.

    >>> fair_parts(4, [1, 8, 8], [100, 100, 200])
    [1, 1.0, 2.0]
    """
    parts = list(needs)
    total = 0.0
    for need in needs:
        total += need
    if total <= cores:
        return parts
    open_ = [place for place, need in enumerate(needs) if need > 0]
    left = cores
    while open_:
        weight = 0.0
        for place in open_:
            weight += weights[place]
        met = [place for place in open_ if needs[place] * weight <= left * weights[place]]
        if not met:
            for place in open_:
                parts[place] = left * weights[place] / weight
            break
        for place in met:
            left -= needs[place]
        open_ = [place for place in open_ if place not in met]
    return parts


class Quota:
    """Processor time for each period, and how much of it is left; the policy is given the instants.

    A period begins where the one before ends, from the first use on. Time that was not used is kept up to *burst_s*.
    Source: Linux, kernel/sched/fair.c, ``__refill_cfs_bandwidth_runtime``: runtime += quota, at most quota + burst.
    """

    __slots__ = ("cores", "period_s", "burst_s", "left_s", "_first_at", "_period")

    def __init__(self, cores: float, period_s: float, burst_s: float) -> None:
        self.cores, self.period_s, self.burst_s = cores, period_s, burst_s
        self.left_s = cores * period_s
        """What may still be used in this period; zero: nothing runs until the next one."""
        self._first_at: float | None = None
        self._period = 0

    def use_at(self, now: float) -> None:
        """Begin the first period at *now*, if none has begun."""
        if self._first_at is None:
            self._first_at = now

    def refill(self, now: float) -> None:
        """Add the quotas of all periods that have begun until *now*."""
        if self._first_at is None:
            return
        period = int((now - self._first_at) / self.period_s)
        while self._first_at + (period + 1) * self.period_s <= now:  # the quotient may be rounded down
            period += 1
        if period > self._period:
            each = self.cores * self.period_s
            self.left_s = min(self.left_s + (period - self._period) * each, each + self.burst_s)
            self._period = period

    @property
    def next_at(self) -> float:
        """When the next period begins; it has been used before."""
        return (self._first_at or 0.0) + (self._period + 1) * self.period_s
