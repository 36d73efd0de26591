"""The JSON Schema of the format, and the explanation of one field: both from the models and their docstrings.

The schema is for editors; it is as strict as possible without knowledge of names. The loader accepts a little more:
keys with underscores, and a patch on another file.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Iterable, Iterator

from sim import mechanisms
from sim.errors import ParameterError, did_you_mean
from sim.fields.presets import PRESET
from sim.fields.quantity import spaced
from sim.mechanisms.actions import ACTIONS, Action
from sim.mechanisms.faults import FAULTS, Fault
from sim.mechanisms.links.base import LinkDefence
from sim.mechanisms.nodes import NODE_KEYS
from sim.mechanisms.services.base import ServiceRule
from sim.mechanisms.steps import STEPS, WRAPPERS, Step, StepWithOutcome
from sim.mechanisms.timed import Timed
from sim.quantities import LAW_FORMS
from sim.scenario import models
from sim.scenario.models import (
    Model,
    Scenario,
    health,
    links,
    nodes,
    scenario,
    workload,
)
from sim.scenario.models.links import LINK_DEFENCES
from sim.scenario.models.nodes import SERVICE_RULES

EXTENDS = "Another scenario file in the same folder; this file is a merge patch (RFC 7386) on it."
_REFUSED = "^[^<>&.:/]+$"


@cache
def field_texts() -> dict[str, dict[str, str]]:
    """Return the docstring of every field: by the model's name, then by the field's name in Python."""
    found: dict[str, dict[str, str]] = {}
    for part in _classes():
        own: dict[str, str] = {}
        for field, text in zip(part.body, part.body[1:]):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and field.target.id in all_models()[part.name].model_fields
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                own[field.target.id] = inspect.cleandoc(str(text.value.value))
        if PRESET in own:
            own[PRESET] += "".join(f"\n{preset.words()}" for preset in all_models()[part.name].presets)
        found[part.name] = own
    for timed in (*FAULTS.values(), *ACTIONS.values()):
        bases = [found[base.__name__] for base in reversed(timed.__mro__) if base.__name__ in found]
        found[timed.__name__] = {key: text for base in bases for key, text in base.items()}
    return found


def _classes() -> Iterator[ast.ClassDef]:
    """Iterate over the source of all models."""
    for module in _modules():
        body = ast.parse(inspect.getsource(module)).body
        yield from (part for part in body if isinstance(part, ast.ClassDef) and part.name in all_models())


def _homes(declared: Iterable[Any]) -> list[ModuleType]:
    """Return the modules in which mechanisms of links or services are declared."""
    kinds = [one.declaration for one in declared if isinstance(one.declaration, type)]
    return list(dict.fromkeys(sys.modules[kind.__module__] for kind in kinds))


_DEFENCES, _RULES = _homes(LINK_DEFENCES.values()), _homes(SERVICE_RULES.values())
_STEPS = (sys.modules[kind.__module__] for kind in STEPS.values())
_FAULTS = (sys.modules[kind.__module__] for kind in (Timed, Fault, *FAULTS.values(), Action, *ACTIONS.values()))
_FIRST = (
    *dict.fromkeys(_STEPS),
    workload,
    nodes,
    health,
    *_RULES,
    links,
    *_DEFENCES,
    *dict.fromkeys(_FAULTS),
    scenario,
)
"""The order of the modules in the reference; other modules come last."""


def _modules() -> list[ModuleType]:
    """Return the modules that hold models of the format."""
    others = {sys.modules[model.__module__] for model in all_models().values()}.difference(_FIRST)
    return [*_FIRST, *sorted(others, key=lambda module: module.__name__)]


_HOMES = (f"{models.__name__}.", f"{mechanisms.__name__}.")


@cache
def all_models() -> dict[str, type[Model]]:
    """Return every model of the format by its name, found by inheritance, so that none can be forgotten."""
    found: dict[str, type[Model]] = {}
    waiting: list[type[Model]] = [Model]
    while waiting:
        for model in waiting.pop().__subclasses__():
            if model.__module__.startswith(_HOMES):
                found[model.__name__] = model
                waiting.append(model)
    return found


def schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of a scenario file, keys written with spaces.

    >>> import sim
    >>> sim.schema()["$schema"]
    'https://json-schema.org/draft/2020-12/schema'
    """
    document = Scenario.model_json_schema(by_alias=True)
    parts: dict[str, Any] = document.pop("$defs")
    parts["Scenario"] = document
    texts = field_texts()
    for name, part in parts.items():
        for key, field in part.get("properties", {}).items():
            field["description"] = next((text for own, text in texts.get(name, {}).items() if spaced(own) == key), "")
        if "properties" in part:
            for key, value in defaults(all_models()[name]).items():
                part["properties"][key]["default"] = value
    parts["Step"] = _step(parts)
    parts = _replaced(parts)
    for key in (*NODE_KEYS, "faults", "actions", "variants", "toggles", "expect"):
        parts["Scenario"]["properties"][key]["propertyNames"] = {"pattern": _REFUSED}
    extends = {"type": "string", "description": EXTENDS, "examples": ["online_boutique.yaml"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pileup scenario",
        "description": document.get("description", ""),
        "if": {"required": ["extends"]},
        "then": {"type": "object", "properties": {"extends": extends}},
        "else": {"$ref": "#/$defs/Scenario"},
        "$defs": parts,
    }


def defaults(model: type[Model]) -> dict[str, Any]:
    """Return the default of every optional field of *model* as a file would hold it."""
    return model.model_construct().model_dump(mode="json", by_alias=True, warnings=False)


def _step(parts: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a step: a bare word, or one of the verbs, with or without a wrapper."""
    for wrapper in WRAPPERS:
        parts[wrapper.__name__] |= {"required": [wrapper.verb], "additionalProperties": True}
    words = [{"const": step.bare_word} for step in STEPS.values() if step.bare_word]
    verbs = [{"$ref": f"#/$defs/{step.__name__}"} for step in STEPS.values()]
    return {"anyOf": [*words, *verbs], "description": "One step of a recipe."}


def _replaced(part: Any) -> Any:
    """Return *part* with each choice among all steps replaced by a reference to the definition of a step."""
    if isinstance(part, list):
        return [_replaced(item) for item in part]
    if not isinstance(part, dict):
        return part
    if "oneOf" in part and {"$ref": "#/$defs/Repeat"} in part["oneOf"]:
        return {"$ref": "#/$defs/Step"}
    if part.get("title") == "Parallel" and "items" in part:
        recipe = _replaced(part["items"])
        return {**part, "items": {"anyOf": [recipe, {"$ref": "#/$defs/Step"}]}}
    return {key: _replaced(value) for key, value in part.items()}


_FAMILIES = (LinkDefence, ServiceRule, Step, StepWithOutcome)
_TIMED = (*FAULTS.values(), *ACTIONS.values())


# --- one field ----------------------------------------------------------------------------------------------


def named_models() -> Iterator[tuple[str, type[Model]]]:
    """Iterate over the models by their names in the reference: scenario, workload, link, step work."""
    for name in field_texts():
        model = all_models()[name]
        if (issubclass(model, Timed) and model not in _TIMED) or model in _FAMILIES:
            continue  # a base class is not a part of its own
        if issubclass(model, Timed):
            yield f"{'fault' if issubclass(model, Fault) else 'action'} {model.verb}", model
        else:
            words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
            yield ("step " if model in STEPS.values() else "") + words, model


def joined(word: str) -> str:
    """Return *word* without case and separators.

    >>> joined("failure-rate_Threshold") == joined("failureRateThreshold")
    True
    """
    return re.sub(r"[^a-z0-9]", "", word.lower())


def explain_field(name: str) -> str:
    """Return the explanation of a field: its type or examples, default and text, for each place where it occurs.

    *name* is a field (``max attempts``), a field of something (``link.timeout``), or ``law``. Raises ``ParameterError``
    with a suggestion for an unknown one.
    """
    if name.lower() in ("law", "laws"):
        return "\n".join(
            ["a law of chance, wherever a duration is drawn", *(f"  {law}: {it}" for law, it in LAW_FORMS.items())]
        )
    owner, _, wanted = spaced(name).lower().rpartition(".")
    owner = owner.rpartition(".")[2].strip()
    form = joined(wanted)
    if wanted == "extends":
        return f"scenario.extends\n  text, such as online_boutique.yaml; optional\n  {EXTENDS}"
    found: dict[str, list[str]] = {}
    known = ["extends"]
    for kind, model in named_models():
        properties = _properties(model)
        for field in model.model_fields:
            known.append(spaced(field))
            if joined(field) == form and owner in ("", kind, short := kind.partition(" ")[2] or kind, short + "s"):
                found.setdefault(_explained(field, model, properties), []).append(f"{kind}.{spaced(field)}")
    if not found:
        raise ParameterError("be a field of the format", name, did_you_mean(wanted, known), "field")
    return "\n\n".join(f"{', '.join(places)}\n{text}" for text, places in found.items())


def _properties(model: type[Model]) -> dict[str, Any]:
    shape = model.model_json_schema(by_alias=True)
    return shape if "properties" in shape else dict(shape["$defs"][model.__name__])


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the format in words: its type, its default, and its meaning."""

    name: str
    takes: str
    default: str
    text: str


def reference() -> Iterator[tuple[str, str, list[Key]]]:
    """Iterate over all parts of the format: name (``link``, ``step call``), meaning, keys."""
    for kind, model in named_models():
        properties, texts = _properties(model), field_texts()[model.__name__]
        keys = []
        for field, info in model.model_fields.items():
            name = spaced(field)
            default = "required" if info.is_required() else _default(defaults(model)[name])
            text = " ".join(texts.get(field, "").split())
            keys.append(Key(name, _type_words(properties["properties"][name]), default, text))
        yield kind, inspect.getdoc(model) or "", keys


def declared_kinds(room: str) -> list[str]:
    """Return the parts of the format that a room of ``sim.mechanisms`` declares, as people meet them."""
    return [kind for kind, model in named_models() if model.__module__.startswith(f"{mechanisms.__name__}.{room}.")]


def _explained(field: str, model: type[Model], properties: dict[str, Any]) -> str:
    info = model.model_fields[field]
    shape = properties["properties"][spaced(field)]
    default = "required" if info.is_required() else f"default {_default(defaults(model)[spaced(field)])}"
    text = field_texts()[model.__name__].get(field, "").replace("\n", "\n  ")
    return f"  {_type_words(shape)}; {default}\n  {text}"


def _default(value: object) -> str:
    if value is None:
        return "none"
    if value in ({}, [], ""):
        return "empty"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _keys(part: dict[str, Any]) -> str:
    """Return the keys of the map that *part* refers to, in words; or those of each thing in a map of named things."""
    each = part.get("additionalProperties")
    if isinstance(each, dict) and "$ref" in each:
        return f"names, each with {_keys(each)}"
    model = all_models().get(str(part.get("$ref", "")).rpartition("/")[2])
    keys = [f"`{spaced(info.alias or key)}`" for key, info in model.model_fields.items()] if model else []
    return f"a map of {', '.join(keys)}" if keys else "a map"


def _type_words(shape: dict[str, Any]) -> str:
    """Return the type of a field in words, with examples where the models give some."""
    options = [part for part in shape.get("anyOf", shape.get("oneOf", [shape])) if part.get("type") != "null"]
    words = []
    for part in options:
        if "enum" in part or "const" in part:
            words += [f"`{value}`" for value in part.get("enum", [part.get("const")])]
        elif "examples" in part:
            words.append("such as " + ", ".join(f"`{example}`" for example in part["examples"]))
        else:
            kinds = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
            words.append({**kinds, "array": "a list"}.get(str(part.get("type"))) or _keys(part))
    return " or ".join(dict.fromkeys(words))
