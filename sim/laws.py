"""Laws of chance over durations, as the engine draws them: mean, variance, distribution and quantiles.

The words of a law are read in ``sim.quantities``. Left out: densities, and laws that a scenario cannot write.
Source: the closed forms of N. Johnson, S. Kotz, N. Balakrishnan, Continuous Univariate Distributions, vol. 1, 2nd ed.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Callable, Sequence

from sim.errors import not_played

_NORMAL = NormalDist()
_BISECTIONS = 200
"""More than enough to halve the distance between any two doubles down to nothing."""
_ROUNDING = 1e-12
"""How far shares that add up to a probability may miss it."""


@dataclass(frozen=True, slots=True)
class Law:
    """A law of chance over durations in seconds, as a value; ``sim.engine.clock.streams`` draws from it.

    *kind* is one of ``KINDS``; *parameters* are lognormal (mu, sigma of the logarithm), gamma (shape, scale), normal
    (mean, sd; cut at zero, so that *mean* is a little more), uniform (low, high), empirical (the values of its file,
    ascending, once it has them: ``with_values``). *parts* of a mix are (share, law). *path* of an empirical law names a
    CSV file beside the scenario. *per_request_s* is what every other request in flight adds to a draw (work only);
    *mean* is without it. An empirical law without its values has neither mean nor quantiles: they are NaN.
    """

    kind: str
    mean: float
    parameters: tuple[float, ...] = ()
    parts: tuple[tuple[float, Law], ...] = ()
    path: str = ""
    text: str = ""
    per_request_s: float = 0.0

    def __str__(self) -> str:
        return self.text

    @property
    def is_zero(self) -> bool:
        """True for the constant 0, which costs no event."""
        return self.kind == "constant" and self.mean == 0

    @property
    def scv(self) -> float:
        """Squared coefficient of variation, variance over squared mean; 0 for a law that is always zero."""
        return self.variance / self.mean**2 if self.mean else 0.0

    @property
    def variance(self) -> float:
        """Variance in seconds squared."""
        return _shape(self).variance(self)

    def cdf(self, x: float) -> float:
        """Return the probability that a draw is at most *x* seconds."""
        return _shape(self).cdf(self, x) if x >= 0 else 0.0

    def quantile(self, p: float) -> float:
        """Return the least duration in seconds that a draw does not exceed with probability *p* (above 0, below 1)."""
        return _shape(self).quantile(self, p)

    def with_values(self, values: Sequence[float]) -> Law:
        """Return this empirical law with the *values* of its file, each as likely as any other."""
        return replace(self, mean=math.fsum(values) / len(values), parameters=tuple(sorted(values)))


@dataclass(frozen=True, slots=True)
class _Shape:
    """What one kind of law knows about itself."""

    variance: Callable[[Law], float]
    cdf: Callable[[Law, float], float]
    quantile: Callable[[Law, float], float]


def _shape(law: Law) -> _Shape:
    if law.kind not in KINDS:
        raise not_played("law", law.kind)
    return KINDS[law.kind]


# --- laws with two parameters -------------------------------------------------------------------------------


def _lognormal_variance(law: Law) -> float:
    return math.expm1(law.parameters[1] ** 2) * law.mean**2


def _lognormal_cdf(law: Law, x: float) -> float:
    mu, sigma = law.parameters
    return _NORMAL.cdf((math.log(x) - mu) / sigma) if x > 0 else 0.0


def _lognormal_quantile(law: Law, p: float) -> float:
    mu, sigma = law.parameters
    return math.exp(mu + sigma * _NORMAL.inv_cdf(p))


def _gamma_cdf(law: Law, x: float) -> float:
    from scipy.special import gammainc

    shape, scale = law.parameters
    return float(gammainc(shape, x / scale))


def _gamma_quantile(law: Law, p: float) -> float:
    from scipy.special import gammaincinv

    shape, scale = law.parameters
    return float(gammaincinv(shape, p)) * scale


def cut_normal_mean(mean: float, sd: float) -> float:
    """Return the mean of a normal law whose draws below zero count as zero.

    >>> cut_normal_mean(0.01, 0.0), round(cut_normal_mean(0.0, 1.0), 6)
    (0.01, 0.398942)
    """
    return mean * _NORMAL.cdf(mean / sd) + sd * _NORMAL.pdf(mean / sd) if sd else mean


def _normal_variance(law: Law) -> float:
    mean, sd = law.parameters
    if not sd:
        return 0.0
    z = mean / sd
    second = (mean**2 + sd**2) * _NORMAL.cdf(z) + mean * sd * _NORMAL.pdf(z)
    return max(second - law.mean**2, 0.0)


def _normal_cdf(law: Law, x: float) -> float:
    mean, sd = law.parameters
    return _NORMAL.cdf((x - mean) / sd) if sd else float(x >= mean)


def _normal_quantile(law: Law, p: float) -> float:
    mean, sd = law.parameters
    return max(mean + sd * _NORMAL.inv_cdf(p), 0.0)


def _uniform_cdf(law: Law, x: float) -> float:
    low, high = law.parameters
    return min(max((x - low) / (high - low), 0.0), 1.0) if high > low else float(x >= low)


def _uniform_quantile(law: Law, p: float) -> float:
    low, high = law.parameters
    return low + p * (high - low)


# --- laws made of others, and of a file ---------------------------------------------------------------------


def _mix_variance(law: Law) -> float:
    """Return the mean square of the parts around the mean of all, which loses nothing to cancellation."""
    return math.fsum(share * (part.variance + (part.mean - law.mean) ** 2) for share, part in law.parts)


def _mix_cdf(law: Law, x: float) -> float:
    return math.fsum(share * part.cdf(x) for share, part in law.parts)


def _mix_quantile(law: Law, p: float) -> float:
    """Return it by bisection: it lies between the least and the largest of the parts' quantiles."""
    found = [part.quantile(p) for share, part in law.parts if share]
    low, high = min(found), max(found)
    if law.cdf(low) >= p - _ROUNDING:
        return low
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (low, middle) if law.cdf(middle) >= p - _ROUNDING else (middle, high)
    return high


