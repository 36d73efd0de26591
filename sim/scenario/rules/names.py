"""The rules of names: allowed letters, and names that must differ. They make markup in a name impossible."""

from __future__ import annotations

import re
from typing import Iterable, Iterator

from sim.errors import did_you_mean
from sim.mechanisms.nodes import NODE_KEYS
from sim.scenario.rules import recipes
from sim.scenario.yaml.nodes import SETS, Node, Problem, at_key, at_value

NAME = re.compile(r"[\w-]+( [\w-]+)*")
MAX_NAME = 80
MAX_PATCHES = 64
WINDOWS = ("all", "before", "fault", "after")
"""Words that name a window of a run; no fault and no action may have one as its name."""
TIMED = ("faults", "actions")
"""The keys under which what has windows of its own is named."""
UNPATCHED = ("version", "variants", "toggles", "expect", "extends")
"""Keys that a patch may not change: they change or judge a scenario."""

_RULE = f"be a name of letters, digits, -, _ and single spaces, at most {MAX_NAME} long"


def is_name(text: object) -> bool:
    """Whether *text* may name something.

    >>> is_name("charges-dlq"), is_name("a.b"), is_name("<b>")
    (True, False, False)
    """
    return isinstance(text, str) and len(text) <= MAX_NAME and NAME.fullmatch(text) is not None


def several(names: str | Iterable[str]) -> tuple[str, ...]:
    """Return *names* as a tuple; one text is one name.

    >>> several("retries"), several(["retries", "breaker"])
    (('retries',), ('retries', 'breaker'))
    """
    return (names,) if isinstance(names, str) else tuple(names)


def name_problems(root: Node) -> Iterator[Problem]:
    """Find names with other characters, nodes that share a name, and reserved names."""
    seen: dict[str, str] = {}
    for kind in (*NODE_KEYS, "hosts", *TIMED):
        for name, node in root.children(kind).items():
            yield from _well_named(name, node)
            if kind in TIMED:
                if name in WINDOWS:
                    yield at_key(node, "not be called all, before, fault or after, which name windows", value=name)
                if kind == "actions" and name in root.children("faults"):
                    yield at_key(node, "have a name that no fault shares: both name windows", value=name)
                continue
            if name == "system":
                yield at_key(node, "not be called system, which means all of it", value=name)
            if name in seen:
                rule = "have a name that no workload, service or queue shares"
                yield at_key(node, rule, f"it is also in {seen[name]}", value=name)
            seen.setdefault(name, kind)
    for workload in root.children("workload").values():
        for name, task in workload.children("tasks").items():
            yield from _well_named(name, task)
    for service in root.children("services").values():
        for name, recipe in service.children("operations").items():
            yield from _well_named(name, recipe)
            yield from _words(recipe, seen)


def _words(recipe: Node, nodes: dict[str, str]) -> Iterator[Problem]:
    """Check the names that are values: of effects and of steps."""
    for step in recipes.walk(recipe):
        for key in ("as", "effect"):
            node = step.node.get(key)
            if node is None or not isinstance(node.value, str):
                continue
            if not is_name(node.value):
                yield at_value(node, _RULE)
            elif key == "effect" and (node.value in nodes or node.value == "system"):
                yield at_value(node, "have a name that no workload, service or queue shares")


def _well_named(name: str, node: Node) -> Iterator[Problem]:
    if not is_name(name):
        yield at_key(node, _RULE, value=name)


def patch_problems(root: Node) -> Iterator[Problem]:
    """Find the problems of variants, toggles and claims themselves, before any is applied."""
    variants = root.children("variants")
    for kind in ("variants", "toggles", "expect"):
        nodes = root.children(kind)
        for name, node in nodes.items():
            yield from _well_named(name, node)
        whole = root.get(kind)
        if whole is not None and kind != "expect" and len(nodes) > MAX_PATCHES:
            yield at_key(whole, f"hold at most {MAX_PATCHES} entries", value=len(nodes))
    for patch in variants.values():
        yield from _unpatched(patch)
    for toggle in root.children("toggles").values():
        inside = toggle.get("patch")
        if inside is not None:
            yield from _unpatched(inside)
        homes = toggle.get("for")
        if homes is None or not isinstance(homes.value, list):
            continue
        if not homes.value:
            yield at_value(homes, "name at least one variant")
        for home in homes.value:
            if isinstance(home.value, str) and home.value not in variants:
                yield at_value(home, "name a variant that exists", did_you_mean(home.value, variants))


def _unpatched(patch: Node) -> Iterator[Problem]:
    if isinstance(patch.value, dict):
        for key in UNPATCHED:
            child = patch.get(key)
            if child is not None and (not child.loc or child.loc[0] not in SETS):
                yield at_key(child, "not be changed by a variant or a toggle", value=key)
