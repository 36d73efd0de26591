"""The properties that every system must have under every fault: one judge for tests and for ``hunt``."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

import sim
from sim.engine import run as engine
from sim.mechanisms.actions.scale import Scale
from sim.record.record import Record
from sim.results.audit.identities import verify
from sim.results.measures.registry import measures
from sim.scenario import models
from tests.properties.cut import is_the_beginning_of
from tests.properties.leftovers import nothing_is_left
from tests.properties.rules import obeys_the_rules
from tests.properties.twice import TABLES, is_doubled, twice

LONG_DRAIN_S = 60.0
MAY_BE_NAN = {"ended_at", "entered_at", "started_at", "left_at", "worked_s"}


def judge(document: dict[str, Any]) -> list[str]:
    """Assert all that must be true of *document*; return words about it, to be counted.

    The books balance and the rules of the words hold, also when it may drain for less long, and that run is the
    beginning of the longer one. Playing it again, or the general way instead of the fast one, gives the same bytes.
    With all times doubled every instant is. A run that has drained leaves nothing held in the engine.
    """
    scenario = sim.loads(json.dumps(document)).resolve()
    try:
        record = engine.play(scenario)
    except sim.BudgetError as error:  # a handler that fails in no time, for ever, ends the run loudly
        assert "does not leave the instant" in str(error)
        return ["stuck"]
    is_sound(record)
    assert columns(engine.play(scenario)) == columns(record)
    fast, general = without_worked(record), without_worked(engine.play(scenario, fast_leaves=False))
    assert fast[0] == general[0]
    np.testing.assert_allclose(fast[1], general[1], rtol=0, atol=1e-12)
    for drain_s in (0.0, 1.0):
        if drain_s < drain_of(scenario):
            cut = engine.play(scenario.model_copy(update={"drain": drain_s}))
            is_sound(cut)
            is_the_beginning_of(cut, record)
    if not any(isinstance(action, Scale) for action in scenario.actions.values()):
        # replicas that an operator has scaled in are asked each 250 ms, which is no time of the document
        is_doubled(record, engine.play(sim.loads(json.dumps(twice(document))).resolve()))
    return [nothing_is_left(scenario.model_copy(update={"drain": LONG_DRAIN_S}))]


def drain_of(scenario: models.Scenario) -> float:
    """Return how long *scenario* may drain."""
    return float(scenario.duration if scenario.drain is None else scenario.drain)


def is_sound(record: Record) -> None:
    """Assert that the books of *record* balance, its rows obey the rules and its measures are numbers."""
    assert not record.cut_off
    assert record.ended_at <= record.scenario.duration + drain_of(record.scenario)
    verify(record)
    for table in TABLES:
        for name, column in getattr(record, table).items():
            if column.dtype.kind == "f":
                assert name in MAY_BE_NAN or not np.isnan(column).any(), f"{name} of {table}"
                assert not (column < 0).any(), f"{name} of {table}"
    obeys_the_rules(record)
    for row in measures(record):
        assert row.value is None or (math.isfinite(row.value) and row.value >= 0), row


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
