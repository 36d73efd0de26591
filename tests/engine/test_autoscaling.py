"""Autoscalers by CPU, backlog and calls in flight, to zero and back, with steps and kills: whole runs."""

from __future__ import annotations

import pytest

import sim
from sim.record.record import REASONS, Record
from sim.results.book import Book
from sim.results.index.readings import asked, deciding, held_back, readings
from sim.results.series import series
from sim.results.story.story import explain
from tests.engine._play import attempts, messages, play
from tests.properties.leftovers import played


def decisions(record: Record, service: str = "shop") -> list[tuple[float, str, str]]:
    kinds = ("autoscaler", "replica joins", "replica drains", "replica killed", "replica leaves")
    return [(at, kind, detail) for at, kind, of, detail in record.events if of == service and kind in kinds]


def read(record: Record, service: str = "shop") -> list[tuple[float, float, int]]:
    return [(one.at, one.value, one.asked) for one in readings(Book(record), service)]


CPU = """
workload: {people: {calls: shop.buy, rate: 4/s, arrivals: regular}}
services:
  shop: {workers: 8, autoscale: {target cpu: 50%, max replicas: 8, every: 4s, boot: 2s}, operations: {buy: [STEPS]}}
  bank: {workers: unlimited, operations: {pay: [{work: 500ms}]}}
"""


def test_cpu_is_the_time_in_work_steps_over_the_cores_and_not_that_in_calls_and_waits() -> None:
    """4 a second with 125 ms of work: 50 % of a core, whatever they wait; held time would ask for more."""
    record = play(CPU.replace("STEPS", "{work: 125ms}, {call: bank.pay}, {wait: 250ms}"), "20s")
    assert [(at, value) for at, value, _ in read(record)[:3]] == [(4.0, 0.5), (8.0, 0.5), (12.0, 0.5)]
    assert decisions(record) == []


def test_cpu_is_counted_in_pieces_that_a_reading_cuts() -> None:
    """One piece of 3 s from 2.5 s on: 1.5 s of the first 4 s, 1.5 s of the next."""
    body = CPU.replace("rate: 4/s, arrivals: regular", "arrivals: at 2500ms").replace(
        "STEPS", "{work: 3s}, {call: bank.pay}"
    )
    assert [value for _, value, _ in read(play(body, "20s"))[:3]] == [0.375, 0.375, 0.0]


def test_slow_work_is_processor_time_and_a_pause_is_not() -> None:
    body = CPU.replace("STEPS", "{work: 125ms}, {call: bank.pay}").replace("max replicas: 8", "max replicas: 1")
    slow = play(f"{body}faults: {{f: {{slow: shop, by: 2x, at: 4s, for: 4s}}}}", "20s")
    assert [value for _, value, _ in read(slow)[:3]] == [0.5, 1.0, 0.5]
    paused = play(f"{body}faults: {{f: {{pause: shop, at: 5s, for: 2s}}}}", "20s")
    first, second, *_ = [value for _, value, _ in read(paused)]
    assert (first, second) == (0.5, pytest.approx(0.5)), "the work of the pause is done after it"
    crashed = play(f"{body}faults: {{f: {{crash: shop, mode: refuse, at: 5s, for: 2s}}}}", "20s")
    assert [value for _, value, _ in read(crashed)[:2]] == [0.5, 0.25]


def test_replicas_that_have_just_joined_are_set_aside_and_count_as_idle_upwards() -> None:
    """Eight a second of 250 ms: 200 % of a core, so 4 replicas. They join at 6 s: at 8 s only one is read."""
    body = CPU.replace("4/s", "8/s").replace("STEPS", "{work: 250ms}, {call: bank.pay}")
    record = play(body, "20s")
    looks = read(record)
    assert looks[0] == (4.0, pytest.approx(2, abs=0.05), 4) and decisions(record)[0] == (4.0, "autoscaler", "4")
    assert looks[1][1] == pytest.approx(1.28125) and looks[1][2] == 4, "(128 % + 3 * 0) / 4 of 50 %: nothing more"
    assert looks[2][1:] == (0.5, 4) and len([one for one in decisions(record) if one[1] == "autoscaler"]) == 1


