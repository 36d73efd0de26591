"""The plain laws of chance: each is one class with a few parameters, all of them spans in seconds or plain numbers.

To add a law, write its class here and name it in ``PLAIN_LAWS``. ``tests/quantities/test_laws.py`` then requires the
same law of scipy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Mapping, Self

from sim.errors import ParameterError
from sim.quantities.forms import Form
from sim.quantities.law import Law

if TYPE_CHECKING:
    from statistics import NormalDist

    import numpy as np

    from sim.quantities.law import Sampler


@cache
def _normal() -> NormalDist:
    from statistics import NormalDist

    return NormalDist()


@dataclass(frozen=True, slots=True)
class Constant(Law):
    """Always the same duration."""

    forms = (
        Form("{value_s:duration}", "5ms", "always the same"),
        Form("constant {value_s:duration}", "constant 5ms"),
    )
    value_s: float

    @property
    def mean(self) -> float:
        """Mean in seconds."""
        return self.value_s

    @property
    def variance(self) -> float:
        """Variance in seconds squared."""
        return 0.0

    @property
    def support(self) -> tuple[float, float]:
        """The one value that it has."""
        return self.value_s, self.value_s

    @property
    def is_zero(self) -> bool:
        """True for the constant 0, which costs no event."""
        return self.value_s == 0

    def cdf(self, x: float) -> float:
        """Return 1 from the value on."""
        return float(x >= self.value_s)

    def quantile(self, p: float) -> float:
        """Return the value."""
        return self.value_s

    def sampler(self, generator: np.random.Generator) -> Sampler:
        """Return a function that repeats the value; it draws nothing."""
        import numpy as np

        return lambda n: np.full(n, self.value_s)


@dataclass(frozen=True, slots=True)
class Exponential(Law):
    """The memoryless law: the elapsed time says nothing about the remaining time."""

    forms = (Form("exponential {mean_s:duration}", "exponential 5ms", "by its mean"),)
    mean_s: float

    @property
    def mean(self) -> float:
        """Mean in seconds."""
        return self.mean_s

    @property
    def variance(self) -> float:
        """Variance in seconds squared."""
        return self.mean_s**2

    @property
    def support(self) -> tuple[float, float]:
        """From zero, without an upper bound."""
        return 0.0, math.inf

    def cdf(self, x: float) -> float:
        """Return 1 - exp(-x / mean)."""
        if x < 0:
            return 0.0
        return -math.expm1(-x / self.mean_s) if self.mean_s else 1.0

    def quantile(self, p: float) -> float:
        """Return the inverse of ``cdf``."""
        return -self.mean_s * math.log1p(-p)

    def sampler(self, generator: np.random.Generator) -> Sampler:
        """Return numpy's sampler."""
        return lambda n: generator.exponential(self.mean_s, n)


@dataclass(frozen=True, slots=True)
class Lognormal(Law):
    """Its logarithm is normal with mean *mu* and standard deviation *sigma*: most draws are short, a few are long."""

    forms = (
        Form(
            "lognormal {mean:positive duration} cv {cv:positive number}",
            "lognormal 40ms cv 2",
            "by its mean and coefficient of variation",
        ),
        Form(
            "lognormal p50 {p50:positive duration} p99 {p99:duration}",
            "lognormal p50 40ms p99 400ms",
            "by its median and 99th percentile",
        ),
    )
    mean_s: float
    mu: float
    sigma: float

    @classmethod
    def read(cls, values: Mapping[str, Any], text: str) -> Self:
        """Return the law of a mean and a coefficient of variation, or of two percentiles."""
        if "cv" in values:
            mean, sigma = values["mean"], math.sqrt(math.log1p(values["cv"] ** 2))
            return cls(mean, math.log(mean) - sigma**2 / 2, sigma, text=text)
        median, tail = values["p50"], values["p99"]
        if tail <= median:
            raise ParameterError("have a p99 above its p50", text)
        mu, sigma = math.log(median), math.log(tail / median) / 2.3263478740408408
        return cls(math.exp(mu + sigma**2 / 2), mu, sigma, text=text)

    @property
    def mean(self) -> float:
        """Mean in seconds."""
        return self.mean_s

    @property
    def variance(self) -> float:
        """Variance in seconds squared."""
        return math.expm1(self.sigma**2) * self.mean_s**2

    @property
    def support(self) -> tuple[float, float]:
        """From zero, without an upper bound."""
        return 0.0, math.inf

    def cdf(self, x: float) -> float:
        """Return the normal distribution function of log x."""
        return _normal().cdf((math.log(x) - self.mu) / self.sigma) if x > 0 else 0.0

    def quantile(self, p: float) -> float:
        """Return the inverse of ``cdf``."""
        return math.exp(self.mu + self.sigma * _normal().inv_cdf(p))

    def sampler(self, generator: np.random.Generator) -> Sampler:
        """Return numpy's sampler."""
        return lambda n: generator.lognormal(self.mu, self.sigma, n)


