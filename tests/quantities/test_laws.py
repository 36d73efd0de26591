"""Every law of chance against scipy's: mean, variance, distribution function, quantiles, range and draws."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.errors import ModelError
from sim.quantities import LAW_FORMS, LAWS, Empirical, Law, parse_law

AT = (0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999)
VALUES = [4.0, 0.25, 0.5, 0.5, 1.0]


class CutNormal:
    """A normal law whose draws below zero count as zero; its moments by numerical integration."""

    def __init__(self, mean: float, sd: float) -> None:
        self.law = stats.norm(mean, sd)

    def mean(self) -> float:
        return float(self.law.expect(lambda x: x, lb=0.0, epsabs=1e-13))

    def var(self) -> float:
        return float(self.law.expect(lambda x: x * x, lb=0.0, epsabs=1e-13)) - self.mean() ** 2

    def cdf(self, x: float) -> float:
        return float(self.law.cdf(x)) if x >= 0 else 0.0

    def ppf(self, p: float) -> float:
        return max(float(self.law.ppf(p)), 0.0)

    def support(self) -> tuple[float, float]:
        return 0.0, math.inf


SIGMA = math.log(10) / stats.norm.ppf(0.99)
SCIPYS: dict[str, Any] = {
    "5ms": stats.rv_discrete(values=([5], [1.0])),  # in milliseconds: scipy's tables hold whole numbers
    "constant 5ms": stats.rv_discrete(values=([5], [1.0])),
    "exponential 5ms": stats.expon(scale=0.005),
    "lognormal 40ms cv 2": stats.lognorm(math.sqrt(math.log(5)), scale=0.04 / math.sqrt(5)),
    "lognormal p50 40ms p99 400ms": stats.lognorm(SIGMA, scale=0.04),
    "gamma 5ms cv 0.5": stats.gamma(4.0, scale=0.00125),
    "normal 10ms sd 2ms": CutNormal(0.01, 0.002),
    "uniform 1ms to 3ms": stats.uniform(0.001, 0.002),
    "mix 99% 100ms 1% 2s": stats.rv_discrete(values=([100, 2000], [0.99, 0.01])),
    "empirical data/file.csv": stats.rv_discrete(values=([250, 500, 1000, 4000], [0.2, 0.4, 0.2, 0.2])),
}
"""scipy's law for the example of every form of every law; the discrete ones count milliseconds."""
MORE: dict[str, Any] = {
    "exponential 100ms": stats.expon(scale=0.1),
    "gamma 100ms cv 1": stats.gamma(1.0, scale=0.1),
    "gamma 1s cv 3": stats.gamma(1 / 9, scale=9.0),
    "normal 10ms sd 20ms": CutNormal(0.01, 0.02),
    "normal 0s sd 1s": CutNormal(0.0, 1.0),
}
FORMS = [(law, form.example) for law in LAWS for form in law.forms]
PAIRS = [*FORMS, *((type(parse_law(text)), text) for text in MORE)]
every_law = pytest.mark.parametrize("kind, text", PAIRS, ids=[text for _, text in PAIRS])


def both(kind: type[Law], text: str) -> tuple[Law, Any, float]:
    """The law, scipy's, and how many of scipy's units a second has."""
    assert text in SCIPYS or text in MORE, f"give scipy's law for {text!r}, a form of {kind.__name__}, to SCIPYS"
    law, scipys = parse_law(text), SCIPYS.get(text) or MORE[text]
    if isinstance(law, Empirical):
        law = law.with_values(VALUES)
    return law, scipys, 1000.0 if isinstance(scipys, stats.rv_discrete) else 1.0


@every_law
def test_a_law_is_read_from_its_own_forms_alone(kind: type[Law], text: str) -> None:
    assert type(parse_law(text)) is kind and str(parse_law(text)) == text
    fitting = [(law, form.template) for law in LAWS for form in law.forms if form.fits(text.split())]
    assert len(fitting) == 1


@every_law
def test_a_law_has_scipys_mean_and_variance(kind: type[Law], text: str) -> None:
    law, scipys, units = both(kind, text)
    mean, variance = scipys.mean() / units, scipys.var() / units**2
    assert law.mean == pytest.approx(mean, rel=1e-9)
    assert law.variance == pytest.approx(variance, rel=1e-8)
    assert law.scv == pytest.approx(variance / mean**2, rel=1e-8)


@every_law
def test_a_law_has_scipys_quantiles_and_range(kind: type[Law], text: str) -> None:
    law, scipys, units = both(kind, text)
    assert [law.quantile(p) for p in AT] == pytest.approx([scipys.ppf(p) / units for p in AT], rel=1e-9)
    assert law.support == pytest.approx([end / units for end in scipys.support()], rel=1e-12)


