"""Adaptive limits on calls in flight: they follow drops (AIMD) or growing latency (gradient).

The engine admits a call while fewer than ``limit`` are in flight and records how each ended. Not modelled:
sampling windows (each call is a sample) and shares of a limit for kinds of calls.
"""

from __future__ import annotations

from math import floor, inf

from sim.errors import ParameterError

WARM_UP = 10
"""Number of first samples whose plain mean starts the long-term latency of a gradient."""


class Aimd:
    """Raise the limit by one for a successful call, multiply it by *backoff_ratio* for a dropped one.

    Use it where a full callee shows it by refusals or timeouts: the limit follows the callee's capacity, which need not
    be known. It learns from failed calls only, and each of many drops from one overload shrinks it again: with a ratio
    near 1/2 a short fault leaves a small limit that grows slowly. Errors of the callee that have nothing to do with
    load must not be recorded as dropped.

    A call that took longer than *timeout_s* counts as dropped. The limit grows only while at least half of it is used
    and stays within *least* and *most*.
    Source: Netflix concurrency-limits, AIMDLimit (there: ratio 0.9, timeout 5 s); the rule from D.-M. Chiu, R. Jain,
    "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in Computer Networks", 1989.
    """

    __slots__ = ("limit", "least", "most", "backoff_ratio", "timeout_s")

    def __init__(self, initial: int, least: int, most: int, backoff_ratio: float = 0.9, timeout_s: float = inf) -> None:
        _check_bounds(initial, least, most)
        if not 0 < backoff_ratio < 1:
            raise ParameterError("be a share above 0% and below 100%", backoff_ratio, place="backoff ratio")
        if not timeout_s > 0:
            raise ParameterError("be a duration above zero", timeout_s, place="timeout")
        self.limit = initial
        self.least, self.most, self.backoff_ratio, self.timeout_s = least, most, backoff_ratio, timeout_s

    def record(self, now: float, took_s: float, in_flight: int, dropped: bool) -> None:
        """Fold in a call that ended; *in_flight* were under way when it began, itself included. *now* is not used."""
        limit = self.limit
        if dropped or took_s > self.timeout_s:
            self.limit = max(floor(limit * self.backoff_ratio + 1e-9), self.least)
        elif in_flight * 2 >= limit:
            self.limit = min(limit + 1, self.most)


class Gradient:
    """Shrink the limit in the ratio of the long-term to the present latency, and let *queue* more calls in each time.

    Use it where overload shows as latency before it shows as errors. It takes any lasting latency as normal: a callee
    that stays slow gets its full limit back, and a healthy one whose calls differ much in size loses calls.

    Present latency up to *tolerance* times the long-term mean does not indicate a queue; the ratio is at least 1/2; the
    limit moves by the share *smoothing* towards what follows from it, does not move while less than half of it is
    used, and stays within *least* and *most*. The long-term mean is exponential over *window* samples, the first ten
    plain; while it is above twice the present it falls by 5 % more each time. A drop counts by its time alone, as in
    the library: fast refusals look like low latency, so count them elsewhere.
    Source: Netflix concurrency-limits, Gradient2Limit (these defaults).
    """

    __slots__ = (
        "limit",
        "least",
        "most",
        "smoothing",
        "tolerance",
        "queue",
        "window",
        "long_term_s",
        "_estimate",
        "_warm",
        "_sum_s",
    )

    def __init__(
        self,
        initial: int,
        least: int,
        most: int,
        smoothing: float = 0.2,
        tolerance: float = 1.5,
        queue: int = 4,
        window: int = 600,
    ) -> None:
        _check_bounds(initial, least, most)
        if not 0 < smoothing <= 1:
            raise ParameterError("be a share above 0% and at most 100%", smoothing, place="smoothing")
        for place, value in (("tolerance", tolerance), ("queue", queue), ("window", window)):
            if not value >= 1:
                raise ParameterError("be a number of at least 1", value, place=place)
        self.limit = initial
        self.least, self.most, self.smoothing = least, most, smoothing
        self.tolerance, self.queue, self.window = tolerance, queue, window
        self.long_term_s = 0.0
        """The mean latency that counts as normal."""
        self._estimate = float(initial)  # the limit before it is rounded down
        self._warm = 0
        self._sum_s = 0.0  # of the first samples

    def record(self, now: float, took_s: float, in_flight: int, dropped: bool) -> None:
        """Fold in a call that ended; *in_flight* were under way when it began, itself included.

        *now* and *dropped* are not used; all adaptive limits have the same signature.
        """
        long_term_s = self._learn(took_s)
        if long_term_s > 2 * took_s:
            self.long_term_s *= 0.95
        estimate = self._estimate
        if in_flight < estimate / 2:
            return
        ratio = self.tolerance * long_term_s / took_s if took_s > 0 else 1.0
        target = estimate * max(0.5, min(1.0, ratio)) + self.queue
        moved = estimate * (1 - self.smoothing) + target * self.smoothing
        self._estimate = max(float(self.least), min(float(self.most), moved))
        self.limit = int(self._estimate)

    def _learn(self, took_s: float) -> float:
        """Fold *took_s* into the long-term mean and return it."""
        if self._warm < WARM_UP:
            self._warm += 1
            self._sum_s += took_s
            self.long_term_s = self._sum_s / self._warm
        else:
            weight = 2 / (self.window + 1)
            self.long_term_s = self.long_term_s * (1 - weight) + took_s * weight
        return self.long_term_s


def _check_bounds(initial: int, least: int, most: int) -> None:
    """Raise ParameterError unless 1 <= least <= initial <= most."""
    if not least >= 1:
        raise ParameterError("be a whole number of at least 1", least, place="least")
    if not most >= least:
        raise ParameterError(f"be at least the least limit, {least}", most, place="most")
    if not least <= initial <= most:
        raise ParameterError(f"be between least and most, {least} and {most}", initial, place="initial")
