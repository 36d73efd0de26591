"""What the picture of a system says: its boxes and arrows as values, read from a scenario and from what was measured.

What was not measured is not said. ``sim.plots.system`` draws it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from textwrap import wrap

from sim.fields.labels import differences, labels, many
from sim.number_words import percent
from sim.quantities import UNLIMITED
from sim.scenario.models import Scenario
from sim.topology import system_graph

MEASURES = (
    "utilisation", "waiting mean", "backlog peak", "goodput ratio", "attempt ok ratio", "breaker open share",
)  # fmt: skip
"""What a drawing reads from the results."""
_LONGEST = 28
"""Characters in a line on an arrow: more would hide it."""
FULL = 0.95
"""A service busier than this is drawn as full."""


Measured = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Node:
    """A box: *kind* is workload, service or queue; *size* and *state* are lines of text in it.

    *level* fills the bar (a share, None: no bar). *trouble* is a word or two (``down``, ``10x slower``) that frames it.
    *rules* are the words for a service's own defences, and for what an operator may do to it.
    """

    name: str
    kind: str
    size: str = ""
    state: str = ""
    level: float | None = None
    trouble: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrow:
    """A link: *policies* are the words on it; *failed_ratio* the share of attempts that failed (None: not measured).

    *trouble* is a word or two (``cut``, ``breaker open``).
    """

    caller: str
    callee: str
    kind: str = "call"
    policies: tuple[str, ...] = ()
    failed_ratio: float | None = None
    trouble: str = ""

    @property
    def words(self) -> list[str]:
        """The lines of its label."""
        lines = [line for words in self.policies for line in wrap(words, _LONGEST)]
        if self.failed_ratio is not None and self.failed_ratio >= 0.0005:
            lines.append(f"{percent(self.failed_ratio)} failed")
        return [*lines, *([self.trouble] if self.trouble else [])]

    @property
    def fails(self) -> bool:
        """Whether it is drawn as failing: a hundredth of its attempts, or trouble."""
        return bool(self.trouble) or (self.failed_ratio or 0.0) >= 0.01


@dataclass(frozen=True, slots=True)
class Drawing:
    """All boxes and arrows of a system."""

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]


def drawing_of(
    scenario: Scenario, measured: Mapping[tuple[str, str], float | None] | None = None, faults: Iterable[str] = ()
) -> Drawing:
    """Return the boxes and arrows of a resolved *scenario*, with what was *measured* by (measure, of).

    Of *measured* it reads ``MEASURES``; None is not drawn. The nodes and links that *faults* (names) strike are framed
    and say so.
    """
    found = {key: value for key, value in (measured or {}).items() if value is not None}
    acted_on = _actions(scenario)
    troubles = _troubles(scenario, faults)
    graph = system_graph(scenario)
    nodes = [BOXES[kind](scenario, name, found, troubles.get(name, "")) for name, kind in graph.nodes(data="kind")]
    nodes = [replace(node, rules=(*node.rules, *acted_on.get(node.name, ()))) for node in nodes]
    arrows = []
    for caller, callee, data in graph.edges(data=True):
        link = data["link"]
        ok, is_open = found.get(("attempt ok ratio", link)), found.get(("breaker open share", link), 0.0)
        trouble = f"open {is_open:.0%} of the time" if is_open >= 0.005 else troubles.get(link, "")
        failed = None if ok is None or data["kind"] == "dead letters" else 1 - ok
        arrows.append(Arrow(caller, callee, data["kind"], _policies(scenario, link), failed, trouble))
    return Drawing(tuple(nodes), tuple(arrows))


def _troubles(scenario: Scenario, faults: Iterable[str]) -> dict[str, str]:
    """Return what *faults* do, in words, by node or link."""
    found: dict[str, str] = {}
    for name in faults:
        fault = scenario.faults[name]
        words, hit = fault.label, fault.targets(scenario)
        parts = dict.fromkeys((*hit.queues, *hit.links, *hit.workloads), words)
        if hit.paths is not None:
            of = {link: scenario.services[link.partition(" -> ")[2]].replicas for link in hit.links}
            parts |= {link: f"{len(hit.paths)} of {many} paths {words}" for link, many in of.items()}
        for service, indexes in hit.services.items():
            some = "" if indexes is None else f"{len(indexes)} of {scenario.services[service].replicas} "
            parts[service] = some + words
        for where, told in parts.items():
            found[where] = f"{found[where]}, {told}" if where in found else told
    return found


def _actions(scenario: Scenario) -> dict[str, list[str]]:
    """Return what an operator may do, in words, by node."""
    found: dict[str, list[str]] = {}
    for action in scenario.actions.values():
        found.setdefault(action.target_name, []).append(f"operator: {action.label}")
    return found


def _policies(scenario: Scenario, name: str) -> tuple[str, ...]:
    link = scenario.links.get(name)
    if link is None:
        return ()
    of_all = labels(link, ("order", *(link.order or ())))
    overrides = [
        f"{operation}: {', '.join(words)}"
        for operation, override in link.operations.items()
        if (words := differences(override, link, scenario.own_policies(name, operation)))
    ]
    return (*of_all, *overrides)


def _service(scenario: Scenario, name: str, found: Measured, trouble: str) -> Node:
    service = scenario.services[name]
    size = f"{service.replicas} × {many(service.workers)} worker{'s' * (service.workers != 1)}"
    level, waiting = found.get(("utilisation", name)), found.get(("waiting mean", name))
    words = [f"busy {level:.0%}"] if level is not None else []
    words += [f"{waiting:.0f} waiting"] if waiting is not None and waiting >= 0.5 else []
    if not trouble and level is not None and level >= FULL:
        trouble = "full"
    return Node(name, "service", size, " · ".join(words), level, trouble, labels(service))


def _queue(scenario: Scenario, name: str, found: Measured, trouble: str) -> Node:
    queue, backlog = scenario.queues[name], found.get(("backlog peak", name))
    words = [] if queue.counted_deliveries == UNLIMITED else [f"{queue.counted_deliveries:g} deliveries"]
    words += [] if queue.max_stalled == UNLIMITED else [f"stalls {queue.max_stalled:g}"]
    size = " · ".join(words)
    return Node(name, "queue", size, f"backlog up to {backlog:,.0f}" if backlog is not None else "", None, trouble)


def _workload(scenario: Scenario, name: str, found: Measured, trouble: str) -> Node:
    workload = scenario.workload[name]
    size = f"{workload.users:,} users" if workload.users is not None else str(workload.rate or workload.arrivals)
    good = found.get(("goodput ratio", name))
    words = [f"{percent(good)} good"] if good is not None else []
    return Node(name, "workload", size if len(size) <= 22 else size[:21] + "…", " · ".join(words), good, trouble)


BOXES: Mapping[str, Callable[[Scenario, str, Measured, str], Node]] = {
    "workload": _workload, "service": _service, "queue": _queue,
}  # fmt: skip
"""How the box of each kind of node is written, by the kind's word."""
