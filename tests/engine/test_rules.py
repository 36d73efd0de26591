"""A service's own rules: who gets in, who waits where, and who is turned away, against hand cases and theory."""

from __future__ import annotations

import math

import pytest

import sim
from sim.record.record import Record
from tests.engine._play import attempts, play, requests, waits


def turned_away(record: Record, why: str) -> list[float]:
    """Return when attempts left that were told *why*."""
    return [left for left, reason in attempts(record, "left_at why") if reason == why]


def one_worker(*, keys: str = "", arrivals: str = "regular", rate: str = "rate: 16/s, ", work: str = "125ms") -> str:
    return f"""
workload: {{people: {{calls: shop.buy, {rate}arrivals: {arrivals}}}}}
services: {{shop: {{waiting: 1000, {keys}operations: {{buy: [{{work: {work}}}]}}}}}}
"""


def mean(runs: list[sim.Run], measure: str, of: str) -> float:
    return sum(run.value(measure, of=of) for run in runs) / len(runs)


def runs_of(body: str, duration: str = "400s", seeds: int = 3) -> list[sim.Run]:
    text = f"version: 1\ntitle: Story\nduration: {duration}\nwarmup: 10s\n{body}"
    return [sim.run(sim.loads(text), seed=seed) for seed in range(1, seeds + 1)]


# --- the rate limit -------------------------------------------------------------------------------------------


def test_a_bucket_of_20_filled_10_times_a_second_admits_120_calls_in_10_seconds() -> None:
    body = """
workload: {people: {calls: shop.buy, rate: 50/s, arrivals: regular}}
services: {shop: {workers: unlimited, limit: {rate: 10/s, burst: 20}, operations: {buy: [{work: 1ms}]}}}
"""
    record = play(body)
    assert len(attempts(record, "id")) == 500
    assert sum(outcome == "ok" for (outcome,) in attempts(record, "outcome")) in (119, 120, 121)
    assert len(turned_away(record, "rate limit")) in (379, 380, 381)


def test_without_a_token_a_call_waits_outside_or_is_turned_away_when_that_is_too_long() -> None:
    limit = "waiting: 0, workers: 9, limit: {rate: 2/s, when full: wait, max wait: 1s}, "
    record = play(one_worker(keys=limit, rate="", arrivals="at 0s 0s 0s 0s 1750ms").replace("waiting: 1000, ", ""))
    assert attempts(record, "entered_at started_at outcome why") == [
        (0, 0, "ok", ""), (0.5, 0.5, "ok", ""), (1, 1, "ok", ""), (0, None, "rejected", "rate limit"),
        (1.75, 1.75, "ok", ""),
    ]  # fmt: skip
    assert record.marks["at"].tolist() == [0, 0]


def test_each_replica_has_its_own_bucket() -> None:
    body = one_worker(keys="replicas: 3, limit: {rate: 1/s}, ", rate="", arrivals="at 0s 0s 0s 0s")
    assert [outcome for (outcome,) in attempts(play(body), "outcome")] == ["ok", "ok", "ok", "rejected"]


def test_a_crash_empties_nobody_who_waits_for_a_token_but_the_service_may_be_down_then() -> None:
    body = one_worker(keys="limit: {rate: 2/s, when full: wait}, ", rate="", arrivals="at 0s 0s 0s")
    body += "faults: {gone: {crash: shop, mode: refuse, at: 250ms, for: 500ms}}"
    assert attempts(play(body), "entered_at ended_at outcome") == [
        (0, 0.125, "ok"), (None, 0.5, "refused"), (1, 1.125, "ok"),
    ]  # fmt: skip


# --- shedding -------------------------------------------------------------------------------------------------


def test_turning_away_at_a_length_is_the_loss_system_with_as_many_places() -> None:
    """M/M/1/4 at load 1.5: the share lost is (1 - a) a^4 / (1 - a^5)."""
    runs = runs_of(one_worker(keys="shed: {line length: 3}, ", rate="rate: 30/s, ", arrivals="poisson",
                              work="exponential 50ms"))  # fmt: skip
    lost = (1 - 1.5) * 1.5**4 / (1 - 1.5**5)
    assert mean(runs, "rejected ratio", "people") == pytest.approx(lost, rel=0.04)
    assert mean(runs, "shed", "shop") == pytest.approx(lost * 30 * 390, rel=0.05)


def test_places_kept_for_the_important_follow_the_birth_and_death_chain() -> None:
    """Browsers join while fewer than 2 of 8 wait, buyers always; service and arrivals exponential."""
    runs = runs_of("""
workload:
  buyers: {calls: shop.buy, rate: 8/s}
  browsers: {calls: shop.buy, rate: 20/s, priority: 1}
services: {shop: {waiting: 8, shed: {by priority: [100%, 25%]}, operations: {buy: [{work: exponential 50ms}]}}}
""")
    weights = [1.0]
    for inside in range(9):
        arrivals = 28 if inside < 3 else 8
        weights.append(weights[-1] * arrivals / 20)
    total = math.fsum(weights)
    assert mean(runs, "rejected ratio", "buyers") == pytest.approx(weights[9] / total, abs=0.001)
    assert mean(runs, "rejected ratio", "browsers") == pytest.approx(math.fsum(weights[3:]) / total, rel=0.04)


