"""What a callee does about callers in a hurry: refuses what is late, drops what nobody waits for, stops work."""

from __future__ import annotations

import sim
from sim.results.measures.registry import measures
from tests.engine._play import attempts, effects, play, requests, waits

SHOP = """
workload: {people: {calls: web.buy, arrivals: at 0s 0s 125ms, deadline: 1s}}
services:
  web: {workers: 9, operations: {buy: [{call: shop.buy}]}}
  shop: {REFUSEoperations: {buy: [{work: 750ms}, {effect: bought}]}}
links:
  people -> web: {propagate deadline: true}
  web -> shop: {propagate deadline: true}
"""


def test_a_service_begins_nothing_that_cannot_be_in_time() -> None:
    """The second would begin at 750 ms and end at 1.5 s; the third is refused then too: both are due at about 1 s."""
    record = play(SHOP.replace("REFUSE", "refuse late: {least time: 500ms}, "))
    assert attempts(record, "started_at left_at ended_at outcome why", "web -> shop") == [
        (0, 0.75, 0.75, "ok", ""), (None, 0.75, 0.75, "rejected", "out of time"),
        (None, 0.75, 0.75, "rejected", "out of time"),
    ]  # fmt: skip
    counts = {row.measure: row.value for row in measures(record) if row.of == "shop" and row.during == "all"}
    assert counts["refused late"] == 2 and counts["wasted work"] == 0
    plain = play(SHOP.replace("REFUSE", ""))
    assert [at for _, _, at in effects(plain)] == [0.75, 1.5, 2.25]


def test_what_cannot_be_in_time_is_refused_on_arrival_already() -> None:
    record = play(SHOP.replace("REFUSE", "workers: 9, refuse late: {least time: 1s}, "))
    assert [why for (why,) in attempts(record, "why", "web -> shop")] == ["", "", ""]  # exactly in time is in time
    record = play(SHOP.replace("REFUSE", "workers: 9, refuse late: {least time: 1001ms}, "))
    assert waits(record, "shop") == [(0, None, 0), (0, None, 0), (0.125, None, 0.125)]


def test_without_a_propagated_deadline_nothing_is_late() -> None:
    body = SHOP.replace("REFUSE", "refuse late: {least time: 9s}, ").replace("propagate deadline: true", "")
    assert [why for (why,) in attempts(play(body), "why", "people -> web")] == ["", "deadline", "deadline"]
    text = f"version: 1\ntitle: Story\nduration: 10s\n{body}"
    assert any("refuse late should be called over a link" in line for line in sim.loads(text).warnings)


ABANDONED = """
workload: {people: {calls: shop.buy, arrivals: at 0s 125ms 1s}}
services: {shop: {KEYSwaiting: 9, operations: {buy: [{work: 750ms}, {work: 250ms}, {effect: bought}]}}}
links: {people -> shop: {timeout: 500ms, on abandon: HOW}}
"""


def test_dropped_from_the_line_it_never_begins() -> None:
    record = play(ABANDONED.replace("KEYS", "").replace("HOW", "drop queued"))
    assert waits(record, "shop") == [(0, 0, 1), (0.125, None, 0.625), (1, 1, 2)]
    assert [request for _, request, _ in effects(record)] == [0, 2]


def test_cancelled_it_frees_its_worker_and_books_the_work_so_far() -> None:
    for keys in ("", "while calling: free, "):
        record = play(ABANDONED.replace("KEYS", keys).replace("HOW", "cancel"))
        assert waits(record, "shop") == [(0, 0, 0.5), (0.125, 0.5, 0.625), (1, 1, 1.5)]
        assert [why for _, _, why in requests(record, "arrived_at outcome why")] == ["timeout"] * 3
        work = {row.measure: row.value for row in measures(record) if row.of == "shop" and row.during == "all"}
        assert (work["useful work"], work["wasted work"], work["held waiting"]) == (1.125, 0, 0)
        assert effects(record) == []


def test_cancelling_ends_strands_and_waits_and_those_who_want_to_go_on() -> None:
    body = """
workload: {people: {calls: shop.buy, arrivals: at 0s 125ms 250ms}}
services:
  shop: {workers: 2, KEYSoperations: {buy: [{parallel: [
    [{work: 1s}, {effect: one}], [{wait: 2s}, {effect: two}], [{call: bank.pay}, {effect: three}]]}]}}
  bank: {workers: 9, operations: {pay: [{work: 250ms}]}}
links: {people -> shop: {timeout: 500ms, on abandon: cancel}}
"""
    for keys in ("", "while calling: free, ", "concurrency: {kind: aimd}, ", "line: lifo, while calling: free, "):
        record = play(body.replace("KEYS", keys))
        assert {effect for effect, _, _ in effects(record)} <= {"three"}
        assert [left for _, _, left in waits(record, "shop")] == [0.5, 0.625, 0.75]
        assert len(record.marks["at"]) == 3


def test_a_cancelled_attempt_in_a_paused_replica_is_gone_when_that_goes_on() -> None:
    body = ABANDONED.replace("KEYS", "").replace("HOW", "cancel")
    record = play(body + "faults: {stop: {pause: shop, at: 250ms, for: 625ms}}")
    assert waits(record, "shop") == [(0, 0, 0.5), (0.125, None, 0.625), (1, 1, 1.5)]
    assert attempts(record, "worked_s")[0] == (0.25,)


def test_who_waits_for_a_token_is_dropped_when_it_comes_in() -> None:
    body = ABANDONED.replace("KEYS", "limit: {rate: 1/s, when full: wait}, ").replace("HOW", "drop queued")
    assert attempts(play(body), "entered_at started_at outcome") == [
        (0, 0, "timeout"), (None, None, "timeout"), (None, None, "timeout"),
    ]  # fmt: skip
