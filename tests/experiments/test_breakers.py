"""The requests that a breaker costs and saves, paired one by one, by hand and in small systems."""

from __future__ import annotations

import json

import numpy as np
import pytest

import sim
from sim.experiments.breakers import Pairing, RequestOutcomes, breaker_costs, paired
from sim.export.breakers import breakers_document, of_breakers
from sim.export.summary import to_json

FLAKY = """
version: 1
title: Flaky
duration: 60s
warmup: 4s
seed: 2
replications: 2
workload:
  buyers: {{calls: web.buy, rate: 8/s, deadline: 2s}}
  lookers: {{calls: web.look, rate: 4/s, deadline: 500ms}}
  users: {{calls: web.buy, users: 1, think: 4s}}
services:
  web: {{workers: 6, operations: {{buy: [{{call: till.pay}}], look: [{{work: 1ms}}]}}}}
  till: {{workers: 4, operations: {{pay: [{{work: 31250us}}, {{fail: {fail}}}]}}}}
links: {{web -> till: {{timeout: 1s, breaker: {{failures: 2, open for: 2s}}}}}}
{more}
"""


def flaky(fail: str, more: str = "") -> sim.Scenario:
    return sim.loads(FLAKY.format(fail=fail, more=more))


def outcomes(good: list[bool], stopped: list[bool], arrived_at: list[float] | None = None) -> RequestOutcomes:
    at = np.array(arrived_at if arrived_at is not None else range(len(good)), np.float64)
    none, decided = np.zeros(len(good), np.int64), np.zeros(len(good), np.bool_)
    return RequestOutcomes(none, at, np.array(good), {"a -> b": np.array(stopped)}, "", decided)


def test_every_request_is_of_one_kind() -> None:
    with_ = outcomes([True, False, False, True, False], [False, True, False, True, True])
    without = outcomes([True, True, True, False, False], [False] * 5)
    found = paired(with_, without, "a -> b")
    assert found == Pairing(paired=5, stopped=3, spoiled=1, unlucky=1, saved=1)
    assert found.saved - found.spoiled - found.unlucky == sum(with_.good) - sum(without.good)


def test_only_requests_of_the_same_instant_are_pairs() -> None:
    with_, without = (
        outcomes([False, False], [True, True], [0.5, 1.5]),
        outcomes([True, True], [False, False], [1.5, 2.5]),
    )
    assert paired(with_, without, "a -> b") == Pairing(1, 1, 1, 0, 0)


def test_at_a_random_failure_rate_a_breaker_spoils_as_many_as_would_have_succeeded() -> None:
    (one,) = breaker_costs(flaky("40%"), replications=8).costs
    stopped, spoiled = (sum(getattr(it, name) for it in one.pairings) for name in ("stopped", "spoiled"))
    assert stopped > 1000 and spoiled / stopped == pytest.approx(0.6, abs=0.05), "three standard deviations"
    assert one.net.high is not None and one.net.high < -0.1, "it does nothing but harm"
    luck = [it.saved - it.unlucky for it in one.pairings]
    assert abs(sum(luck)) < 0.05 * sum(it.paired for it in one.pairings), "calls left out move the luck of others"


def test_nothing_is_spoiled_where_nothing_would_have_succeeded() -> None:
    (one,) = breaker_costs(flaky("100%")).costs
    assert all(it.stopped > 300 and it.spoiled == it.saved == 0 for it in one.pairings)


def test_what_it_changes_in_all_is_what_a_comparison_says() -> None:
    more = """
faults: {slow: {slow: till, by: 40x, at: 20s, for: 8s}}
variants: {all: {}, none: {links: {web -> till: {breaker: null}}}}
"""
    scenario = flaky("0%", more)
    (one,) = breaker_costs(scenario).costs
    runs = sim.compare(scenario, ["none", "all"]).runs
    run = sim.run(scenario)
    offered = [run.values["offered", name, "all"] for name in ("buyers", "lookers")]
    assert [it.paired for it in one.pairings] == [a + b for a, b in zip(*offered, strict=True)]
    changed = [
        sum((ratios[1][i] - ratios[0][i]) * came[i] for ratios, came in zip(both, offered, strict=True))
        for i in range(2)
        for both in [
            [[r.values["goodput ratio", name, "all"] for r in runs.values()] for name in ("buyers", "lookers")]
        ]
    ]
    assert [it.saved - it.spoiled - it.unlucky for it in one.pairings] == pytest.approx(changed)
    assert all(it.saved > 10 for it in one.pairings), "lookers get a worker of the web"


def test_without_a_breaker_or_an_open_loop_there_is_nothing_to_pair() -> None:
    plain = flaky("0%", "variants: {none: {links: {web -> till: {breaker: null}}}}")
    with pytest.raises(sim.ParameterError, match="have a link with a breaker"):
        breaker_costs(plain)
    closed = "".join(line for line in FLAKY.splitlines(keepends=True) if "rate:" not in line)
    with pytest.raises(sim.ParameterError, match="have an open loop"):
        breaker_costs(sim.loads(closed.format(fail="0%", more="")))


def test_text_table_and_document_tell_it() -> None:
    found = breaker_costs(flaky("40%"))
    text = of_breakers(found)
    assert "web -> till" in text and "spoiled" in text and "2 replications" in text
    assert list(found.table["share"]) == ["stopped", "spoiled", "unlucky", "saved", "net"]
    document = json.loads(to_json(breakers_document(found)))
    assert document["counts"]["web -> till"][0]["spoiled"] == found.costs[0].pairings[0].spoiled
