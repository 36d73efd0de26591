"""Defences that never have to act change nothing: the same rows as without them, though other code plays them."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import sim
from sim.engine import run as engine
from tests.properties.judge import columns
from tests.properties.scenarios import scenarios

IDLE: dict[str, Any] = {
    "limit": {"rate": "1000000/s", "burst": 1_000_000},
    "shed": {"line length": 1_000_000},
    "concurrency": {"kind": "aimd", "initial": 1_000_000, "least": 1_000_000, "most": 1_000_000},
    "refuse late": {},
    "autoscale": {"target utilisation": "100%", "tolerance": "100%"},
}
KEYS = (*IDLE, "line")
DEFAULT = settings(
    max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def played(document: dict[str, Any]) -> dict[str, bytes] | None:
    try:
        record = engine.play(sim.loads(json.dumps(document)).resolve(), fast_leaves=False)
    except sim.BudgetError:
        return None
    told = columns(record)
    told["events"] = repr([event for event in record.events if event[1] != "concurrency limit"]).encode()
    return told


def check(document: dict[str, Any]) -> None:
    for service in document["services"].values():
        for key in KEYS:
            service.pop(key, None)
    for link in document["links"].values():
        own = link.pop("operations", {})
        for one in (link, *own.values()):
            one.pop("propagate deadline", None)  # else what is late is refused
        if own := {operation: one for operation, one in own.items() if one}:
            link["operations"] = own
    for queue in document.get("queues", {}).values():
        queue.pop("max length", None), queue.pop("when full", None)
    defended = deepcopy(document)
    scaled = {action.get("scale") for action in document.get("actions", {}).values()}
    for name, service in defended["services"].items():
        many = service.get("replicas", 1)
        service |= {**IDLE, "autoscale": {**IDLE["autoscale"], "min replicas": many, "max replicas": many}}
        if service["workers"] == "unlimited" or name in scaled:
            del service["autoscale"]
    for queue in defended.get("queues", {}).values():
        queue["max length"] = 1_000_000
    assert played(defended) == played(document)


@DEFAULT
@given(scenarios())
def test_defences_that_never_act_leave_every_row_as_it_is(document: dict[str, Any]) -> None:
    check(document)


@pytest.mark.slow
@settings(DEFAULT, max_examples=300)
@given(scenarios())
def test_defences_that_never_act_leave_every_row_of_many_systems_as_it_is(document: dict[str, Any]) -> None:
    check(document)
