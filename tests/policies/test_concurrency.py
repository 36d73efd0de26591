"""Adaptive limits: single steps by hand, settling against a server of known capacity, and a plain second writing."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ParameterError
from sim.policies.concurrency import Aimd, Gradient

RECORDS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.125, 0.25, 0.5, 2.0, 8.0]), st.integers(1, 60), st.booleans()), max_size=120
)


def test_a_drop_takes_a_tenth_and_a_success_adds_one() -> None:
    limit = Aimd(100, 1, 200)
    limit.record(0.0, 0.1, 100, True)
    assert limit.limit == 90
    limit.record(0.0, 0.1, 90, False)
    assert limit.limit == 91


def test_a_limit_that_is_not_used_does_not_grow() -> None:
    limit = Aimd(100, 1, 200)
    limit.record(0.0, 0.1, 49, False)
    assert limit.limit == 100
    limit.record(0.0, 0.1, 50, False)
    assert limit.limit == 101


def test_slower_than_the_timeout_is_dropped() -> None:
    limit = Aimd(100, 1, 200, 0.57, timeout_s=5.0)
    limit.record(0.0, 5.0, 10, False)
    assert limit.limit == 100
    limit.record(0.0, 5.25, 10, False)
    assert limit.limit == 57


def test_aimd_saws_about_the_capacity() -> None:
    """A callee that refuses above 50 in flight, callers that use the whole limit."""
    limit, seen = Aimd(20, 1, 200, 0.5), []
    for _ in range(500):
        in_flight = limit.limit
        limit.record(0.0, 0.1, in_flight, in_flight > 50)
        seen.append(limit.limit)
    assert (min(seen[100:]), max(seen[100:])) == (25, 51)


def test_steady_latency_lets_the_gradient_grow_to_its_most() -> None:
    limit = Gradient(20, 10, 100)
    for _ in range(300):
        limit.record(0.0, 0.1, limit.limit, False)
    assert limit.limit == 100


def test_one_step_of_the_gradient_by_hand() -> None:
    limit = Gradient(100, 10, 200)
    for _ in range(10):
        limit.record(0.0, 1.0, 1, False)
    assert limit.limit == 100, "hardly used"
    limit.record(0.0, 2.0, 100, False)
    long_term_s = 1 + 2 / 601
    assert limit.long_term_s == pytest.approx(long_term_s)
    ratio = 1.5 * long_term_s / 2
    assert limit.limit == int(0.8 * 100 + 0.2 * (100 * ratio + 4)) == 95


def test_the_gradient_shrinks_while_latency_is_above_normal_and_forgets_what_normal_was() -> None:
    limit = Gradient(100, 10, 200)
    for _ in range(50):
        limit.record(0.0, 0.1, limit.limit, False)
    for _ in range(50):
        limit.record(0.0, 1.0, limit.limit, False)
    assert limit.limit == 10
    for _ in range(2000):
        limit.record(0.0, 1.0, limit.limit, False)
    assert limit.limit == 200


@given(records=RECORDS, ratio=st.sampled_from([0.5, 0.75, 0.9]), initial=st.integers(2, 50))
@settings(max_examples=80, deadline=None, derandomize=True, database=None)
def test_aimd_is_its_two_rules(records: list[tuple[float, int, bool]], ratio: float, initial: int) -> None:
    limit, expected = Aimd(initial, 2, 50, ratio, 1.0), initial
    for took_s, in_flight, dropped in records:
        limit.record(0.0, took_s, in_flight, dropped)
        if dropped or took_s > 1.0:
            expected = max(2, int(round(expected * ratio, 6)))
        elif 2 * in_flight >= expected:
            expected = min(50, expected + 1)
        assert limit.limit == expected


@given(records=RECORDS, smoothing=st.sampled_from([0.2, 0.5, 1.0]), initial=st.integers(2, 50))
@settings(max_examples=80, deadline=None, derandomize=True, database=None)
def test_the_gradient_is_its_formula(records: list[tuple[float, int, bool]], smoothing: float, initial: int) -> None:
    """The same rules over the whole list of samples; a long-term mean of 20 samples, so that it moves."""
    limit = Gradient(initial, 2, 50, smoothing, window=20)
    estimate, mean = float(initial), 0.0
    for n, (took_s, in_flight, dropped) in enumerate(records, 1):
        limit.record(0.0, took_s, in_flight, dropped)
        first = [record[0] for record in records[:n]]
        mean = sum(first) / n if n <= 10 else mean + (took_s - mean) * 2 / 21
        if in_flight >= estimate / 2:
            ratio = min(max(1.5 * mean / took_s, 0.5), 1.0) if took_s else 1.0
            estimate += smoothing * (estimate * (ratio - 1) + 4)
            estimate = min(max(estimate, 2.0), 50.0)
        if mean > 2 * took_s:
            mean *= 0.95
        assert limit.long_term_s == pytest.approx(mean)
        assert limit.limit in (int(estimate - 1e-9), int(estimate + 1e-9))
        assert 2 <= limit.limit <= 50


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Aimd(20, 0, 200), "least must be a whole number of at least 1, got 0"),
        (lambda: Aimd(20, 30, 20), "most must be at least the least limit, 30, got 20"),
        (lambda: Gradient(5, 10, 200), "initial must be between least and most, 10 and 200, got 5"),
        (lambda: Aimd(20, 10, 200, 1.0), "backoff ratio must be a share above 0% and below 100%, got 1.0"),
        (lambda: Aimd(20, 10, 200, timeout_s=0.0), "timeout must be a duration above zero, got 0.0"),
        (lambda: Gradient(20, 10, 200, 0.0), "smoothing must be a share above 0% and at most 100%, got 0.0"),
        (lambda: Gradient(20, 10, 200, tolerance=0.5), "tolerance must be a number of at least 1, got 0.5"),
    ],
)
def test_a_limit_that_cannot_work_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        make()
