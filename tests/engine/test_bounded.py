"""Queues that push back: a most length, rejected or blocked sends, against hand cases and the loss system."""

from __future__ import annotations

import pytest

from tests.engine._play import attempts, messages, play, waits
from tests.engine.test_rules import mean, runs_of

POST = """
workload: {people: {calls: web.order, arrivals: ARRIVALS}}
services:
  web: {workers: 9, operations: {order: [{send: jobs}]}}
  worker: {consumes: {jobs: do}, operations: {do: [{work: 1s}]}}
queues: {jobs: {QUEUE}}
"""


def post(queue: str, arrivals: str = "at 0s 0s 0s 0s 1500ms") -> str:
    return POST.replace("ARRIVALS", arrivals).replace("QUEUE", queue)


def test_a_send_that_finds_the_queue_full_is_rejected() -> None:
    record = play(post("max length: 2"))
    assert attempts(record, "entered_at ended_at outcome why", "web -> jobs") == [
        (0, 0, "ok", ""), (0, 0, "ok", ""), (0, 0, "ok", ""), (0, 0, "rejected", "queue full"), (1.5, 1.5, "ok", ""),
    ]  # fmt: skip
    assert len(messages(record)) == 4


def test_a_blocked_send_is_acknowledged_when_there_is_room_and_holds_its_sender() -> None:
    record = play(post("max length: 1, when full: block"))
    assert attempts(record, "sent_at entered_at ended_at outcome", "web -> jobs") == [
        (0, 0, 0, "ok"), (0, 0, 0, "ok"), (0, 1, 1, "ok"), (0, 2, 2, "ok"), (1.5, 3, 3, "ok"),
    ]  # fmt: skip
    assert [left for _, _, left in waits(record, "web")] == [0, 0, 1, 2, 3]
    assert [at for _, at, _, _, _ in messages(record)] == [0, 0, 1, 2, 3]
    assert record.marks["at"].tolist() == [0, 0, 1.5]


def test_a_handler_that_sends_to_its_own_full_queue_waits_for_itself() -> None:
    body = """
workload: {people: {calls: web.order, arrivals: at 0s 0s}}
services:
  web: {workers: 9, operations: {order: [{send: jobs}]}}
  worker: {consumes: {jobs: do}, operations: {do: [{work: 1s}, {send: jobs}, {effect: done}]}}
queues: {jobs: {max length: 1, when full: block, visibility timeout: 60s}}
"""
    record = play(body)
    assert attempts(record, "sent_at entered_at outcome", "worker -> jobs") == [(1, None, "open")]
    assert len(record.effects["at"]) == 0


@pytest.mark.parametrize("mode", ["silent", "refuse"])
def test_a_crash_of_the_broker_loses_the_connections_of_those_who_wait(mode: str) -> None:
    body = post("max length: 1, when full: block", "at 0s 0s 0s")
    body += f"faults: {{gone: {{crash: jobs, mode: {mode}, at: 500ms, for: 5s}}}}"
    end = (0.5, "refused") if mode == "refuse" else (None, "lost")
    assert attempts(play(body), "ended_at outcome", "web -> jobs")[2] == end


def test_returning_messages_and_dead_letters_always_fit() -> None:
    body = """
workload: {people: {calls: web.order, arrivals: at 0s 0s 0s}}
services:
  web: {workers: 9, operations: {order: [{send: jobs}]}}
  worker: {workers: 3, consumes: {jobs: do}, operations: {do: [{work: 1s}, {fail: 100%}]}}
queues:
  jobs: {max length: 1, max deliveries: 2, redelivery: 500ms, dead letters: dead}
  dead: {max length: 1}
"""
    ends = [(queue, outcome) for queue, _, _, outcome, _ in messages(play(body))]
    assert ends == [("jobs", "dead-lettered")] * 3 + [("dead", "waiting")] * 3


def test_who_gave_up_waiting_for_room_sends_nothing_where_its_link_drops_what_is_queued() -> None:
    link = "links: {web -> jobs: {timeout: 500ms, on abandon: HOW}}"
    kept, dropped = (play(post("max length: 1, when full: block") + link.replace("HOW", how))
                     for how in ("continue", "drop queued"))  # fmt: skip
    assert len(messages(kept)) == 5 and len(messages(dropped)) == 3


def test_a_bounded_queue_with_one_consumer_is_a_loss_system() -> None:
    """M/M/1/5 (4 wait, 1 in flight) at load 1.2: the share pushed back is (1 - a) a^5 / (1 - a^6)."""
    runs = runs_of("""
workload: {people: {calls: web.order, rate: 24/s}}
services:
  web: {workers: unlimited, operations: {order: [{send: jobs}]}}
  worker: {consumes: {jobs: do}, operations: {do: [{work: exponential 50ms}]}}
queues: {jobs: {max length: 4}}
""")
    lost = (1 - 1.2) * 1.2**5 / (1 - 1.2**6)
    assert mean(runs, "failure ratio", "people") == pytest.approx(lost, rel=0.04)
    assert mean(runs, "pushed back", "jobs") == pytest.approx(lost * 24 * 390, rel=0.05)
    assert max(run.value("backlog peak", of="jobs") for run in runs) == 4
