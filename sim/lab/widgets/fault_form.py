"""The form of a fault, made from the models: every kind, its targets, and its fields with their own help.

The loader alone checks the values, as it would in a file, when the fault is added.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import streamlit as st

from sim.fields.quantity import spaced
from sim.lab.glossary import plain
from sim.mechanisms.faults import FAULTS, fault_kind
from sim.mechanisms.nodes import nodes_of
from sim.scenario.rules import recipes
from sim.scenario.rules.faults import befalls
from sim.scenario.schema import defaults, field_texts
from sim.scenario.yaml.nodes import node_of

Fault = dict[str, Any]
MOMENTS = ("at", "when", "after", "for", "up", "down")
LABELS = {"at": "From, in words", "by": "By how much"}
HINTS = {
    "at": "5s after NAME ends", "up": "50s", "down": "10s", "replicas": "1, or [0, 2]", "times": "3", "requests": "500",
}  # fmt: skip
"""What an empty field gives as an example, where its type has none or one that would mislead."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind of fault as the form shows it: as a choice of *options*, a check box, or text."""

    name: str
    about: str
    required: bool
    options: tuple[str, ...] = ()
    is_bool: bool = False
    example: str = ""
    default: str = ""
    start: str = ""


@cache
def fields(kind: str) -> tuple[Field, ...]:
    """Return the fields of a kind of fault, the needed ones first; its verb, which names the target, is left out."""
    model = FAULTS[kind]
    starts = model.form_starts
    texts, written = field_texts()[model.__name__], defaults(model)
    schema = model.model_json_schema(by_alias=True)["properties"]
    found = []
    for python, about in texts.items():
        name = spaced(python)
        if name == kind:
            continue
        parts = schema[name].get("anyOf", [schema[name]])
        examples = [str(one) for part in parts for one in part.get("examples", ())]
        options = tuple(str(one) for part in parts for one in part.get("enum", ()))
        default = written.get(name)
        needed = model.model_fields[python].is_required()
        found.append(
            Field(
                name, " ".join(about.split()), needed or starts.get(name, "") != "", options,
                any(part.get("type") == "boolean" for part in parts), examples[0] if examples else "",
                "" if default in (None, False) else str(default),
                starts.get(name, (options or examples or [""])[0] if needed else ""),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: not one.required))


def about(kind: str) -> str:
    """Return what a kind of fault does, in one sentence: the first of its model's docstring."""
    return str(FAULTS[kind].__doc__).partition(".\n")[0].strip().rstrip(".") + "."


def targets(scenario: Any, kind: str, node: str | None = None) -> list[str]:
    """Return what a fault of *kind* can strike in a resolved scenario; with *node* (or a link) only it and its own."""
    if kind == "partition":
        nodes = list(nodes_of(scenario))
        return nodes if node is None else [name for name in nodes if name == node]
    found: list[tuple[str, tuple[str, ...]]] = []
    for where in befalls(kind) or ("operations",):
        if where == "operations":
            found += [(name, (name.partition(".")[0],)) for name in _poisonable(scenario)]
        elif where == "links":
            found += [(name, tuple(name.split(" -> "))) for name in recipes.links_used(node_of(scenario.document))]
        elif where == "hosts":
            found += [(name, tuple(one.partition("#")[0] for one in on_it)) for name, on_it in scenario.placed.items()]
        else:
            nodes = getattr(scenario, where).items()
            found += [(name, (name,)) for name, one in nodes if kind != "spike" or one.rate is not None]
    return [name for name, parts in found if node is None or node == name or node in parts]


def _sideable(scenario: Any) -> list[str]:
    """Return what can stand on a side of a partition."""
    whole = [name for name, on_it in scenario.placed.items() if not any("#" in one for one in on_it)]
    return [*nodes_of(scenario), *whole]


def _poisonable(scenario: Any) -> list[str]:
    """Return the operations that a workload with keys reaches."""
    root = node_of(scenario.document)
    keyed = [node for node in root.children("workload").values() if node.get("keys") is not None]
    starts = [str(node.value) for workload in keyed for node in recipes.requested(workload)]
    return recipes.reached(root, starts)


def kinds_for(scenario: Any, node: str | None = None) -> list[str]:
    """Return the kinds of faults that can strike *node*, or, without one, anything in a resolved scenario."""
    return [kind for kind in FAULTS if targets(scenario, kind, node)]


