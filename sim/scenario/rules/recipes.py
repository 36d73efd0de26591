"""The operations of an unvalidated document: their steps, callers and callees, and the reachable operations.

These functions work on the placed tree, not on the models, so that one mistake does not hide the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

from sim.errors import did_you_mean
from sim.scenario.models import STEPS
from sim.scenario.yaml.nodes import Node, Problem, at_value


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an operation: its node, its verb (empty if unknown), and how often the operation plays it."""

    node: Node
    verb: str
    times: int = 1

    def target(self) -> Node | None:
        """Return the node of the verb's value: the operation, queue or store that it names."""
        return self.node.get(self.verb)


def walk(recipe: Node | None, times: int = 1) -> Iterator[Step]:
    """Iterate over the steps of an operation in reading order, nested ones included."""
    for node in recipe.steps() if recipe is not None else ():
        if not isinstance(node.value, dict):
            yield Step(node, "reply" if node.value == "reply" else "", times)
            continue
        count = times * _number(node.get("repeat"))
        if "steps" in node.value:
            yield Step(node, "repeat", count)
            yield from walk(node.get("steps"), count)
            continue
        verb = next((verb for verb in STEPS if verb in node.value and verb != "repeat"), "")
        yield Step(node, verb, count)
        if verb == "parallel":
            branches = node.get("parallel")
            for branch in branches.steps() if branches is not None else ():
                yield from walk(branch, count * _number(node.get("times")))
        for key in ("then", "else", "on error"):
            yield from walk(node.get(key), count)


def lists(recipe: Node | None) -> Iterator[list[Node]]:
    """Iterate over every list of steps in an operation, the outermost first."""
    if recipe is None or not isinstance(recipe.value, list):
        return
    yield recipe.value
    for node in recipe.value:
        for key in ("steps", "then", "else", "on error"):
            yield from lists(node.get(key))
        branches = node.get("parallel")
        for branch in branches.steps() if branches is not None else ():
            yield from lists(branch)


def _number(node: Node | None) -> int:
    """Return a count of at least one; a missing count, or one that is not a number, is one."""
    value = node.value if node is not None else 1
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 1


def operations(root: Node) -> dict[str, Node]:
    """Return the steps of every operation by ``service.operation``, in file order."""
    return {
        f"{service}.{operation}": recipe
        for service, node in root.children("services").items()
        for operation, recipe in node.children("operations").items()
    }


def is_unknown(root: Node, operation: str) -> bool:
    """Whether the operation does not exist; False if its service cannot be read, because that is the mistake."""
    services = root.get("services")
    service, _, name = operation.partition(".")
    if services is None or not isinstance(services.value, dict) or not services.value:
        return False
    node = services.value.get(service)
    if node is None:
        return True
    return bool(node.children("operations")) and name not in node.children("operations")


def unknown_operation(node: Node, known: dict[str, Node]) -> Problem:
    """Return the problem of a reference to an operation that does not exist."""
    hint = did_you_mean(node.value, known) or ("" if "." in node.value else "it is written service.operation")
    return at_value(node, "name an operation that exists", hint)


def requested(workload: Node) -> list[Node]:
    """Return the nodes that name the operations a workload asks for (for `mix`: the weights, named by their key)."""
    found = []
    calls, mix = workload.get("calls"), workload.children("mix")
    if calls is not None and isinstance(calls.value, str):
        found.append(calls)
    found += [Node(name, node.key_at, node.key_at, node.loc) for name, node in mix.items()]
    for task in workload.children("tasks").values():
        requests = task.get("requests")
        if requests is not None and isinstance(requests.value, list):
            found += [item for item in requests.value if isinstance(item.value, str)]
    return found


def consumers(root: Node) -> dict[str, list[str]]:
    """Return, by queue, the operations that handle its messages."""
    found: dict[str, list[str]] = {}
    for service, node in root.children("services").items():
        for queue, operation in node.children("consumes").items():
            found.setdefault(queue, []).append(f"{service}.{operation.value}")
    return found


def links_used(root: Node) -> list[str]:
    """Return the links that some request, call, send or delivery uses, each once."""
    used: list[str] = []
    for workload, node in root.children("workload").items():
        used += [f"{workload} -> {_service(name.value)}" for name in requested(node)]
    for caller, recipe in operations(root).items():
        for step in walk(recipe):
            target = step.target()
            if target is not None and isinstance(target.value, str) and step.verb in ("call", "send"):
                callee = _service(target.value) if step.verb == "call" else target.value
                used.append(f"{_service(caller)} -> {callee}")
    for queue, handlers in consumers(root).items():
        used += [f"{queue} -> {_service(handler)}" for handler in handlers]
    return list(dict.fromkeys(used))


def _service(operation: str) -> str:
    return operation.partition(".")[0]


def calls_of(recipe: Node) -> list[tuple[str, Node]]:
    """Return the synchronous calls of an operation: (operation, the node that names it)."""
    targets = [step.target() for step in walk(recipe) if step.verb == "call"]
    return [(node.value, node) for node in targets if node is not None and isinstance(node.value, str)]


def cycles(root: Node) -> Iterator[tuple[list[str], Node]]:
    """Iterate over the circles of calls: (the path, the call that closes it)."""
    graph = {name: calls_of(recipe) for name, recipe in operations(root).items()}
    done: set[str] = set()
    for start in graph:
        if start in done:
            continue
        way, open_calls = [start], [iter(graph[start])]
        while way:
            callee, node = next(open_calls[-1], ("", None))
            if node is None:
                done.add(way.pop())
                open_calls.pop()
            elif callee in way:
                yield [*way[way.index(callee) :], callee], node
            elif callee in graph and callee not in done:
                way.append(callee)
                open_calls.append(iter(graph[callee]))


def reached(root: Node, starts: list[str]) -> list[str]:
    """Return the operations that requests for *starts* reach, through calls, queues and dead letters."""
    recipes, handlers, queues = operations(root), consumers(root), root.children("queues")
    found: dict[str, None] = {}
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name in found or name not in recipes:
            continue
        found[name] = None
        waiting += [callee for callee, _ in calls_of(recipes[name])]
        for step in walk(recipes[name]):
            queue = step.node.word("send") if step.verb == "send" else None
            seen: list[str] = []
            while queue is not None and queue not in seen:
                seen.append(queue)
                waiting += handlers.get(queue, [])
                queue = queues[queue].word("dead letters") if queue in queues else None
    return [name for name in recipes if name in found]
