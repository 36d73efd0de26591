"""Links that differ by direction, and faults that strike one direction or the path to one replica."""

from __future__ import annotations

import pytest

import sim
from sim.diagram.system import drawing_of
from sim.experiments.fault_matrix.catalogue import injections
from sim.record.record import Record
from sim.results.measures.registry import measures
from sim.scenario.models import Scenario
from sim.scenario.scenario_file import ScenarioFile
from sim.topology.operation_costs import OperationCosts
from tests.engine._play import attempts, play
from tests.engine.test_determinism import digest

TWO = """
workload: {{c: {{calls: a.x, arrivals: at {arrivals}}}}}
services: {{a: {{replicas: 2, {more}operations: {{x: [{{work: 1s}}]}}}}}}
links: {{c -> a: {{latency: 250ms, timeout: 4s{link}}}}}
faults: {{f: {{{fault}, at: 1s, for: 4s}}}}"""
EACH_SECOND = "0s 1s 2s 3s 4s 5s 6s 7s"


def on_two(fault: str, arrivals: str = EACH_SECOND, link: str = "", more: str = "") -> Record:
    """Return the run of a client of two replicas, taken in turn, under a fault from 1 s to 5 s."""
    return play(TWO.format(fault=fault, arrivals=arrivals, link=link, more=more), duration="12s")


def outcomes(record: Record) -> list[tuple[object, ...]]:
    return attempts(record, "replica outcome")


# --- one direction ------------------------------------------------------------------------------------------


def test_a_link_is_slower_one_way_than_the_other() -> None:
    body = """
workload: {c: {calls: a.x, arrivals: at 1s}}
services: {a: {operations: {x: [{work: 1s}]}}}
links: {c -> a: {latency: 125ms, latency back: 500ms}}"""
    assert attempts(play(body), "sent_at entered_at left_at ended_at") == [(1.0, 1.125, 2.125, 2.625)]
    turned = body.replace("125ms, latency back: 500ms", "0s, latency back: 1s")
    assert attempts(play(turned), "sent_at entered_at left_at ended_at") == [(1.0, 1.0, 2.0, 3.0)]


def test_the_same_law_both_ways_is_the_link_without_a_way_back_of_its_own() -> None:
    body = """
workload: {c: {calls: a.x, rate: 8/s}}
services: {a: {workers: 4, operations: {x: [{work: exponential 125ms}]}}}
links: {c -> a: {latency: exponential 50ms, loss: 10%, timeout: 2s}}"""
    twice = body.replace("loss: 10%", "latency back: exponential 50ms, loss: 10%, loss back: 10%")
    assert digest(play(body)) == digest(play(twice))


@pytest.mark.parametrize("lost, entered", [("loss: 100%, loss back: 0%", []), ("loss back: 100%", [1.0])])
def test_a_lost_request_is_not_worked_on_and_a_lost_answer_is(lost: str, entered: list[float]) -> None:
    body = f"""
workload: {{c: {{calls: a.x, arrivals: at 1s}}}}
services: {{a: {{operations: {{x: [{{work: 500ms}}]}}}}}}
links: {{c -> a: {{{lost}, timeout: 2s}}}}"""
    ((at, outcome),) = attempts(play(body), "entered_at outcome")
    assert ([] if at is None else [at]) == entered and outcome == "timeout"


CHARGE = """
workload: {{shop: {{calls: web.buy, rate: 20/s}}}}
services:
  web: {{workers: unlimited, operations: {{buy: [{{call: pay.charge}}]}}}}
  pay: {{replicas: 2, workers: 8, operations: {{charge: [{{work: 5ms}}, {{effect: charged}}]}}}}
links: {{web -> pay: {{latency: 5ms, timeout: 250ms, retry: {{max attempts: 8, backoff: 125ms}}}}}}
faults: {{bad: {{lose: web -> pay, share: 50%, way: {way}{some}, at: 2s, for: 6s}}}}"""


