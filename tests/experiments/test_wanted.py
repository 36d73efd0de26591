"""A run computes the measures that are wanted, more on demand where it can, and says so where it cannot."""

from __future__ import annotations

import pickle
import sys
from collections import Counter
from types import FrameType

import pytest

import sim
from sim.engine.run import play
from sim.errors import ParameterError
from sim.experiments.replications import opened
from sim.experiments.run import Run, run_resolved
from sim.lab.server import worker_tasks
from sim.results.measures.registry import measures_of
from sim.results.wanted import ALL, NOTHING, Ask, Wanted
from sim.scenario.loading import loads
from sim.scenario.shipped import shipped_folder

SHOP = """
version: 1
title: One shop
duration: 20s
workload: {people: {calls: shop.buy, rate: 20/s, deadline: 1s}}
services: {shop: {workers: 2, waiting: 20, operations: {buy: [{work: exponential 50ms}]}}}
faults: {slow: {slow: shop, by: 3x, at: 8s, for: 4s}}
"""
MORE = """
toggles:
  retries: {patch: {links: {people -> shop: {timeout: 200ms, retry: {max attempts: 3}}}}}
variants:
  small: {}
  large: {services: {shop: {workers: 4}}}
expect: {slow answers: {measure: latency p95, of: people, during: fault, above: 300ms}}
"""
BUSY = Wanted((Ask("utilisation", "shop", "fault"), Ask("goodput ratio", None, "all"), Ask("offered", "people")))


def played(wanted: Wanted, replications: int = 1) -> Run:
    return run_resolved(loads(SHOP).resolve(), 1, replications, wanted=wanted)


def test_a_run_has_the_wanted_rows_and_no_others_as_it_has_them_among_all():
    some, every = played(BUSY), played(ALL)
    assert some.rows == [row for row in every.rows if BUSY.has(row["measure"], row["of"], row["during"])]
    assert {(row["measure"], row["of"], row["during"]) for row in some.rows} == {
        ("utilisation", "shop", "fault"),
        *(("goodput ratio", of, "all") for of in ("people", "people/shop.buy", "system")),
        *(("offered", "people", during) for during in ("all", "before", "fault", "after", "slow")),
    }


def test_one_replication_measures_more_on_demand():
    some, every = played(BUSY), played(ALL)
    assert some.value("latency mean", "people", "after") == every.value("latency mean", "people", "after")
    asked = sim.run(loads(SHOP), seed=1, replications=1, during="5s to 9s")
    assert some.value("goodput", "people", "5s to 9s") == asked.value("goodput", "people", "5s to 9s")
    assert some.value("goodput ratio", "people") == every.value("goodput ratio", "people")
    some.measure(ALL)
    shared = [row for row in some.rows if row["during"] != "5s to 9s"]
    assert shared == every.rows and len(some.rows) > len(shared)
    assert pickle.loads(pickle.dumps(some)).values == some.values


def test_a_run_of_the_lab_has_the_measures_of_its_cards_and_gives_others_as_rows():
    run, every = (
        worker_tasks.play(loads(SHOP + MORE).resolve(), 1).run,
        sim.run(loads(SHOP + MORE), seed=1, replications=1),
    )
    assert {row["measure"] for row in run.rows} == {*worker_tasks.CARDS[:4]}
    assert run.row("utilisation", "shop", "fault") == every.row("utilisation", "shop", "fault") is not None
    assert run.row("goodput ratio", "nobody", "fault") is None


def test_a_run_of_several_replications_names_what_it_computed_rather_than_give_nothing():
    run = played(BUSY, 2)
    assert len(run.find(("offered", "people", "fault")) or ()) == 2
    rule = r"measure must be a measure that was computed, got 'latency mean \| people \| all'"
    with pytest.raises(ParameterError, match=f"{rule}; computed were utilisation, goodput ratio, offered"):
        run.value("latency mean", "people")


def test_a_measure_that_a_run_lacks_is_unknown_however_little_was_wanted():
    with pytest.raises(KeyError, match="did you mean 'people'"):
        played(NOTHING).value("offered", "peple")  # codespell:ignore peple


def test_the_identities_are_checked_when_nothing_is_wanted():
    run = played(NOTHING, 2)
    assert run.rows == [] and run.identities == played(ALL).identities


def test_the_union_of_wants_has_each_once_and_all_takes_in_everything():
    both = Wanted((Ask("offered"),), ("1s to 2s",)) | Wanted((Ask("offered"), Ask("goodput", "people", "3s to 4s")))
    assert both == Wanted((Ask("offered"), Ask("goodput", "people", "3s to 4s")), ("1s to 2s",))
    assert both.windows == ("1s to 2s", "3s to 4s")
    assert (both | ALL) == Wanted(None, ("1s to 2s", "3s to 4s"))


def test_a_comparison_can_be_held_to_what_its_text_shows():
    from sim.export import tables

    scenario = loads(SHOP + MORE)
    some, every = (sim.compare(scenario, replications=2, wanted=wanted) for wanted in (tables.COMPARED, ALL))
    assert tables.of_comparison(some) == tables.of_comparison(every)
    assert 0 < len(some.rows) < len(every.rows)


def test_an_ablation_can_be_held_to_what_its_text_shows():
    from sim.export.ablation import of_ablation, shown_of

    scenario = loads(SHOP + MORE)
    wanted = (shown_of(scenario), ALL)
    some, every = (sim.ablate(scenario, replications=2, wanted=one) for one in wanted)
    assert of_ablation(some) == of_ablation(every)
    assert 0 < len(some.rows) < len(every.rows)


def test_a_check_computes_the_measures_that_its_claims_name_and_no_others():
    text = SHOP + MORE.replace("measure: latency p95", "measure: utilisation").replace("of: people", "of: shop")
    computed = Counter[str]()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and "results/measures" in frame.f_code.co_filename:
            computed[frame.f_code.co_name] += 1

    sys.setprofile(note)
    try:
        sim.check(loads(text.replace("300ms", "30%")), replications=1)
    finally:
        sys.setprofile(None)
    assert computed["_utilisation"] == computed["family"] == 1
    assert not {"_offered", "_wait", "_waiting", "_attempts", "waits", "work", "latency"} & set(computed)


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(shipped_folder().glob("*.yaml")), ids=lambda file: file.stem)
def test_a_measure_of_a_window_alone_is_the_row_that_it_is_among_all(file):
    scenario = sim.load(file).resolve()
    book = opened(play(scenario, scenario.seed, 0), Wanted(during=("10s to 20s",)))
    rows = measures_of(book)
    for row in rows:
        assert measures_of(book, Wanted((Ask(row.measure, row.of, row.during),))) == [row]