def test_of_several_metrics_the_highest_decides() -> None:
    scale = "target cpu: 50%, target utilisation: 25%,"
    body = CPU.replace("target cpu: 50%,", scale).replace("STEPS", "{work: 125ms}, {call: bank.pay}")
    record = play(body, "20s")
    first = [one for one in readings(Book(record), "shop") if one.at == 4]
    assert [(one.metric, one.asked) for one in first] == [("utilisation", 2), ("CPU", 1)]
    assert deciding(Book(record), "shop")[0].metric == "utilisation"
    assert asked(Book(record), "shop")[1].tolist()[:2] == [1, 2]


def test_steps_and_bounds_hold_it_back_and_the_story_says_so() -> None:
    steps = "scale up: {steps: [1 replica per 8s]},"
    body = CPU.replace("target cpu: 50%,", f"target cpu: 12.5%, {steps}").replace("max replicas: 8", "max replicas: 3")
    record = play(body.replace("STEPS", "{work: 125ms}, {call: bank.pay}"), "40s")
    book = Book(record)
    assert [(at, many) for at, kind, many in decisions(record) if kind == "autoscaler"] == [(4.0, "2"), (12.0, "3")]
    assert held_back(book, "shop", "steps").tolist()[:2] == [4.0, 8.0] and len(held_back(book, "shop", "bounds"))
    told = [str(one).strip() for one in explain(record).sentences if one.kind == "scales up"]
    assert told == [
        "4.0 s  shop: the autoscaler asks for 2 replicas instead of 1 (CPU 50% of 12.5%, held back by its steps), "
        "the first of 2 such times, for 3 at the most"
    ]  # fmt: skip
    found = {one.name: one.values for one in series(record) if one.of == "shop"}
    assert found["replicas asked"][[0, 3, 4]].tolist() == [1, 1, 4] and found["reading"][5] == 4.0


QUEUE = """
workload: {people: {calls: web.order, arrivals: at MANY}}
services:
  web: {workers: unlimited, operations: {order: [{send: jobs}]}}
  shop: {consumes: {jobs: do}, SCALE, operations: {do: [{work: 1s}, {effect: done}]}}
queues: {jobs: {visibility timeout: 8s}}
"""


def queue(many: int, scale: str, at: str = "1s") -> str:
    return QUEUE.replace("MANY", " ".join([at] * many)).replace("SCALE", f"autoscale: {{max replicas: 9, {scale}}}")


def test_a_backlog_is_divided_among_the_replicas_with_those_in_delivery_or_without() -> None:
    """20 at 1 s, 3 done by 4 s: 17, one of them in delivery; 5 for each: 4, and of the 16 that wait 4 as well."""
    for counts, left, many in (("all", 17, 4), ("waiting", 16, 4)):
        record = play(queue(20, f"every: 4s, boot: 2s, backlog: {{per replica: 5, counts: {counts}}}"), "60s")
        assert read(record)[0] == (4.0, left, many)
        assert decisions(record)[:2] == [(4.0, "autoscaler", str(many)), (6.0, "replica joins", "1")]
        assert {outcome for _, _, _, outcome, _ in messages(record)} == {"done"}


def test_an_acceptable_latency_over_the_time_per_message_is_the_backlog_for_each() -> None:
    scale = "every: 4s, boot: 2s, backlog: {acceptable latency: 10s, time per message: 1s, counts: waiting}"
    assert read(play(queue(30, scale), "90s"))[0] == (4.0, 26.0, 3)


def test_keda_stops_the_last_replica_after_the_cooldown_and_starts_one_at_a_poll() -> None:
    """It was never active when it first looks at 10 s; at 40 s it finds 20 messages; they are all done by 68 s."""
    scale = "min replicas: 0, every: 7s, boot: 2s, down after: 0s, "
    scale += "backlog: {per replica: 10, polls every: 10s, cooldown: 20s}"
    record = play(queue(20, scale, "35s"), "200s")
    at = [(at, many) for at, kind, many in decisions(record) if kind == "autoscaler"]
    assert at[:2] == [(10.0, "0"), (40.0, "1")] and at[2] == (42.0, "2") and at[-1][1] == "0"
    begun = attempts(record, "started_at", "jobs -> shop")
    assert min(begun) == (42.0,) and {outcome for _, _, _, outcome, _ in messages(record)} == {"done"}
    there = {one.name: one.values for one in series(record) if one.of == "shop"}
    assert there["replicas"][[9, 20, 41, 43]].tolist() == [1, 0, 0, 1] and there["utilisation"][20] == 0