@pytest.mark.parametrize("some", ["", ", replicas: [1]"])
def test_lost_answers_charge_twice_and_lost_requests_do_not(some: str) -> None:
    """The caller sees the same timeouts and tries again; only after a lost answer was the work done before."""
    doubled = {}
    for way in ("out", "back"):
        record = play(CHARGE.format(way=way, some=some))
        found = {row.measure: row.value for row in measures(record) if row.of == "charged" and row.during == "all"}
        timeouts = [row for row in attempts(record, "outcome", "web -> pay") if row == ("timeout",)]
        assert len(timeouts) > 10
        doubled[way] = found["duplicated"]
    assert doubled["out"] == 0 and doubled["back"] > 10


# --- the path to one replica --------------------------------------------------------------------------------


def test_one_bad_path_loses_what_goes_to_its_replica() -> None:
    lost, fine = (1, "timeout"), (1, "ok")
    assert outcomes(on_two("lose: c -> a, share: 100%, replicas: [1]")) == [
        (0, "ok"), lost, (0, "ok"), lost, (0, "ok"), fine, (0, "ok"), fine,
    ]  # fmt: skip


def test_a_path_that_is_slow_one_way_adds_its_time_to_that_of_the_link() -> None:
    record = on_two("delay: c -> a, by: 500ms, way: back, replicas: [0]", "1s 1s")
    assert attempts(record, "replica entered_at left_at ended_at") == [(0, 1.25, 2.25, 3.0), (1, 1.25, 2.25, 2.5)]
    record = on_two("delay: c -> a, by: 500ms, replicas: 1", "1s 1s")
    assert attempts(record, "replica entered_at left_at ended_at") == [(0, 1.75, 2.75, 3.5), (1, 1.25, 2.25, 2.5)]


def test_delays_of_the_whole_link_and_of_a_path_add() -> None:
    body = TWO.format(fault="delay: c -> a, by: 1s, way: out, replicas: 1", arrivals="1s 1s", link="", more="")
    record = play(body.replace("faults: {", "faults: {g: {delay: c -> a, by: 500ms, way: out, at: 1s, for: 1s}, "))
    assert attempts(record, "replica entered_at") == [(0, 2.75), (1, 1.75)]


def test_a_cut_path_refuses_loses_or_resets_its_own_calls() -> None:
    refused = on_two("cut: c -> a, mode: refuse, way: out, replicas: [1]", "1s 1s")
    assert attempts(refused, "replica outcome ended_at") == [(0, "ok", 2.5), (1, "refused", 1.0)]
    silent = on_two("cut: c -> a, mode: silent, way: out, replicas: [1]", "1s 1s")
    assert attempts(silent, "replica outcome ended_at") == [(0, "ok", 2.5), (1, "timeout", 5.0)]
    reset = on_two("cut: c -> a, mode: reset, replicas: [0]", "500ms 500ms")
    assert attempts(reset, "replica outcome ended_at") == [(0, "refused", 1.0), (1, "ok", 2.0)]


def test_a_path_that_drips_holds_up_its_own_messages_only() -> None:
    record = on_two("drip: c -> a, rate: 1/s, way: out, replicas: [1]", "1s 1s 1s 1s")
    assert attempts(record, "replica entered_at") == [(0, 1.25), (1, 1.25), (0, 1.25), (1, 2.25)]


def test_a_balancer_counts_what_it_has_sent_on_a_bad_path() -> None:
    """A replica is chosen when a call is sent, so a lost call stays outstanding there until its timeout."""
    record = on_two("lose: c -> a, share: 100%, replicas: [0]", "1s 2s 2500ms 3s", more="balance: least outstanding, ")
    assert outcomes(record) == [(0, "timeout"), (1, "ok"), (0, "timeout"), (1, "ok")]


def test_outlier_detection_ejects_the_replica_behind_a_bad_path() -> None:
    ejecting = ", outlier detection: {consecutive errors: 1, every: 500ms, most ejected: 50%, eject for: 60s}"
    rows = outcomes(on_two("lose: c -> a, share: 100%, replicas: [1]", "1s 1s 6s 6s 6s", link=ejecting))
    assert rows[:2] == [(0, "ok"), (1, "timeout")] and {replica for replica, _ in rows[2:]} == {0}


def test_health_checks_do_not_see_a_bad_path_of_one_caller() -> None:
    checks = "health checks: {every: 500ms, timeout: 250ms, unhealthy after: 1, healthy after: 1}, "
    assert (1, "timeout") in outcomes(on_two("lose: c -> a, share: 100%, replicas: [1]", more=checks))