def test_a_cause_carries_its_priority_to_the_services_behind() -> None:
    body = """
workload:
  buyers: {calls: web.buy, arrivals: at 0s 0s 500ms 500ms, priority: 0}
  browsers: {calls: web.buy, arrivals: at 250ms 250ms, priority: 1}
services:
  web: {workers: 9, operations: {buy: [{call: shop.buy}]}}
  shop: {waiting: 2, shed: {by priority: [100%, 50%]}, operations: {buy: [{work: 1s}]}}
"""
    assert attempts(play(body), "sent_at outcome why", "web -> shop") == [
        (0, "ok", ""), (0, "ok", ""), (0.25, "rejected", "shed"), (0.25, "rejected", "shed"), (0.5, "ok", ""),
        (0.5, "rejected", "line full"),
    ]  # fmt: skip


def test_codel_drops_after_an_interval_above_target_and_then_ever_more_often() -> None:
    """Offered twice the capacity; the k-th begins at k/8 s after k/16 s; drops are interval / sqrt(count) apart."""
    body = one_worker(keys="shed: {codel: target 250ms interval 500ms}, ")
    assert turned_away(play(body, "2s"), "shed")[:3] == [1, 1.5, 1.875]


def test_a_controlled_delay_serves_only_what_waited_less_than_the_target_while_the_line_stands() -> None:
    record = play(one_worker(keys="shed: {controlled delay: target 250ms interval 500ms}, "))
    waited = [(entered, started - entered) for entered, started, _ in waits(record, "shop") if started is not None]
    assert max(wait for at, wait in waited if at < 1) > 0.25
    assert max(wait for at, wait in waited if at > 1.5) <= 0.25
    assert {why for (why,) in attempts(record, "why")} == {"", "shed"}


# --- the order of the line ------------------------------------------------------------------------------------

FOUR = {"rate": "", "arrivals": "at 0s 0s 62ms 125ms 187ms 250ms", "work": "250ms"}


def begun(order: str) -> list[int]:
    """Return the requests in the order in which workers took them."""
    record = play(one_worker(keys=f"line: {order}, ", **FOUR))
    return [request for _, request in sorted(attempts(record, "started_at request"))]


def test_first_in_first_out_is_the_default_and_last_in_first_out_turns_it_round() -> None:
    assert begun("fifo") == [0, 1, 2, 3, 4, 5]
    assert begun("lifo") == [0, 5, 4, 3, 2, 1] or begun("lifo") == [0, 4, 5, 3, 2, 1]


def test_the_adaptive_order_turns_round_once_the_line_has_stood_for_long() -> None:
    """At 250 ms the line, not empty since 0 s, has stood too short; at 500 ms it is served from its other end."""
    assert begun("adaptive lifo above 0 after 300ms") == [0, 1, 5, 4, 3, 2]
    assert begun("adaptive lifo above 3 after 300ms") == [0, 1, 5, 2, 3, 4]
    assert begun("adaptive lifo above 9 after 0s") == begun("fifo")


@pytest.mark.parametrize("way", ["hold", "free"])
def test_by_priority_the_most_important_is_next_equals_in_order_and_nobody_is_interrupted(way: str) -> None:
    body = f"""
workload:
  batch: {{calls: shop.buy, arrivals: at 0s 125ms 250ms 5s, priority: 2}}
  usual: {{calls: shop.buy, arrivals: at 375ms 500ms 1500ms, priority: 1}}
  vip: {{calls: shop.buy, arrivals: at 2500ms}}
services: {{shop: {{line: priority, while calling: {way}, operations: {{buy: [{{work: 1s}}]}}}}}}
"""
    record = play(body)
    served = sorted(zip(record.attempts["started_at"].tolist(), record.attempts["entered_at"].tolist()))
    assert [entered for _, entered in served] == [0, 0.375, 0.5, 2.5, 1.5, 0.125, 0.25, 5.0]


def test_who_leaves_a_line_by_priority_leaves_the_others_in_their_places() -> None:
    body = """
workload:
  batch: {calls: shop.buy, arrivals: at 0s 0s 125ms, priority: 1}
  vip: {calls: shop.buy, arrivals: at 500ms 625ms}
services: {shop: {line: priority, max wait: 1s, operations: {buy: [{work: 1s}]}}}
"""
    assert [(at, out) for at, _, out, _ in requests(play(body))] == [
        (0.0, "ok"), (0.0, "rejected"), (0.125, "rejected"), (0.5, "ok"), (0.625, "rejected"),
    ]  # fmt: skip


def test_under_overload_with_deadlines_the_newest_first_serves_those_who_are_still_there() -> None:
    body = """
workload: {people: {calls: shop.buy, rate: 15/s, deadline: 1s}}
services: {shop: {waiting: 100, line: ORDER, operations: {buy: [{work: exponential 100ms}]}}}
"""
    first, last = (runs_of(body.replace("ORDER", order), "100s", 2) for order in ("fifo", "adaptive lifo"))
    assert mean(first, "answered ratio", "people") < 0.1
    assert mean(last, "answered ratio", "people") > 0.5


@pytest.mark.parametrize("keys", ["limit: {rate: 4/s, when full: wait}, ", "shed: {line length: 2}, ", "line: lifo, ",
                                  "shed: {codel: target 125ms interval 250ms}, "])  # fmt: skip
def test_workers_freed_while_calling_obey_the_same_rules(keys: str) -> None:
    body = """
workload: {people: {calls: shop.buy, rate: 16/s, arrivals: regular}}
services:
  shop: {workers: 1, KEYSwhile calling: free, operations: {buy: [{work: 125ms}, {call: bank.pay}, {work: 62ms}]}}
  bank: {workers: 2, operations: {pay: [{work: 250ms}]}}
"""
    guarded, plain = play(body.replace("KEYS", keys)), play(body.replace("KEYS", ""))
    assert attempts(guarded, "started_at ended_at") != attempts(plain, "started_at ended_at")
