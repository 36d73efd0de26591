"""Figures of real runs: everything that a run recorded is found under the names that the drawings expect."""

from __future__ import annotations

import numpy as np
import pytest

import sim
from sim.plots.records import columns_of, outcome_counts

SCENARIO = """
version: 1
title: Small
duration: 40s
warmup: 5s
workload:
  shoppers: {calls: web.buy, rate: 20/s, deadline: 1s}
services:
  web: {workers: 8, operations: {buy: [{work: 5ms}, {call: payments.charge}, {send: letters}]}}
  payments: {workers: 2, operations: {charge: [{work: exponential 40ms}, {effect: charged}]}}
  clerk: {workers: 1, consumes: {letters: post}, operations: {post: [{work: 10ms}, {effect: posted}]}}
queues:
  letters: {}
links:
  web -> payments: {timeout: 300ms, breaker: {failures: 5, open for: 5s}}
faults:
  payments down: {crash: payments, mode: silent, at: 15s, for: 10s}
variants:
  as it is: {}
  without breaker: {links: {web -> payments: {breaker: null}}}
"""


@pytest.fixture(scope="module")
def compared() -> sim.Comparison:
    return sim.compare(sim.loads(SCENARIO), replications=2, workers=1)


def test_every_figure_of_a_run_can_be_drawn(compared: sim.Comparison) -> None:
    run = compared.runs["as it is"]
    found = run.plot(dark=True)
    assert list(found) == ["system", "answered and done", "services", "queues", "breakers", "outcomes"]
    assert "breakers" not in compared.runs["without breaker"].plot()
    for figure in found.values():
        figure.draw_without_rendering()
    assert "replication 1 of 2" in found["services"].get_supxlabel()


def test_a_comparison_has_a_row_for_each_variant(compared: sim.Comparison) -> None:
    figure = compared.plot()
    figure.draw_without_rendering()
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["as it is: shoppers", "without breaker: shoppers"]


def test_the_names_of_the_series_are_those_that_are_drawn(compared: sim.Comparison) -> None:
    columns = columns_of(compared.runs["as it is"].record)
    wanted = [
        *(("shoppers", name) for name in ("arrivals", "answered", "done", "goodput", "ok")), ("web", "utilisation"),
        ("web", "waiting"), ("letters", "backlog"), ("letters", "in flight"), ("letters", "oldest age"),
        ("web -> payments", "breaker state"),
    ]  # fmt: skip
    assert [key for key in wanted if key not in columns] == []
    times, values = columns["web -> payments", "breaker state"]
    assert len(times) == len(values) and set(np.unique(values)) <= {0.0, 0.5, 1.0} and values.max() == 1


def test_outcomes_are_counted_after_warm_up(compared: sim.Comparison) -> None:
    record = compared.runs["as it is"].record
    counts = outcome_counts(record)
    assert sum(counts.values()) == np.count_nonzero(record.requests["arrived_at"] >= 5)
    assert ("ok", "", "") in counts and any(outcome == "error" for outcome, _, _ in counts)
