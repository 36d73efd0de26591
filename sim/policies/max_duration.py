"""A limit on the time of all attempts of a call, kept between attempts: none is begun that comes too late.

A limit that ends a running attempt is a link's `total timeout`. Not modelled: time measured before an attempt instead
of after it (Python's ``backoff`` library).
"""

from __future__ import annotations

from math import inf

from sim.errors import ParameterError

BEFORE, BEFORE_END, AFTER, SHORTEN = "before", "before end", "after", "shorten"
STOPS = (BEFORE, BEFORE_END, AFTER, SHORTEN)
_ALMOST = 1e-9
"""Elapsed times are sums of rounded numbers: they have reached the limit when at most this part of it is missing."""


class MaxDuration:
    """Begin no attempt *limit_s* or more after the first one began; *stop* says which one is too late.

    ``before``: one that would begin then. ``before end``: one that could end after it, if it took *attempt_s*.
    ``after``: one that follows an attempt which ended then; so the limit may be passed by a wait and an attempt.
    ``shorten``: the same, but a wait is cut so that the last attempt begins at the limit.
    Source: tenacity, ``stop.py`` (``stop_before_delay`` and ``stop_after_delay``, both with >=); Failsafe,
    ``RetryPolicyExecutor`` (``maxDuration`` shortens the wait), as does Python's ``backoff`` (``max_time``).
    """

    __slots__ = ("limit_s", "stop", "attempt_s")

    def __init__(self, limit_s: float, stop: str = BEFORE, attempt_s: float = 0.0) -> None:
        if not 0 < limit_s < inf:
            raise ParameterError("be a duration above zero", limit_s, place="max duration")
        if stop not in STOPS:
            raise ParameterError(f"be one of {', '.join(STOPS)}", stop, place="stop")
        self.limit_s, self.stop, self.attempt_s = limit_s, stop, attempt_s

    def wait_s(self, elapsed_s: float, wait_s: float) -> float | None:
        """Return the wait before the next attempt, *elapsed_s* after the first one began; None for no more attempts."""
        limit_s = self.limit_s
        reached_s = limit_s * (1 - _ALMOST)
        if self.stop == BEFORE:
            return None if elapsed_s + wait_s >= reached_s else wait_s
        if self.stop == BEFORE_END:
            return None if elapsed_s + wait_s + self.attempt_s > limit_s * (1 + _ALMOST) else wait_s
        if elapsed_s >= reached_s:
            return None
        return min(wait_s, limit_s - elapsed_s) if self.stop == SHORTEN else wait_s
