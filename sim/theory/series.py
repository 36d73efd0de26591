"""Times in series: the sum of exponential stages, alone or with a queue before each."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim.errors import ParameterError
from sim.theory._rules import above_zero, probability
from sim.theory.queues import mm1


def hypoexponential_mean(rates: Sequence[float]) -> float:
    """Return the mean of a sum of independent exponential stages with these *rates*."""
    return math.fsum(1 / rate for rate in rates)


def hypoexponential_cdf(rates: Sequence[float], at_s: float) -> float:
    """Return the probability that independent exponential stages with these *rates* take at most *at_s* together.

    Equal rates (Erlang) are allowed. Absolute error below 1e-12. Source: the stages as a Markov chain, uniformised
    at the largest rate: A. Jensen 1953, as in Gross et al., section 2.4.
    """
    if not rates:
        raise ParameterError("name at least one stage", list(rates), place="rates")
    for rate in rates:
        above_zero(rates=rate)
    if at_s <= 0:
        return 0.0
    fastest = max(rates)
    leave = [rate / fastest for rate in rates]
    stage = [1.0] + [0.0] * (len(rates) - 1)
    jumps, k, seen, left = fastest * at_s, 0, [], []
    reach = jumps + 12 * math.sqrt(jumps) + 40
    while k <= reach:
        weight = math.exp(k * math.log(jumps) - jumps - math.lgamma(k + 1))
        seen.append(weight)
        left.append(weight * math.fsum(stage))
        moved = [p * out for p, out in zip(stage, leave)]
        stage = [p - gone + (moved[i - 1] if i else 0.0) for i, (p, gone) in enumerate(zip(stage, moved))]
        k += 1
    return min(1.0, max(0.0, 1 - math.fsum(left)))


def hypoexponential_quantile(rates: Sequence[float], p: float) -> float:
    """Return the *p*-quantile in seconds of the sum of exponential stages, by bisection to 1e-10 of the mean.

    >>> round(hypoexponential_quantile([50] * 5, 0.5), 4)
    0.0934
    """
    probability(p=p)
    if p == 1:
        return math.inf
    high = hypoexponential_mean(rates)
    while hypoexponential_cdf(rates, high) < p:
        high *= 2
    low, close = 0.0, 1e-10 * hypoexponential_mean(rates)
    while high - low > close:
        middle = (low + high) / 2
        if hypoexponential_cdf(rates, middle) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def tandem(rate: float, service_rates: Sequence[float]) -> float:
    """Return the mean time through M/M/1 stations in a row, none of which blocks the one before it.

    Not for a synchronous chain, in which a caller's worker is held. The sojourns are independent, so
    ``hypoexponential_quantile`` of ``service_rate - rate`` gives percentiles. Sources: P. J. Burke 1956 (departures
    are Poisson); E. Reich 1957 (independence).
    """
    return math.fsum(mm1(rate, service_rate).sojourn_s for service_rate in service_rates)
