"""Messages that a worker takes in batches, in whole runs: gathering, one worker, one answer, deaths and losses."""

from __future__ import annotations

import pytest

import sim
from sim.record.record import MARKS
from sim.topology import describe
from tests.engine._play import attempts, effects, messages, play

ROW = "number sent_at started_at left_at ended_at outcome"


def post(
    handler: str = "{work: 250ms}, {effect: charged}", batch: str = "batch: 3", arrivals: str = "at 0s 0s 0s",
    queue: str = "max deliveries: 2", consumer: str = "workers: 1", rest: str = "",
) -> str:  # fmt: skip
    """Return clients whose requests are sent to queue ``q``, which service ``b`` takes in batches."""
    return f"""
workload: {{c: {{calls: a.x, arrivals: {arrivals}}}}}
services:
  a: {{workers: unlimited, operations: {{x: [{{send: q}}]}}}}
  b: {{{consumer}, operations: {{h: [{handler}]}}, consumes: {{q: {{operation: h, {batch}}}}}}}
queues: {{q: {{{queue}}}}}
{rest}"""


def deliveries(body: str) -> list[tuple[object, ...]]:
    return attempts(play(body), ROW, "q -> b")


def test_a_worker_handles_a_batch_one_after_another_and_acknowledges_it_at_its_end() -> None:
    assert deliveries(post()) == [
        (1, 0.0, 0.0, 0.25, 0.75, "ok"), (1, 0.0, 0.25, 0.5, 0.75, "ok"), (1, 0.0, 0.5, 0.75, 0.75, "ok"),
    ]  # fmt: skip


def test_a_batch_takes_no_more_than_it_may_and_what_is_there_when_its_worker_is_free() -> None:
    record = play(post(batch="batch: 2", arrivals="at 0s 0s 0s 1s"))
    rows = attempts(record, "sent_at started_at ended_at", "q -> b")
    assert rows == [(0.0, 0.0, 0.5), (0.0, 0.25, 0.5), (0.5, 0.5, 0.75), (1.0, 1.0, 1.25)]
    assert [MARKS[kind] for kind in record.marks["kind"]] == ["batch"] * 3


def test_a_window_gathers_messages_from_the_first_one_on_while_they_are_hidden() -> None:
    rows = deliveries(post(batch="batch: 3, window: 1s", arrivals="at 0s 500ms 2s 2s 2s"))
    assert rows == [
        (1, 0.0, 1.0, 1.25, 1.5, "ok"), (1, 0.5, 1.25, 1.5, 1.5, "ok"),
        (1, 2.0, 2.0, 2.25, 2.75, "ok"), (1, 2.0, 2.25, 2.5, 2.75, "ok"), (1, 2.0, 2.5, 2.75, 2.75, "ok"),
    ]  # fmt: skip


def test_the_work_of_a_batch_is_done_once_before_its_first_message() -> None:
    rows = deliveries(post(batch="batch: 3, batch work: 1s"))
    assert [row[2:4] for row in rows] == [(0.0, 1.25), (1.25, 1.5), (1.5, 1.75)]


BAD = "good: {calls: a.x, arrivals: at 0s}, bad: {calls: a.x, keys: uniform 1, arrivals: at 0s}"
POISON = "faults: {p: {poison: b.h, keys: [0], effect: error, at: 0s, for: 10s}}"


@pytest.mark.parametrize(
    "batch, outcomes, applied",
    [
        ("batch: 5", ["error"] * 10, 8),
        ("batch: 5, returns: failed", ["ok", "error", "ok", "ok", "ok", "error"], 4),
        ("batch: 5, after error: stop", ["error"] * 10, 2),
        ("batch: 5, after error: stop, returns: failed", ["ok"] + ["error"] * 8, 1),
    ],
)
def test_what_returns_of_a_batch_in_which_a_message_failed(batch: str, outcomes: list[str], applied: int) -> None:
    record = play(post(batch=batch, rest=POISON).replace("workload: {", f"workload: {{{BAD}, "))
    assert [row[0] for row in attempts(record, "outcome", "q -> b")] == outcomes
    assert len(effects(record)) == applied


def test_messages_of_a_batch_that_have_not_begun_are_hidden_and_time_out_like_any_other() -> None:
    rows = deliveries(post(batch="batch: 3, batch work: 1s", queue="visibility timeout: 1s"))
    assert [row[4:] for row in rows[:3]] == [(1.0, "timeout")] * 3
    assert [row[3] for row in rows[:3]] == [1.25, 1.5, 1.75], "the handler does not know, and goes through its loop"


