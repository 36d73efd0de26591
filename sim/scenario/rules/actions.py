"""The rules of actions: a target that exists and that can be acted on so, and when they begin."""

from __future__ import annotations

from typing import Iterator

from sim import quantities as q
from sim.errors import did_you_mean
from sim.fields.fault_fields import After, parse_begin
from sim.mechanisms.actions import ACTIONS, action_kind
from sim.scenario.rules.moments import (
    WORDS,
    above_zero,
    begins,
    follows_nothing,
    must_be_given,
    waits,
    waits_for_nothing,
)
from sim.scenario.yaml.nodes import Node, Problem, at_value, parsed, plain


def action_problems(root: Node) -> Iterator[Problem]:
    """Find actions on unknown targets, on services that scale themselves, and outside the run."""
    for action in root.children("actions").values():
        kind = action_kind(plain(action))
        if kind is None:
            continue
        target = action.get(kind)
        if target is not None and isinstance(target.value, str):
            yield from _target(root, kind, target)
        yield from above_zero(action.get("share"), q.parse_share, "be above 0%: nothing is stopped otherwise")
        yield from _moments(root, action)


def _target(root: Node, kind: str, target: Node) -> Iterator[Problem]:
    name, places = target.value, ACTIONS[kind].befalls
    known = [other for place in places for other in root.children(place)]
    if name not in known:
        words = " or ".join(WORDS[place] for place in places)
        yield at_value(target, f"name a {words} that exists", did_you_mean(name, known))
        return
    if kind == "scale":
        scale = root.children("services")[name].get("autoscale")
        if scale is not None and scale.value is not None:
            yield at_value(
                target, "name a service without `autoscale`", "its autoscaler would undo it at its next look"
            )
    elif kind == "stop" and root.children("workload")[name].get("rate") is None:
        yield at_value(target, "name a workload with a rate: only an open loop can be stopped at its source")


def _moments(root: Node, action: Node) -> Iterator[Problem]:
    when, at = action.get("when"), action.get("at")
    if when is not None:
        yield from waits(root, action, when, ("at",))
        return
    yield from waits_for_nothing(action)
    yield from must_be_given(action, "at", "or `when`, a condition")
    begin = parsed(parse_begin, at)
    if at is None or begin is None:
        return
    if not isinstance(begin, After):
        yield from begins(root, at, begin)
    elif begin.fault not in root.children("faults"):
        yield follows_nothing(at, begin, root.children("faults"))
