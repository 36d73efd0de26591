"""Events after the end of arrivals are counted once, and tables are consistent."""

from __future__ import annotations

import pytest

import sim
from sim.experiments.run import Run
from sim.scenario.loading import loads

TEN_WRITERS = """
version: 1
title: Ten writers
question: How many writes are refused?
duration: {duration}
drain: 60s
workload: {{writers: {{calls: app.change, arrivals: at 0s 0s 0s 0s 0s 0s 0s 0s 0s 0s}}}}
services:
  app: {{workers: unlimited, operations: {{change: [{{call: row.get}}, {{work: 1s}}, {{call: row.put}}]}}}}
  row: {{workers: unlimited, operations: {{get: [{{read: rows}}], put: [{{write: rows, if unchanged: true}}]}}}}
stores: {{rows: {{}}}}
links: {{writers -> app: {{retry: {{max attempts: unlimited, backoff: none}}}}}}
faults: {faults}
"""


def ten_writers(duration: str, faults: str = "{}", during: str | tuple[str, ...] = ()) -> Run:
    return sim.run(loads(TEN_WRITERS.format(duration=duration, faults=faults)), during=during)


@pytest.mark.parametrize("duration", ["1s", "5s", "20s"])
def test_a_drain_leaves_no_attempt_and_no_conflict_out(duration):
    """One of ten writes in each round: 10 + 9 + ... + 1 attempts, and 45 conflicts, however long clients arrive."""
    run = ten_writers(duration)
    assert run.value("attempts per request", "writers") == 5.5
    assert run.value("attempts", "writers -> app") == 55
    assert run.value("writes", "rows") == 10
    assert run.value("conflicts", "rows") == 45
    assert run.value("useful work", "app") == 55


def test_rates_and_levels_end_with_the_arrivals():
    run = ten_writers("1s")
    assert run.value("attempts rate", "writers -> app") == 10
    assert run.value("in service mean", "app") == 10


def test_counts_of_the_windows_before_in_and_after_a_fault_add_up_to_all():
    run = ten_writers("4s", "{slow: {slow: row, by: 2x, at: 1500ms, for: 1s}}")
    parts = [run.value("attempts", "writers -> app", during) for during in ("before", "fault", "after")]
    assert parts == [19, 8, 28]
    assert run.value("attempts", "writers -> app") == sum(parts)


def test_a_fault_that_lasts_to_the_end_of_the_arrivals_takes_the_drain():
    run = ten_writers("4s", "{slow: {slow: row, by: 2x, at: 1500ms, for: 10s}}")
    assert run.value("attempts", "writers -> app", "fault") == 36
    assert run.value("attempts", "writers -> app", "after") is None


def test_a_written_window_counts_the_drain_only_where_it_reaches_the_duration():
    run = ten_writers("4s", during=("0s to 3s", "2s to 4s", "3s to 6s"))
    counts = [run.value("attempts", "writers -> app", during) for during in ("0s to 3s", "2s to 4s", "3s to 6s")]
    assert counts == [10 + 9 + 8, 55 - 10 - 9, 55 - 10 - 9 - 8]


def test_a_drain_that_holds_much_is_noted_in_run_and_story():
    short, long = ten_writers("1s"), ten_writers("20s")
    assert short.value("attempts in drain") == 145 / 165
    assert short.value("work in drain") == 45 / 55
    wanted = (
        "the drain, after 1 s, holds 87.9 % of the attempts and 81.8 % of the work: counts include it, rates and levels"
        " do not"
    )
    assert short.notes == [wanted]
    assert wanted in str(short.explain())
    assert long.notes == []
    assert "drain" not in str(long.explain())


WARM = """
version: 1
title: A fault in the warm-up
question: From when on is it measured?
duration: 60s
warmup: 10s
workload: {{clients: {{calls: web.get, rate: 20/s, arrivals: regular, deadline: 1s}}}}
services: {{web: {{workers: 4, waiting: 8, operations: {{get: [{{work: 5ms}}]}}}}}}
faults: {{web slow: {{errors: web, share: 100%, {when}}}}}
"""


def warm(when: str) -> Run:
    return sim.run(loads(WARM.format(when=when)))


def test_a_fault_that_begins_in_the_warm_up_is_measured_from_its_end():
    run = warm("at: 5s, for: 10s")
    assert run.value("offered", "clients", "fault") == 100
    assert run.value("goodput ratio", "clients", "fault") == 0
    assert run.value("offered", "clients", "before") is None
    assert run.value("goodput ratio", "clients", "after") == 1
    assert "after the warm-up" in str(run.explain())


def test_a_fault_that_ends_in_the_warm_up_leaves_all_before():
    run = warm("at: 2s, for: 3s")
    assert run.value("offered", "clients", "before") == run.value("offered", "clients") == 1000
    assert run.value("offered", "clients", "fault") is None
    assert (
        run.value("recovery time", "clients", "fault") if ("recovery time", "clients", "fault") in run.values else True
    )


def test_outages_that_come_and_go_begin_in_the_warm_up():
    run = warm("at: 0s, up: 8s, down: 4s")
    assert run.record.windows[0][1:] == (8.0, 12.0)
    assert run.value("offered", "clients", "fault") == 20 * (2 + 4 * 4)