def draw(scenario: Any, kind: str, target: str, at_s: float, key: str) -> None:
    """Draw when a fault strikes, the fields it needs, and, folded, those that it may have; ``read`` reads them."""
    if kind == "partition":
        nodes, help_ = targets(scenario, kind), field_texts()["Partition"]["partition"]
        sides: list[tuple[str, list[str], str]] = [
            ("One side", [target], "choose"), ("The other side", [], "all others"),
        ]  # fmt: skip
        for side, chosen, hint in sides:
            st.multiselect(
                side, nodes, chosen, key=f"{key} {kind} {target} {side}", help=help_, format_func=plain,
                placeholder=hint,
            )  # fmt: skip
    needed = [field for field in fields(kind) if field.required]
    for field in needed:
        _widget(field, f"{key} {kind} {field.name}")
    left, right = st.columns(2)
    first, last = 0.0, max(float(scenario.duration) - 1.0, 1.0)
    begin = min(max(at_s, first), last)
    left.number_input("From (s)", first, last, begin, 1.0, format="%g", key=f"{key} at {at_s:g}")
    right.number_input("For (s)", 1.0, float(scenario.duration), 20.0, 1.0, format="%g", key=f"{key} for")
    if st.toggle("More settings", key=f"{key} {kind} more", help="All that this fault can have in a scenario file."):
        for field in fields(kind):
            if not field.required and field.name != "for":
                _widget(field, f"{key} {kind} {field.name}")


def _widget(field: Field, key: str) -> None:
    label = LABELS.get(field.name, field.name.capitalize())
    help_ = field.about + (f" Default: {field.default}." if field.default and "efault" not in field.about else "")
    if field.options:
        options = list(field.options) if field.required else ["", *field.options]
        index = options.index(field.start) if field.start in options else 0
        st.selectbox(
            label, options, index, key=key, help=help_, format_func=lambda one: one or f"as usual ({field.default})"
        )
    elif field.is_bool:
        st.checkbox(label, key=key, help=help_)
    else:
        hint = HINTS.get(field.name, field.example)
        st.text_input(label, field.start, key=key, help=help_, placeholder=f"such as {hint}" if hint else None)


def read(kind: str, target: str, at_s: float, key: str) -> Fault:
    """Return the fault that the form ``draw`` drew says now, as a scenario file writes it."""
    state = st.session_state
    if kind == "partition":
        one = list(state.get(f"{key} {kind} {target} One side", [target]))
        other = list(state.get(f"{key} {kind} {target} The other side", []))
        found: Fault = {kind: {"here": one, "there": other} if other else {"parted": one}}
    else:
        found = {kind: target}
    given = {field.name: state.get(f"{key} {kind} {field.name}", field.start) for field in fields(kind)}
    found |= {name: value_of(value) for name, value in given.items() if value not in ("", False, None)}
    begin, for_s = state.get(f"{key} at {at_s:g}", at_s), state.get(f"{key} for", 20.0)
    return found | {"at": found.get("at", f"{begin:g}s"), "for": found.get("for", f"{for_s:g}s")}


def name_for(target: str, kind: str, one: Fault) -> str:
    """Return a name for a fault of *kind*: what it strikes and what it does; a partition goes by its sides.

    >>> name_for("shop -> stock", "cut", {}), name_for("web", "partition", {"partition": {"a": ["x", "y"], "b": ["z"]}})
    ('shop to stock cut', 'x and z parted')
    """
    if kind == "partition":
        return f"{' and '.join(side[0] for side in one[kind].values() if side) or target} parted"
    return f"{target} {kind}".replace(" -> ", " to ").replace(".", " ")


def value_of(text: object) -> object:
    """Return what a file would hold for what was typed: a whole number or a list where it is one, else the text.

    >>> value_of("3"), value_of("[0, 2]"), value_of(" 10x "), value_of("[1,"), value_of(True)
    (3, [0, 2], '10x', '[1,', True)
    """
    if not isinstance(text, str):
        return text
    text = text.strip()
    if re.fullmatch(r"\d{1,12}", text):
        return int(text)
    if text.startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def lines(name: str, one: Fault) -> str:
    r"""Return the lines of YAML that put a fault into a scenario file.

    >>> lines("split", {"partition": {"parted": ["a", "b"]}, "mode": "silent", "at": "5s", "for": "1s"})
    'faults:\n  split: {partition: {parted: [a, b]}, mode: silent, at: 5s, for: 1s}'
    """
    return f"faults:\n  {_flow(name)}: {_flow(one)}"


def _flow(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][\w.%/ >#-]*", value):
        return value
    return json.dumps(value)


def in_words(one: Fault) -> str:
    """Return a fault of a file in a few words, as Markdown: its kind, what it strikes, and its settings.

    >>> in_words({"slow": "web", "by": "3x", "at": "5s", "for": "1s"})
    'slow web, by 3x'
    """
    kind = fault_kind(one) or ""
    struck = one.get(kind, "")
    if isinstance(struck, dict):
        struck = " | ".join(", ".join(map(str, side)) for side in struck.values())
    more = [f"{key} {one[key]}" for key in one if key not in (kind, *MOMENTS)]
    return plain(", ".join([f"{kind} {struck}", *more]))
