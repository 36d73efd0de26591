"""The fault matrix: what is tried on what, what a loss is, who comes first, and what each switch would change."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import sim
from sim.experiments.fault_matrix.catalogue import injections, parts
from sim.experiments.fault_matrix.lost_requests import lost
from sim.experiments.fault_matrix.matrix import matrix, window
from sim.experiments.fault_matrix.result import Matrix
from sim.export.matrix import matrix_document, of_matrix, worse_than
from sim.export.summary import to_json
from sim.results.recovery_time import NEVER

SHOP = """
version: 1
title: Shop
duration: 60s
warmup: 4s
seed: 5
replications: 2
workload:
  buyers: {calls: web.buy, rate: 8/s, deadline: 2s}
  users: {calls: web.look, users: 2, think: 1s, deadline: 2s}
services:
  web: {workers: 8, operations: {buy: [{call: till.pay}, {send: letters}], look: [{work: 10ms}]}}
  till: {replicas: 2, operations: {pay: [{work: 31250us}]}}
  clerk: {workers: 2, consumes: {letters: post}, operations: {post: [{work: 31250us}, {effect: posted}]}}
queues:
  letters: {dead letters: bin, max deliveries: 2}
  bin: {}
links: {web -> till: {timeout: 1s}}
hosts: {rack: [clerk, letters]}
faults: {clerk down: {crash: clerk, mode: silent, at: 20s, for: 5s}}
toggles:
  fallback:
    about: Answer without the till.
    patch: {services: {web: {operations: {buy: [{call: till.pay, on error: ignore}, {send: letters}]}}}}
  hurry: {about: Give up at once., patch: {links: {web -> till: {timeout: 1ms}}}}
expect:
  it is slow: {measure: goodput ratio, of: buyers, during: clerk down, below: 100%}
