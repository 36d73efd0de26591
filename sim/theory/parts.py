"""Availability and delay of systems of independent parts: chains, majorities and fan-outs."""

from __future__ import annotations

import math
from collections.abc import Iterable

from sim.theory._rules import above_zero, probability, whole


def serial_availability(parts: Iterable[float]) -> float:
    """Return the availability of a chain that needs every part. Source: product of independent probabilities."""
    shares = list(parts)
    for share in shares:
        probability(parts=share)
    return math.prod(shares)


def k_of_n_availability(k: int, n: int, each: float) -> float:
    """Return the probability that at least *k* of *n* parts work. Source: binomial tail.

    >>> round(k_of_n_availability(2, 3, 0.99), 6)
    0.999702
    """
    whole(0, k=k, n=n)
    probability(each=each)
    return math.fsum(math.comb(n, i) * each**i * (1 - each) ** (n - i) for i in range(k, n + 1))


def steady_availability(mean_up_s: float, mean_down_s: float) -> float:
    """Return the long-run share of time up, for any distributions. Source: alternating renewal (Ross, section 7.5)."""
    above_zero(mean_up_s=mean_up_s)
    return mean_up_s / (mean_up_s + mean_down_s)


def fan_out_slow_ratio(p_slow: float, leaves: int) -> float:
    """Return the share of parents that are slow because at least one of their *leaves* is.

    Source: J. Dean and L. A. Barroso, The tail at scale, CACM 56 (2013): 1 % slow leaves, 100 of them, 63 %.
    """
    probability(p_slow=p_slow)
    whole(0, leaves=leaves)
    return 1 - (1 - p_slow) ** leaves


def fork_join_mean(leaf_mean_s: float, leaves: int) -> float:
    """Return the mean of the slowest of *leaves* exponential times without queueing.

    Source: harmonic number times the mean (Renyi 1953).
    """
    above_zero(leaf_mean_s=leaf_mean_s)
    whole(1, leaves=leaves)
    return leaf_mean_s * math.fsum(1 / i for i in range(1, leaves + 1))


def fork_join_quantile(leaf_mean_s: float, leaves: int, p: float) -> float:
    """Return the *p*-quantile of the slowest of *leaves* exponential times. Source: the maximum's law F**leaves."""
    above_zero(leaf_mean_s=leaf_mean_s)
    whole(1, leaves=leaves)
    probability(p=p)
    return math.inf if p == 1 else -leaf_mean_s * math.log(-math.expm1(math.log(p) / leaves)) if p else 0.0
