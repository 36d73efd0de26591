"""Faults of a part of something: some replicas, a host, one direction, a partition; and what a drip lets through."""

from __future__ import annotations

import pytest

import sim
from sim.results.blast import struck
from sim.results.book import Book
from sim.results.index.occupancy import all_down
from sim.results.measures.registry import measures
from tests.engine._play import attempts, messages, play, requests

WANTED = "sent_at replica left_at ended_at outcome why"
THREE = """
workload: {{c: {{calls: a.x, arrivals: at {arrivals}}}}}
services: {{a: {{replicas: 3, workers: 2, operations: {{x: [{{work: 1s}}]}}}}}}
links: {{c -> a: {{timeout: 8s}}}}
faults: {{f: {{{fault}, at: 1s, for: 2s}}}}"""


def on_three(fault: str, arrivals: str = "500ms 500ms 500ms 1s 1s 1s 3s 3s 3s") -> list[tuple[object, ...]]:
    """Return the attempts of clients of three replicas, taken in turn, under a fault from 1 s to 3 s."""
    return attempts(play(THREE.format(fault=fault, arrivals=arrivals)), "replica left_at ended_at outcome")


# --- some replicas ------------------------------------------------------------------------------------------


def test_a_slow_replica_is_slow_alone() -> None:
    assert on_three("slow: a, by: 4x, replicas: [1]") == [
        (0, 1.5, 1.5, "ok"), (1, 1.5, 1.5, "ok"), (2, 1.5, 1.5, "ok"),
        (0, 2.0, 2.0, "ok"), (1, 5.0, 5.0, "ok"), (2, 2.0, 2.0, "ok"),
        (0, 4.0, 4.0, "ok"), (1, 4.0, 4.0, "ok"), (2, 4.0, 4.0, "ok"),
    ]  # fmt: skip


def test_a_number_of_replicas_means_the_first_ones() -> None:
    rows = on_three("slow: a, by: 4x, replicas: 2", "1s 1s 1s")
    assert [left for _, left, _, _ in rows] == [5.0, 5.0, 2.0]


def test_one_replica_of_three_dies_and_the_others_work_on() -> None:
    record = play(THREE.format(fault="crash: a, mode: refuse, replicas: [2]", arrivals="500ms 500ms 500ms 1s 1s 1s"))
    assert attempts(record, "replica left_at outcome") == [
        (0, 1.5, "ok"), (1, 1.5, "ok"), (2, 1.0, "refused"), (0, 2.0, "ok"), (1, 2.0, "ok"), (2, None, "refused"),
    ]  # fmt: skip
    assert record.down == [("a", 2, 1.0, 3.0)]
    assert all_down(Book(record), "a") == []


def test_a_pause_of_one_replica_freezes_its_work_only() -> None:
    rows = on_three("pause: a, replicas: 1", "500ms 500ms")
    assert rows == [(0, 3.5, 3.5, "ok"), (1, 1.5, 1.5, "ok")]


def test_errors_of_one_replica_fail_its_requests_only() -> None:
    rows = on_three("errors: a, share: 100%, replicas: [1]", "1s 1s 1s 3s 3s 3s")
    assert [outcome for _, _, _, outcome in rows] == ["ok", "error", "ok", "ok", "ok", "ok"]


def test_slowness_of_one_and_of_all_multiply() -> None:
    body = THREE.format(fault="slow: a, by: 2x, replicas: [0]", arrivals="1s 1s")
    record = play(body.replace("faults: {", "faults: {g: {slow: a, by: 3x, at: 1s, for: 2s}, "))
    assert attempts(record, "replica left_at") == [(0, 7.0), (1, 4.0)]