"""

TRIED = ["crash silent", "crash refuse", "slow", "spike", "cut refuse"]
"""On this system: crashes of six parts in two modes, four slow ones, a spike, five cuts."""
COUNT = 6 * 2 + 4 + 1 + 5


@pytest.fixture(scope="module")
def shop() -> Matrix:
    return matrix(sim.loads(SHOP), faults=TRIED, at_s=24, for_s=8, worst=2)


def test_every_fault_meets_every_part_that_can_have_it() -> None:
    scenario = sim.loads(SHOP).resolve()
    assert parts(scenario) == {
        "open loops": ["buyers"], "services": ["web", "till", "clerk"], "replicated services": ["till"],
        "queues": ["letters", "bin"], "hosts": ["rack"],
        "linked nodes": ["web", "till", "clerk", "letters"],
        "links": ["buyers -> web", "users -> web", "web -> till", "web -> letters", "letters -> clerk"],
        "links with paths": ["web -> till"],
    }  # fmt: skip
    tried = injections(scenario)
    assert len(tried) == 2 * 1 + 4 * 3 + 2 * 1 + 3 * 6 + 4 + 6 * 5 + 2 * 1 and len({one.name for one in tried}) == len(
        tried
    )
    named = [one.name for one in injections(scenario, ["slow"], ["till"], {"slow": "3x"})]
    assert named == ["slow 3x: till", "slow one replica 3x: till"]
    assert {one.kind for one in injections(scenario, ["cut"])} == {"cut silent", "cut refuse", "cut reset"}
    parted = injections(scenario, ["partition"], ["till"])[0]
    assert parted.on(24, 8) == {"partition": {"till": ["till"]}, "mode": "silent", "at": "24s", "for": "8s"}
    gray = injections(scenario, ["slow one replica"])[0]
    assert (gray.name, gray.settings["replicas"]) == ("slow one replica 10x: till", 1)


@pytest.mark.slow
def test_every_fault_can_be_played_on_every_part() -> None:
    found = matrix(sim.loads(SHOP), replications=1, worst=0)
    assert len(found.trials) == 70 and not found.cut_off


@pytest.mark.parametrize(
    "asked, message",
    [
        ({"faults": ["slwo"]}, "did you mean 'slow'"),
        ({"on": ["tlil"]}, "did you mean 'till'"),
        ({"sizes": {"pause": "2x"}}, "sizes must name something that can be tried"),
        ({"faults": ["spike"], "on": ["till"]}, "matrix must name faults that its parts can have"),
        ({"at_s": 2.0}, "at must lie between the warm-up"),
        ({"for_s": 60.0}, "for must be over before the arrivals end"),
    ],
)
def test_what_cannot_be_meant_is_refused(asked: dict[str, object], message: str) -> None:
    with pytest.raises(sim.ParameterError, match=message):
        matrix(sim.loads(SHOP), replications=1, **asked)  # type: ignore[arg-type]


def test_a_size_that_is_no_size_is_refused_with_its_place() -> None:
    with pytest.raises(sim.ScenarioError, match=r"^fault slow: by must be a factor such as 10x, got 'much'$"):
        matrix(sim.loads(SHOP), replications=1, faults=["slow"], sizes={"slow": "much"})


def test_the_window_is_a_sixth_of_the_measured_time_after_a_third_of_it() -> None:
    scenario = sim.loads(SHOP).resolve()
    assert window(scenario) == (22.0, 9.0) and window(scenario, 10.5, 1.25) == (10.5, 1.25)


def test_a_loss_is_what_is_missing_of_what_would_have_been_served() -> None:
    assert lost(((100, 98), (10, 10)), ((100, 40), (10, 12))) == (56.0, 108.0)
    assert lost(((100, 50),), ((200, 50),)) == (50.0, 100.0), "of those who came with a spike the same share"
    assert lost(((100, 100),), ((40, 40),)) == (60.0, 100.0), "users who wait ask less"
    assert lost(((0, 0),), ((0, 0),)) == (0.0, 0.0)


def test_the_faults_are_ranked_by_what_they_cost_and_the_scenarios_own_is_out(shop: Matrix) -> None:
    costs = [one.lost.mean or 0.0 for one in shop.trials]
    assert costs == sorted(costs, reverse=True) and len(shop.trials) == COUNT
    found = {one.name: one for one in shop.trials}
    assert shop.trials[0].name == "crash silent: letters", "web waits without a timeout, and keeps its workers for good"
    assert shop.trials[0].never == 2
    assert found["slow 10x: clerk"].lost_values == [0.0, 0.0], "letters are posted late, and no one waits for them"
    web = found["crash refuse: web"]
    assert web.share_values == [1.0, 1.0]
    assert all(calm.hit == () and calm.recovery_s is None for calm in web.without)


def test_a_crash_loses_exactly_those_who_came_meanwhile(shop: Matrix) -> None:
    web = {one.name: one for one in shop.trials}["crash refuse: web"]
    for calm, run, gone in zip(web.without, web.runs, web.lost_values, strict=True):
        (came, good), (came_now, good_now) = calm.inside[0], run.inside[0]
        assert came == came_now and good_now == 0, "an open loop: the same arrivals with and without the fault"
        users = calm.since[1][1] - run.since[1][1]
        assert gone == calm.since[0][1] - run.since[0][1] + users and gone >= good
    assert web.recovery_s == 0.0 and web.never == 0
    assert set(web.hit) == {"buyers", "users"}


def test_a_switch_is_held_against_the_same_fault_without_it(shop: Matrix) -> None:
    fallback, hurry = shop.defences
    assert list(fallback.faced) == [one.name for one in shop.trials[:2]]
    till = matrix(
        sim.loads(SHOP), faults=["crash silent"], on=["till"], toggles=["fallback"], at_s=24, for_s=8, worst=1
    )
    (defence,), (trial,) = till.defences, till.trials
    saved = defence.saved(trial)
    assert saved.mean is not None and saved.mean > 0.9 * (trial.lost.mean or 0.0) > 50
    assert defence.cost.mean == 0.0
    assert hurry.cost.mean == np.mean([one.since[0][1] for one in hurry.without]), (
        "1 ms fails every buyer, fault or not"
    )


def test_what_never_recovers_is_told_so() -> None:
    storm = sim.load("scenarios/retry_storm.yaml")
    found = matrix(storm, faults=["pause"], at_s=50, for_s=20, worst=1, replications=2, set_={"duration": "200s"})
    (pause,) = found.trials
    assert pause.never == 2 and pause.recovery_s is None and pause.runs[0].recovery_s == NEVER
    assert "never" in of_matrix(found) and set(pause.hit) == {"server", "clients"}
    line = {one.name: one for one in found.defences}["short line"].faced[pause.name]
    assert line.never == 0 and (line.recovery_s or 0.0) < 15


def test_recovery_cannot_be_told_when_the_run_ends_with_the_fault() -> None:
    found = matrix(sim.loads(SHOP), faults=["pause"], on=["web"], at_s=40, for_s=15, replications=1, worst=0)
    assert found.trials[0].runs[0].recovery_s is None and found.trials[0].never == 0


@pytest.mark.slow
def test_processes_change_nothing(shop: Matrix) -> None:
    again = matrix(sim.loads(SHOP), faults=TRIED, at_s=24, for_s=8, worst=2, workers=2)
    assert again.rows == shop.rows


def test_the_table_has_a_row_for_each_fault_and_the_text_the_worst(shop: Matrix) -> None:
    assert list(shop.table["on"]) == [one.fault.where for one in shop.trials]
    assert "fallback saves" in shop.table and shop.table["fallback saves"].notna().sum() == 2
    text = of_matrix(shop, 3)
    assert text.startswith("Shop: as written, 22 faults, one at a time\neach from 24 s to 32 s; seed 5, 2 replications")
    assert "19 more faults cost no more than these." in text and "no fault at all" in text
    assert "<table" in shop._repr_html_() and "22 faults" in repr(shop)


def test_the_document_can_be_held_against_an_earlier_one(shop: Matrix) -> None:
    document = json.loads(to_json(matrix_document(shop)))
    assert worse_than(document, document) == []
    earlier = json.loads(to_json(document))
    for row in earlier["faults"]:
        row["lost values"] = [value - 10 for value in row["lost values"]]
    assert len(worse_than(document, earlier)) == COUNT and worse_than(earlier, document) == []
    earlier["seed"] = 6
    with pytest.raises(sim.ParameterError, match="the same seed, 5, got 6"):
        worse_than(document, earlier)
    with pytest.raises(sim.ParameterError, match="be the JSON of an earlier matrix"):
        worse_than(document, {"seed": 5})


def test_a_difference_that_is_no_more_than_chance_is_not_worse(shop: Matrix) -> None:
    document = json.loads(to_json(matrix_document(shop)))
    now = json.loads(to_json(document))
    now["faults"][0]["lost values"][0] += 5
    assert worse_than(now, document) == [], "one of two replications: the interval of the difference holds zero"


def test_shares_above_a_limit_are_found(shop: Matrix) -> None:
    assert [one.name for one in shop.above(0.999)] == [one.name for one in shop.trials if one.share.mean == 1.0] != []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_figure_has_a_cell_for_each_fault(shop: Matrix, dark: bool) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = shop.plot(dark)
    FigureCanvasAgg(figure).draw()
    faults, defences = figure.axes
    assert len([text for text in faults.texts if text.get_gid() == "lost"]) == COUNT
    assert len([text for text in defences.texts if text.get_gid() == "lost"]) == 2 * 3
    assert "slow 10x" in [label.get_text() for label in faults.get_xticklabels()]
    alone = Matrix(shop.scenario, shop.seed, shop.window, shop.trials, (), {}).plot(dark)
    assert len(alone.axes) == 1


def test_a_trial_is_named_by_kind_size_and_place(shop: Matrix) -> None:
    spike = next(one for one in shop.trials if one.fault.kind == "spike")
    assert spike.name == "spike 3x: buyers"
    assert replace(spike.fault, size="").name == "spike: buyers"
