"""Statistics over replications: means with intervals, paired differences, pooled percentiles.

Replications are independent and identically distributed by construction (each has its own streams), so Student's
interval applies to their means; within a run nothing is assumed independent.

Not modelled: sequential stopping.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Sequence

import numpy as np

from sim.results.index.columns import Floats
from sim.results.rows import spread


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over *n* replications and its 95 % confidence interval; None if there are too few."""

    mean: float | None
    low: float | None
    high: float | None
    n: int
    error: float | None = None
    """The standard error of the mean: the standard deviation of the values over the root of their number."""

    def within(self, least: float, most: float) -> Interval:
        """Return it cut to the range of the true value; its coverage stays the same.

        >>> Interval(0.99, 0.97, 1.01, 5).within(0.0, 1.0)
        Interval(mean=0.99, low=0.97, high=1.0, n=5, error=None)
        """
        if self.low is None or self.high is None:
            return self
        return replace(self, low=max(self.low, least), high=min(self.high, most))


def interval(values: Sequence[float | None]) -> Interval:
    """Return mean and 95 % interval of the known values: no mean of none, no interval of one.

    Source: A. Law, Simulation Modeling and Analysis, 5th ed., section 9.4.1 (replication with Student's t).

    >>> interval([1.0, 2.0, None, 3.0])
    Interval(mean=2.0, low=-0.484137711..., high=4.484137711..., n=3, error=0.577350269...)
    """
    known = [value for value in values if value is not None]
    n = len(known)
    if n == 0:
        return Interval(None, None, None, 0)
    mean = math.fsum(known) / n
    if n == 1:
        return Interval(mean, None, None, 1)
    squares = math.fsum((value - mean) ** 2 for value in known)
    error = math.sqrt(squares / (n - 1) / n)
    half = student_quantile(n - 1) * error
    return Interval(mean, mean - half, mean + half, n, error)


def paired(values: Sequence[float | None], baseline: Sequence[float | None]) -> list[float | None]:
    """Return value minus baseline, replication by replication; None if either is unknown.

    The replications must be the same ones, so that both sides met the same arrivals, keys and faults.
    """
    return [None if a is None or b is None else a - b for a, b in zip(values, baseline, strict=True)]


def pooled(samples: Sequence[Floats], percentile: str) -> float | None:
    """Return a percentile (``p99``) of the samples of all replications together; None if they are too few.

    One replication may be too short for a percentile that all of them together have enough samples for.
    """
    together = np.concatenate([*samples, np.zeros(0)])
    return spread(together, (percentile,))[percentile]


@lru_cache(maxsize=1024)
def student_quantile(degrees: int) -> float:
    """Return the 97.5 % quantile of Student's t with *degrees* of freedom."""
    from scipy.special import stdtrit  # type: ignore[import-untyped, unused-ignore]

    return float(stdtrit(degrees, 0.975))
