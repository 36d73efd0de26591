"""What an operator does: when, to what, how it is undone; the books balance, and no window of a fault moves."""

from __future__ import annotations

import pytest

from sim.record.record import Record
from sim.results.book import Book
from sim.results.measures.registry import measures
from sim.results.story.story import explain
from tests.engine._play import play

SYSTEM = """
workload: {{users: {{calls: web.put, rate: 8/s, arrivals: regular}}}}
services:
  web: {{workers: unlimited, operations: {{put: [{{send: jobs}}]}}}}
  worker: {{workers: 1, consumes: {{jobs: run}}, operations: {{run: [{{work: 250ms}}]}}}}
queues: {{jobs: {{}}}}
{rest}"""


def acted(actions: str, rest: str = "", duration: str = "16s") -> Record:
    """Play a system whose backlog grows by four messages each second, with *actions*."""
    return play(SYSTEM.format(rest=f"actions:\n{actions}\n{rest}"), duration)


def level(record: Record, second: int, what: str = "backlog", of: str = "jobs") -> int:
    """Return what the census of a *second* counted."""
    return int(record.census[second, record.census_of.index((what, of))])


# 16 messages wait at 4s and 24 at 6s, when three replicas take one each; four handle eight a second more than arrive
def test_an_operator_adds_replicas_which_boot_and_clear_the_backlog() -> None:
    record = acted("  more: {scale: worker, replicas: 4, boot: 2s, at: 4s}")
    assert record.actions == {"more": [(4.0, 16.0)]}
    assert [level(record, at) for at in (4, 6, 7, 8, 9)] == [16, 21, 13, 5, 0]
    events = [(at, kind, detail) for at, kind, of, detail in record.events if of == "worker"]
    assert events == [(4.0, "scaled by hand", "4"), *((6.0, "replica joins", str(i)) for i in (1, 2, 3))]


@pytest.mark.parametrize(
    "how, window",
    [
        ("at: 4s", (4.0, 16.0)),
        ("at: 4s, for: 2s", (4.0, 6.0)),
        ("when: backlog of jobs above 20", (6.0, 16.0)),
        ("when: backlog of jobs above 20 for 2s, after: 1500ms, for: 1s", (9.5, 10.5)),
        ("at: 1s after f ends", (5.0, 16.0)),
        ("at: after g begins, for: 2s", (6.0, 8.0)),
    ],
)
def test_an_action_begins_as_a_fault_does_and_lasts_if_it_is_not_undone(how: str, window: tuple[float, float]) -> None:
    faults = "faults: {f: {pause: web, at: 3s, for: 1s}, g: {pause: web, when: backlog of jobs above 20, for: 1s}}"
    record = acted(f"  a: {{scale: worker, replicas: 1, {how}}}", faults)
    assert record.actions == {"a": [window]}


def test_an_action_whose_condition_never_holds_does_nothing_and_has_no_window() -> None:
    record = acted("  more: {scale: worker, replicas: 4, when: backlog of jobs above 1000}")
    assert record.actions == {} and not [one for one in record.events if one[1] == "action begins"]
    texts = [sentence.text for sentence in explain(record).sentences]
    assert "more never begins: it waits for backlog of jobs above 1000" in texts
    assert {row.value for row in measures(record) if row.during == "more" and row.measure != "messages lost"} == {None}


def test_the_latest_action_that_lasts_decides_and_the_first_number_comes_back() -> None:
    actions = "  a: {scale: worker, replicas: 3, boot: 0s, at: 2s, for: 8s}\n"
    actions += "  b: {scale: worker, replicas: 5, boot: 0s, at: 4s, for: 2s}"
    record = acted(actions)
    wanted = [(at, int(many)) for at, kind, _, many in record.events if kind == "scaled by hand"]
    assert wanted == [(2.0, 3), (4.0, 5), (6.0, 3), (10.0, 1)]
    values = {(row.measure, row.during): row.value for row in measures(record) if row.of == "worker"}
    assert values["replicas peak", "a"] == 5 and values["replicas peak", "all"] == 5


def test_two_windows_that_touch_keep_their_replicas() -> None:
    actions = "  a: {scale: worker, replicas: 3, boot: 1s, at: 2s, for: 2s}\n"
    actions += "  b: {scale: worker, replicas: 3, boot: 1s, at: 4s, for: 2s}"
    kinds = [(at, kind) for at, kind, of, _ in acted(actions).events if of == "worker" and at < 6]
    assert kinds == [(2.0, "scaled by hand"), (3.0, "replica joins"), (3.0, "replica joins")]


