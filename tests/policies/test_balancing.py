"""Weights of new hosts, choosing by weights, and the cost of a host by its latencies."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.policies.balancing import PENALTY, EarliestDeadlineFirst, PeakEwma, SlowStart


@pytest.mark.parametrize(
    "aggression, age_s, weight",
    [(1.0, 0.0, 0.1), (1.0, 5.0, 0.1), (1.0, 30.0, 0.5), (2.0, 15.0, 0.5), (0.5, 30.0, 0.25), (1.0, 60.0, 1.0)],
)
def test_a_new_host_has_a_weight_that_grows_with_its_age(aggression: float, age_s: float, weight: float) -> None:
    assert SlowStart(60.0, aggression, 0.1).weight(age_s) == pytest.approx(weight)


@given(st.lists(st.floats(0.1, 1.0), min_size=1, max_size=6))
@settings(max_examples=50, deadline=None, derandomize=True, database=None)
def test_each_host_gets_its_share_of_the_weights(weights: list[float]) -> None:
    scheduler, hosts = EarliestDeadlineFirst(), range(len(weights))
    chosen = Counter(scheduler.choose(hosts, lambda host: weights[host]) for _ in range(1000))
    for host in hosts:
        assert chosen[host] / 1000 == pytest.approx(weights[host] / sum(weights), abs=0.012)


def test_a_peak_counts_at_once_and_decays() -> None:
    one = PeakEwma(10.0)
    one.observe(0.0, 0.1)
    one.observe(1.0, 2.0)
    assert one.average_s == 2.0
    one.observe(11.0, 0.1)
    assert one.average_s == pytest.approx(2 / math.e + 0.1 * (1 - 1 / math.e))


def test_a_host_that_nothing_is_known_of_is_tried_once_and_then_costs_more_than_any_other() -> None:
    one = PeakEwma(10.0)
    assert one.cost(0.0, 0) == 0.0 and one.cost(0.0, 1) == PENALTY + 1
