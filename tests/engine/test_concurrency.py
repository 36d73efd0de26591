"""Adaptive limits on calls in flight, played: what they admit, what they learn from, and what they are worth."""

from __future__ import annotations

import pytest

from sim.results.series import series
from tests.engine._play import attempts, play
from tests.engine.test_rules import mean, runs_of


def test_a_limit_that_cannot_move_is_the_loss_system_with_as_many_places() -> None:
    """M/M/1/3 at load 1.5: the share lost is (1 - a) a^3 / (1 - a^4), the mean in system follows from the chain."""
    runs = runs_of("""
workload: {people: {calls: shop.buy, rate: 30/s}}
services:
  shop: {concurrency: {kind: aimd, initial: 3, least: 3, most: 3}, operations: {buy: [{work: exponential 50ms}]}}
""")
    weights = [1.5**n for n in range(4)]
    assert mean(runs, "rejected ratio", "people") == pytest.approx(weights[3] / sum(weights), rel=0.03)
    inside = sum(n * weight for n, weight in enumerate(weights)) / sum(weights)
    assert mean(runs, "in system mean", "shop") == pytest.approx(inside, rel=0.03)
    assert mean(runs, "over concurrency limit", "shop") == pytest.approx(weights[3] / sum(weights) * 30 * 390, rel=0.04)
    assert mean(runs, "concurrency limit mean", "shop") == 3


def test_the_limit_grows_by_one_for_each_good_call_and_shrinks_with_each_dropped_one() -> None:
    record = play("""
workload: {people: {calls: shop.buy, arrivals: at 0s 125ms 250ms 4s 4s 4s}}
services:
  shop: {workers: 9, concurrency: {kind: aimd, initial: 1, slow call: 500ms, backoff: 50%}, operations: OPERATIONS}
links: {people -> shop: {timeout: 750ms}}
""".replace("OPERATIONS", "{buy: [{work: 500ms}, {branch: key 1, then: [{work: 1s}]}]}").replace(
        "shop.buy, ", "shop.buy, keys: uniform 1, "))  # fmt: skip
    outcomes = [outcome for (outcome,) in attempts(record, "outcome")]
    assert outcomes == [
        "ok",
        "rejected",
        "rejected",
        "ok",
        "ok",
        "rejected",
    ]  # after one good call two may be in flight
    assert [event[:2] + event[3:] for event in record.events] == [
        (0, "concurrency limit", "1"), (1, "concurrency limit", "2"), (5, "concurrency limit", "4"),
    ]  # fmt: skip


OVERLOAD = """
workload: {people: {calls: shop.buy, rate: 30/s}}
services: {shop: {workers: 2, waiting: unlimited, KEYSoperations: {buy: [{work: exponential 100ms}]}}}
links: {people -> shop: {timeout: 1s}}
"""


@pytest.mark.parametrize(
    "limit, answered",
    [("kind: aimd, slow call: 500ms", 0.5), ("kind: aimd", 0.45), ("kind: gradient", 0.25)],
)
def test_it_turns_away_what_would_be_late_without_being_told_how_much_that_is(limit: str, answered: float) -> None:
    """Of at most 2/3; a gradient takes an overload that lasts for what is normal, so it is worth less here."""
    plain = runs_of(OVERLOAD.replace("KEYS", ""), "100s", 2)
    limited = runs_of(OVERLOAD.replace("KEYS", f"concurrency: {{{limit}}}, "), "100s", 2)
    assert mean(plain, "answered ratio", "people") < 0.1
    assert mean(limited, "answered ratio", "people") > answered
    assert mean(limited, "wasted share", "shop") < mean(plain, "wasted share", "shop") / 2


def test_the_series_tells_the_limit_at_the_beginning_of_each_second() -> None:
    record = runs_of(OVERLOAD.replace("KEYS", "concurrency: {kind: gradient}, "), "30s", 1)[0].record
    told = {found.name: found.values for found in series(record) if found.of == "shop"}["concurrency limit"]
    changes = {at: float(detail) for at, kind, _, detail in record.events if kind == "concurrency limit"}
    assert told[0] == 20 and len(set(told)) > 2
    assert all(told[int(at)] == limit for at, limit in changes.items() if at < len(told))


def test_a_crash_forgets_the_limit_and_those_in_flight() -> None:
    record = play("""
workload: {people: {calls: shop.buy, arrivals: at 0s 125ms 1500ms 1500ms}}
services: {shop: {concurrency: {kind: aimd, initial: 1, most: 2}, operations: {buy: [{work: 4s}]}}}
faults: {gone: {crash: shop, mode: refuse, at: 500ms, for: 500ms}}
""")
    assert [outcome for (outcome,) in attempts(record, "outcome")] == ["refused", "rejected", "ok", "rejected"]


def test_an_early_reply_does_not_end_the_time_in_flight_and_freed_workers_count_too() -> None:
    body = """
workload: {people: {calls: shop.buy, arrivals: at 0s 1s 3s}}
services:
  shop: {workers: 9, concurrency: {kind: aimd, initial: 1, most: 1}, operations: {buy: [reply, {work: 2s}]}}
"""
    expected = ["ok", "rejected", "ok"]
    assert [outcome for (outcome,) in attempts(play(body), "outcome")] == expected
    free = body.replace("workers: 9", "while calling: free, workers: 9")
    assert [outcome for (outcome,) in attempts(play(free), "outcome")] == expected
