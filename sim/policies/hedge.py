"""Hedging: when an answer is late, send the same call once more and take whichever answers first.

Not modelled: hedging at once after a failure (that is a retry), budgets of hedges, and cancelling the loser (the engine
does it).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from functools import cache
from math import ceil, inf

from sim.errors import ParameterError

REMEMBERED = 1000
"""Number of last latencies that a percentile is taken of."""


class Hedge:
    """Give the delay before a hedge is sent: *after_s*, or a *percentile* of the latencies measured so far.

    Use it for reads and other calls that may run twice, when few of many replicas are slow now and then: after the 95th
    percentile it costs some 5 % more load and cuts the tail. It harms where all are slow, because it then adds load. A
    percentile follows the slowness and bounds the added load; a fixed time does not.

    *most* attempts are sent in addition to the first, each *delay_s* after the one before (Polly's
    ``MaxHedgedAttempts`` and ``Delay``; resilience4j has no hedging). *percentile* is a share, 0.95 for the 95th, by
    nearest rank over the last 1,000 latencies; there is no delay until 1 / (1 - percentile) of them are known. Feed the
    latencies of answers: if those of abandoned attempts are missing, the percentile is too low.
    Source: J. Dean, L. A. Barroso, "The Tail at Scale", CACM 56(2), 2013, "Hedged requests".
    """

    __slots__ = ("after_s", "percentile", "most", "needed", "_latest", "_sorted")

    def __init__(self, after_s: float | None, percentile: float | None, most: int) -> None:
        if (after_s is None) == (percentile is None):
            raise ParameterError("be given, or percentile, and not both", after_s, place="after")
        if after_s is not None and not 0 <= after_s < inf:
            raise ParameterError("be a duration", after_s, place="after")
        if percentile is not None and not 0 < percentile < 1:
            raise ParameterError("be a share above 0% and below 100%", percentile, place="percentile")
        if not most >= 1:
            raise ParameterError("be a whole number of at least 1", most, place="most")
        self.after_s, self.percentile, self.most = after_s, percentile, most
        self.needed = 0 if percentile is None else min(ceil(round(1 / (1 - percentile), 6)), REMEMBERED)
        """Number of latencies that must be known before there is a delay."""
        self._latest: deque[float] = deque()
        self._sorted: list[float] = []

    def delay_s(self) -> float | None:
        """Return the seconds from one attempt to the next; None while that is not known."""
        if self.percentile is None:
            return self.after_s
        known = len(self._sorted)
        if known < self.needed:
            return None
        return self._sorted[_nearest_rank(self.percentile, known) - 1]

    def took(self, seconds: float) -> None:
        """Fold in the latency of one answered attempt; the oldest of more than 1,000 is forgotten."""
        if self.percentile is None:
            return
        self._latest.append(seconds)
        insort(self._sorted, seconds)
        if len(self._latest) > REMEMBERED:
            del self._sorted[bisect_left(self._sorted, self._latest.popleft())]


@cache
def _nearest_rank(percentile: float, known: int) -> int:
    """Return the rank, from 1, of the *percentile* among *known* sorted values."""
    return max(ceil(round(percentile * known, 6)), 1)
