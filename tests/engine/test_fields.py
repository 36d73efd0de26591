"""Every field of the format is played: given another value, it changes a record (``fields.yaml`` says where and how).

A field that nothing implements would validate and run, and change nothing. So would a word of a choice that is played
as another, and a kind of fault that nobody strikes with.
"""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, Iterator, Literal, get_args, get_origin

import pytest
from ruamel.yaml import YAML

import sim
from sim.engine import run as engine
from sim.fields.quantity import spaced
from sim.mechanisms.actions import ACTIONS
from sim.mechanisms.faults import FAULTS
from sim.mechanisms.steps import STEPS
from sim.mechanisms.timed import Timed
from sim.record.record import Record
from sim.results.measures.registry import measures
from sim.scenario.models import Model
from sim.scenario.schema import all_models
from tests.properties.judge import columns

TABLE = YAML(typ="safe").load((Path(__file__).parent / "fields.yaml").read_text(encoding="utf-8"))
SYSTEM: dict[str, Any] = TABLE["system"]
PARTS: dict[str, dict[str, Any]] = TABLE["models"]
TIMED = {*FAULTS.values(), *ACTIONS.values()}
FAMILIES = {model for model in all_models().values() if issubclass(model, Timed)} - TIMED
MODELS = [model for model in all_models().values() if model not in FAMILIES]


def part_of(model: type[Model], field: str, where: str = "fields") -> Any:
    """Return what the table says of a field, there or at a family of faults or actions that *model* belongs to.

    What it says of the model itself comes first.
    """
    for base in model.__mro__:
        part = PARTS.get(base.__name__, {})
        if field in part.get("fields", {}) or field in part.get("described", {}):
            return part.get(where, {}).get(field)
    return None


def case_of(model: type[Model], field: str) -> dict[str, Any]:
    """Return the entry of a field in its long form."""
    entry = part_of(model, field)
    return entry if isinstance(entry, dict) and {"to", "into"} & set(entry) else {"to": [entry]}


def patched(base: Any, patch: Any) -> Any:
    """Return *base* with a merge patch applied."""
    if not isinstance(patch, dict):
        return patch
    found = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = patched(found.get(key), value)
    return found


def put(document: Any, at: list[Any], change: Any) -> Any:
    """Return *document* with a patch applied at a path of keys and numbers."""
    if not at:
        return patched(document, change)
    found = list(document) if isinstance(document, list) else dict(document)
    here = found[at[0]] if isinstance(document, list) else found.get(at[0], {})
    found[at[0]] = put(here, at[1:], change)
    return found


def documents(model: type[Model], field: str) -> list[Any]:
    """Return the documents to play: without the field (or before its change), then with each of its values."""
    part, case = PARTS[model.__name__], case_of(model, field)
    at = case.get("at", part["at"])
    base = patched(patched(deepcopy(SYSTEM), part.get("given", {})), case.get("given", {}))
    if "at" not in case:
        base = put(base, at, part.get("here", {}))
    base = put(base, at, case.get("here", {}))
    if "into" in case:
        return [put(base, at, case["from"]), put(base, at, case["into"])]
    return [base, *(put(base, at, {field: value}) for value in case["to"])]


@cache
def look_at(text: str, toggles: tuple[str, ...], look: str) -> Any:
    """Play a document and return what to compare."""
    scenario = sim.Scenario(**json.loads(text)).resolve(with_=toggles)
    record = engine.play(scenario)
    return [(row.measure, row.of, row.during, row.value) for row in measures(record)] if look else seen(record)


def seen(record: Record) -> dict[str, Any]:
    """Return all that a record says of what happened, but not when a fault was meant to strike."""
    rows = columns(record)
    events = [
        event
        for event in record.events
        if event[1] not in ("fault begins", "fault ends", "action begins", "action ends")
    ]
    return {**rows, "events": events, "effects": record.effect_sites, "warm-up": record.warmup_s, "cut": record.cut_off}


def played(model: type[Model], field: str) -> list[Any]:
    """Return what was seen for each document of a field."""
    toggles, look = tuple(PARTS[model.__name__].get("with", ())), case_of(model, field).get("look", "")
    return [look_at(json.dumps(document), toggles, look) for document in documents(model, field)]


def words_of(annotation: Any) -> Iterator[Any]:
    """Yield the words of a choice, wherever it stands in a type."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    else:
        for part in get_args(annotation):
            yield from words_of(part)


def keys_of(model: type[Model]) -> list[str]:
    return [spaced(name) for name in model.model_fields]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_played_or_described(model: type[Model]) -> None:
    told = {key: part_of(model, key) is not None for key in keys_of(model)}
    reasons = {key: part_of(model, key, "described") for key in keys_of(model)}
    missing = [f"{model.__name__}.{key}" for key in told if not told[key] and not reasons[key]]
    assert missing == [], "say in tests/engine/fields.yaml which record these fields change, or why they change none"
    assert [key for key in told if told[key] and reasons[key]] == []


def test_the_table_names_nothing_that_the_format_does_not_have() -> None:
    every = all_models()
    assert set(PARTS) <= set(every)
    for name, part in PARTS.items():
        known = keys_of(every[name])
        assert [key for key in (*part.get("fields", {}), *part.get("described", {})) if key not in known] == []


@pytest.mark.parametrize("model", [m for m in MODELS if m.model_fields], ids=lambda model: model.__name__)
def test_every_field_changes_a_record(model: type[Model]) -> None:
    silent = []
    for key in keys_of(model):
        if part_of(model, key) is None:
            continue
        alike, found = case_of(model, key).get("alike", {}), played(model, key)
        values: list[Any] = ["none", *case_of(model, key).get("to", ["the other"])]
        for i, j in combinations(range(len(found)), 2):
            same_by_rule = str(values[j]) in alike and alike[str(values[j])] == values[i]
            if (found[i] == found[j]) is not same_by_rule:
                silent.append(f"{model.__name__}.{key}: {values[i]} and {values[j]}")
    assert silent == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_word_of_a_choice_is_asked(model: type[Model]) -> None:
    for name, info in model.model_fields.items():
        words = [word for word in words_of(info.annotation) if isinstance(word, str)]
        if len(words) < 2 or part_of(model, spaced(name)) is None:
            continue
        asked = {word for value in case_of(model, spaced(name)).get("to", []) for word in _listed(value)}
        part = PARTS[model.__name__]
        asked |= {*_listed(info.default), *_listed({**part.get("here", {})}.get(spaced(name)))}
        assert set(words) <= asked, f"{model.__name__}.{name}"


def _listed(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def test_every_kind_of_fault_action_and_step_is_in_the_table() -> None:
    assert {model.__name__ for model in (*FAULTS.values(), *ACTIONS.values(), *STEPS.values())} <= set(PARTS)