def test_replicas_die_one_after_another_until_all_are_down() -> None:
    body = """
workload: {c: {calls: a.x, rate: 8/s, arrivals: regular, deadline: 2s}}
services: {a: {replicas: 2, workers: 1, operations: {x: [{work: 125ms}]}}}
faults:
  f: {crash: a, mode: refuse, replicas: [0], at: 2s, for: 4s}
  g: {crash: a, mode: silent, replicas: [1], at: 4s, for: 4s}"""
    record = play(body)
    assert record.down == [("a", 0, 2.0, 6.0), ("a", 1, 4.0, 8.0)]
    assert all_down(Book(record), "a") == [(4.0, 6.0)]
    rejected = {row.value for row in measures(record) if row.measure == "withdrawn" and row.of == "a"}
    assert rejected == {0}, "the killed did not withdraw"


# --- hosts --------------------------------------------------------------------------------------------------

HOUSE = """
workload:
  c: {{calls: a.x, arrivals: at 500ms 500ms 1500ms 1500ms, deadline: 8s}}
  d: {{calls: b.s, arrivals: at 1500ms}}
services:
  a: {{replicas: 2, operations: {{x: [{{work: 1s}}]}}}}
  b: {{operations: {{s: [{{send: q}}]}}}}
  h: {{operations: {{y: [{{work: 250ms}}]}}, consumes: {{q: y}}}}
queues: {{q: {{visibility timeout: 2s}}}}
hosts: {{rack 1: [a#1, q], rack 2: [b]}}
faults: {{f: {{{fault}, at: 1s, for: 2s}}}}"""


def test_all_that_stands_on_a_host_dies_with_it() -> None:
    record = play(HOUSE.format(fault="crash: rack 1, mode: refuse"))
    assert attempts(record, "replica outcome", "c -> a") == [(0, "ok"), (1, "refused"), (0, "ok"), (1, "refused")]
    assert attempts(record, "outcome why", "b -> q") == [("refused", "crashed")]
    assert record.down == [("a", 1, 1.0, 3.0)]
    assert struck(record) == ("a", "q")


def test_a_slow_host_slows_its_replicas_and_no_queue() -> None:
    record = play(HOUSE.format(fault="slow: rack 1, by: 3x"))
    assert attempts(record, "replica left_at", "c -> a") == [(0, 1.5), (1, 1.5), (0, 2.5), (1, 4.5)]
    assert attempts(record, "sent_at ended_at", "q -> h") == [(1.5, 1.75)]
    assert struck(record) == ("a",)


# --- links, one way -----------------------------------------------------------------------------------------

ONE = """
workload: {{c: {{calls: a.x, arrivals: at {arrivals}}}}}
services: {{a: {{workers: unlimited, operations: {{x: [{{work: {work}}}]}}}}}}
links: {{c -> a: {{latency: 125ms, timeout: 6s}}}}
faults: {{f: {{{fault}, at: 1s, for: 1s}}}}"""


def on_one(fault: str, arrivals: str, work: str = "500ms") -> list[tuple[object, ...]]:
    record = play(ONE.format(fault=fault, arrivals=arrivals, work=work), "20s")
    return attempts(record, "sent_at left_at ended_at outcome why")


def test_a_cut_of_requests_lets_answers_through() -> None:
    assert on_one("cut: c -> a, mode: silent, way: out", "750ms 1s") == [
        (0.75, 1.375, 1.5, "ok", ""), (1.0, None, 7.0, "timeout", "timeout"),
    ]  # fmt: skip


def test_a_cut_of_answers_lets_requests_through() -> None:
    assert on_one("cut: c -> a, mode: refuse, way: back", "750ms 1s 1500ms") == [
        (0.75, 1.375, 1.375, "refused", "cut"), (1.0, 1.625, 1.625, "refused", "cut"), (1.5, 2.125, 2.25, "ok", ""),
    ]  # fmt: skip


def test_a_reset_tells_whoever_waits_at_once_and_the_callee_goes_on() -> None:
    assert on_one("cut: c -> a, mode: reset", "500ms 750ms 1500ms 2s", "1s") == [
        (0.5, 1.625, 1.0, "refused", "cut"), (0.75, 1.875, 1.0, "refused", "cut"), (1.5, None, 1.5, "refused", "cut"),
        (2.0, 3.125, 3.25, "ok", ""),
    ]  # fmt: skip


