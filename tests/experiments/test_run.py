"""Rows of a run over its replications: cut intervals, values, and windows that were asked for."""

from __future__ import annotations

import math

import pytest

import sim
from sim.errors import ParameterError
from sim.scenario.loading import loads
from sim.scenario.measures import MEASURES, range_of

RARE = """
version: 1
title: Rare failures
question: How far do intervals reach?
duration: 20s
replications: 3
workload: {clients: {calls: web.get, rate: 20/s, deadline: 1s}}
services: {web: {workers: 4, waiting: 8, operations: {get: [{work: exponential 40ms}]}}}
links: {clients -> web: {loss: 0.2%, timeout: 500ms, retry: {max attempts: 2}}}
"""


@pytest.fixture(scope="module")
def rare() -> sim.Run:
    return sim.run(loads(RARE), during="5s to 10s")


def test_no_interval_goes_beyond_what_its_unit_can_be(rare):
    rows = [row for row in rare.rows if row["low"] is not None]
    assert all(range_of(row["unit"])[0] <= row["low"] <= row["high"] <= range_of(row["unit"])[1] for row in rows)
    values = [value for row in rare.rows_with_values for value in row["values"] if value is not None]
    assert min(values) >= 0
    cut = [row for row in rows if row["mean"] - row["standard error"] * 4.302653 < range_of(row["unit"])[0] - 1e-6]
    assert cut


def test_every_unit_has_a_range_that_begins_at_zero_or_above():
    assert all(range_of(declared.unit)[0] >= 0 for declared in MEASURES.values())
    assert range_of("ratio") == (0, 1) and range_of("x") == (1, math.inf)


def test_a_row_has_its_standard_error_and_the_value_of_each_replication(rare):
    row = next(row for row in rare.rows_with_values if row["measure"] == "offered" and row["during"] == "all")
    values = row["values"]
    variance = sum((value - row["mean"]) ** 2 for value in values) / 2
    assert len(values) == 3
    assert row["standard error"] == pytest.approx(math.sqrt(variance / 3))


def test_a_window_needs_no_claim_to_be_measured(rare):
    offered = rare.value("offered", "clients", "5s to 10s")
    assert offered is not None and 0 < offered < rare.value("offered", "clients")


@pytest.mark.parametrize(
    "during, message",
    [
        (
            "fualt",  # codespell:ignore fualt
            "during must be all, before, fault, after, the name of a fault or an action, or a span such as 500s to"
            " 600s",
        ),
        ("10s to 5s", "during must run from the earlier to the later instant, got '10s to 5s'"),
        ("30s to 40s", "during must begin before the duration (20s) ends, got '30s to 40s'"),
    ],
)
def test_a_window_that_is_none_is_refused_before_anything_is_played(during, message):
    with pytest.raises(ParameterError) as caught:
        sim.run(loads(RARE), during=during)
    assert str(caught.value).startswith(message)