@every_law
def test_a_law_has_scipys_distribution_function(kind: type[Law], text: str) -> None:
    law, scipys, units = both(kind, text)
    at = [0.0, *(law.mean * factor for factor in (0.01, 0.5, 0.9, 1.001, 1.1, 3.0, 30.0))]
    assert [law.cdf(x) for x in at] == pytest.approx([scipys.cdf(x * units) for x in at], rel=1e-9, abs=1e-12)
    assert law.cdf(-1.0) == 0.0


@every_law
def test_a_law_draws_what_it_says(kind: type[Law], text: str) -> None:
    """Kolmogorov's distance of 50,000 draws to the law's own function: 3 / sqrt(n) is passed by 3 runs in 10^8."""
    law, _, _ = both(kind, text)
    drawn = np.sort(law.sampler(np.random.Generator(np.random.PCG64(11)))(50_000))
    low, high = law.support
    assert low <= drawn[0] and drawn[-1] <= high
    values, last = np.unique(drawn, return_index=False, return_counts=True)
    seen = np.cumsum(last) / len(drawn)
    some = np.linspace(0, len(values) - 1, min(len(values), 400)).astype(int)
    assert max(abs(seen[i] - law.cdf(float(values[i]))) for i in some) < 3 / math.sqrt(len(drawn))


def test_the_documented_forms_are_those_with_a_meaning() -> None:
    assert {form.example: form.meaning for law in LAWS for form in law.forms if form.meaning} == LAW_FORMS
    assert set(LAW_FORMS) < {text for _, text in FORMS} == set(SCIPYS)


def test_a_gamma_of_cv_1_is_the_exponential() -> None:
    gamma, exponential = parse_law("gamma 10s cv 1"), parse_law("exponential 10s")
    assert gamma.quantile(0.99) == pytest.approx(exponential.quantile(0.99))
    assert gamma.scv == pytest.approx(exponential.scv)


@pytest.mark.parametrize("text", ["5ms", "uniform 5ms to 5ms", "normal 5ms sd 0s"])
def test_what_never_varies_has_one_quantile(text: str) -> None:
    law = parse_law(text)
    assert (law.mean, law.variance, law.scv) == (0.005, 0.0, 0.0)
    assert [law.quantile(p) for p in AT] == [0.005] * len(AT)
    assert (law.cdf(0.004), law.cdf(0.005)) == (0.0, 1.0)


def test_what_is_always_zero_has_no_spread() -> None:
    for text in ("0s", "exponential 0s", "uniform 0s to 0s", "normal 0s sd 0s"):
        law = parse_law(text)
        assert (law.mean, law.scv, law.quantile(0.99), law.cdf(0.0)) == (0.0, 0.0, 0.0, 1.0)
    assert parse_law("0s").is_zero and not parse_law("exponential 0s").is_zero


def test_a_mix_is_the_weighted_sum_of_its_parts() -> None:
    law = parse_law("mix 90% exponential 50ms 10% exponential 550ms")
    assert law.mean == pytest.approx(0.1)
    assert law.variance == pytest.approx(0.9 * 2 * 0.05**2 + 0.1 * 2 * 0.55**2 - 0.1**2)
    for p in AT:
        x = law.quantile(p)
        assert 0.9 * stats.expon.cdf(x, scale=0.05) + 0.1 * stats.expon.cdf(x, scale=0.55) == pytest.approx(p)


def test_a_mix_of_values_jumps_from_one_to_the_next() -> None:
    law = parse_law("mix 90% 100ms 9% 1s 1% 2s")
    assert [law.quantile(p) for p in (0.5, 0.9, 0.901, 0.99, 0.991)] == [0.1, 0.1, 1.0, 1.0, 2.0]
    assert law.quantile(0.99) == float(np.quantile([0.1] * 90 + [1.0] * 9 + [2.0], 0.99, method="inverted_cdf"))
    assert parse_law("mix 0% exponential 1h 100% 2s").quantile(0.99) == 2.0


def test_an_empirical_law_has_the_moments_and_quantiles_of_its_values() -> None:
    law = Empirical("data/file.csv").with_values(VALUES)
    assert law.mean == pytest.approx(np.mean(VALUES)) and law.variance == pytest.approx(np.var(VALUES))
    wanted = [float(np.quantile(VALUES, p, method="inverted_cdf")) for p in (*AT, 0.2, 0.6, 0.8)]
    assert [law.quantile(p) for p in (*AT, 0.2, 0.6, 0.8)] == wanted
    assert [law.cdf(x) for x in (0.1, 0.25, 0.5, 3.0, 4.0)] == pytest.approx([0.0, 0.2, 0.6, 0.8, 1.0])


def test_an_empirical_law_without_its_file_knows_nothing_and_draws_nothing() -> None:
    law = parse_law("empirical data/file.csv")
    assert all(map(math.isnan, (law.mean, law.variance, law.quantile(0.5), law.cdf(1.0))))
    with pytest.raises(ModelError, match="law 'empirical data/file.csv' must have the values of its file"):
        law.sampler(np.random.Generator(np.random.PCG64(1)))
