"""The autoscaler: the rule, its tolerance, and fewer only when the whole window says so."""

from collections.abc import Callable
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ParameterError
from sim.policies.autoscaler import Autoscaler


@pytest.mark.parametrize(
    "replicas, utilisation, desired",
    [(4, 1.0, 8), (3, 0.75, 5), (10, 0.55, 10), (10, 0.5501, 12), (10, 0.45, 10), (1, 0.6, 2), (5, 0.6, 6)],
)
def test_replicas_grow_in_the_ratio_of_what_is_measured_to_the_target(
    replicas: int, utilisation: float, desired: int
) -> None:
    assert Autoscaler(0.5, 1, 100).desired(0.0, replicas, utilisation) == desired


def test_a_whole_number_of_replicas_is_not_rounded_up() -> None:
    assert ceil(25 * (0.56 / 0.5)) == 29, "the quotient of rounded numbers; 28 is right"
    assert Autoscaler(0.5, 1, 100).desired(0.0, 25, 0.56) == 28


def test_more_come_at_once_and_fewer_after_five_minutes_of_low_answers() -> None:
    scaler, replicas, log = Autoscaler(0.5, 1, 100), 4, []
    load = {0: 2.0, 60: 8.0, 120: 2.0, 480: 2.0}
    busy = 2.0
    for now in range(0, 541, 60):
        busy = load.get(now, busy)
        replicas = scaler.desired(float(now), replicas, min(busy / replicas, 1.0))
        log.append((now, replicas))
    assert log[:3] == [(0, 4), (60, 8), (120, 8)]
    assert [replicas for _, replicas in log[3:]] == [8, 8, 8, 8, 4, 4, 4]


def test_the_first_look_does_not_take_replicas_away() -> None:
    scaler = Autoscaler(0.5, 1, 100)
    assert [scaler.desired(now, 10, 0.1) for now in (0.0, 300.0, 300.25)] == [10, 10, 2]


def test_the_answer_stays_within_least_and_most() -> None:
    scaler = Autoscaler(0.5, 2, 6, down_after_s=0.0)
    assert scaler.desired(0.0, 6, 1.0) == 6
    assert scaler.desired(1.0, 6, 0.0) == 2


@given(
    looks=st.lists(st.tuples(st.integers(0, 8), st.integers(1, 9), st.integers(0, 20)), min_size=1, max_size=60),
    target=st.sampled_from([10, 14, 20]),
    down_after=st.sampled_from([0, 4, 10]),
)
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_it_is_the_highest_answer_of_the_window(
    looks: list[tuple[int, int, int]], target: int, down_after: int
) -> None:
    """Against all answers kept and looked through, in exact twentieths of utilisation."""
    scaler, now, answers = Autoscaler(target / 20, 2, 12, down_after_s=float(down_after)), 0, []
    for gap, replicas, busy in looks:
        now += gap
        answers = answers or [(now, replicas)]
        ratio = Fraction(busy, target)
        answers.append((now, replicas if abs(ratio - 1) <= Fraction(1, 10) else ceil(replicas * ratio)))
        expected = max(answer for at, answer in answers if now - at <= down_after)
        assert scaler.desired(float(now), replicas, busy / 20) == min(max(expected, 2), 12)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Autoscaler(0.0, 1, 2), "target must be a share above 0% and at most 100%, got 0.0"),
        (lambda: Autoscaler(0.5, 0, 2), "least must be a whole number of at least 1, got 0"),
        (lambda: Autoscaler(0.5, 3, 2), "most must be at least the least number of replicas, 3, got 2"),
        (lambda: Autoscaler(0.5, 1, 2, -0.1), "tolerance must be a number of at least 0, got -0.1"),
        (lambda: Autoscaler(0.5, 1, 2, 0.1, -1.0), "down after must be a duration, got -1.0"),
    ],
)
def test_an_autoscaler_that_cannot_work_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        make()
