"""Advice that rests on a number, just inside the number and just outside it."""

from pathlib import Path

import pytest

from sim import loads
from sim.scenario.loading import load
from sim.topology import describe

QUEUE = """
version: 1
title: t
duration: 60s
workload: {{shop: {{calls: web.order, rate: 1/s}}}}
services:
  web: {{operations: {{order: [{{send: jobs}}]}}}}
  worker: {{operations: {{do: [{{work: {law}}}]}}, consumes: {{jobs: do}}}}
queues: {{jobs: {{visibility timeout: {visibility}}}}}
"""
BORDERS = {
    "10s": ("9999ms", "10s", "10"),
    "exponential 10s": ("46.05s", "46.06s", "46.1"),
    "gamma 10s cv 1": ("46.05s", "46.06s", "46.1"),
    "gamma 10s cv 0.5": ("25.11s", "25.12s", "25.1"),
    "lognormal p50 1s p99 10s": ("9999ms", "10001ms", "10"),
    "normal 10s sd 2s": ("14.65s", "14.66s", "14.7"),
    "uniform 1s to 3s": ("2979ms", "2981ms", "2.98"),
    "mix 90% 1s 10% 40s": ("39999ms", "40s", "40"),
    "mix 99% 1s 1% 40s": ("999ms", "1s", "1"),
    "mix 90% exponential 1s 10% exponential 20s": ("46.05s", "46.06s", "46.1"),
}
"""Laws of a handler's work: a visibility timeout just below its p99, one just above it, and the p99 as it is said."""


@pytest.mark.parametrize("law", BORDERS)
def test_visibility_that_ends_before_the_p99_of_its_handler_is_warned_of(law: str) -> None:
    below, above, said = BORDERS[law]
    warnings = loads(QUEUE.format(law=law, visibility=below)).warnings
    assert len(warnings) == 1 and f"(about {said}s at its p99), got" in warnings[0], warnings
    assert loads(QUEUE.format(law=law, visibility=above)).warnings == []


def test_advice_knows_the_values_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "work.csv").write_text("1\n2\n40\n")
    file = tmp_path / "scenario.yaml"
    for visibility, many in (("39s", 1), ("40s", 0)):
        file.write_text(QUEUE.format(law="empirical work.csv", visibility=visibility))
        assert len(load(file).warnings) == many


def test_the_load_of_a_service_knows_the_values_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "work.csv").write_text("100\n300\n")
    file = tmp_path / "scenario.yaml"
    file.write_text(QUEUE.format(law="empirical work.csv", visibility="400s"))
    (load_of,) = [one for one in describe(load(file).resolve()).loads if one.service == "worker"]
    assert load_of.capacity_per_s == pytest.approx(1 / 200)
