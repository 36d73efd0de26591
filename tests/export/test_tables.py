"""Text tables: their window, and no numbers that are only rounding errors."""

from __future__ import annotations

from pathlib import Path

import sim
from sim.experiments.ablation.ablate import ablate
from sim.export.ablation import of_ablation
from sim.export.tables import number, of_comparison

HERD = """
version: 1
title: Ten at once
duration: 40s
workload:
  guests: {calls: till.pay, arrivals: at 1s 2s 3s 4s 30s, deadline: 1s}
services:
  till: {workers: 1, operations: {pay: [{work: 100ms}]}}
faults:
  nobody comes while it lasts: {slow: till, by: 4x, at: 10s, for: 5s}
variants:
  slow: {}
  not slow: {faults: null}
toggles:
  two tills: {patch: {services: {till: {workers: 2}}}}
"""


def herd(folder: Path) -> sim.Scenario:
    path = folder / "herd.yaml"
    path.write_text(HERD)
    return sim.load(path)


def test_what_rounding_leaves_of_a_difference_of_instants_is_nothing() -> None:
    assert number(1.35e-13, "worker s") == "0"
    assert number(-8e-14, "s") == "0 s"
    assert number(1.35e-6, "worker s") == "1.35e-06"


def test_a_comparison_speaks_of_all_where_nobody_comes_in_the_fault_or_one_side_has_none(tmp_path: Path) -> None:
    scenario = herd(tmp_path)
    for compared in (sim.compare(scenario), sim.compare(scenario, toggle="two tills")):
        text = of_comparison(compared)
        assert "Workloads" in text
        assert text.count("100.0 %") >= 2


def test_an_ablation_speaks_of_after_the_fault_where_nobody_comes_while_it_lasts(tmp_path: Path) -> None:
    done = ablate(herd(tmp_path), ["two tills"], replications=1)
    assert done.window == "after"
    assert "Goodput ratio (after the fault)" in of_ablation(done) and "100.0 %" in of_ablation(done)
