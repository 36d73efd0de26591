"""Preemptive priority, fair lines and baulking, played by the whole engine with balanced books."""

from __future__ import annotations

import pytest

from sim.results.measures.registry import measures
from tests.engine._play import attempts, play

PREEMPT = """
workload:
  vip: {calls: s.do, arrivals: at 1s 1.5s, priority: 0}
  mass: {calls: s.do, arrivals: at 0s 0.5s, priority: 1}
services:
  s: {line: %s, operations: {do: [%s]}}
"""


def _left(body: str, link: str) -> list[object]:
    return [left for (left,) in attempts(play(body), "left_at", link)]


@pytest.mark.parametrize(
    "line, mass",
    [("preemptive priority", [4.0, 6.0]), ("preemptive priority restart", [5.0, 7.0])],
)
def test_a_more_important_request_takes_the_worker_and_gives_it_back(line: str, mass: list[float]) -> None:
    # the first of `mass` has worked 1 s when the two of `vip` take 1 s each: it has 1 s left, or all 2 s again
    body = (PREEMPT % (line, "{work: 2s}")).replace("vip: {calls: s.do", "vip: {calls: s.quick")
    body = body.replace("operations: {", "operations: {quick: [{work: 1s}], ")
    assert _left(body, "vip -> s") == [2.0, 3.0]
    assert _left(body, "mass -> s") == mass


def test_a_wait_keeps_its_worker_and_the_next_work_step_gives_it_up() -> None:
    body = PREEMPT % ("preemptive priority", "{wait: 1.25s}, {work: 1s}")
    # at 1.25 the wait has ended and the work that begins is interrupted at once
    assert _left(body, "vip -> s") == [3.5, 5.75]
    assert _left(body, "mass -> s")[0] == 6.75


def test_preemptions_are_counted_and_each_stretch_is_a_segment() -> None:
    record = play(PREEMPT % ("preemptive priority", "{work: 2s}"))
    value = {row.measure: row.value for row in measures(record) if row.of == "s" and row.during == "all"}
    assert value["preempted"] == 1
    assert len(record.segments["attempt"]) == 5
    assert value["utilisation"] == pytest.approx(8 / 10)


@pytest.mark.parametrize("fault", ["crash: s, mode: refuse", "pause: s", "slow: s, by: 2x", "crash: s, mode: silent"])
def test_books_balance_under_faults_with_interrupted_work(fault: str) -> None:
    body = PREEMPT % ("preemptive priority redraw", "{work: exponential 1s}")
    play(body + f"faults: {{f: {{{fault}, at: 1.25s, for: 500ms}}}}")
    play(
        body
        + f"links: {{mass -> s: {{timeout: 1.5s, on abandon: cancel}}}}\nfaults: {{f: {{{fault}, at: 1s, for: 1s}}}}"
    )


def test_with_freed_workers_calls_give_the_worker_back_and_answers_take_it_by_importance() -> None:
    body = """
workload:
  vip: {calls: s.do, arrivals: at 0s, priority: 0}
  mass: {calls: s.slow, arrivals: at 0.25s, priority: 1}
services:
  s:
    while calling: free
    line: preemptive priority
    operations: {do: [{work: 250ms}, {call: d.x}, {work: 250ms}], slow: [{work: 2s}]}
  d: {operations: {x: [{work: 500ms}]}}
"""
    assert _left(body, "vip -> s") == [1.0]
    assert _left(body, "mass -> s") == [2.5]


FAIR = """
workload:
  web: {calls: s.do, rate: 8/s}
  batch: {calls: s.do, rate: 32/s}
  rare: {calls: s.do, rate: 1/s}
services:
  s: {waiting: 40, line: fair by workload%s, operations: {do: [{work: 125ms}]}}
"""


def _served(body: str) -> dict[str, float]:
    record = play(body, duration="60s")
    rows = [row for row in measures(record) if row.measure == "ok ratio" and row.during == "all"]
    return {row.of: float(row.value or 0) for row in rows}


def test_in_saturation_classes_are_served_by_weight_and_a_rare_one_is_not_harmed() -> None:
    equal, weighted = _served(FAIR % ""), _served(FAIR % " web 3")
    assert equal["rare"] == weighted["rare"] == 1.0
    assert equal["web"] * 8 / (equal["batch"] * 32) == pytest.approx(1, rel=0.1)
    assert weighted["web"] * 8 / (weighted["batch"] * 32) == pytest.approx(3, rel=0.1)


def test_a_fifo_line_harms_the_rare_class_as_much_as_the_others() -> None:
    assert _served((FAIR % "").replace("fair by workload", "fifo"))["rare"] < 0.6


def test_a_client_that_finds_too_many_leaves_by_its_own_decision() -> None:
    body = """
workload: {c: {calls: s.do, arrivals: at 0s 0s 0s 0s}}
services: {s: {baulk: {law: 100% from 2%s}, operations: {do: [{work: 1s}]}}}
"""
    found = play(body.replace("%s", ""))
    assert attempts(found, "outcome why", "c -> s")[2:] == [("rejected", "baulked")] * 2
    assert len(attempts(play(body.replace("%s", ", counts: line")), "left_at", "c -> s")) == 4
    value = {row.measure: row.value for row in measures(found) if row.of == "s" and row.during == "all"}
    assert value["baulked"] == 2
