"""The system as networkx graphs, and properties of their shape: depth, cycles, and paths.

Nodes of the system graph are workloads, services and queues; of the operation graph, workloads, queues and
``service.operation``. Not modelled: numbers, which ``sim.topology.load`` and ``sim.topology.risks`` add.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sim.mechanisms.nodes import nodes_of
from sim.mechanisms.steps.facts import StepFacts, walk
from sim.scenario.models import Scenario, Workload

Graph = Any
"""A ``networkx.DiGraph`` (networkx ships no types)."""

_CIRCLES_SHOWN = 20


def calls_and_sends(steps: Any) -> Iterator[StepFacts]:
    """Yield what is known of every step of *steps* that calls or sends, in file order, those in nested steps too."""
    return (step for step in walk(steps) if step.target)


def requested(workload: Workload) -> dict[str, float]:
    """Return the operations a workload requests, with the mean number of each per arrival or per task."""
    if workload.calls is not None:
        return {workload.calls: 1.0}
    if workload.mix is not None:
        total = sum(workload.mix.values())
        return {operation: weight / total for operation, weight in workload.mix.items()} if total else {}
    found: dict[str, float] = {}
    tasks = workload.tasks or {}
    total = sum(task.weight for name, task in tasks.items())
    for task in tasks.values():
        for operation in task.requests:
            found[operation] = found.get(operation, 0.0) + (task.weight / total if total else 0.0)
    return found


def operation_graph(scenario: Scenario) -> Graph:
    """Return the graph of operations; edges have the ``kind`` call, send, delivery or dead letters."""
    import networkx as nx

    graph: Graph = nx.DiGraph()
    for name, workload in scenario.workload.items():
        graph.add_node(name, kind="workload")
        for operation in requested(workload):
            graph.add_edge(name, operation, kind="call")
    for queue, model in scenario.queues.items():
        graph.add_node(queue, kind="queue")
        if model.dead_letters:
            graph.add_edge(queue, model.dead_letters, kind="dead letters")
    for name, service in scenario.services.items():
        for operation, steps in service.operations.items():
            here = f"{name}.{operation}"
            graph.add_node(here, kind="operation", service=name)
            for step in calls_and_sends(steps):
                graph.add_edge(here, step.target, kind="call" if step.calls else "send")
        for queue, operation in service.handlers.items():
            graph.add_edge(queue, f"{name}.{operation}", kind="delivery")
    return graph


def system_graph(scenario: Scenario) -> Graph:
    """Return the graph of the picture: workloads, services and queues, with the links between them.

    Node attribute ``kind``; edge attributes ``kind`` and ``link`` (the name ``caller -> callee``). A service that
    nothing reaches is a node of its own.
    """
    import networkx as nx

    graph: Graph = nx.DiGraph()
    for name, kind in nodes_of(scenario).items():
        graph.add_node(name, kind=kind.word)
    operations = operation_graph(scenario)

    def node(name: str) -> str:
        return str(operations.nodes[name].get("service", name))

    for caller, callee, data in operations.edges(data=True):
        ends = node(caller), node(callee)
        if ends not in graph.edges:
            graph.add_edge(*ends, kind=data["kind"], link=" -> ".join(ends))
    return graph


def operation_cycles(scenario: Scenario) -> list[tuple[str, ...]]:
    """Return the circles of synchronous calls between operations: a request in one is never answered.

    Each starts at its first operation in file order; at most 20. A circle through a queue does not count.
    """
    import networkx as nx

    graph = operation_graph(scenario)
    calls = graph.edge_subgraph([(a, b) for a, b, kind in graph.edges(data="kind") if kind == "call"])
    order = {name: i for i, name in enumerate(graph)}
    circles = [_turned(circle, order) for circle in islice(nx.simple_cycles(calls), _CIRCLES_SHOWN)]
    return sorted(circles, key=lambda circle: [order[name] for name in circle])


def _turned(circle: list[str], order: dict[str, int]) -> tuple[str, ...]:
    first = min(range(len(circle)), key=lambda i: order[circle[i]])
    return (*circle[first:], *circle[:first])


@dataclass(frozen=True, slots=True)
class ServiceCycle:
    """Services that call each other in a circle, though no operation does: legal.

    ``deadlocks``: each service holds its worker while calling, so that full pools can wait for each other;
    ``timeouts``: a timeout on one of the links ends the wait.
    """

    services: tuple[str, ...]
    deadlocks: bool
    timeouts: bool


def service_cycles(scenario: Scenario) -> list[ServiceCycle]:
    """Return the circles of synchronous calls between services (a service that calls itself is one); at most 20."""
    import networkx as nx

    graph = system_graph(scenario)
    pairs = [(a, b) for a, b, kind in graph.edges(data="kind") if kind == "call" and a in scenario.services]
    order = {name: i for i, name in enumerate(graph)}
    found = []
    for circle in islice(nx.simple_cycles(graph.edge_subgraph(pairs)), _CIRCLES_SHOWN):
        names = _turned(circle, order)
        links = [scenario.links.get(f"{a} -> {b}") for a, b in zip(names, (*names[1:], names[0]), strict=True)]
        holds = all(scenario.services[name].while_calling == "hold" for name in names)
        timeouts = any(link is not None and link.has("timeout") for link in links)
        found.append(ServiceCycle(names, holds, timeouts))
    return sorted(found, key=lambda circle: [order[name] for name in circle.services])


def depth(scenario: Scenario) -> int:
    """Return the longest chain of synchronous calls that one request can cause (1: a service without calls).

    Undefined for a scenario whose operations call each other in a circle.
    """
    import networkx as nx

    graph = operation_graph(scenario)
    calls = graph.edge_subgraph([(a, b) for a, b, kind in graph.edges(data="kind") if kind == "call"])
    from_workloads = [name for name in calls if graph.nodes[name]["kind"] == "workload"]
    reached = calls.subgraph([*from_workloads, *(b for a in from_workloads for b in nx.descendants(calls, a))])
    return int(nx.dag_longest_path_length(reached, weight="")) if reached else 0
