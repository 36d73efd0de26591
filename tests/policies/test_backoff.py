"""Waits between attempts: exact without jitter, of the right law with it (acceptance cases B16-B18, H02, H03)."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sim.errors import ParameterError
from sim.policies.backoff import JITTERS, Backoff
from sim.quantities import parse_backoff

TENACITY = json.loads((Path(__file__).parent / "traces" / "tenacity.json").read_text())
SAMPLES = 10_000


def never() -> float:
    raise AssertionError("a wait without jitter must not draw")


def draws(jitter: str, n: int, law: str = "exponential 1s factor 2 cap 20s", seed: int = 17) -> np.ndarray:
    backoff = Backoff(parse_backoff(law), jitter, np.random.default_rng(seed).random)
    return np.array([backoff.wait_s(n) for _ in range(SAMPLES)])


def assert_uniform(waits: np.ndarray, low: float, high: float) -> None:
    """Mean and sd within three standard errors, Kolmogorov-Smirnov p above 0.001; false alarms below 0.7 % together."""
    sd = (high - low) / 12**0.5
    assert abs(waits.mean() - (low + high) / 2) < 3 * sd / SAMPLES**0.5
    assert abs(waits.std() - sd) < 3 * sd * (0.8 / (4 * SAMPLES)) ** 0.5
    assert stats.kstest(waits, "uniform", (low, high - low)).pvalue > 0.001
    assert low <= waits.min() and waits.max() < high


@pytest.mark.parametrize("name", TENACITY["traces"])
def test_waits_are_those_of_tenacity(name: str) -> None:
    trace = TENACITY["traces"][name]
    backoff = Backoff(parse_backoff(trace["backoff"]), "none", never)
    assert [backoff.wait_s(n) for n in range(1, len(trace["waits_s"]) + 1)] == trace["waits_s"]


def test_a_cap_holds_the_later_waits() -> None:
    backoff = Backoff(parse_backoff("exponential 1s factor 2 cap 10s"), "none", never)
    assert [backoff.wait_s(n) for n in range(1, 8)] == [1, 2, 4, 8, 10, 10, 10]


def test_no_backoff_is_no_wait() -> None:
    assert Backoff(parse_backoff("none"), "none", never).wait_s(3) == 0


def test_full_jitter_is_uniform_from_zero() -> None:
    assert_uniform(draws("full", 3), 0, 4)


def test_equal_jitter_keeps_half() -> None:
    assert_uniform(draws("equal", 3), 2, 4)


@pytest.mark.parametrize("n", range(1, 8))
def test_full_jitter_has_the_law_that_tenacity_shows(n: int) -> None:
    jitter = TENACITY["full_jitter"]
    waits, high = draws("full", n, jitter["backoff"]), jitter["highest_wait_s"][n - 1]
    assert_uniform(waits, 0, high)
    se = high / 12**0.5 * (1 / SAMPLES + 1 / jitter["samples"]) ** 0.5
    assert abs(waits.mean() - jitter["measured_mean_s"][n - 1]) < 3 * se


def test_decorrelated_jitter_starts_between_first_and_three_times_first() -> None:
    assert_uniform(draws("decorrelated", 1), 1, 3)


def test_decorrelated_jitter_grows_from_the_last_wait_up_to_the_cap() -> None:
    backoff = Backoff(parse_backoff("exponential 1s cap 20s"), "decorrelated", lambda: 0.5)
    waits = [backoff.wait_s(1)]
    for n in range(2, 6):
        waits.append(backoff.wait_s(n, waits[-1]))
    assert waits == [2.0, 3.5, 5.75, 9.125, 14.1875]
    assert backoff.wait_s(6, waits[-1]) == 20


@pytest.mark.parametrize("jitter", JITTERS)
@pytest.mark.parametrize("u", [0.0, 0.5, 1 - 2**-53])
def test_every_jitter_stays_between_least_and_cap(jitter: str, u: float) -> None:
    backoff = Backoff(parse_backoff("exponential 1s factor 2 min 3s cap 10s"), jitter, lambda: u)
    last = 0.0
    for n in range(1, 12):
        last = backoff.wait_s(n, last)
        assert 3 <= last <= 10


@pytest.mark.parametrize("jitter", ["full", "equal", "decorrelated"])
def test_a_wait_without_end_is_never_a_nan(jitter: str) -> None:
    backoff = Backoff(parse_backoff("exponential 1s factor 1000"), jitter, lambda: 0.0)
    assert backoff.wait_s(900, 1e308) >= 0


def test_an_unknown_jitter_is_refused_by_name() -> None:
    with pytest.raises(ParameterError, match=r"^jitter must be one of .*, got 'ful'; did you mean 'full'\?$"):
        Backoff(parse_backoff("1s"), "ful", never)