def test_a_reset_of_what_is_on_its_way_changes_only_what_the_caller_hears() -> None:
    rows = on_one("cut: c -> a, mode: reset", "312500us 937500us")
    assert rows == [
        (0.3125, 0.9375, 1.0, "refused", "cut"),  # the answer was on its way
        (0.9375, 1.5625, 1.0, "refused", "cut"),  # the request was
    ]


def test_a_reset_of_a_delivery_leaves_the_message_to_its_handler() -> None:
    """It was on its way and arrives; whoever handles it does not hear of the reset, and holds its worker to the end."""
    body = """
workload: {c: {calls: a.x, arrivals: at 937500us}}
services:
  a: {operations: {x: [{send: q}]}}
  b: {operations: {h: [{work: 1s}]}, consumes: {q: h}}
queues: {q: {visibility timeout: 750ms, max deliveries: 1}}
links: {q -> b: {latency: 125ms}}
faults: {f: {cut: q -> b, mode: reset, at: 1s, for: 1s}}"""
    record = play(body, "20s")
    wanted = "sent_at started_at left_at ended_at outcome"
    assert attempts(record, wanted, "q -> b") == [(0.9375, 1.0625, 2.0625, 1.6875, "timeout")]
    assert messages(record, "outcome ended_at") == [("lost", 2.0625)]


def test_delay_and_loss_can_be_of_one_direction_only() -> None:
    assert on_one("delay: c -> a, by: 1s, way: back", "1s") == [(1.0, 1.625, 2.75, "ok", "")]
    assert on_one("delay: c -> a, by: 1s, way: out", "1s") == [(1.0, 2.625, 2.75, "ok", "")]
    assert on_one("lose: c -> a, share: 100%, way: out", "500ms 1s")[0][3:] == ("ok", "")
    assert [row[3] for row in on_one("lose: c -> a, share: 100%, way: back", "250ms 1s")] == ["ok", "timeout"]


# --- partitions ---------------------------------------------------------------------------------------------

PARTED = """
workload: {{c: {{calls: a.x, arrivals: at 500ms 1s 3s}}}}
services:
  a: {{operations: {{x: [{{call: b.y, on error: ignore}}, {{call: d.z, on error: ignore}}]}}}}
  b: {{operations: {{y: [{{call: d.z}}]}}}}
  d: {{operations: {{z: []}}}}
faults: {{f: {{partition: {sides}, mode: refuse, at: 1s, for: 2s}}}}"""


@pytest.mark.parametrize("sides, cut", [
    ("{east: [a], west: [b, d]}", {"a -> b", "a -> d"}), ("{east: [a, b], west: [d]}", {"a -> d", "b -> d"}),
    ("{island: [b]}", {"a -> b", "b -> d"}), ("{one: [a], two: [b], three: [d]}", {"a -> b", "a -> d", "b -> d"}),
    ("{east: [c], west: [a]}", {"c -> a"}),
])  # fmt: skip
def test_a_partition_cuts_every_link_between_its_sides_and_no_other(sides: str, cut: set[str]) -> None:
    record = play(PARTED.format(sides=sides))
    inside = [row for row in attempts(record, "link sent_at outcome") if row[1] == 1.0]
    refused = {link for link, _, outcome in inside if outcome == "refused"}
    reachable = {link for link, _, _ in inside}
    assert refused == cut & reachable and refused
    outside = [row for row in attempts(record, "link sent_at outcome") if row[1] != 1.0]
    assert {outcome for _, _, outcome in outside} == {"ok"}
    assert set(struck(record)) == {end for link in cut for end in link.split(" -> ")}


# --- drips --------------------------------------------------------------------------------------------------


