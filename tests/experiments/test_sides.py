"""Runs that are held against each other speak of the same stretch of the clock, and of their worst operation."""

from __future__ import annotations

from sim.experiments.ablation.ablate import ablate
from sim.experiments.compare import compare
from sim.experiments.run import run
from sim.export.ablation import of_ablation
from sim.export.summary import comparison_document, run_document
from sim.export.tables import of_comparison, of_run
from sim.results.book import Book
from sim.results.headlines import headlines
from sim.scenario.loading import loads

TWO_FAULTS = """
version: 1
title: Two faults
duration: 60s
workload: {ones: {calls: web.get, rate: 20/s, deadline: 1s}}
services: {web: {workers: 4, waiting: 4, operations: {get: [{work: 10ms}]}}}
faults: {first: {errors: web, share: 100%, at: 10s, for: 10s}}
toggles: {again: {patch: {faults: {second: {errors: web, share: 50%, at: 30s, for: 10s}}}}}
"""
MIXED = """
version: 1
title: A mix
duration: 60s
workload: {users: {mix: {web.look: 24, web.buy: 1}, rate: 100/s, deadline: 1s}}
services:
  web: {workers: 8, waiting: 8, operations: {look: [{work: 1ms}], buy: [{work: 1ms}, {call: bank.pay}]}}
  bank: {workers: 4, waiting: 4, operations: {pay: [{work: 1ms}]}}
faults: {bank fails: {errors: bank, share: 100%, at: 20s, for: 20s}}
toggles: {slower: {patch: {services: {web: {workers: 7}}}}}
"""


def test_a_side_with_one_fault_is_measured_over_the_faults_of_both() -> None:
    compared = compare(loads(TWO_FAULTS), toggle="again", replications=2)
    one, both = compared.runs.values()
    assert one.value("offered", "ones", "fault") == both.value("offered", "ones", "fault")
    assert abs((one.value("goodput ratio", "ones", "fault") or 0) - 0.5) < 0.05, "a second time nothing is broken"
    assert abs((both.value("goodput ratio", "ones", "fault") or 0) - 0.25) < 0.06
    (row,) = [r for r in compared.rows if (r["measure"], r["of"], r["during"]) == ("goodput ratio", "ones", "fault")]
    assert row["difference"] < -0.15, "more faults are worse"
    assert "note: the faults differ" in of_comparison(compared)
    alone = run(loads(TWO_FAULTS))
    assert alone.value("goodput ratio", "ones", "fault") == 0, "by itself a run keeps to its own fault"


def test_the_combinations_of_an_ablation_share_their_windows() -> None:
    done = ablate(loads(TWO_FAULTS), replications=1)
    assert len({one.value("offered", "ones", "fault") for one in done.runs.values()}) == 1


def test_the_worst_operation_of_a_workload_has_a_row_of_its_own() -> None:
    scenario = loads(MIXED)
    played = run(scenario, replications=1)
    assert (played.value("goodput ratio", "users", "fault") or 0) > 0.9, "the mean hides it"
    assert "users, worst: web.buy   fault" in of_run(played, {})
    assert run_document(played, {})["worst operations"] == ["users/web.buy"]
    compared = compare(scenario, toggle="slower", replications=1)
    assert "users, worst: web.buy" in of_comparison(compared)
    assert comparison_document(compared)["worst operations"] == ["users/web.buy"]
    told = [one.name for one in headlines(Book(played.record))]
    assert told == ["users", "users, worst: web.buy"]


def test_goals_ask_for_every_operation() -> None:
    done = ablate(loads(MIXED), replications=1)
    assert done.served == ("users", "users/web.look", "users/web.buy") and not done.meets().by
    assert "users, worst: web.buy" in of_ablation(done) and "and of each of 2 operations alike" in of_ablation(done)