@pytest.mark.parametrize("mode", ["silent", "refuse"])
def test_a_worker_that_dies_leaves_its_batch_to_the_visibility_timeout(mode: str) -> None:
    crash = f"faults: {{f: {{crash: b, mode: {mode}, at: 375ms, for: 125ms}}}}"
    rows = deliveries(post(queue="visibility timeout: 2s", rest=crash))
    assert rows[:3] == [
        (1, 0.0, 0.0, 0.25, 2.0, "timeout"), (1, 0.0, 0.25, 0.375, 2.0, "timeout"),
        (1, 0.0, None, None, 2.0, "timeout"),
    ]  # fmt: skip
    assert [row[0] for row in rows[3:]] == [2, 2, 2] and {row[5] for row in rows[3:]} == {"ok"}


def test_a_pause_holds_the_rest_of_a_batch() -> None:
    rows = deliveries(post(rest="faults: {f: {pause: b, at: 375ms, for: 1s}}"))
    assert [row[3] for row in rows] == [0.25, 1.5, 1.75]


def test_a_batch_travels_as_one_message_and_so_does_its_answer() -> None:
    rows = deliveries(post(rest="links: {q -> b: {latency: 125ms}}"))
    assert [row[2:5] for row in rows] == [(0.125, 0.375, 1.0), (0.375, 0.625, 1.0), (0.625, 0.875, 1.0)]


@pytest.mark.parametrize("mode", ["silent", "refuse", "reset"])
@pytest.mark.parametrize("way, handled", [("out", 0), ("back", 3)])
def test_a_batch_or_an_answer_that_is_lost_is_lost_as_a_whole(way: str, handled: int, mode: str) -> None:
    cut = f"faults: {{f: {{cut: q -> b, mode: {mode}, way: {way}, at: 0s, for: 1s}}}}"
    record = play(post(queue="visibility timeout: 2s", rest=cut))
    rows = attempts(record, ROW, "q -> b")
    assert [row[5] for row in rows] == ["timeout"] * 3 + ["ok"] * 3
    assert len(effects(record)) == handled + 3


def test_a_broker_that_is_down_hears_no_answer() -> None:
    down = "faults: {f: {crash: q, mode: refuse, at: 500ms, for: 1s}}"
    record = play(post(queue="visibility timeout: 2s", rest=down))
    assert [row[0] for row in attempts(record, "outcome", "q -> b")] == ["timeout"] * 3 + ["ok"] * 3


def test_calls_wait_until_a_batch_has_ended_and_go_before_the_next() -> None:
    body = post(arrivals="at 0s 0s 0s 500ms").replace(
        "workload: {", "workload: {d: {calls: b.y, arrivals: at 250ms}, "
    ).replace("operations: {h:", "operations: {y: [{work: 1s}], h:")  # fmt: skip
    record = play(body)
    assert attempts(record, "started_at", "d -> b") == [(0.75,)]
    assert attempts(record, "started_at", "q -> b")[-1] == (1.75,)


def test_an_event_loop_is_free_while_a_message_of_the_batch_waits_for_its_call() -> None:
    body = post("{work: 250ms}, {call: s.y}", consumer="workers: 1, while calling: free").replace(
        "services:", "services:\n  s: {workers: unlimited, operations: {y: [{wait: 250ms}]}}"
    )  # fmt: skip
    record = play(body)
    assert attempts(record, "started_at left_at ended_at", "q -> b") == [
        (0.0, 0.5, 1.5), (0.5, 1.0, 1.5), (1.0, 1.5, 1.5),
    ]  # fmt: skip
    assert len(record.segments["attempt"]) == 6


def test_ten_thousand_messages_without_work_do_not_fill_the_stack() -> None:
    body = post("{effect: charged}", "batch: 10000", "regular", "max deliveries: 1").replace(
        "arrivals: regular", "rate: 1/s, arrivals: regular batches of 5000")  # fmt: skip
    record = play(body, "1s")
    assert len(effects(record)) == len(messages(record)) >= 5000
    assert sum(MARKS[kind] == "batch" for kind in record.marks["kind"]) == 1


@pytest.mark.parametrize(
    "size, setup, work, capacity", [(10, 0.5, 0.05, 20.0), (4, 0.2, 0.2, 8.0), (1, 0.1, 0.15, 8.0)]
)
def test_the_capacity_of_a_consumer_is_that_of_full_batches(
    size: int, setup: float, work: float, capacity: float
) -> None:
    batch = f"batch: {size}, batch work: {setup * 1e3:g}ms"
    body = post(f"{{work: {work * 1e3:g}ms}}", batch, "regular", consumer="workers: 2").replace(
        "arrivals: regular", f"rate: {0.75 * capacity:g}/s")  # fmt: skip
    scenario = sim.loads(f"version: 1\ntitle: Capacity\nduration: 100s\n{body}").resolve()
    (load_of_b,) = [load for load in describe(scenario).loads if load.service == "b"]
    assert load_of_b.capacity_per_s == pytest.approx(capacity)
    assert load_of_b.held_load == pytest.approx(0.75)
    assert capacity == pytest.approx(2 * size / (setup + size * work))