def test_calls_of_a_service_without_any_replica_are_turned_away() -> None:
    scale = "min replicas: 0, every: 5s, boot: 2s, backlog: {per replica: 10, polls every: 10s, cooldown: 20s}"
    body = queue(1, scale, "30s").replace("workload: {", "workload: {other: {calls: shop.do, arrivals: at 5s 20s}, ")
    assert attempts(play(body, "60s"), "outcome why", "other -> shop") == [("ok", ""), ("rejected", "unhealthy")]


KNATIVE = """
workload: {{people: {{calls: shop.buy, arrivals: "at {arrivals}"}}}}
services:
  shop:
    workers: 4
    autoscale: {{preset: knative, max replicas: 6, min replicas: {least}, boot: 2s, concurrency: {{{keys}}}}}
    operations: {{buy: [{{work: 500ms}}]}}
"""


def test_knative_stops_the_last_replica_and_a_call_waits_outside_for_the_next() -> None:
    """No call for the stable window and the grace period; the call at 60 s orders one at once, which boots for 2 s."""
    body = KNATIVE.format(arrivals="1s 60s", least=0, keys="stable window: 10s, grace period: 6s")
    record = play(body, "120s")
    assert decisions(record)[:4] == [
        (18.0, "autoscaler", "0"), (18.0, "replica drains", "0"), (pytest.approx(18, abs=0.1), "replica leaves", "0"),
        (60.0, "autoscaler", "1"),
    ]  # fmt: skip
    assert attempts(record, "sent_at entered_at left_at outcome", "people -> shop") == [
        (1.0, 1.0, 1.5, "ok"), (60.0, 62.0, 62.5, "ok"),
    ]  # fmt: skip


def test_knative_panics_in_a_burst_and_adds_what_the_short_window_asks_for() -> None:
    """16 calls at 10 s, 4 at once: in the 2 s before 12 s 10 on average; at 1.4 a replica it asks for over 6."""
    arrivals = " ".join(["10s"] * 16)
    record = play(KNATIVE.format(arrivals=arrivals, least=1, keys="target: 2, stable window: 20s"), "60s")
    at = [(at, many) for at, kind, many in decisions(record) if kind == "autoscaler"]
    assert at[0] == (12.0, "6") and at[-1][1] == "1" and at[1][0] > 32.0
    assert held_back(Book(record), "shop", "bounds").tolist()[0] == 12.0


FALLING = """
workload: {people: {calls: shop.buy, arrivals: at 0s 1s 7s 7s 7s 7s}}
services:
  shop:
    replicas: 2
    workers: 2
    balance: round robin
    autoscale: {target utilisation: 100%, max replicas: 2, every: 4s, down after: 0s, KEYS}
    operations: {buy: [{work: 4s}, {effect: done}]}
links: {people -> shop: {latency: 0s}}
"""


def test_a_replica_that_is_killed_loses_its_work_and_one_that_drains_finishes_it() -> None:
    """At 8 s two replicas are less than half held; the second has two calls from 7 s on, which end at 11 s or now."""
    drains = attempts(play(FALLING.replace("KEYS", "scale in: drain"), "30s"), "replica left_at outcome")
    kills = play(FALLING.replace("KEYS", "scale in: kill"), "30s")
    assert [one for one in drains if one[0] == 1] == [(1, 5.0, "ok"), (1, 11.0, "ok"), (1, 11.0, "ok")]
    assert attempts(kills, "left_at outcome why", "people -> shop")[-1] == (8.0, "refused", "scaled in")
    assert decisions(kills) == [
        (8.0, "autoscaler", "1"), (8.0, "replica killed", "1"), (8.0, "replica leaves", "1"),
    ]  # fmt: skip
    assert ("ended by scale-in", "2") in [(kind, detail) for _, kind, _, detail in kills.events]
    assert "scaled in" in REASONS and list(kills.down) == []


