"""The rules of operations: the names in steps must exist, calls may not form a circle, and keys must be there."""

from __future__ import annotations

from typing import Iterator

from sim import quantities as q
from sim.errors import did_you_mean
from sim.mechanisms.steps.base import CONDITION, EFFECT, OPERATION, QUEUE, STORE
from sim.scenario.rules import recipes
from sim.scenario.yaml.nodes import Node, Problem, Unquoted, at_value, parsed


def operation_problems(root: Node) -> Iterator[Problem]:
    """Find steps with unknown names, circles of calls, and conditions on keys that requests do not have."""
    yield from _recipes(root)
    yield from _cycles(root)
    yield from _keys(root)


def _recipes(root: Node) -> Iterator[Problem]:
    known, parts = recipes.operations(root), {QUEUE: root.children("queues"), STORE: root.children("stores")}
    for recipe in known.values():
        named: list[str] = []
        for step in recipes.walk(recipe):
            target = step.target()
            if target is not None and isinstance(target.value, str):
                if step.value == OPERATION and recipes.is_unknown(root, target.value):
                    yield recipes.unknown_operation(target, known)
                elif step.value in parts and target.value not in parts[step.value]:
                    hint = did_you_mean(target.value, parts[step.value])
                    yield at_value(target, f"name a {step.value} that exists", hint)
                elif step.value == CONDITION:
                    yield from _branch(target, named)
            if step.verb == "parallel":
                yield from _join(step.node)
            name = step.node.word("as")
            if name is not None and step.has_outcome:
                named.append(name)
        for steps in recipes.lists(recipe):
            yield from _named_once(steps)


def _branch(target: Node, named: list[str]) -> Iterator[Problem]:
    condition = parsed(q.parse_condition, target)
    if condition is not None and condition.kind == "step" and condition.step not in named:
        hint = did_you_mean(condition.step, named) or "name the step with `as`"
        rule = "ask about an earlier call, send or parallel of this operation"
        yield at_value(target, rule, hint, value=condition.step)


def _join(node: Node) -> Iterator[Problem]:
    branches, join = node.get("parallel"), node.get("join")
    if branches is None or join is None or not isinstance(join.value, int) or isinstance(join.value, bool):
        return
    times = parsed(q.parse_count, node.get("times"))
    count = len(list(branches.steps())) * int(times or 1)
    if join.value > count:
        yield at_value(join, f"be at most the number of recipes ({count})")


def _named_once(steps: list[Node]) -> Iterator[Problem]:
    seen: list[str] = []
    for step in steps:
        name, node = step.word("as"), step.get("as")
        if name is None or node is None:
            continue
        if name in seen:
            yield at_value(node, "be the only step of its list with this name")
        seen.append(name)


def _cycles(root: Node) -> Iterator[Problem]:
    for way, node in recipes.cycles(root):
        yield at_value(node, "not lead back to where the calls began", value=Unquoted(" -> ".join(way)))


def _keys(root: Node) -> Iterator[Problem]:
    """Find conditions on keys, and effects once per key, that requests without keys can reach."""
    known = recipes.operations(root)
    without: dict[str, list[str]] = {}
    for name, workload in root.children("workload").items():
        if workload.get("keys") is None:
            for operation in recipes.reached(root, [node.value for node in recipes.requested(workload)]):
                without.setdefault(operation, []).append(name)
    for operation, names in without.items():
        for step in recipes.walk(known[operation]):
            condition = parsed(q.parse_condition, step.target()) if step.value == CONDITION else None
            node = step.target() if condition is not None and condition.kind == "key" else step.node.get("once per")
            if node is not None and (condition is not None or (step.value == EFFECT and node.value == "key")):
                rule = "be reached only by workloads with keys"
                yield at_value(node, rule, "give them `keys: uniform 5000`", value=Unquoted(", ".join(names)))
