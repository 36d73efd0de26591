"""What each key of the format means and what may stand below it: the schema as the editor's help and completion.

The texts are the docstrings of the models, as in ``pileup explain-field`` and the JSON Schema: one text for all.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sim.scenario.schema import schema

Kind = dict[str, Any]
"""``{"def": name}``, ``{"map": kinds}`` of names of one's own, or ``{"list": kinds}``."""


@cache
def guide() -> dict[str, Any]:
    """Return, for each part of the format, ``about`` and ``keys``: name to ``about``, ``type``, ``words`` and ``of``.

    ``words`` are the values that a closed list allows; ``of`` are the kinds of what stands below the key.
    """
    found: dict[str, Any] = dict(schema())
    parts = found["$defs"]
    guide = {name: _part(part) for name, part in parts.items() if "properties" in part}
    guide["Scenario"]["keys"]["extends"] = {
        "about": found["then"]["properties"]["extends"]["description"], "type": "text", "words": [], "of": [],
    }  # fmt: skip
    guide["Scenario"]["keys"]["variants"]["of"] = [{"map": [{"def": "Scenario"}]}]
    guide["Toggle"]["keys"]["patch"]["of"] = [{"def": "Scenario"}]
    steps = [kind["def"] for kind in _kinds(parts["Step"])]
    guide["Step"] = {
        "about": parts["Step"]["description"],
        "keys": {key: one for step in reversed(steps) for key, one in guide[step]["keys"].items()},
    }
    return guide


def _part(part: dict[str, Any]) -> dict[str, Any]:
    required = part.get("required", ())
    keys = {key: _key(field, key in required) for key, field in part["properties"].items()}
    return {"about": part.get("description", ""), "keys": keys}


def _key(field: dict[str, Any], required: bool) -> dict[str, Any]:
    options = _options(field)
    words = [str(value).lower() for one in options for value in one.get("enum", ())]
    examples = [str(value) for one in options for value in one.get("examples", ())]
    default = field.get("default")
    told = ["required"] if required else []
    told += [f"one of {', '.join(words)}"] if words else [f"such as {', '.join(examples)}"] if examples else []
    if not required and isinstance(default, str | int | float) and default != "":
        told.append(f"default {str(default).lower() if isinstance(default, bool) else default}")
    return {"about": field.get("description", ""), "type": "; ".join(told), "words": words, "of": _kinds(field)}


def _options(field: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the alternatives of a schema, nested ones laid flat."""
    inner = field.get("anyOf") or field.get("oneOf")
    return [one for part in inner for one in _options(part)] if inner else [field]


def _kinds(field: dict[str, Any]) -> list[Kind]:
    found: list[Kind] = []
    for one in _options(field):
        if "$ref" in one:
            found.append({"def": one["$ref"].rpartition("/")[2]})
        elif isinstance(one.get("additionalProperties"), dict):
            inner = _kinds(one["additionalProperties"])
            found += [{"map": inner}] if inner else []
        elif "items" in one:
            inner = _kinds(one["items"])
            found += [{"list": inner}] if inner else []
    return found
