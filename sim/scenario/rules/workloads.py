"""The rules of a workload: it requests something, and it is either an open or a closed loop."""

from __future__ import annotations

from typing import Iterator

from sim import quantities as q
from sim.errors import did_you_mean
from sim.scenario.models import Scenario
from sim.scenario.rules import recipes
from sim.scenario.yaml.nodes import SETS, Node, Problem, Unquoted, at_key, at_value, parsed

MOST_REQUESTS = 1_000_000_000


def workload_problems(root: Node) -> Iterator[Problem]:
    """Find workloads that request nothing or something unknown, and mixtures of open and closed loops."""
    known = recipes.operations(root)
    for workload in root.children("workload").values():
        if not isinstance(workload.value, dict):
            continue
        yield from _asks_for_one_thing(workload)
        yield from _references(root, workload, known)
        yield from _loop(workload)
        yield from _weights(workload)
        yield from _how_many(root, workload)


def given(node: Node, *keys: str) -> list[Node]:
    """Return the children under *keys* that are given (null is not)."""
    found = (node.get(key) for key in keys)
    return [child for child in found if child is not None and child.value is not None]


def latest(nodes: list[Node]) -> Node:
    """Return the node that was set last: by ``--set``, by a toggle, by a variant, else the last in the file."""
    layers = {**dict.fromkeys(SETS, 3), "toggles": 2, "variants": 1}
    return max(reversed(nodes), key=lambda node: layers.get(str(node.loc[0]) if node.loc else "", 0))


def _names(nodes: list[Node]) -> Unquoted:
    return Unquoted(" and ".join(str(node.loc[-1]) for node in nodes))


def _asks_for_one_thing(workload: Node) -> Iterator[Problem]:
    found = given(workload, "calls", "mix", "tasks")
    rule = "have exactly one of calls, mix and tasks"
    if not found:
        yield at_key(workload, rule, value=None)
    elif len(found) > 1:
        place = latest(found)
        yield Problem(place.key_at, workload.loc, rule, _names(found))


def _references(root: Node, workload: Node, known: dict[str, Node]) -> Iterator[Problem]:
    for node in recipes.requested(workload):
        if recipes.is_unknown(root, node.value):
            yield recipes.unknown_operation(node, known)
    start, tasks = workload.get("start"), workload.children("tasks")
    if start is not None and isinstance(start.value, str) and tasks and start.value not in tasks:
        yield at_value(start, "name one of the tasks", did_you_mean(start.value, tasks))


def _loop(workload: Node) -> Iterator[Problem]:
    at_instants = (workload.word("arrivals") or "").split()[:1] == ["at"]
    rate, users = given(workload, "rate"), given(workload, "users")
    if users:
        for node in given(workload, "rate", "arrivals"):
            yield at_key(node, "not be combined with users: a closed loop makes its own arrivals")
        start = given(workload, "start")
        if start and not given(workload, "tasks"):
            yield at_key(start[0], "be set together with tasks, of which it is one")
        return
    for node in given(workload, "think", "start", "tasks"):
        yield at_key(node, "be set together with users: it belongs to a closed loop")
    if rate and at_instants:
        yield at_key(rate[0], "not be combined with `arrivals: at`, which names every instant")
    elif not rate and not at_instants and workload.get("rate") is None:
        hint = "an open loop needs `rate: 100/s`, a closed loop `users: 20`"
        yield Problem(workload.key_at or workload.at, (*workload.loc, "rate"), "be given", None, hint)


def _how_many(root: Node, workload: Node) -> Iterator[Problem]:
    """Find rates that produce more requests than a run can play."""
    node, span = workload.get("rate"), parsed(q.parse_duration, root.get("duration"))
    shape, bunch = parsed(q.parse_rate_shape, node), parsed(q.parse_arrivals, workload.get("arrivals"))
    if node is None or shape is None or not span or shape.path:
        return
    if shape.mean_until(span) * span * (bunch.batch if bunch is not None else 1) > MOST_REQUESTS:
        yield at_value(node, f"produce at most {MOST_REQUESTS:,} requests in the duration")


def _weights(workload: Node) -> Iterator[Problem]:
    mix, tasks = workload.get("mix"), workload.get("tasks")
    if mix is not None and isinstance(mix.value, dict):
        weights = [node.value for node in mix.value.values()]
        if not weights or all(weight == 0 for weight in weights):
            yield at_key(mix, "have a weight above zero", value=Unquoted("none"))
    if tasks is not None and isinstance(tasks.value, dict):
        chosen = [task.get("weight") for task in tasks.value.values()]
        if not chosen or all(weight is not None and weight.value == 0 for weight in chosen):
            yield at_key(tasks, "have a task with a weight above zero", value=Unquoted("none"))


def silent_workloads(scenario: Scenario) -> list[str]:
    """Return the open loops that never send a request: their rate is zero until the end, so a spike has no effect."""
    found = []
    for name, workload in scenario.workload.items():
        rate = workload.rate
        if rate is not None:
            played = rate.with_counts(scenario.tables[rate.path]) if rate.path else rate
            found += [name] * (played.mean_until(scenario.duration) == 0)
    return found
