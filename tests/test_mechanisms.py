"""Every declared mechanism says everything about itself: words, targets, how it is tried; a new one is asked for it.

That the presence of each field changes a record is asked in ``tests/engine/test_fields.py``.
"""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import sim
from sim.diagram.system import drawing_of
from sim.experiments.fault_matrix.catalogue import INJECTIONS, KINDS
from sim.fields.quantity import spaced
from sim.mechanisms.faults import FAULTS
from sim.mechanisms.faults.parts import CAN_FAIL, CAN_PAUSE, VARIABLE_SPEED
from sim.scenario.models import Scenario

FIELDS = YAML(typ="safe").load((Path(__file__).parent / "engine" / "fields.yaml").read_text(encoding="utf-8"))


def struck(kind: str) -> Scenario:
    """Return a resolved scenario with a fault of *kind*, named f."""
    part = FIELDS["models"][FAULTS[kind].__name__]
    workload = {**FIELDS["system"]["workload"], **part.get("given", {}).get("workload", {})}
    return sim.Scenario(**{**FIELDS["system"], "workload": workload, "faults": {"f": part["here"]}}).resolve()


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_has_words_for_pictures_and_stories(kind: str) -> None:
    scenario = struck(kind)
    fault = scenario.faults["f"]
    drawing = drawing_of(scenario, faults=["f"])
    assert fault.label in [one.trouble for one in (*drawing.nodes, *drawing.arrows)]
    assert fault.label and len(fault.sentence()) > len(fault.label) and fault.when
    assert [spaced(name) for name in type(fault).model_fields if spaced(name) == kind] == [kind]


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_strikes_parts_and_says_what_it_needs(kind: str) -> None:
    scenario = struck(kind)
    fault = scenario.faults["f"]
    targets = fault.targets(scenario)
    assert targets.services or targets.queues or targets.links or targets.workloads
    assert fault.needs(None) <= {CAN_PAUSE, CAN_FAIL, VARIABLE_SPEED}
    assert fault.befalls or kind in ("poison", "partition")


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_is_tried_by_the_matrix_or_says_why_not(kind: str) -> None:
    fault: Any = FAULTS[kind]
    assert bool(fault.tried) != bool(fault.not_tried)
    assert kind in {verb for verb, _ in INJECTIONS} or fault.not_tried
    keys = {spaced(name) for name in fault.model_fields}
    assert set(fault.form_starts) <= keys
    assert {key for one in fault.tried for key in (*one.fixed, one.size) if key} <= keys


def test_no_two_ways_of_trying_a_fault_have_one_name() -> None:
    assert len(set(KINDS)) == len(KINDS)
