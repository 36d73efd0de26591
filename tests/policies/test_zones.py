"""Zone-aware routing: what stays, where the rest goes, and that every replica gets the same."""

from __future__ import annotations

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.policies.zones import ZonePlan, ZoneRule

ENVOY = ZoneRule(6, False)
many = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 20), min_size=2)


def test_half_stays_where_the_zone_has_half_as_much_of_the_replicas_as_of_the_callers() -> None:
    # Envoy's own example: 20 % of the callers and 10 % of the replicas
    plan = ENVOY.plan("a", {"a": 2, "b": 8}, {"a": 1, "b": 9})
    assert plan is not None and plan.own == pytest.approx(0.5) and list(plan.residual) == ["b"]


def test_the_rest_goes_to_zones_with_room_in_proportion() -> None:
    # Envoy's own example: callers 40 %, 40 %, 20 %; replicas 25 %, 50 %, 25 %: room for 10 % and 5 %
    plan = ENVOY.plan("a", {"a": 4, "b": 4, "c": 2}, {"a": 5, "b": 10, "c": 5})
    assert plan == ZonePlan(0.625, {"b": 0.1, "c": 0.05})
    assert [plan.zone("a", drawn) for drawn in (0.0, 0.624, 0.626, 0.874, 0.876, 0.999)] == [*"aabbcc"]


def test_no_zone_is_preferred_with_few_replicas_or_one_zone() -> None:
    callers = {"a": 1, "b": 1}
    assert ENVOY.plan("a", callers, {"a": 3, "b": 2}) is None and ENVOY.plan("a", callers, {"a": 3, "b": 3}) is not None
    assert ZoneRule(5, False).plan("a", callers, {"a": 3, "b": 2}) is not None
    assert ENVOY.plan("a", callers, {"a": 6}) is None and ENVOY.plan("a", {"a": 2}, {"a": 3, "b": 3}) is None


def test_always_own_stays_while_one_is_healthy_there_and_leaves_when_none_is() -> None:
    own = ZoneRule(1, True)
    assert own.plan("a", {"a": 9, "b": 1}, {"a": 1, "b": 9}) == ZonePlan(1.0, {})
    gone = own.plan("a", {"a": 9, "b": 1}, {"a": 0, "b": 9})
    assert gone is not None and gone.own == 0.0 and gone.zone("a", 0.5) == "b"


@given(many, many)
def test_every_replica_gets_the_same_if_every_caller_sends_the_same(
    callers: dict[str, int], healthy: dict[str, int]
) -> None:
    got = dict.fromkeys(healthy, 0.0)
    for own, count in callers.items():
        plan = ZoneRule(1, False).plan(own, callers, healthy)
        assert plan is not None
        for zone in healthy:
            got[zone] += count / sum(callers.values()) * plan.share(own, zone)
    assert isclose(sum(got.values()), 1.0)
    assert all(isclose(got[zone], count / sum(healthy.values()), rel_tol=1e-9) for zone, count in healthy.items())
