"""How runs end: drained, at the drain's bound with what is left counted, or over a budget and saying so."""

from __future__ import annotations

import pytest

import sim
from sim.engine import run as engine
from sim.errors import BudgetError
from sim.results.audit.identities import verify
from tests.engine._play import attempts, messages, play, requests

STATION = """
workload: {c: {calls: a.x, rate: 4/s, arrivals: regular}}
services: {a: {workers: 1, waiting: unlimited, operations: {x: [{work: 1s}]}}}"""


def test_arrivals_stop_at_the_duration_and_what_is_in_flight_drains() -> None:
    record = play(STATION + "\ndrain: 60s", "2s")
    assert len(requests(record)) == 8 and record.requests["arrived_at"].max() == 1.75
    assert requests(record)[-1] == (1.75, 8.0, "ok", "")
    assert (record.duration_s, record.ended_at) == (2.0, 8.0), "no longer than needed"


def test_the_drain_is_bounded_and_what_is_left_is_open_and_counted() -> None:
    record = play(STATION, "2s")
    assert record.ended_at == 4.0, "by default as long again as the duration"
    assert [outcome for _, _, outcome, _ in requests(record)] == ["ok"] * 4 + ["open"] * 4
    assert attempts(record, "started_at left_at outcome")[4:] == [(4.0, None, "open")] + [(None, None, "open")] * 3
    record = play(STATION + "\ndrain: 0s", "2s")
    assert record.ended_at == 2.0


def test_closed_loops_stop_asking_at_the_duration() -> None:
    record = play(
        """
workload: {c: {calls: a.x, users: 3, think: 250ms}}
services: {a: {workers: unlimited, operations: {x: [{work: 500ms}]}}}""",
        "2s",
    )
    arrived = record.requests["arrived_at"].tolist()
    assert arrived == [0.25] * 3 + [1.0] * 3 + [1.75] * 3 and record.offered == {"c": 9}


def test_users_do_their_first_task_once_then_draw_by_weight() -> None:
    record = play(
        """
workload:
  c:
    users: 50
    think: 500ms
    start: come
    tasks:
      come: {weight: 0, requests: [a.home, a.login]}
      look: {weight: 3, requests: [a.look]}
      buy: {requests: [a.buy]}
services: {a: {workers: unlimited, operations: {home: [{work: 250ms}], login: [], look: [], buy: []}}}""",
        "20s",
    )
    names = [record.operations[code] for code in record.requests["operation"]]
    assert names.count("a.home") == names.count("a.login") == 50
    assert record.requests["arrived_at"].tolist()[:50] == [0.5] * 50
    looks, buys = names.count("a.look"), names.count("a.buy")
    assert looks + buys == 50 * 38 and abs(looks / (looks + buys) - 0.75) < 4 * (0.1875 / 1900) ** 0.5


def test_handlers_are_drained_too() -> None:
    record = play(
        """
workload: {c: {calls: a.x, arrivals: at 1s}}
services: {a: {operations: {x: [{send: q}]}}, b: {operations: {h: [{work: 5s}, {effect: e}]}, consumes: {q: h}}}
queues: {q: {}}""",
        "4s",
    )
    assert messages(record) == [("q", 1.0, 6.0, "done", 1)] and record.ended_at == 6.0


def test_messages_that_nobody_consumes_wait_and_end_nothing() -> None:
    record = play(
        """
workload: {c: {calls: a.x, arrivals: at 1s}}
services: {a: {operations: {x: [{send: q}]}}}
queues: {q: {}}""",
        "4s",
    )
    assert messages(record) == [("q", 1.0, None, "waiting", 0)] and record.ended_at == 4.0


def test_a_message_in_flight_at_the_end_is_counted() -> None:
    record = play(
        """
workload: {c: {calls: a.x, arrivals: at 1s}}
services: {a: {operations: {x: [{send: q}]}}, b: {operations: {h: [{work: 60s}]}, consumes: {q: h}}}
queues: {q: {visibility timeout: 50s}}""",
        "4s",
    )
    assert messages(record) == [("q", 1.0, None, "in flight", 1)] and record.ended_at == 8.0


# --- budgets ------------------------------------------------------------------------------------------------


def test_a_run_over_its_events_is_cut_at_that_instant_with_balanced_books() -> None:
    record = play(STATION + "\nmax events: 100\nmax memory: 1GB", "10h")
    assert record.cut_off.startswith("more than 100 events (max events), at ")
    assert 5 < record.ended_at < 40
    assert record.events_played < 120
    assert len(record.requests["id"]) == record.offered["c"]


def test_a_storm_within_one_second_is_cut_as_well() -> None:
    record = play(
        """
workload: {c: {calls: a.x, users: 10, think: 1us}}
services: {a: {workers: unlimited, operations: {x: []}}}
max events: 20000""",
        "10h",
    )
    assert "max events" in record.cut_off and record.ended_at < 1


def test_a_run_over_its_memory_is_cut_and_says_so() -> None:
    record = play(
        """
workload: {c: {calls: a.x, rate: 30000/s, arrivals: regular}}
services: {a: {workers: unlimited, operations: {x: []}}}
max memory: 4MB""",
        "100s",
    )
    assert "max memory" in record.cut_off and record.ended_at <= 10


def test_a_user_who_never_thinks_at_a_service_of_no_time_ends_the_run_loudly() -> None:
    with pytest.raises(BudgetError, match="does not leave the instant 0s"):
        play("workload: {c: {calls: a.x, users: 1}}\nservices: {a: {operations: {x: []}}}")


def test_calls_that_fan_out_without_end_in_no_time_end_loudly() -> None:
    """2**20 calls nested in one instant: no time passes, and Python's stack is not endless."""
    twice = "{{call: s{0}.x}}, {{call: s{0}.x}}"
    levels = "\n".join(f"  s{i}: {{workers: unlimited, operations: {{x: [{twice.format(i + 1)}]}}}}" for i in range(20))
    scenario = sim.loads(f"""
version: 1
title: Doubling
duration: 1s
workload: {{c: {{calls: s0.x, arrivals: at 0s}}}}
services:
{levels}
  s20: {{operations: {{x: []}}}}
""").resolve()
    with pytest.raises(BudgetError, match="without taking time"):
        engine.play(scenario)


def test_progress_is_told_and_ends_at_one() -> None:
    told: list[float] = []
    scenario = sim.loads(f"version: 1\ntitle: t\nduration: 5s\n{STATION}").resolve()
    verify(engine.play(scenario, progress=told.append))
    assert told == sorted(told) and told[-1] == 1.0


@pytest.mark.slow
def test_a_crowd_that_comes_before_the_clock_gets_on_is_cut_at_the_memory_budget() -> None:
    crowd = """
workload: {c: {calls: web.x, rate: 5000000/s}}
services: {web: {waiting: unlimited, operations: {x: [{work: 1ms}]}}}
max memory: 100MB"""
    record = play(crowd, "100s")
    assert record.cut_off.startswith("what is in flight over 0.1GB (max memory), at 0.")
    assert 200_000 < len(record.requests["id"]) < 600_000
