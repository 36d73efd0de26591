"""When a hedge goes out: a fixed time, or a percentile of the last thousand latencies by nearest rank."""

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ParameterError
from sim.policies.hedge import REMEMBERED, Hedge


def test_a_fixed_time_is_known_at_once_and_does_not_move() -> None:
    hedge = Hedge(0.25, None, 2)
    hedge.took(9.0)
    assert (hedge.delay_s(), hedge.most) == (0.25, 2)


@pytest.mark.parametrize("percentile, needed", [(0.5, 2), (0.9, 10), (0.95, 20), (0.99, 100), (0.999, 1000)])
def test_a_percentile_is_not_known_before_one_sample_lies_beyond_it(percentile: float, needed: int) -> None:
    hedge = Hedge(None, percentile, 1)
    for n in range(1, needed):
        hedge.took(float(n))
        assert hedge.delay_s() is None
    hedge.took(float(needed))
    assert hedge.delay_s() == needed - 1


def test_the_percentile_follows_the_last_thousand() -> None:
    hedge = Hedge(None, 0.95, 1)
    for _ in range(REMEMBERED):
        hedge.took(1.0)
    for n in range(1, 51):
        hedge.took(8.0)
        assert hedge.delay_s() == 1.0, n
    hedge.took(8.0)
    assert hedge.delay_s() == 8.0


def test_the_rank_is_not_moved_by_rounding() -> None:
    hedge = Hedge(None, 0.55, 1)
    for n in range(1, 101):
        hedge.took(float(n))
    assert 0.55 * 100 > 55 and hedge.delay_s() == 55.0


@given(
    latencies=st.lists(st.integers(0, 30).map(lambda n: n / 8), min_size=1, max_size=60),
    percent=st.integers(1, 99),
    before=st.sampled_from([0, REMEMBERED - 20]),
)
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_it_is_the_nearest_rank_of_the_sorted_window(latencies: list[float], percent: int, before: int) -> None:
    hedge, seen = Hedge(None, percent / 100, 1), []
    for latency in [2.0] * before + latencies:
        hedge.took(latency)
        seen = [*seen, latency][-REMEMBERED:]
    share = Fraction(percent, 100)
    known = len(seen) * (1 - share) >= 1
    assert hedge.delay_s() == (sorted(seen)[ceil(share * len(seen)) - 1] if known else None)


@pytest.mark.parametrize(
    "after_s, percentile, most, message",
    [
        (None, None, 1, "after must be given, or percentile, and not both, got nothing"),
        (1.0, 0.95, 1, "after must be given, or percentile, and not both, got 1.0"),
        (-1.0, None, 1, "after must be a duration, got -1.0"),
        (None, 95, 1, "percentile must be a share above 0% and below 100%, got 95"),
        (1.0, None, 0, "most must be a whole number of at least 1, got 0"),
    ],
)
def test_a_hedge_that_cannot_work_is_refused(
    after_s: float | None, percentile: float | None, most: int, message: str
) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        Hedge(after_s, percentile, most)
