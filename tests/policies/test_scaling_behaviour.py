"""Windows and steps of an autoscaler, by the rules of Kubernetes' `behavior`."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ParameterError
from sim.policies.scaling_behaviour import DOWN_STEPS, UP_STEPS, Direction, ScalingBehaviour
from sim.quantities import parse_scaling_step


def steps(*texts: str) -> tuple[object, ...]:
    return tuple(parse_scaling_step(text) for text in texts)


def behaviour(up: Direction | None = None, down: Direction | None = None, most: int = 1000) -> ScalingBehaviour:
    return ScalingBehaviour(1, most, up or Direction(0.0, UP_STEPS), down or Direction(300.0, DOWN_STEPS))


@pytest.mark.parametrize("replicas, reached", [(1, 5), (3, 7), (4, 8), (10, 20)])
def test_by_default_it_adds_four_or_doubles_in_fifteen_seconds(replicas: int, reached: int) -> None:
    scaler = behaviour()
    assert scaler.desired(0.0, replicas, 500) == reached
    assert scaler.limited_by == "steps"


def test_steps_count_from_the_beginning_of_their_period() -> None:
    """10 a minute: 30 -> 40 at once, no more until a minute has passed, then 10 more."""
    scaler = behaviour(Direction(0.0, steps("10 replicas per 60s")))  # type: ignore[arg-type]
    assert [scaler.desired(at, now, 100) for at, now in ((0.0, 30), (15.0, 40), (45.0, 40), (60.0, 40))] == [
        40, 40, 40, 50,
    ]  # fmt: skip


@pytest.mark.parametrize("select, up, down", [("max", 120, 0), ("min", 104, 96), ("disabled", 100, 100)])
def test_the_largest_or_the_smallest_step_decides_or_none(select: str, up: int, down: int) -> None:
    """100 replicas, 4 of them or a fifth: 104 or 120; downwards all of them, or 4."""
    above = steps("4 replicas per 15s", "20% per 15s")
    below = steps("4 replicas per 15s", "100% per 15s")
    scaler = ScalingBehaviour(0, 1000, Direction(0.0, above, select), Direction(0.0, below, select))  # type: ignore[arg-type]
    assert scaler.desired(0.0, 100, 500) == up
    scaler = ScalingBehaviour(0, 1000, Direction(0.0, above, select), Direction(0.0, below, select))  # type: ignore[arg-type]
    scaler.desired(0.0, 100, 100)
    assert scaler.desired(15.0, 100, 0) == down


def test_a_share_is_rounded_towards_more_replicas_in_both_directions() -> None:
    """10 % of 15: 16.5 -> 17 upwards, 13.5 -> 13 downwards."""
    tenth = Direction(0.0, steps("10% per 60s"))  # type: ignore[arg-type]
    assert behaviour(up=tenth).desired(0.0, 15, 100) == 17
    lower = behaviour(down=Direction(0.0, steps("10% per 60s")))  # type: ignore[arg-type]
    lower.desired(0.0, 15, 15)
    assert lower.desired(1.0, 15, 1) == 13


def test_the_window_down_holds_the_highest_recommendation_and_the_window_up_the_lowest() -> None:
    down = behaviour(down=Direction(60.0, DOWN_STEPS))
    assert [down.desired(at, 8, wanted) for at, wanted in ((0.0, 8), (15.0, 2), (45.0, 3), (60.0, 2))] == [8, 8, 8, 3]
    up = behaviour(up=Direction(60.0, UP_STEPS))
    assert [up.desired(at, 2, wanted) for at, wanted in ((0.0, 2), (15.0, 6), (45.0, 5), (60.0, 6))] == [2, 2, 2, 5]
    assert up.limited_by == "window"


def test_the_first_look_takes_no_replicas_away() -> None:
    assert behaviour().desired(0.0, 10, 1) == 10


def test_what_is_held_by_the_bounds_is_known() -> None:
    scaler = behaviour(Direction(0.0, ()), most=6)
    assert scaler.desired(0.0, 4, 9) == 6 and scaler.limited_by == "bounds"
    assert scaler.desired(15.0, 6, 6) == 6 and scaler.limited_by == ""


@given(
    looks=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 60)), min_size=1, max_size=40),
    up_s=st.sampled_from([0, 30]), down_s=st.sampled_from([0, 60, 300]),
    size=st.integers(1, 6), period=st.sampled_from([15, 60]),
)  # fmt: skip
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
def test_no_period_changes_more_than_its_step_and_no_answer_leaves_the_windows(
    looks: list[tuple[int, int]], up_s: int, down_s: int, size: int, period: int
) -> None:
    step = steps(f"{size} replicas per {period}s")
    up, down = Direction(float(up_s), step), Direction(float(down_s), step)  # type: ignore[arg-type]
    scaler = ScalingBehaviour(0, 50, up, down)
    now, replicas, asked, changes = 0, 10, [(0, 10)], []
    for gap, wanted in looks:
        now += gap
        asked.append((now, wanted))
        before, replicas = replicas, scaler.desired(float(now), replicas, wanted)
        changes.append((now, replicas - before))
        lowest = min([wanted, *(many for at, many in asked if now - at < up_s)])
        highest = max([wanted, *(many for at, many in asked if now - at < down_s)])
        assert replicas <= max(before, lowest) and replicas >= min(before, highest, 50)
        recent = [change for at, change in changes if now - at < period]
        assert sum(one for one in recent if one > 0) <= size and sum(-one for one in recent if one < 0) <= size


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Direction(-1.0, ()), "window must be a duration, got -1.0"),
        (lambda: Direction(0.0, (), "most"), "select must be max, min or disabled, got 'most'"),
        (lambda: parse_scaling_step("4 per 15s"),
         "value must be a step such as 4 replicas per 15s or 100% per 15s, got '4 per 15s'"),
        (lambda: parse_scaling_step("0% per 15s"), "value must be a step .*; zero is written `select: disabled`"),
        (lambda: parse_scaling_step("4 replicas per 0s"), "value must be a duration above zero, got '0s'"),
    ],
)  # fmt: skip
def test_rules_that_cannot_work_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        make()
