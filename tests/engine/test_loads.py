"""Work that grows with the load: the queue's own fixed point, and what a replica counts."""

from __future__ import annotations

import pytest

import sim
from sim.engine import run as engine
from tests.engine._play import attempts, play

ALONE = """
workload: {people: {calls: shop.buy, arrivals: at 0s 1s 2s}}
services: {shop: {workers: unlimited, waiting: 0, operations: {buy: [{work: 4s plus 500ms per request in flight}]}}}
"""


def test_each_other_request_in_flight_at_the_beginning_adds_its_time() -> None:
    assert attempts(play(ALONE), "started_at left_at worked_s") == [(0, 4, 4), (1, 5.5, 4.5), (2, 7, 5)]


def test_a_replica_counts_its_own_requests_only() -> None:
    body = ALONE.replace("workers: unlimited", "replicas: 3, workers: unlimited")
    assert attempts(play(body), "left_at") == [(4,), (5,), (6,)]


def test_slowness_stretches_what_the_others_add_too() -> None:
    body = ALONE + "faults: {slow: {slow: shop, by: 2x, at: 500ms, for: 1s}}"
    assert attempts(play(body, "20s"), "left_at") == [(4,), (10,), (7,)]


def test_a_pause_freezes_work_under_load_as_any_other() -> None:
    body = ALONE + "faults: {stop: {pause: shop, at: 3s, for: 1s}}"
    assert attempts(play(body), "left_at") == [(5,), (6.5,), (8,)]


def test_workers_freed_while_calling_count_those_who_wait_for_a_callee() -> None:
    body = """
workload: {people: {calls: shop.buy, arrivals: at 0s 1s}}
services:
  shop:
    while calling: free
    operations: {buy: [{work: 250ms plus 500ms per request in flight}, {call: bank.pay}]}
  bank: {workers: 2, operations: {pay: [{work: 4s}]}}
"""
    assert attempts(play(body), "started_at left_at", "people -> shop") == [(0, 4.25), (1, 5.75)]


def test_littles_law_gives_the_fixed_point_of_work_under_load() -> None:
    """In flight x = rate * (base + per * x), since Poisson arrivals see time averages (R. Wolff, 1982): 66.7."""
    body = """
workload: {people: {calls: shop.buy, rate: 40/s}}
services: {shop: {workers: unlimited, waiting: 0, operations: {buy: [{work: 1s plus 10ms per request in flight}]}}}
links: {people -> shop: {latency: exponential 100ms}}
"""
    text = f"version: 1\ntitle: Story\nduration: 200s\nwarmup: 20s\n{body}"
    runs = [sim.run(sim.loads(text), seed=seed) for seed in range(1, 4)]
    in_flight = sum(run.value("in service mean", of="shop") for run in runs) / 3
    latency = sum(run.value("latency mean", of="people") for run in runs) / 3
    assert in_flight == pytest.approx(66.7, rel=0.03)
    assert latency == pytest.approx(1.667 + 0.2, rel=0.03)


def test_work_under_load_is_the_same_played_again_and_played_the_general_way() -> None:
    scenario = sim.loads(f"version: 1\ntitle: Story\nduration: 10s\n{ALONE}").resolve()
    fast, general = engine.play(scenario), engine.play(scenario, fast_leaves=False)
    assert fast.attempts["left_at"].tobytes() == general.attempts["left_at"].tobytes()
