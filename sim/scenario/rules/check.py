"""All rules across fields: names, references, circles, faults and sizes of one combination of a scenario.

Every check reads the placed tree and ignores values of the wrong type, which the models report.
Warnings are in ``sim.scenario.rules.lint``.
"""

from __future__ import annotations

from typing import Callable, Iterator

from sim import quantities as q
from sim.errors import did_you_mean
from sim.scenario.rules.actions import action_problems
from sim.scenario.rules.admission import admission_problems
from sim.scenario.rules.faults import fault_problems
from sim.scenario.rules.links import link_problems
from sim.scenario.rules.names import name_problems
from sim.scenario.rules.operations import operation_problems
from sim.scenario.rules.recipes import handler
from sim.scenario.rules.sizes import size_problems
from sim.scenario.rules.workloads import workload_problems
from sim.scenario.yaml.nodes import Node, Problem, Unquoted, at_key, at_value, parsed


def problems(root: Node) -> list[Problem]:
    """Return the problems between the parts of one merged document."""
    too_large = list(size_problems(root))
    if too_large:
        return too_large
    checks: tuple[Callable[[Node], Iterator[Problem]], ...] = (
        name_problems, _clock, workload_problems, _services, admission_problems, operation_problems, _queues,
        link_problems, fault_problems, action_problems,
    )  # fmt: skip
    return [problem for check in checks for problem in check(root)]


def _clock(root: Node) -> Iterator[Problem]:
    duration, warmup = (parsed(q.parse_duration, root.get(key)) for key in ("duration", "warmup"))
    node = root.get("warmup")
    if node is not None and duration is not None and warmup is not None and 0 < duration <= warmup:
        yield at_value(node, "end before the duration does", f"the duration is {root.word('duration')}")


def _services(root: Node) -> Iterator[Problem]:
    for service in root.children("services").values():
        yield from _health_checks(service.get("health checks"))
        slow, balance = service.get("slow start"), parsed(q.parse_balance, service.get("balance"))
        if slow is not None and slow.value is not None and balance and balance.kind in ("random", "peak ewma"):
            yield at_key(slow, f"not be combined with `balance: {balance}`", "that balancer knows no weights")
        in_flight = service.get("in flight")
        if in_flight is not None and in_flight.value is not None and service.word("while calling") != "free":
            yield at_key(in_flight, "be set together with `while calling: free`")
        operations = service.children("operations")
        for name, consumer in service.children("consumes").items():
            queue, operation = root.children("queues").get(name), handler(consumer)
            if queue is None:
                hint = did_you_mean(name, root.children("queues"))
                yield at_key(consumer, "name a queue that exists", hint, value=name)
            if operation is not None and isinstance(operation.value, str) and operation.value not in operations:
                hint = did_you_mean(operation.value, operations)
                yield at_value(operation, "name an operation of this service", hint)
            if queue is not None and isinstance(consumer.value, dict):
                yield from _batch(consumer, queue)


def _batch(consumer: Node, queue: Node) -> Iterator[Problem]:
    """Find a batch that is gathered for longer than its first message is hidden."""
    window = consumer.get("window")
    waits = parsed(q.parse_duration, window)
    hidden = queue.get("visibility timeout")
    limit = 30.0 if hidden is None else parsed(q.parse_duration, hidden)
    if window is not None and waits is not None and limit is not None and waits >= limit:
        yield at_value(window, f"end before the visibility timeout of the queue ({limit:g}s), which runs meanwhile")


def _health_checks(checks: Node | None) -> Iterator[Problem]:
    every, timeout = (parsed(q.parse_duration, checks.get(key)) if checks else None for key in ("every", "timeout"))
    node = checks.get("timeout") if checks else None
    if node is not None and timeout is not None and timeout > (10.0 if every is None else every):
        yield at_value(node, "end before the next check, at most as long as `every`")


def _queues(root: Node) -> Iterator[Problem]:
    queues = root.children("queues")
    for name, queue in queues.items():
        node = queue.get("dead letters")
        if node is None or not isinstance(node.value, str):
            continue
        if node.value not in queues:
            yield at_value(node, "name a queue that exists", did_you_mean(node.value, queues))
            continue
        way: list[str] = [name]
        while way[-1] in queues and way[-1] not in way[:-1]:
            way.append(queues[way[-1]].word("dead letters") or "")
        earlier = list(queues)[: list(queues).index(name)]
        if way[-1] == name and not any(other in earlier for other in way):
            yield at_value(node, "not lead back to the same queue", value=Unquoted(" -> ".join(way)))
