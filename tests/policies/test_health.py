"""Health checks: a number of equal checks in a row changes the state, with a count for each direction."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ParameterError
from sim.policies.health import HealthChecker


def beliefs(checker: HealthChecker, checks: str) -> str:
    """W for well and I for ill, after each check that went (.) or failed (x)."""
    return "".join("W" if checker.record(check == ".") else "I" for check in checks)


def test_three_failures_in_a_row_take_it_out_and_two_good_checks_bring_it_back() -> None:
    assert beliefs(HealthChecker(3, 2), ".xx.xxx.x..xx") == "WWWWWWIIIIWWW"


def test_with_counts_of_one_belief_follows_the_last_check() -> None:
    assert beliefs(HealthChecker(1, 1), ".x.xx.") == "WIWIIW"


@given(checks=st.text(".x", max_size=60), unhealthy_after=st.integers(1, 4), healthy_after=st.integers(1, 4))
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_the_last_run_that_was_long_enough_decides(checks: str, unhealthy_after: int, healthy_after: int) -> None:
    """Against the whole history: whichever of the two runs ended last."""
    checker = HealthChecker(unhealthy_after, healthy_after)
    for n in range(1, len(checks) + 1):
        ill, well = checks.rfind("x" * unhealthy_after, 0, n), checks.rfind("." * healthy_after, 0, n)
        ill_at, well_at = (ill + unhealthy_after if ill >= 0 else -1), (well + healthy_after if well >= 0 else 0)
        assert checker.record(checks[n - 1] == ".") is checker.healthy is (well_at > ill_at)


@pytest.mark.parametrize(
    "unhealthy_after, healthy_after, message",
    [
        (0, 1, "unhealthy after must be a whole number of at least 1, got 0"),
        (1, 0, "healthy after must be a whole number of at least 1, got 0"),
    ],
)
def test_a_checker_that_cannot_work_is_refused(unhealthy_after: int, healthy_after: int, message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        HealthChecker(unhealthy_after, healthy_after)
