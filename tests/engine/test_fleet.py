"""Autoscaled services: when replicas come and go, who is sent to them, and what they hold while they are there."""

from __future__ import annotations

import pytest

import sim
from sim.record.record import Record
from sim.results.book import Book
from sim.results.index.occupancy import absent_replicas
from sim.results.series import series
from sim.results.story.story import explain
from tests.engine._play import attempts, messages, play, waits
from tests.engine.test_rules import mean, runs_of

SCALE = "autoscale: {target utilisation: 50%, max replicas: 4, every: 4s, boot: 2s, down after: 4s}"


def coming_and_going(record: Record) -> list[tuple[float, str, str]]:
    return [(at, kind, detail) for at, kind, of, detail in record.events if of == "shop"]


BUSY = f"""
workload: {{people: {{calls: shop.buy, rate: "steps 4/s 0s 0/s 12s", arrivals: regular}}}}
services: {{shop: {{waiting: 99, {SCALE}, operations: {{buy: [{{work: 250ms}}]}}}}}}
"""


def test_it_orders_what_the_rule_says_and_replicas_join_after_they_have_booted() -> None:
    """One worker is busy all the time: 1 / 50 % asks for 2, which join at 6 s; two half busy are what is wanted."""
    record = play(BUSY, "30s")
    assert coming_and_going(record)[:2] == [(4, "autoscaler", "2"), (6, "replica joins", "1")]
    replicas = attempts(record, "sent_at replica")
    assert {replica for at, replica in replicas if at < 6} == {0}
    later = [replica for at, replica in replicas if 6.25 <= at < 12]
    assert later.count(0) == later.count(1) or abs(later.count(0) - later.count(1)) == 1


def test_it_lets_replicas_go_when_so_few_would_have_done_for_long() -> None:
    record = play(BUSY, "30s")
    gone = [event for event in coming_and_going(record) if event[1] in ("replica drains", "replica leaves")]
    assert [(kind, detail) for _, kind, detail in gone] == [("replica drains", "1"), ("replica leaves", "1")]
    drained, left = (at for at, _, _ in gone)
    assert drained in (20, 24) and drained < left <= drained + 4 / 60
    assert absent_replicas(Book(record), "shop") == {0: [], 1: [(0, 6), (left, record.ended_at)],
                                              2: [(0, record.ended_at)], 3: [(0, record.ended_at)]}  # fmt: skip


def test_a_draining_replica_finishes_its_line_and_takes_nothing_new() -> None:
    """Nobody came for 8 s but at the last moment: two are in each replica when one of them is let go."""
    scale = SCALE.replace("50%", "100%").replace("down after: 4s", "down after: 0s")
    body = f"""
workload: {{people: {{calls: shop.buy, arrivals: at 7875ms 7875ms 7875ms 7875ms 8125ms 8125ms}}}}
services: {{shop: {{replicas: 2, waiting: 9, {scale}, operations: {{buy: [{{work: 1s}}]}}}}}}
"""
    record = play(body, "30s")
    assert coming_and_going(record)[:2] == [(8, "autoscaler", "1"), (8, "replica drains", "1")]
    assert coming_and_going(record)[2][0] == pytest.approx(9.875 + 1 / 24, abs=1 / 24)
    assert sorted(attempts(record, "replica sent_at left_at")) == [
        (0, 7.875, 8.875), (0, 7.875, 9.875), (0, 8.125, 10.875), (0, 8.125, 11.875), (1, 7.875, 8.875),
        (1, 7.875, 9.875),
    ]  # fmt: skip


def test_a_draining_replica_stays_as_long_as_a_strand_left_behind_works_on_it() -> None:
    """Both buyers are answered after 1 s; what nobody waits for goes on working for another."""
    scale = SCALE.replace("50%", "100%").replace("down after: 4s", "down after: 0s")
    body = f"""
workload: {{people: {{calls: shop.buy, arrivals: at 7875ms 7875ms}}}}
services:
  shop:
    replicas: 2
    workers: 4
    while calling: free
    {scale}
    operations: {{buy: [{{parallel: [[{{work: 1s}}], [{{work: 2s}}]], join: 1}}]}}
"""
    record = play(body, "30s")
    assert coming_and_going(record)[:2] == [(8, "autoscaler", "1"), (8, "replica drains", "1")]
    assert attempts(record, "replica left_at") == [(0, 8.875), (1, 8.875)]
    assert coming_and_going(record)[2][:2] == (pytest.approx(9.875 + 1 / 24, abs=1 / 24), "replica leaves")


def test_a_call_on_its_way_to_a_replica_that_has_left_is_turned_away() -> None:
    """Breakers of replicas choose before a call leaves; replica 1 has joined, and is gone when its calls arrive."""
    late = "late: {calls: shop.buy, arrivals: at AT AT}"
    links = "links: {late -> shop: {latency: 1s, breaker: {failures: 5, open for: 1s, scope: callee}}}"
    body = BUSY.replace("arrivals: regular}}", f"arrivals: regular}}, {late}}}") + links
    drains_at = next(at for at, kind, _ in coming_and_going(play(BUSY, "30s")) if kind == "replica drains")
    record = play(body.replace("AT", f"{drains_at - 0.125}s"), "30s")
    left_at = next(at for at, kind, _ in coming_and_going(record) if kind == "replica leaves")
    assert drains_at <= left_at < drains_at + 0.875
    assert attempts(record, "replica outcome why", "late -> shop") == [(0, "ok", ""), (1, "rejected", "unhealthy")]


