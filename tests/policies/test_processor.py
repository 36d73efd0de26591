"""Fair parts of cores, quotas by periods, and lines that are taken from by weight."""

import math

from hypothesis import given
from hypothesis import strategies as st

from sim.policies.fair_line import FairLine
from sim.policies.processor import Quota, fair_parts


def test_each_has_what_it_needs_where_there_is_enough() -> None:
    assert fair_parts(4, [1, 2, 1], [1, 1, 1]) == [1, 2, 1]


def test_a_small_need_is_met_and_the_others_share_the_rest_by_weight() -> None:
    assert fair_parts(4, [0.5, 8, 8], [100, 100, 300]) == [0.5, 0.875, 2.625]


def test_weights_do_not_matter_to_one_that_needs_less_than_its_part() -> None:
    assert fair_parts(1, [0.25, 9, 0], [1, 1000, 5]) == [1 / 1001, 1000 / 1001, 0]
    assert fair_parts(2, [0.25, 9, 0], [1, 3, 5]) == [0.25, 1.75, 0]


@given(
    st.floats(0.1, 16),
    st.lists(st.tuples(st.floats(0, 9), st.floats(1, 1000)), min_size=1, max_size=6),
)
def test_no_core_is_idle_while_somebody_needs_it_and_no_part_is_too_large(
    cores: float, asked: list[tuple[float, float]]
) -> None:
    needs, weights = [need for need, _ in asked], [weight for _, weight in asked]
    parts = fair_parts(cores, needs, weights)
    assert math.isclose(sum(parts), min(cores, sum(needs)), rel_tol=1e-9, abs_tol=1e-12)
    assert all(part <= need * (1 + 1e-9) for part, need in zip(parts, needs))
    hungry = [part / weight for part, need, weight in zip(parts, needs, weights) if part < need * (1 - 1e-9)]
    level = max(hungry, default=math.inf)
    assert all(math.isclose(one, level, rel_tol=1e-6) for one in hungry)
    assert all(part <= level * weight * (1 + 1e-6) for part, weight in zip(parts, weights))


def test_a_quota_is_full_at_the_begin_of_each_period_and_keeps_at_most_its_burst() -> None:
    quota = Quota(0.5, 0.125, 0.03125)
    quota.use_at(1.0)
    quota.left_s = 0.0
    quota.refill(1.0625)
    assert (quota.left_s, quota.next_at) == (0.0, 1.125)
    quota.refill(1.125)
    assert (quota.left_s, quota.next_at) == (0.0625, 1.25)
    quota.refill(3.0)
    assert (quota.left_s, quota.next_at) == (0.09375, 3.125)


def _all(item: object) -> bool:
    return True


def test_classes_are_served_by_weight_and_in_order_inside_each() -> None:
    line = FairLine({"a": 3.0})
    for number in range(8):
        line.join("a", f"a{number}")
        line.join("b", f"b{number}")
    taken = [line.take(_all) for _ in range(8)]
    assert taken == ["a0", "b0", "a1", "a2", "b1", "a3", "a4", "a5"]


def test_a_class_that_was_away_begins_at_the_present() -> None:
    line = FairLine({})
    for number in range(6):
        line.join("a", f"a{number}")
    assert [line.take(_all) for _ in range(4)] == ["a0", "a1", "a2", "a3"]
    line.join("b", "b0")
    line.join("b", "b1")
    assert [line.take(_all) for _ in range(5)] == ["b0", "a4", "b1", "a5", None]


def test_an_item_that_waits_no_more_is_passed_over() -> None:
    line = FairLine({})
    for item in ("a0", "a1"):
        line.join("a", item)
    assert line.take(lambda item: item != "a0") == "a1"
