"""Whatever the system and whatever strikes it: the books balance, nothing is negative or NaN, the run ends, and
playing it again, or the general way instead of the fast one, gives the same bytes."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import sim
from sim.engine import run as engine
from sim.engine.record import Record
from sim.results.identities import verify
from sim.results.measures import measures
from tests.properties.rules import obeys_the_rules
from tests.properties.scenarios import scenarios

DEFAULT = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
THOROUGH = settings(DEFAULT, max_examples=1500)

TABLES = ("requests", "attempts", "segments", "messages", "deliveries", "effects", "marks")
MAY_BE_NAN = {"ended_at", "entered_at", "started_at", "left_at", "worked_s"}


def columns(record: Record) -> dict[str, bytes]:
    """Return every column of a record as bytes."""
    found = {f"{t}.{name}": c.tobytes() for t in TABLES for name, c in getattr(record, t).items()}
    return found | {"events": repr(record.events).encode(), "census": record.census.tobytes()}


def without_worked(record: Record) -> tuple[dict[str, bytes], np.ndarray]:
    """Return the columns but ``worked_s``, and that with "all of the visit" spelled out, for finished visits."""
    attempts = record.attempts
    visit_s = attempts["left_at"] - attempts["started_at"]
    told = np.where(np.isnan(attempts["worked_s"]), visit_s, attempts["worked_s"])
    found = columns(record)
    del found["attempts.worked_s"]
    return found, told[~np.isnan(visit_s)]


def check(document: dict[str, Any]) -> None:
    scenario = sim.loads(json.dumps(document)).resolve()
    try:
        record = engine.play(scenario)
    except sim.BudgetError as error:  # a handler that fails in no time, for ever, ends the run loudly
        assert "does not leave the instant" in str(error)
        return
    assert not record.cut_off
    assert record.ended_at <= 4 + 8
    verify(record)
    for table in TABLES:
        for name, column in getattr(record, table).items():
            if column.dtype.kind == "f":
                assert name in MAY_BE_NAN or not np.isnan(column).any(), f"{name} of {table}"
                assert not (column < 0).any(), f"{name} of {table}"
    obeys_the_rules(record)
    for row in measures(record):
        assert row.value is None or (math.isfinite(row.value) and row.value >= 0), row
    assert columns(engine.play(scenario)) == columns(record)
    fast, general = without_worked(record), without_worked(engine.play(scenario, fast_leaves=False))
    assert fast[0] == general[0]
    np.testing.assert_allclose(fast[1], general[1], rtol=0, atol=1e-12)


@DEFAULT
@given(scenarios())
def test_the_books_of_any_small_system_balance(document: dict[str, Any]) -> None:
    check(document)


@pytest.mark.slow
@THOROUGH
@given(scenarios())
def test_the_books_of_many_small_systems_balance(document: dict[str, Any]) -> None:
    check(document)
