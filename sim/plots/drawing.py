"""What the picture of a system says: its boxes and arrows as values, read from a scenario and from what was measured.

What was not measured is not said. ``sim.plots.system`` draws it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sim.plots import style
from sim.quantities import UNLIMITED
from sim.scenario.models import Scenario, fault_kind
from sim.scenario.strikes import strikes
from sim.topology import system_graph

MEASURES = (
    "utilisation", "waiting mean", "backlog peak", "goodput ratio", "attempt ok ratio", "breaker open share",
)  # fmt: skip
"""What a drawing reads from the results."""
FULL = 0.95
"""A service busier than this is drawn as full."""


@dataclass(frozen=True, slots=True)
class Node:
    """A box: *kind* is workload, service or queue; *size* and *state* are lines of text in it.

    *level* fills the bar (a share, None: no bar). *trouble* is a word or two (``down``, ``10x slower``) that frames it.
    """

    name: str
    kind: str
    size: str = ""
    state: str = ""
    level: float | None = None
    trouble: str = ""


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
        lines = list(self.policies)
        if self.failed_ratio is not None and self.failed_ratio >= 0.0005:
            lines.append(f"{style.percent(self.failed_ratio)} failed")
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


def seconds(value: float) -> str:
    """Return a span in the unit that reads best.

    >>> [seconds(x) for x in (0.0015, 0.25, 1.5, 30)]
    ['1.5 ms', '250 ms', '1.5 s', '30 s']
    """
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.4g} s"


def _many(value: float) -> str:
    return "∞" if value == UNLIMITED else f"{value:g}"


def drawing_of(
    scenario: Scenario, measured: Mapping[tuple[str, str], float | None] | None = None, faults: Iterable[str] = ()
) -> Drawing:
    """Return the boxes and arrows of a resolved *scenario*, with what was *measured* by (measure, of).

    Of *measured* it reads ``MEASURES``; None is not drawn. The nodes and links that *faults* (names) strike are framed
    and say so.
    """
    found = {key: value for key, value in (measured or {}).items() if value is not None}
    troubles = _troubles(scenario, faults)
    graph = system_graph(scenario)
    nodes = [_node(scenario, name, kind, found, troubles.get(name, "")) for name, kind in graph.nodes(data="kind")]
    arrows = []
    for caller, callee, data in graph.edges(data=True):
        link = data["link"]
        ok, is_open = found.get(("attempt ok ratio", link)), found.get(("breaker open share", link), 0.0)
        trouble = f"open {is_open:.0%} of the time" if is_open >= 0.005 else troubles.get(link, "")
        failed = None if ok is None or data["kind"] == "dead letters" else 1 - ok
        arrows.append(Arrow(caller, callee, data["kind"], _policies(scenario, link), failed, trouble))
    return Drawing(tuple(nodes), tuple(arrows))


_TROUBLES: dict[str, Callable[[Any], str]] = {
    "slow": lambda fault: f"{fault.by:g}x slower",
    "crash": lambda fault: "down",
    "crash loop": lambda fault: "dies again and again",
    "pause": lambda fault: "paused",
    "errors": lambda fault: f"{fault.share:.0%} errors",
    "leak": lambda fault: "leaks",
    "deploy": lambda fault: "bad version",
    "poison": lambda fault: "poison",
    "cut": lambda fault: "cut",
    "partition": lambda fault: "cut",
    "delay": lambda fault: f"{fault.by} later",
    "lose": lambda fault: f"{fault.share:.0%} lost",
    "drip": lambda fault: f"{fault.rate:g}/s through",
    "spike": lambda fault: f"{fault.by:g}x the rate",
    "synchronise": lambda fault: "all at once",
}


def _troubles(scenario: Scenario, faults: Iterable[str]) -> dict[str, str]:
    """Return what *faults* do, in words, by node or link."""
    found: dict[str, str] = {}
    for name in faults:
        fault = scenario.faults[name]
        words, hit = _TROUBLES[str(fault_kind(fault))](fault), strikes(scenario, fault)
        parts = dict.fromkeys((*hit.queues, *hit.links, *hit.workloads), words)
        for service, indexes in hit.services.items():
            some = "" if indexes is None else f"{len(indexes)} of {scenario.services[service].replicas} "
            parts[service] = some + words
        for where, told in parts.items():
            found[where] = f"{found[where]}, {told}" if where in found else told
    return found


def _policies(scenario: Scenario, name: str) -> tuple[str, ...]:
    link = scenario.links.get(name)
    if link is None:
        return ()
    words = []
    if link.timeout is not None:
        words.append(f"timeout {seconds(link.timeout)}")
    if link.retry is not None and link.retry.max_attempts > 1:
        words.append(f"{link.retry.max_attempts:g} attempts".replace("inf", "unlimited"))
    if link.breaker is not None:
        words.append(f"breaker {link.breaker.failures}/{seconds(link.breaker.open_for)}")
    return tuple(words)


def _node(scenario: Scenario, name: str, kind: str, found: Mapping[tuple[str, str], float], trouble: str) -> Node:
    if kind == "service":
        service = scenario.services[name]
        size = f"{service.replicas} × {_many(service.workers)} worker{'s' * (service.workers != 1)}"
        level, waiting = found.get(("utilisation", name)), found.get(("waiting mean", name))
        words = [f"busy {level:.0%}"] if level is not None else []
        words += [f"{waiting:.0f} waiting"] if waiting is not None and waiting >= 0.5 else []
        if not trouble and level is not None and level >= FULL:
            trouble = "full"
        return Node(name, kind, size, " · ".join(words), level, trouble)
    if kind == "queue":
        queue, backlog = scenario.queues[name], found.get(("backlog peak", name))
        size = "" if queue.max_deliveries == UNLIMITED else f"{queue.max_deliveries:g} deliveries"
        return Node(name, kind, size, f"backlog up to {backlog:,.0f}" if backlog is not None else "", None, trouble)
    workload = scenario.workload[name]
    size = f"{workload.users:,} users" if workload.users is not None else str(workload.rate or workload.arrivals)
    good = found.get(("goodput ratio", name))
    words = [f"{style.percent(good)} good"] if good is not None else []
    return Node(name, kind, size if len(size) <= 22 else size[:21] + "…", " · ".join(words), good, trouble)