@pytest.mark.parametrize("link", ["", ", breaker: {failures: 5, open for: 1s, scope: callee}"])
def test_a_sender_refuses_while_no_replica_is_in_the_rotation(link: str) -> None:
    checks = "health checks: {every: 500ms, timeout: 250ms, unhealthy after: 1, healthy after: 1, when none: none}, "
    body = TWO.format(fault="delay: c -> a, by: 1s, replicas: 1", arrivals="6s", link=link, more=checks)
    record = play(body.replace("faults: {", "faults: {g: {crash: a, mode: refuse, at: 3s, for: 5s}, "))
    assert attempts(record, "outcome ended_at") == [("refused", 6.0)]


def test_a_message_travels_on_the_path_to_the_worker_that_has_asked() -> None:
    body = """
workload: {c: {calls: a.x, arrivals: at 1s 1s}}
services:
  a: {operations: {x: [{send: jobs}]}}
  b: {replicas: 2, operations: {y: [{work: 500ms}]}, consumes: {jobs: y}}
queues: {jobs: {visibility timeout: 9s}}
faults: {f: {delay: jobs -> b, by: 1s, way: out, replicas: [1], at: 0s, for: 9s}}"""
    assert attempts(play(body), "replica entered_at", "jobs -> b") == [(0, 1.0), (1, 2.0)]


def test_two_struck_paths_draw_their_own_times() -> None:
    record = on_two("delay: c -> a, by: exponential 1s, way: out, replicas: 2", "1s 1s")
    one, other = (entered for _, entered in attempts(record, "replica entered_at"))
    assert one != other


# --- before the run, and in words ---------------------------------------------------------------------------


def opened(link: str, fault: str = "") -> ScenarioFile:
    return sim.loads(f"""
version: 1
title: t
duration: 10s
workload: {{c: {{calls: a.x, rate: 8/s}}}}
services: {{a: {{replicas: 2, operations: {{x: [{{work: 5ms}}]}}}}}}
links: {{c -> a: {{{link}timeout: 2s}}}}
{fault}""")


def resolved(link: str, fault: str = "") -> Scenario:
    return opened(link, fault).resolve()


def test_the_arithmetic_takes_each_way_for_itself() -> None:
    scenario = resolved("latency: 10ms, latency back: 50ms, loss: 10%, loss back: 50%, ")
    profile = OperationCosts(scenario).call("c", "a.x")
    assert profile.answer_s == pytest.approx(0.065) and profile.ok_ratio == pytest.approx(0.9 * 0.5)


BAD = "faults: {f: {lose: c -> a, share: 50%, way: back, replicas: [1], at: 1s, for: 2s}}"


def test_a_picture_and_the_story_name_the_path_and_the_direction() -> None:
    scenario = resolved("", BAD)
    (arrow,) = drawing_of(scenario, faults=["f"]).arrows
    assert arrow.trouble == "1 of 2 paths 50% lost"
    assert scenario.faults["f"].sentence() == "c -> a (replica #1) loses 50 % of what it carries, for answers,"


def test_what_is_written_is_read_again() -> None:
    file = sim.loads(sim.dump(opened("latency: 1ms, latency back: 5ms, loss back: 10%, ", BAD)))
    link, fault = file.resolve().links["c -> a"], file.resolve().faults["f"]
    assert (str(link.latency_back), link.loss_back, fault.replicas) == ("5ms", 0.1, (1,))


def test_the_matrix_tries_one_bad_path_where_there_are_several() -> None:
    scenario = resolved("")
    names = [one.name for one in injections(scenario, on=["c -> a"])]
    assert "delay one replica 1s: c -> a" in names and "lose one replica 20%: c -> a" in names
    alone = sim.loads(TWO.format(fault="cut: c -> a, mode: silent", arrivals="1s", link="", more="").replace(
        "replicas: 2, ", ""
    ).replace("\nworkload", "version: 1\ntitle: t\nduration: 10s\nworkload", 1)).resolve()  # fmt: skip
    assert not [one for one in injections(alone, on=["c -> a"]) if "one replica" in one.name]