def test_a_replica_that_is_too_many_finishes_its_message_and_takes_no_other() -> None:
    body = SYSTEM.replace("workers: 1,", "workers: 1, replicas: 4,").replace("250ms", "2s")
    record = play(body.format(rest="actions: {less: {scale: worker, replicas: 1, at: 1s}}"), "8s")
    left = [(at, detail) for at, kind, _, detail in record.events if kind == "replica leaves"]
    assert left == [(2.25, "1"), (2.25, "2"), (2.5, "3")]  # each looks four times a second whether it has finished
    started = record.attempts["started_at"][record.attempts["replica"] > 0]
    assert (started[started == started] < 1.0).all()
    assert level(record, 2, "busy", "worker") == 4 and level(record, 3, "busy", "worker") == 1


def test_a_called_service_turns_nothing_away_while_it_is_scaled_down_and_up() -> None:
    body = """
workload: {users: {calls: web.get, rate: 8/s, arrivals: regular}}
services:
  web: {workers: 4, replicas: 4, operations: {get: [{work: 125ms}]}}
actions:
  down: {scale: web, replicas: 1, at: 2s, for: 2s, boot: 500ms}"""
    record = play(body, "8s")
    assert len(record.requests["outcome"]) == 64 and not record.requests["outcome"].any()
    at_first = record.attempts["replica"][(record.attempts["sent_at"] >= 2.0) & (record.attempts["sent_at"] < 4.5)]
    assert set(at_first.tolist()) == {0.0}


def test_a_stop_lets_no_request_come_to_be() -> None:
    record = acted("  off: {stop: users, at: 4s, for: 8s}")
    assert record.offered == {"users": 16 * 8 - 8 * 8} and len(record.requests["id"]) == 64
    values = {(row.measure, row.during): row.value for row in measures(record) if row.of == "users"}
    assert values["offered", "off"] == 0 and values["offered", "all"] == 64


def test_a_share_of_the_arrivals_is_stopped_by_chance_and_shares_combine() -> None:
    body = SYSTEM.replace("8/s", "800/s").replace("250ms", "0s")
    one = play(body.format(rest="actions: {a: {stop: users, share: 25%, at: 0s}}"), "8s")
    both = "actions: {a: {stop: users, share: 25%, at: 0s}, b: {stop: users, share: 50%, at: 0s}}"
    two = play(body.format(rest=both), "8s")
    # 6400 coins: four standard deviations are 4 * sqrt(6400 * 0.75 * 0.25) = 139 and 155
    assert abs(one.offered["users"] - 4800) < 139 and abs(two.offered["users"] - 2400) < 155


def test_the_arrivals_of_a_spike_are_stopped_too() -> None:
    record = acted("  off: {stop: users, at: 4s}", "faults: {s: {spike: users, by: 3x, at: 2s, for: 8s}}")
    assert record.offered == {"users": 2 * 8 + 2 * 24}


def test_an_action_moves_no_window_of_the_faults() -> None:
    faults = "faults: {f: {slow: worker, by: 2x, at: 4s, for: 4s}}"
    with_it = acted("  more: {scale: worker, replicas: 2, boot: 1s, at: 1s, for: 12s}", faults)
    windows = Book(with_it).windows
    assert with_it.windows == [("f", 4.0, 8.0)]
    assert {name: windows[name].spans for name in ("before", "fault", "after", "more")} == {
        "before": ((0.0, 4.0),), "fault": ((4.0, 8.0),), "after": ((8.0, 16.0),), "more": ((1.0, 13.0),),
    }  # fmt: skip


def test_the_story_says_what_was_done_why_and_when_it_was_undone() -> None:
    record = acted("  more: {scale: worker, replicas: 4, boot: 1s, when: backlog of jobs above 20, after: 2s, for: 4s}")
    texts = [(sentence.at_s, sentence.text) for sentence in explain(record).sentences]
    why = "backlog of jobs was above 20, 2 s before"
    assert (8.0, f"more: the operator scales worker to 4 replicas instead of 1: {why}") in texts
    assert (12.0, "more: the operator no longer wants 4 replicas of worker") in texts
    assert any("the operator's replica #1 has booted" in text for _, text in texts)


def test_a_condition_on_errors_lets_an_operator_act() -> None:
    body = """
workload: {users: {calls: web.get, rate: 8/s, arrivals: regular}}
services: {web: {workers: unlimited, operations: {get: [{work: 125ms}]}}}
faults: {bad: {errors: web, share: 100%, at: 4s, for: 8s}}
actions: {off: {stop: users, when: errors of users above 50% over 2s, after: 1s, for: 4s}}"""
    record = play(body, "16s")
    assert record.actions == {"off": [(6.0, 10.0)]}
