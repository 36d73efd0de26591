"""Ejections by outlier detection and times of panic, from their events.

An ejection is known by its link, the replica and, where each caller has a view of its own, the caller. Panic is that of
a link's outlier detection, of a service's health checks, or of one caller that knows a subset.

Not modelled: outliers that were found and not ejected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.results.index import occupancy
from sim.results.index.columns import Floats
from sim.results.index.record_index import RecordIndex


@dataclass(frozen=True, slots=True)
class Ejection:
    """One ejection: its begin, its end (infinity: never), the replica, the test, its span, and *whose* view it is."""

    at_s: float
    until_s: float
    replica: int
    test: str
    span_s: float
    whose: str


def detecting(index: RecordIndex) -> list[str]:
    """Return the links with outlier detection."""
    links = index.record.scenario.links
    return [name for name in index.links if name in links and links[name].has("outlier_detection")]


def with_views(index: RecordIndex) -> list[str]:
    """Return the links where each caller has a view of its own, and panics by the callee's health checks alone."""
    links = index.record.scenario.links
    known = [name for name in index.links if name in links and (links[name].subset or links[name].zone_routing)]
    return [name for name in known if links[name].outlier_detection is None]


def ejections(index: RecordIndex, link: str) -> list[Ejection]:
    """Return the ejections on *link*, in order of time."""
    scenario = index.record.scenario
    found: list[Ejection] = []
    current: dict[tuple[str, str], int] = {}
    for at, kind, of, detail in index.record.events:
        if of != link or kind not in ("ejected", "returned"):
            continue
        replica, *more, whose = detail.split(" | ")
        if (number := current.pop((replica, whose), None)) is not None:
            found[number] = _ended(found[number], at)
        if kind == "ejected":
            current[replica, whose] = len(found)
            detection = scenario.link(link, whose.partition(", ")[0]).outlier_detection
            span_s = min(float(detection.eject_for) * int(more[1]), detection.longest_s)
            found.append(Ejection(at, np.inf, int(replica), more[0], span_s, whose))
    return found


def _ended(one: Ejection, at_s: float) -> Ejection:
    return Ejection(one.at_s, at_s, one.replica, one.test, one.span_s, one.whose)


def views(index: RecordIndex, link: str) -> int:
    """Return how many views of the callee's replicas there can be on *link*."""
    owners = index.record.scenario.owners(link, "outlier_detection")
    return sum(_views(index, link, owner) for owner in owners or [""])


def _views(index: RecordIndex, link: str, owner: str) -> int:
    scenario = index.record.scenario
    detection, (caller, _, _) = scenario.link(link, owner).outlier_detection, link.partition(" -> ")
    if detection is not None and detection.scope == "link":
        return 1
    if caller in scenario.workload:
        return int(scenario.workload[caller].instances)
    return occupancy.replicas(index, caller)


def panics(index: RecordIndex, of: str) -> tuple[Floats, Floats]:
    """Return begin and end of each time of panic of a link or a service; those of several views may overlap."""
    spans: list[tuple[float, float]] = []
    begun: dict[str, float] = {}
    for at, kind, where, whose in index.record.events:
        if where == of and kind == "panic begins":
            begun[whose] = at
        elif where == of and kind == "panic ends":
            spans.append((begun.pop(whose), at))
    spans += [(at, np.inf) for at in begun.values()]
    begin, end = np.array(spans, np.float64).reshape(-1, 2).T
    return begin, end
