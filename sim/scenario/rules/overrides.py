"""The rules of overrides: what a link may say for one operation of its callee, and what then holds must make sense."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Iterable, Iterator

from sim.errors import did_you_mean
from sim.fields.quantity import spaced
from sim.scenario.models.links import WIRE
from sim.scenario.rules import recipes
from sim.scenario.yaml.nodes import Loc, Node, Problem, Unquoted, at_key

_OF_ALL = {
    **{spaced(field): "all calls of a link take the same network" for field in WIRE},
    "subset": "a caller knows the same replicas, whatever it calls",
    "zone routing": "a caller is in one zone, whatever it calls",
}
"""What a link has for all its calls, and why."""
Judge = Callable[[Node], Iterable[Problem]]


def override_problems(root: Node, name: str, link: Node, judge: Judge) -> Iterator[Problem]:
    """Find overrides of the link *name* that say nothing or too much; *judge* finds problems of what then holds."""
    overrides = link.get("operations")
    if overrides is None or not link.children("operations"):
        return
    caller, _, callee = name.partition(" -> ")
    if caller in root.children("queues"):
        return  # a rule of deliveries refuses it
    if overrides.loc[:1] == ("defaults",):
        yield at_key(overrides, "stand on a link, not in the defaults", "operations are those of one callee")
        return
    if callee in root.children("queues"):
        yield at_key(overrides, "not be set where the callee is a queue", "a queue has no operations")
        return
    of_link = {(_inside(one, name), one.rule) for one in judge(link)}
    for operation, override in link.children("operations").items():
        yield from _operation(root, name, operation, override)
        if isinstance(override.value, dict):
            yield from _says(link, override)
            for problem in judge(override):
                yield from _placed(problem, name, override, of_link)


def _operation(root: Node, name: str, operation: str, override: Node) -> Iterator[Problem]:
    caller, _, callee = name.partition(" -> ")
    service = root.children("services").get(callee)
    known = service.children("operations") if service is not None else {}
    if known and operation not in known:
        hint = did_you_mean(operation, known) or f"{callee} has {', '.join(known)}"
        yield at_key(override, "name an operation of the callee", hint, value=operation)
    elif known and operation not in recipes.operations_called(root, caller, callee):
        rule = "name an operation that is called over this link"
        yield at_key(override, rule, value=operation, unused=True)


def _says(link: Node, override: Node) -> Iterator[Problem]:
    """An override says something, and nothing that all calls of a link share."""
    if not override.value and not override.removed:
        yield at_key(override, "say what is different for this operation", value=Unquoted("an empty map"))
    for key, why in _OF_ALL.items():
        stated = override.removed.get(key) or override.get(key)
        if stated is not None and stated is not link.get(key):
            yield at_key(stated, "not be set for one operation", why)
    inner = override.get("operations")
    if inner is not None:
        yield at_key(inner, "not be set inside an override", "each operation has one")


def _placed(problem: Problem, name: str, override: Node, of_link: set[tuple[Loc, str]]) -> Iterator[Problem]:
    """Yield *problem*, moved to the override where it is with something that the override has from its link."""
    inside = _inside(problem, name)
    if inside[:1] == ("operations",):
        yield problem
    elif (inside, problem.rule) not in of_link:
        yield replace(problem, at=override.key_at or override.at, loc=(*override.loc, *inside))


def _inside(problem: Problem, name: str) -> Loc:
    """Return the path of *problem* inside its link."""
    loc = problem.loc
    if loc[:2] == ("defaults", "links"):
        return loc[2:]
    return loc[loc.index(name) + 1 :] if name in loc else loc