def test_a_drain_that_lasts_too_long_ends_in_a_kill() -> None:
    record = play(FALLING.replace("KEYS", "longest drain: 2s"), "30s")
    assert decisions(record)[1:] == [
        (8.0, "replica drains", "1"), (10.0, "replica killed", "1"), (10.0, "replica leaves", "1"),
    ]  # fmt: skip
    assert [one for one in attempts(record, "left_at outcome") if one[1] == "refused"] == [(10.0, "refused")] * 2


def test_messages_of_a_killed_consumer_return_when_their_visibility_ends() -> None:
    """Three consumers take one each at 1 s; at 4 s the last two are killed: their messages are back at 9 s."""
    scale = "every: 2s, down after: 0s, scale in: kill, backlog: {per replica: 10}"
    body = queue(3, scale).replace("work: 1s", "work: 6s").replace("consumes:", "replicas: 3, consumes:")
    record = play(body, "60s")
    assert [one[:2] for one in decisions(record)][1] == (4.0, "replica killed")
    assert sorted(attempts(record, "sent_at outcome", "jobs -> shop")) == [
        (1.0, "ok"), (1.0, "timeout"), (1.0, "timeout"), (9.0, "ok"), (13.0, "ok"),
    ] or sorted(attempts(record, "sent_at", "jobs -> shop"))[3] == (9.0,)  # fmt: skip
    assert {(outcome, deliveries) for _, _, _, outcome, deliveries in messages(record)} == {("done", 1), ("done", 2)}


@pytest.mark.parametrize("keys", ["workers: 2", "while calling: free", "health checks: {every: 1s, timeout: 1s}"])
@pytest.mark.parametrize("end", ["scale in: kill", "longest drain: 500ms"])
def test_the_books_balance_while_replicas_are_killed_and_crash(keys: str, end: str) -> None:
    body = f"""
workload: {{people: {{calls: shop.buy, rate: "steps 2/s 0s 20/s 8s 2/s 20s"}}}}
services:
  shop:
    {keys}
    balance: least outstanding
    replicas: 2
    waiting: 5
    autoscale: {{target cpu: 50%, max replicas: 5, every: 2s, boot: 1s, down after: 2s, {end}}}
    operations: {{buy: [{{work: exponential 250ms}}, {{parallel: [[{{work: 250ms}}], [{{work: 500ms}}]], join: 1}}]}}
links: {{people -> shop: {{timeout: 1500ms, on abandon: cancel, retry: {{max attempts: 2}}}}}}
faults:
  gone: {{crash: shop, mode: silent, at: 13s, for: 4s}}
  again: {{crash: shop, mode: refuse, replicas: 1, at: 23s, for: 4s}}
  stop: {{pause: shop, at: 20s, for: 2s}}
"""
    record = play(body, "40s")
    kinds = [kind for _, kind, _ in decisions(record)]
    assert kinds.count("replica leaves") >= 2 and ("scale in: kill" not in end or "replica killed" in kinds)


@pytest.mark.parametrize("balance", ["least outstanding", "best of 2", "peak ewma 10s", "round robin"])
def test_a_call_given_up_outside_is_counted_at_no_replica(balance: str) -> None:
    text = f"""
version: 1
title: Nobody there
duration: 100s
workload: {{people: {{calls: shop.buy, arrivals: at 32.01s 32.02s 33s 60s}}}}
services:
  shop:
    balance: {balance}
    autoscale: {{max replicas: 3, min replicas: 0, every: 2s, boot: 2s, concurrency: {{stable window: 6s}}}}
    operations: {{buy: [{{work: 125ms}}]}}
links: {{people -> shop: {{timeout: 500ms}}}}
"""
    system, _ = played(sim.loads(text).resolve())  # replica 0 leaves from 32 s on, so another one joins
    assert [replica.outstanding for replica in system.services["shop"].replicas] == [0, 0, 0]
