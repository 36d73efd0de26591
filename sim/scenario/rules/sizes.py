"""Limits on the size of a scenario, so that validation and runs end in reasonable time."""

from __future__ import annotations

from typing import Iterator

from sim import quantities as q
from sim.scenario.rules import recipes
from sim.scenario.yaml.nodes import Node, Problem, at_key, parsed

MAX_SERVICES, MAX_STEPS, MAX_PLAYED, MAX_REPLICAS = 500, 5_000, 200_000, 100_000


def size_problems(root: Node) -> Iterator[Problem]:
    """Find more services, steps, repetitions and replicas than a scenario may have."""
    services = root.get("services")
    if services is None:
        return
    nodes = root.children("services")
    if len(nodes) > MAX_SERVICES:
        yield at_key(services, f"hold at most {MAX_SERVICES} services", value=len(nodes))
        return
    steps = [step for recipe in recipes.operations(root).values() for step in recipes.walk(recipe)]
    if len(steps) > MAX_STEPS:
        yield at_key(services, f"hold at most {MAX_STEPS} steps", value=len(steps))
    for recipe in recipes.operations(root).values():
        played = sum(step.times for step in recipes.walk(recipe))
        if played > MAX_PLAYED:
            yield at_key(recipe, f"play at most {MAX_PLAYED} steps, repetitions counted", value=played)
    scales = [node.get("autoscale") or node for node in nodes.values()]
    counts = [parsed(q.parse_count, node.get("max replicas") or node.get("replicas")) for node in scales]
    actions = [node for node in root.children("actions").values() if node.get("scale") is not None]
    counts += [parsed(q.parse_count, node.get("replicas")) for node in actions]
    replicas = sum(int(count) for count in counts if count is not None and count != q.UNLIMITED)
    if replicas > MAX_REPLICAS:
        yield at_key(services, f"have at most {MAX_REPLICAS} replicas in all", value=replicas)