@dataclass(frozen=True, slots=True)
class Gamma(Law):
    """A sum of phases: less variable than the exponential below a *cv* of 1, more variable above."""

    forms = (
        Form(
            "gamma {mean_s:positive duration} cv {cv:positive number}",
            "gamma 5ms cv 0.5",
            "by its mean and coefficient of variation; Erlang of k phases has cv 1/sqrt(k)",
        ),
    )
    mean_s: float
    cv: float

    @property
    def shape(self) -> float:
        """Number of phases, which need not be whole."""
        return 1 / self.cv**2

    @property
    def scale_s(self) -> float:
        """Mean of one phase."""
        return self.mean_s * self.cv**2

    @property
    def mean(self) -> float:
        """Mean in seconds."""
        return self.mean_s

    @property
    def variance(self) -> float:
        """Variance in seconds squared."""
        return self.shape * self.scale_s**2

    @property
    def support(self) -> tuple[float, float]:
        """From zero, without an upper bound."""
        return 0.0, math.inf

    def cdf(self, x: float) -> float:
        """Return the regularised lower incomplete gamma function (scipy's)."""
        from scipy.special import gammainc

        return float(gammainc(self.shape, x / self.scale_s)) if x >= 0 else 0.0

    def quantile(self, p: float) -> float:
        """Return the inverse of ``cdf`` (scipy's)."""
        from scipy.special import gammaincinv

        return float(gammaincinv(self.shape, p)) * self.scale_s

    def sampler(self, generator: np.random.Generator) -> Sampler:
        """Return numpy's sampler."""
        shape, scale_s = self.shape, self.scale_s
        return lambda n: generator.gamma(shape, scale_s, n)


@dataclass(frozen=True, slots=True)
class Normal(Law):
    """A normal law around *centre_s* whose draws below zero count as zero, so that its mean is a little larger."""

    forms = (
        Form(
            "normal {centre_s:duration} sd {sd_s:duration}",
            "normal 10ms sd 2ms",
            "by its mean and standard deviation; what falls below zero is zero",
        ),
    )
    centre_s: float
    sd_s: float

    @property
    def mean(self) -> float:
        """Mean in seconds, of the law that is cut at zero.

        >>> Normal(0.01, 0.0).mean, round(Normal(0.0, 1.0).mean, 6)
        (0.01, 0.398942)
        """
        centre, sd = self.centre_s, self.sd_s
        return centre * _normal().cdf(centre / sd) + sd * _normal().pdf(centre / sd) if sd else centre

    @property
    def variance(self) -> float:
        """Variance in seconds squared, of the law that is cut at zero."""
        centre, sd = self.centre_s, self.sd_s
        if not sd:
            return 0.0
        z = centre / sd
        second = (centre**2 + sd**2) * _normal().cdf(z) + centre * sd * _normal().pdf(z)
        return max(second - self.mean**2, 0.0)

    @property
    def support(self) -> tuple[float, float]:
        """From zero, without an upper bound."""
        return 0.0, math.inf

    def cdf(self, x: float) -> float:
        """Return the normal distribution function from zero on."""
        if x < 0:
            return 0.0
        return _normal().cdf((x - self.centre_s) / self.sd_s) if self.sd_s else float(x >= self.centre_s)

    def quantile(self, p: float) -> float:
        """Return the inverse of ``cdf``."""
        return max(self.centre_s + self.sd_s * _normal().inv_cdf(p), 0.0)

    def sampler(self, generator: np.random.Generator) -> Sampler:
        """Return numpy's sampler, cut at zero."""
        import numpy as np

        return lambda n: np.maximum(generator.normal(self.centre_s, self.sd_s, n), 0.0)


@dataclass(frozen=True, slots=True)
class Uniform(Law):
    """Any duration from *low_s* to *high_s*, each as likely."""

    forms = (Form("uniform {low_s:duration} to {high_s:duration}", "uniform 1ms to 3ms", "anything in between"),)
    low_s: float
    high_s: float

    @classmethod
    def read(cls, values: Mapping[str, Any], text: str) -> Self:
        """Return the law between two durations, which may be equal."""
        if values["high_s"] < values["low_s"]:
            raise ParameterError("run from the smaller to the larger value", text)
        return cls(**values, text=text)

    @property
    def mean(self) -> float:
        """Mean in seconds."""
        return (self.low_s + self.high_s) / 2

    @property
    def variance(self) -> float:
        """Variance in seconds squared."""
        return (self.high_s - self.low_s) ** 2 / 12

    @property
    def support(self) -> tuple[float, float]:
        """Its two ends."""
        return self.low_s, self.high_s

    def cdf(self, x: float) -> float:
        """Return the share of the span that lies below *x*."""
        width_s = self.high_s - self.low_s
        return min(max((x - self.low_s) / width_s, 0.0), 1.0) if width_s > 0 else float(x >= self.low_s)

    def quantile(self, p: float) -> float:
        """Return the inverse of ``cdf``."""
        return self.low_s + p * (self.high_s - self.low_s)

    def sampler(self, generator: np.random.Generator) -> Sampler:
        """Return numpy's sampler."""
        return lambda n: generator.uniform(self.low_s, self.high_s, n)


PLAIN_LAWS: tuple[type[Law], ...] = (Constant, Exponential, Lognormal, Gamma, Normal, Uniform)
"""The laws that a mix may hold."""
