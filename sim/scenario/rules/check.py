"""What no single field can see: names, references, loops, faults and sizes of one combination of a scenario.

Every check reads the placed tree and says nothing where a value is of the wrong type: the models have said that.
What is legal and unwise is in ``sim.scenario.rules.lint``.
"""

from __future__ import annotations

from typing import Callable, Iterator

from sim import quantities as q
from sim.errors import did_you_mean
from sim.scenario.fields import spaced
from sim.scenario.models import Link
from sim.scenario.rules import recipes
from sim.scenario.rules.admission import overload_problems
from sim.scenario.rules.faults import fault_problems
from sim.scenario.rules.links import defence_problems
from sim.scenario.rules.names import name_problems
from sim.scenario.rules.workloads import workload_problems
from sim.scenario.yaml.nodes import Node, Problem, Words, at_key, at_value, parsed

MAX_SERVICES, MAX_STEPS, MAX_PLAYED, MAX_REPLICAS = 500, 5_000, 200_000, 100_000

TRACE_RULE = "name a data file of requests per second"
SAMPLE_RULE = "name a data file of durations in seconds"


def problems(root: Node) -> list[Problem]:
    """Return what is wrong between the parts of one merged document."""
    too_large = list(_sizes(root))
    if too_large:
        return too_large
    checks: tuple[Callable[[Node], Iterator[Problem]], ...] = (
        name_problems, _clock, workload_problems, _services, overload_problems, _recipes, _cycles, _keys, _queues,
        _links, _policies, defence_problems, fault_problems,
    )  # fmt: skip
    return [problem for check in checks for problem in check(root)]


def _sizes(root: Node) -> Iterator[Problem]:
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
    replicas = sum(int(count) for count in counts if count is not None and count != q.UNLIMITED)
    if replicas > MAX_REPLICAS:
        yield at_key(services, f"have at most {MAX_REPLICAS} replicas in all", value=replicas)


def _clock(root: Node) -> Iterator[Problem]:
    duration, warmup = (parsed(q.parse_duration, root.get(key)) for key in ("duration", "warmup"))
    node = root.get("warmup")
    if node is not None and duration is not None and warmup is not None and 0 < duration <= warmup:
        yield at_value(node, "end before the duration does", f"the duration is {root.word('duration')}")


def _services(root: Node) -> Iterator[Problem]:
    for service in root.children("services").values():
        yield from _health_checks(service.get("health checks"))
        in_flight = service.get("in flight")
        if in_flight is not None and in_flight.value is not None and service.word("while calling") != "free":
            yield at_key(in_flight, "stand beside `while calling: free`")
        operations = service.children("operations")
        for queue, handler in service.children("consumes").items():
            if queue not in root.children("queues"):
                hint = did_you_mean(queue, root.children("queues"))
                yield at_key(handler, "name a queue that exists", hint, value=queue)
            if isinstance(handler.value, str) and handler.value not in operations:
                hint = did_you_mean(handler.value, operations)
                yield at_value(handler, "name an operation of this service", hint)


def _health_checks(checks: Node | None) -> Iterator[Problem]:
    every, timeout = (parsed(q.parse_duration, checks.get(key)) if checks else None for key in ("every", "timeout"))
    node = checks.get("timeout") if checks else None
    if node is not None and timeout is not None and timeout > (10.0 if every is None else every):
        yield at_value(node, "end before the next check, at most as long as `every`")


