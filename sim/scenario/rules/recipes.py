"""The operations of an unvalidated document: their steps, callers and callees, and the reachable operations.

These functions work on the placed tree, not on the models, so that one mistake does not hide the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator

from sim.errors import did_you_mean
from sim.mechanisms.steps import STEPS, WRAPPERS, StepWithOutcome
from sim.mechanisms.steps.base import ON_ERROR, OPERATION, QUEUE
from sim.scenario.yaml.nodes import Node, Problem, at_value

_RECIPES = tuple(key for kind in STEPS.values() for key in kind.recipes)
_RECIPE_LISTS = tuple(kind.recipe_list for kind in STEPS.values() if kind.recipe_list)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an operation: its node, its verb (empty if unknown), and how often the operation plays it."""

    node: Node
    verb: str
    times: int = 1

    def target(self) -> Node | None:
        """Return the node of the verb's value: the operation, queue or store that it names."""
        return self.node.get(self.verb)

    @property
    def value(self) -> str:
        """What the value of its verb is, as its declaration says (``sim.mechanisms.steps.base``)."""
        return STEPS[self.verb].value if self.verb else ""

    @property
    def has_outcome(self) -> bool:
        """Whether a later step can ask how it ended."""
        return bool(self.verb) and issubclass(STEPS[self.verb], StepWithOutcome)


def walk(recipe: Node | None, times: int = 1) -> Iterator[Step]:
    """Iterate over the steps of an operation in reading order, nested ones included."""
    for node in recipe.steps() if recipe is not None else ():
        if not isinstance(node.value, dict):
            words = (verb for verb, kind in STEPS.items() if kind.bare_word and kind.bare_word == node.value)
            yield Step(node, next(words, ""), times)
            continue
        count = times
        for wrapper in WRAPPERS:
            count *= _number(node.get(wrapper.counted_by))
        verb = _verb(node.value)
        yield Step(node, verb, count)
        own = count if not verb or STEPS[verb].wraps else count * _number(node.get(STEPS[verb].counted_by))
        for inner in _own_recipes(node):
            yield from walk(inner, own)
        yield from walk(node.get(ON_ERROR), count)


_PLAIN = tuple(verb for verb, kind in STEPS.items() if not kind.wraps)


def _verb(written: dict[str, Any]) -> str:
    """Return the verb of a step; a wrapper's only where its steps are written out."""
    for kind in WRAPPERS:
        if any(key in written for key in kind.recipes):
            return kind.verb
    for verb in _PLAIN:
        if verb in written:
            return verb
    return ""


def _own_recipes(node: Node) -> Iterator[Node | None]:
    """Iterate over the recipes inside a step, without the one that stands in for it when it fails."""
    for key in _RECIPES:
        yield node.get(key)
    for key in _RECIPE_LISTS:
        several = node.get(key)
        yield from several.steps() if several is not None else ()


def lists(recipe: Node | None) -> Iterator[list[Node]]:
    """Iterate over every list of steps in an operation, the outermost first."""
    if recipe is None or not isinstance(recipe.value, list):
        return
    yield recipe.value
    for node in recipe.value:
        for inner in (*_own_recipes(node), node.get(ON_ERROR)):
            yield from lists(inner)


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
        for queue, consumer in node.children("consumes").items():
            operation = handler(consumer)
            if operation is not None:
                found.setdefault(queue, []).append(f"{service}.{operation.value}")
    return found


def handler(consumer: Node) -> Node | None:
    """Return the operation that handles the messages of a queue, as `consumes` names it; None where it does not."""
    return consumer.get("operation") if isinstance(consumer.value, dict) else consumer


def links_used(root: Node) -> list[str]:
    """Return the links that some request, call, send or delivery uses, each once."""
    used: list[str] = []
    for workload, node in root.children("workload").items():
        used += [f"{workload} -> {_service(name.value)}" for name in requested(node)]
    for caller, recipe in operations(root).items():
        for step in walk(recipe):
            target = step.target()
            if target is not None and isinstance(target.value, str) and step.value in (OPERATION, QUEUE):
                callee = _service(target.value) if step.value == OPERATION else target.value
                used.append(f"{_service(caller)} -> {callee}")
    for queue, handlers in consumers(root).items():
        used += [f"{queue} -> {_service(handler)}" for handler in handlers]
    return list(dict.fromkeys(used))


def operations_called(root: Node, caller: str, callee: str) -> list[str]:
    """Return the operations of *callee* that a workload or a service calls, each once."""
    called = [name.value for name in requested(root.children("workload").get(caller, Node({})))]
    for operation, recipe in operations(root).items():
        if _service(operation) == caller:
            called += [name for name, _ in calls_of(recipe)]
    return list(dict.fromkeys(name.partition(".")[2] for name in called if _service(name) == callee))


def _service(operation: str) -> str:
    return operation.partition(".")[0]


def calls_of(recipe: Node) -> list[tuple[str, Node]]:
    """Return the synchronous calls of an operation: (operation, the node that names it)."""
    targets = [step.target() for step in walk(recipe) if step.value == OPERATION]
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
            queue = step.node.word(step.verb) if step.value == QUEUE else None
            seen: list[str] = []
            while queue is not None and queue not in seen:
                seen.append(queue)
                waiting += handlers.get(queue, [])
                queue = queues[queue].word("dead letters") if queue in queues else None
    return [name for name in recipes if name in found]