def _empirical_variance(law: Law) -> float:
    values = law.parameters
    return math.fsum((value - law.mean) ** 2 for value in values) / len(values) if values else math.nan


def _empirical_cdf(law: Law, x: float) -> float:
    values = law.parameters
    return bisect_right(values, x) / len(values) if values else math.nan


def _empirical_quantile(law: Law, p: float) -> float:
    values = law.parameters
    return values[max(math.ceil(p * len(values) - _ROUNDING), 1) - 1] if values else math.nan


KINDS = {
    "constant": _Shape(lambda law: 0.0, lambda law, x: float(x >= law.mean), lambda law, p: law.mean),
    "exponential": _Shape(
        lambda law: law.mean**2,
        lambda law, x: -math.expm1(-x / law.mean) if law.mean else 1.0,
        lambda law, p: -law.mean * math.log1p(-p),
    ),
    "lognormal": _Shape(_lognormal_variance, _lognormal_cdf, _lognormal_quantile),
    "gamma": _Shape(lambda law: law.parameters[0] * law.parameters[1] ** 2, _gamma_cdf, _gamma_quantile),
    "normal": _Shape(_normal_variance, _normal_cdf, _normal_quantile),
    "uniform": _Shape(lambda law: (law.parameters[1] - law.parameters[0]) ** 2 / 12, _uniform_cdf, _uniform_quantile),
    "mix": _Shape(_mix_variance, _mix_cdf, _mix_quantile),
    "empirical": _Shape(_empirical_variance, _empirical_cdf, _empirical_quantile),
}
"""Every kind of law, by the word that a scenario begins it with (a plain duration is constant)."""