def _recipes(root: Node) -> Iterator[Problem]:
    known, queues = recipes.operations(root), root.children("queues")
    for recipe in known.values():
        named: list[str] = []
        for step in recipes.walk(recipe):
            target = step.target()
            if target is not None and isinstance(target.value, str):
                if step.verb == "call" and recipes.is_unknown(root, target.value):
                    yield recipes.unknown_operation(target, known)
                elif step.verb == "send" and target.value not in queues:
                    yield at_value(target, "name a queue that exists", did_you_mean(target.value, queues))
                elif step.verb in ("read", "write") and target.value not in root.children("stores"):
                    hint = did_you_mean(target.value, root.children("stores"))
                    yield at_value(target, "name a store that exists", hint)
                elif step.verb == "branch":
                    yield from _branch(target, named)
            if step.verb == "parallel":
                yield from _join(step.node)
            name = step.node.word("as")
            if name is not None and step.verb in ("call", "send", "parallel"):
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
        yield at_value(node, "not lead back to where the calls began", value=Words(" -> ".join(way)))


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
            condition = parsed(q.parse_condition, step.target()) if step.verb == "branch" else None
            node = step.target() if condition is not None and condition.kind == "key" else step.node.get("once per")
            if node is not None and (condition is not None or (step.verb == "effect" and node.value == "key")):
                rule = "be reached only by workloads with keys"
                yield at_value(node, rule, "give them `keys: uniform 5000`", value=Words(", ".join(names)))


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
            yield at_value(node, "not lead back to the same queue", value=Words(" -> ".join(way)))


def _links(root: Node) -> Iterator[Problem]:
    ends = [name for kind in ("workload", "services", "queues") for name in root.children(kind)]
    used = recipes.links_used(root)
    for name, link in root.children("links").items():
        parts = name.split(" -> ")
        if len(parts) != 2:
            yield at_key(link, "be named like `web -> orders`", value=name)
            continue
        unknown = [part for part in parts if part not in ends]
        for part in unknown:
            yield at_key(link, "join two nodes that exist", did_you_mean(part, ends), value=part)
        if parts[0] in root.children("queues"):
            yield from _delivery(link)
        if not unknown and name not in used:
            yield at_key(
                link, "be used by some call, send or delivery", unused_hint(name, used), value=name, unused=True
            )


def _delivery(link: Node) -> Iterator[Problem]:
    """Find policies of a caller on a link that a queue delivers along: it has its own."""
    instead_of = {"timeout": "visibility timeout", "retry": "redelivery"}
    for key in (spaced(field) for field in Link.model_fields if field not in ("latency", "loss")):
        instead = instead_of.get(key, "")
        node = link.get(key)
        if node is not None and node.value is not None:
            hint = f"a queue has `{instead}`" if instead else ""
            yield at_key(node, "not stand on a link that a queue delivers along", hint)


def unused_hint(link: str, used: list[str]) -> str:
    """Return a suggestion for a link that nothing uses: the other direction first."""
    turned = " -> ".join(reversed(link.split(" -> ")))
    return f"did you mean {turned!r}?" if turned in used else did_you_mean(link, used)


def _policies(root: Node) -> Iterator[Problem]:
    for link in root.children("links").values():
        retry = link.get("retry")
        if retry is not None:
            yield from _backoff(retry.get("backoff"))
    for queue in root.children("queues").values():
        yield from _backoff(queue.get("redelivery"))


def _backoff(node: Node | None) -> Iterator[Problem]:
    backoff = parsed(q.parse_backoff, node)
    if node is not None and backoff is not None and backoff.cap < max(backoff.first, backoff.least):
        yield at_value(node, "have a cap that is not below its first or least wait")


def data_files(root: Node) -> Iterator[tuple[Node, str, str]]:
    """Iterate over the data files that a document names: (node, path, rule)."""
    for node in _scalars(root):
        text = node.value
        if text.startswith("trace ") and node.loc and node.loc[-1] == "rate":
            shape = parsed(q.parse_rate_shape, node)
            if shape is not None:
                yield node, shape.path, TRACE_RULE
        elif text.startswith("empirical "):
            law = parsed(q.parse_work, node)
            if isinstance(law, q.Empirical):
                yield node, law.path, SAMPLE_RULE


def _scalars(root: Node) -> Iterator[Node]:
    """Iterate over the texts of what is played; the patches that are not chosen and the claims are left out."""
    for key in ("workload", "services", "links", "faults"):
        waiting = [root.get(key)]
        while waiting:
            node = waiting.pop()
            if node is None:
                continue
            if isinstance(node.value, dict):
                waiting += reversed(node.value.values())
            elif isinstance(node.value, list):
                waiting += reversed(node.value)
            elif isinstance(node.value, str):
                yield node
