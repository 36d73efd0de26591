"""The values of ``--set`` and ``set_``: paths and values, read before any scenario is changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterable, Mapping

from sim.errors import ScenarioError, describe
from sim.scenario.merge_patch import covered
from sim.scenario.yaml.nodes import SET, SET_IN_PYTHON, Node, Unquoted, node_of, shown
from sim.scenario.yaml.parse import read

Settings = tuple[tuple[str, Node], ...]
"""Paths with the values to set there, in the order in which they are set."""


def set_values(values: Mapping[str, object] | Iterable[str]) -> Settings:
    """Return the patches of ``{path: value}`` or of ``path=value`` texts; text values are read as YAML."""
    if isinstance(values, Mapping):
        return tuple((path, _value(SET_IN_PYTHON, path, value)) for path, value in values.items())
    pairs = []
    for text in values:
        path, equals, value = text.partition("=")
        if not equals:
            raise ScenarioError([describe(SET, "be written path=value", text)])
        pairs.append((path.strip(), _value(SET, path.strip(), value)))
    return tuple(pairs)


def _value(label: str, path: str, value: object) -> Node:
    """Return the tree of a value that *label* (one of ``SETS``) gives, normalised for its place, *path*."""
    if not isinstance(value, str):
        return node_of(value, (label,))
    node, problems = read("value: " + value, f"{label} {path}={value}")
    inner = node.get("value") if node is not None and len(node.value) == 1 else None
    if not value.strip():
        raise ScenarioError([describe(f"{label} {path}", "have a value", None, "write null to take it out")])
    if inner is None or problems:
        raise ScenarioError([describe(f"{label} {path}", "be one readable YAML value", value)])
    return replace(inner, loc=(label,))


def must_not_overlap(root: Node, sets: Settings) -> None:
    """Reject settings given together of which a later one replaces an earlier one."""
    for i, (path, value) in enumerate(sets):
        for later, other in sets[i + 1 :]:
            if covered(root, path, later):
                given = Unquoted(f"{shown(value)} and {shown(other)}")
                hint = "" if path == later else f"{later!r} is the same place, or around it"
                raise ScenarioError([describe(f"{value.loc[0]} {path}", "be given once", given, hint)])
