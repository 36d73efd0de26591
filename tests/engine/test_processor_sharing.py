"""Shared cores: exact instants of processor sharing, hosts, quotas, and what faults do to work on them."""

from __future__ import annotations

import numpy as np
import pytest

import sim
from sim.results.audit.identities import check, verify
from sim.results.measures.registry import measures
from tests.engine._play import attempts, play

HEAD = "version: 1\ntitle: Story\nduration: 10s\n"


def _ends(body: str, link: str = "c -> s", **options: str) -> list[tuple[object, ...]]:
    return attempts(play(body, **options), "sent_at left_at", link)


ONE = """
workload: {c: {calls: s.do, arrivals: at 0s 1s 1.5s}}
services: {s: {%s, operations: {do: [{work: 2s}]}}}
"""


def test_all_that_are_at_work_share_one_core() -> None:
    # 0..1: one runs; 1..1.5: two at 1/2; then three at 1/3: the first has 0.75 left, so it ends at 1.5 + 2.25
    assert _ends(ONE % "line: processor sharing") == [(0.0, 3.75), (1.0, 5.75), (1.5, 6.0)]


def test_a_limit_of_threads_lets_the_others_wait() -> None:
    # two at work from 1 to 3, each at 1/2; the third begins at 3, with 1 s left for the second
    assert _ends(ONE % "workers: 2, cores: 1, waiting: unlimited") == [(0.0, 3.0), (1.0, 5.0), (1.5, 6.0)]


def test_no_step_has_more_than_one_core() -> None:
    assert _ends(ONE % "workers: 4, cores: 4") == [(0.0, 2.0), (1.0, 3.0), (1.5, 3.5)]
    ends = [end for _, end in _ends(ONE % "workers: 4, cores: 2")]
    assert ends == pytest.approx([2.25, 3.25, 3.75])


def test_waits_and_calls_need_no_core() -> None:
    body = """
workload: {c: {calls: s.do, arrivals: at 0s 0s}}
services: {s: {workers: 2, cores: 1, operations: {do: [{work: 1s}, {wait: 1s}, {work: 1s}]}}}
"""
    assert _ends(body) == [(0.0, 5.0), (0.0, 5.0)]


def test_a_pause_stops_the_processor_and_slow_work_needs_more_of_it() -> None:
    paused = ONE % "line: processor sharing" + "faults: {f: {pause: s, at: 1.25s, for: 2s}}"
    assert _ends(paused) == [(0.0, 5.875), (1.0, 7.875), (1.5, 8.0)]
    slowed = ONE % "line: processor sharing" + "faults: {f: {slow: s, by: 2x, at: 500ms, for: 250ms}}"
    assert _ends(slowed)[0] == (0.0, 3.75)


def test_a_crash_empties_the_processor() -> None:
    body = ONE % "line: processor sharing" + "faults: {f: {crash: s, mode: refuse, at: 1.25s, for: 125ms}}"
    assert attempts(play(body), "left_at outcome", "c -> s")[2] == (3.5, "ok")


def test_a_caller_that_leaves_gives_its_part_back() -> None:
    body = ONE % "line: processor sharing" + "links: {c -> s: {timeout: 2s, on abandon: cancel}}"
    # the first leaves at 2 and the second at 3; the third has had 1/6 + 1/2 + 1/2 by then
    assert attempts(play(body), "left_at outcome", "c -> s")[2][1] == "timeout"


HOST = """
workload:
  c: {calls: s.do, arrivals: at 0s}
  n: {calls: t.do, arrivals: at 1s 1s 1s}
services:
  s: {workers: 4, %s operations: {do: [{work: 2s}]}}
  t: {workers: 4, operations: {do: [{work: 1s}]}}
hosts: {node: {runs: [s, t], cores: 1%s}}
"""


def test_a_neighbour_on_the_host_slows_the_work_by_its_weight_not_by_its_threads() -> None:
    assert _ends(HOST % ("", "")) == [(0.0, 3.0)]
    assert _ends(HOST % ("cpu: {weight: 300},", ""))[0][1] == pytest.approx(1 + 4 / 3)
    assert _ends(HOST % ("", ", share by: thread")) == [(0.0, 5.0)]


def test_what_a_service_does_not_need_the_others_have() -> None:
    two_cores = HOST.replace("cores: 1%s", "cores: 2%s") % ("", "")
    assert _ends(two_cores) == [(0.0, 2.0)]
    assert [end for _, end in _ends(two_cores, "n -> t")] == pytest.approx([3.0, 3.0, 3.0])


def test_a_quota_stops_all_threads_until_the_next_period() -> None:
    body = """
workload: {c: {calls: s.do, arrivals: at 0s 0s}}
services: {s: {workers: 2, cpu: {quota: 0.5, period: 1s}, operations: {do: [{work: 500ms}]}}}
"""
    # two threads use 0.5 s of processor time in 0.25 s; the rest is done from 1 s on
    record = play(body)
    assert attempts(record, "left_at", "c -> s") == [(1.25,), (1.25,)]
    found = {row.measure: row.value for row in measures(record) if row.of == "s" and row.during == "all"}
    assert found["cpu throttled"] == pytest.approx(0.75 / 1.25)
    assert found["cores used"] == pytest.approx(0.1)


def test_a_burst_is_saved_in_quiet_periods() -> None:
    body = """
workload: {c: {calls: s.do, arrivals: at 0s 4s}}
services: {s: {cpu: {quota: 0.5, period: 1s%s}, operations: {do: [{work: 1s}]}}}
"""
    assert _ends(body % "") == [(0.0, 1.5), (4.0, 5.5)]
    assert _ends(body % ", burst: 500ms") == [(0.0, 1.5), (4.0, 5.0)]


def test_the_books_hold_the_processor_time_of_each_replica() -> None:
    record = play(HOST % ("", ""))
    assert record.served_s == {"s#0": 2.0, "t#0": 3.0}
    used = record.processors["busy"] * (record.processors["ended_at"] - record.processors["began_at"])
    assert np.sum(used) == pytest.approx(5.0)


def test_a_system_without_shared_cores_records_no_processor() -> None:
    record = play("workload: {c: {calls: s.do, arrivals: at 0s}}\nservices: {s: {operations: {do: [{work: 1s}]}}}")
    assert (record.processors, record.served_s) == ({}, {})


@pytest.mark.parametrize(
    "column, row, value, message",
    [
        ("busy", 0, 0.5, "core-seconds in use at s#0 must be those of its work, 2.0"),
        ("ended_at", 0, 0.75, "core-seconds in use at s#0 must be those of its work"),
    ],
)
def test_a_record_that_lies_about_its_cores_is_found_out(column: str, row: int, value: float, message: str) -> None:
    record = play(HOST % ("", ""))
    record.processors[column][row] = value
    assert check(record)["core-seconds used = work done"] is False
    with pytest.raises(sim.ModelError, match=message):
        verify(record)


def test_more_cores_in_use_than_a_host_has_are_found_out() -> None:
    record = play(HOST % ("", ""))
    record.scenario = sim.loads(HEAD + HOST.replace("cores: 1%s", "cores: 0.5%s") % ("", "")).resolve()
    with pytest.raises(sim.ModelError, match="cores in use on node must be 0.5 at most"):
        verify(record)
