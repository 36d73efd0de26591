"""Backoff: a growing wait before each retry, with jitter so that callers do not retry at the same instants.

The caller keeps the state of its call (how many attempts, the last wait), so that one object serves a whole link.
A law may hold its own chance (``jitter 20%``); it then has no other jitter.

Not modelled: waits that the callee asks for (``sim.policies.pushback``), and clocks that drift.
"""

from __future__ import annotations

from sys import float_info
from typing import Callable

from sim.errors import ParameterError, did_you_mean
from sim.quantities import BackoffLaw

JITTERS = ("none", "full", "equal", "decorrelated")


class Backoff:
    """Compute the wait before each retry from a law of growing waits and a kind of jitter.

    Use jitter whenever many callers fail together: without it they retry together. Jitter stays within the law's
    ``least`` and ``cap``. *uniform* gives the next number in [0, 1); without jitter it is never called, so no number of
    a stream is wasted.
    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: full, equal and decorrelated
    jitter by these names.
    """

    __slots__ = ("law", "jitter", "uniform")

    def __init__(self, law: BackoffLaw, jitter: str, uniform: Callable[[], float]) -> None:
        if jitter not in JITTERS:
            raise ParameterError(f"be one of {', '.join(JITTERS)}", jitter, did_you_mean(jitter, JITTERS), "jitter")
        self.law, self.jitter, self.uniform = law, jitter, uniform

    def wait_s(self, n: int, last_wait_s: float = 0.0) -> float:
        """Return the seconds from the end of attempt *n* (from 1) to the next; *last_wait_s* is the call's last wait.

        With w the law's n-th wait: none is w, full is uniform in 0..w, equal is uniform in w/2..w, decorrelated is
        uniform in first..3 * last, cut at the cap; a call without a last wait counts *first* as its last.
        """
        law, jitter = self.law, self.jitter
        if n <= law.immediate:
            return 0.0
        if jitter == "decorrelated":
            low = max(law.first, law.least)
            return min(self._between(low, 3 * max(last_wait_s, low)), law.cap)
        wait_s = min(law.drawn_s(n, self.uniform) if law.is_random else law.wait_s(n), float_info.max)
        if jitter == "none":
            return wait_s
        return self._between(law.least if jitter == "full" else max(wait_s / 2, law.least), wait_s)

    def _between(self, low: float, high: float) -> float:
        """A uniform number in [low, high), both kept finite: 0 times infinity is not a wait."""
        return low + self.uniform() * (min(high, float_info.max) - low)
