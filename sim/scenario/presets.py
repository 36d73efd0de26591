"""Presets in a document: each map with a known ``preset`` gets the values of the product, before rules and models.

The values are placed at the word that names the preset, so that a message about one of them points there.
"""

from __future__ import annotations

from typing import Any

from sim.fields.presets import PRESET, Preset
from sim.scenario.key_normalisation import child_kinds
from sim.scenario.models import Model, Scenario, Service
from sim.scenario.yaml.nodes import Node, Problem, at_value, plain

_PARTS = ("links", "services", "queues")
"""The parts of a scenario in which a declaration can stand."""
_RECIPES = "operations"


def with_presets(root: Node) -> tuple[Node, list[Problem]]:
    """Return the document *root* with the values of its presets, and the keys that contradict one."""
    problems: list[Problem] = []
    found = dict(root.value) if isinstance(root.value, dict) else {}
    for key in _PARTS:
        if key in found:
            found[key] = _inside(found[key], child_kinds((Scenario,), key), problems)
    same = all(found[key] is root.value[key] for key in _PARTS if key in found)
    return (root if same else _like(root, found)), problems


def _inside(node: Node, kinds: tuple[Any, ...], problems: list[Problem]) -> Node:
    if not isinstance(node.value, dict):
        return node
    children = {
        key: child
        if (key == _RECIPES and Service in kinds) or not isinstance(child.value, dict)
        else _inside(child, child_kinds(kinds, key), problems)
        for key, child in node.value.items()
    }
    changed = any(children[key] is not child for key, child in node.value.items())
    preset = _preset(node.word(PRESET), kinds)
    if preset is None:
        return _like(node, children) if changed else node
    given = {key: plain(child) for key, child in children.items()}
    for key, rule in preset.contradictions(given).items():
        problems.append(at_value(children.get(key, children[PRESET]), rule))
        given.pop(key, None)  # one message is enough
    return _like(node, _filled(node, children, preset.resolved(given)))


def _filled(node: Node, children: dict[str, Node], values: dict[str, Any]) -> dict[str, Node]:
    """Return the children that say *values*: a value that is given keeps its place."""
    at = node.value[PRESET].at
    return {
        key: children[key]
        if key in children and plain(children[key]) == value
        else Node(value, at, at, (*node.loc, key))
        for key, value in values.items()
    }


def _like(node: Node, value: dict[str, Node]) -> Node:
    return Node(value, node.at, node.key_at, node.loc, node.removed)


def _preset(name: str | None, kinds: tuple[Any, ...]) -> Preset | None:
    """Return the preset of this *name*, if a map of one of these *kinds* has one."""
    if name is None:
        return None
    models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Model)]
    return next((one for model in models for one in model.presets if one.name == name), None)