def test_a_drip_lets_messages_through_one_at_a_time_and_all_when_it_is_over() -> None:
    body = """
workload: {c: {calls: a.x, arrivals: at 1s 1s 1s 1s 1s 6s}}
services: {a: {workers: unlimited, operations: {x: []}}}
faults: {f: {drip: c -> a, rate: 1/s, way: out, at: 1s, for: 3s}}"""
    assert attempts(play(body), "sent_at entered_at ended_at") == [
        (1.0, 1.0, 1.0), (1.0, 2.0, 2.0), (1.0, 3.0, 3.0), (1.0, 4.0, 4.0), (1.0, 4.0, 4.0), (6.0, 6.0, 6.0),
    ]  # fmt: skip


def test_a_drip_keeps_the_space_between_messages_and_the_lowest_of_two_counts() -> None:
    body = """
workload: {c: {calls: a.x, arrivals: at 1s 1250ms 3s 5s 5s}}
services: {a: {workers: unlimited, operations: {x: []}}}
faults:
  f: {drip: c -> a, rate: 1/s, at: 1s, for: 8s, way: out}
  g: {drip: c -> a, rate: 30/min, at: 1s, for: 9s, way: back}"""
    assert [entered for (entered,) in attempts(play(body), "entered_at")] == [1.0, 2.0, 3.0, 5.0, 6.0]
    both = body.replace("way: back", "way: out")
    assert [entered for (entered,) in attempts(play(both, "20s"), "entered_at")] == [1.0, 3.0, 5.0, 7.0, 9.0]


def test_a_drip_is_a_queue_of_constant_service() -> None:
    """Pollaczek-Khinchine: M/D/1 at 80 % waits rho / (2 mu (1 - rho)) = 0.2 s in the mean at mu = 10/s."""
    body = """
workload: {c: {calls: a.x, rate: 8/s, done within: 9s}}
services: {a: {workers: unlimited, operations: {x: []}}}
faults: {f: {drip: c -> a, rate: 10/s, way: out, at: 0s, for: 4000s}}"""
    waited = []
    for seed in range(3):
        rows = attempts(play(body, "2000s", seed=seed), "sent_at entered_at")
        waited += [entered - sent for sent, entered in rows]
    assert abs(sum(waited) / len(waited) - 0.2) < 0.02


# --- words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault, text", [
    ("slow: a, by: 4x, replicas: [1]", "a (replica #1) takes 4 times as long to work"),
    ("crash: a, mode: refuse, replicas: 2", "a (replicas #0, #1) crashes and refuses calls"),
    ("cut: c -> a, mode: reset", "c -> a is cut and resets the calls on it"),
    ("cut: c -> a, mode: silent, way: back", "c -> a is cut for answers"),
    ("delay: c -> a, by: 1s, way: out", "c -> a takes longer, by 1 s on average for requests,"),
    ("drip: c -> a, rate: 5/s", "c -> a lets 5 messages a second through each way,"),
    ("partition: {east: [c], west: [a]}, mode: silent", "c and a cannot reach each other"),
    ("partition: {east: [c]}, mode: refuse", "c and the rest cannot reach each other; calls are refused"),
])  # fmt: skip
def test_a_fault_is_told_with_the_part_that_it_strikes(fault: str, text: str) -> None:
    record = play(THREE.format(fault=fault, arrivals="500ms"))
    assert record.scenario.faults["f"].sentence() == text
    assert requests(record)


def test_a_host_that_holds_all_replicas_of_a_service_is_warned_of() -> None:
    text = "version: 1\ntitle: t\nduration: 10s\n" + HOUSE.format(fault="crash: rack 1, mode: refuse")
    assert not any("another host" in line for line in sim.loads(text).warnings)
    found = [line for line in sim.loads(text.replace("[a#1, q]", "[a#0, a#1, q]")).warnings if "another host" in line]
    assert found == [
        "<text>:13:9: hosts.rack 1 should place some replica of a on another host, got 'rack 1'; "
        "with the host all of them are gone; `a#0` puts one replica there"
    ]