def test_in_the_long_run_there_are_as_many_as_the_load_over_the_target_needs() -> None:
    """5 Erlang on replicas of two workers at 60 % need 5 / (2 * 0.6) = 4.2 of them; 5 are then half busy."""
    runs = runs_of("""
workload: {people: {calls: shop.buy, rate: 100/s}}
services:
  shop:
    replicas: 3
    workers: 2
    waiting: 999
    autoscale: {target utilisation: 60%, max replicas: 9, boot: 5s, down after: 60s, tolerance: 5%}
    balance: least outstanding
    operations: {buy: [{work: exponential 50ms}]}
""", "300s", 2)  # fmt: skip
    for run in runs:
        assert run.value("replicas peak", of="shop") == 5
        record, last = run.record, {found.name: found.values for found in series(run.record) if found.of == "shop"}
        assert last["replicas"][150:300].tolist() == [5] * 150
        assert last["utilisation"][150:300].mean() == pytest.approx(5 / 10, rel=0.03)
        assert not [event for event in record.events if event[1] == "replica leaves"]
    assert mean(runs, "utilisation", "shop") == pytest.approx(5 / 10, rel=0.2)


def test_a_spike_is_over_before_those_who_were_ordered_for_it_are_there() -> None:
    body = """
workload: {people: {calls: shop.buy, rate: "steps 10/s 0s 60/s 30s 10/s 60s", deadline: 1s}}
services: {shop: {replicas: 2, workers: 1, waiting: 50, SCALEoperations: {buy: [{work: exponential 50ms}]}}}
"""
    scale = "autoscale: {target utilisation: 60%, max replicas: 9, min replicas: 2, boot: BOOT, every: 5s}, "
    never, late, soon = (
        mean(runs_of(body.replace("SCALE", keys), "90s", 2), "answered ratio", "people")
        for keys in ("", scale.replace("BOOT", "60s"), scale.replace("BOOT", "5s"))
    )
    assert late == pytest.approx(never, abs=0.02) and soon > never + 0.2


def test_workers_of_a_replica_that_joins_take_messages_and_those_of_one_that_drains_do_not() -> None:
    body = f"""
workload: {{people: {{calls: web.order, arrivals: at {" ".join(["0s"] * 20)}}}}}
services:
  web: {{workers: 20, operations: {{order: [{{send: jobs}}]}}}}
  shop: {{consumes: {{jobs: do}}, {SCALE}, operations: {{do: [{{work: 1s}}, {{effect: done}}]}}}}
queues: {{jobs: {{}}}}
"""
    record = play(body, "60s")
    begun = attempts(record, "started_at replica", "jobs -> shop")
    assert {replica for at, replica in begun if at < 6} == {0}
    assert {replica for at, replica in begun if at >= 6} >= {0, 1}
    assert [outcome for _, _, _, outcome, _ in messages(record)] == ["done"] * 20
    kinds = [kind for _, kind, _ in coming_and_going(record)]
    assert kinds.count("replica joins") == kinds.count("replica leaves") >= 1


@pytest.mark.parametrize("balance", ["round robin", "random", "least outstanding", "best of 2"])
@pytest.mark.parametrize(
    "keys",
    ["", "while calling: free, ", "concurrency: {kind: gradient}, ", "health checks: {every: 1s, timeout: 1s}, "],
)
def test_the_books_balance_while_replicas_come_go_and_crash(balance: str, keys: str) -> None:
    body = f"""
workload: {{people: {{calls: shop.buy, rate: "steps 2/s 0s 20/s 8s 2/s 20s"}}}}
services:
  shop: {{{keys}balance: {balance}, waiting: 5, max wait: 1s, {SCALE}, operations: {{buy: [{{work: 250ms}}]}}}}
links: {{people -> shop: {{timeout: 500ms, on abandon: cancel}}}}
faults:
  gone: {{crash: shop, mode: silent, at: 13s, for: 2s}}
  stop: {{pause: shop, at: 22s, for: 5s}}
"""
    record = play(body, "40s")
    assert "replica leaves" in [kind for _, kind, _ in coming_and_going(record)]
    assert {replica for (replica,) in attempts(record, "replica")} >= {0, 1, 2, 3}
    down = {replica for _, replica, _, _ in record.down}
    assert down == {0, 1, 2, 3}


def test_a_replica_that_joins_begins_with_a_fresh_door() -> None:
    body = BUSY.replace("waiting: 99", "waiting: 99, limit: {rate: 1/s, burst: 30}")
    record = play(body, "30s")
    assert len(waits(record, "shop")) == 48
    joined = [at for at, kind, detail in coming_and_going(record) if kind == "replica joins"]
    assert joined == [6.0]


def test_the_story_tells_when_replicas_joined_and_drained() -> None:
    record = play(BUSY, "30s")
    told = [str(one).strip() for one in explain(record).sentences if one.kind.startswith("replica")]
    assert told[0] == "6.0 s  shop: the autoscaler's replica #1 has booted and joins"
    assert told[1].endswith("s  shop: the autoscaler lets replica #1 drain")


def test_replicas_that_there_can_be_count_towards_the_most_of_a_scenario() -> None:
    scale = "autoscale: {target utilisation: 50%, max replicas: 1000}, operations: {do: [{work: 1s}]}"
    services = "\n".join(f"  s{i}: {{{scale}}}" for i in range(101))
    body = (
        f"version: 1\ntitle: Many\nduration: 9s\nworkload: {{a: {{calls: s0.do, rate: 1/s}}}}\nservices:\n{services}\n"
    )
    with pytest.raises(sim.ScenarioError, match="at most 100000 replicas in all, got 101000"):
        sim.loads(body)
