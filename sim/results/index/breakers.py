"""The state of circuit breakers over time, from their events.

A link has one breaker, or one for each caller or replica (its `scope`), and more where an override states a breaker of
an operation's own; the state of the link is then their mean.
"""

from __future__ import annotations

import numpy as np

from sim.results.index import occupancy
from sim.results.index.columns import Floats
from sim.results.index.record_index import RecordIndex

STATES = {"breaker closed": 0.0, "breaker half-open": 0.5, "breaker open": 1.0}
"""The kinds of events, with the number of the state in a series."""


def guarded(index: RecordIndex) -> list[str]:
    """Return the links that have a breaker."""
    links = index.record.scenario.links
    return [name for name in index.links if name in links and links[name].has("breaker")]


def how_many(index: RecordIndex, link: str) -> int:
    """Return the number of breakers of *link*, those of single operations included."""
    owners = index.record.scenario.owners(link, "breaker")
    return sum(_of_owner(index, link, owner) for owner in owners) or 1


def _of_owner(index: RecordIndex, link: str, owner: str) -> int:
    scenario = index.record.scenario
    breaker = scenario.link(link, owner).breaker
    caller, _, callee = link.partition(" -> ")
    if breaker is None or breaker.scope == "link":
        return 1
    if breaker.scope == "callee":
        return occupancy.replicas(index, callee)
    if caller in scenario.workload:
        return int(scenario.workload[caller].instances)
    return occupancy.replicas(index, caller)


def _events(index: RecordIndex, link: str) -> list[tuple[float, float, str]]:
    """Return (instant, state, breaker) of every change of a breaker on *link*, in order of time."""
    return [(at, STATES[kind], whose) for at, kind, of, whose in index.record.events if of == link and kind in STATES]


def changed_at(index: RecordIndex, link: str, kind: str) -> Floats:
    """Return the instants of changes of *link*'s breakers to a kind of ``STATES``, in order."""
    return np.array([at for at, state, _ in _events(index, link) if state == STATES[kind]], np.float64)


def changes(index: RecordIndex) -> dict[str, tuple[Floats, Floats]]:
    """Return (instants, states from each on) of every link that has a breaker; closed before the first."""
    found: dict[str, tuple[Floats, Floats]] = {}
    for name in guarded(index):
        count, mean = how_many(index, name), 0.0
        states: dict[str, float] = {}
        pairs = []
        for at, state, whose in _events(index, name):
            mean += (state - states.get(whose, 0.0)) / count
            states[whose] = state
            pairs.append((at, state if count == 1 else round(mean, 9)))
        table = np.array(pairs, np.float64).reshape(-1, 2)
        found[name] = (table[:, 0], table[:, 1])
    return found


def open_periods(index: RecordIndex) -> dict[str, tuple[Floats, Floats]]:
    """Return begin and end of the open periods of every breaker, by link; of several breakers they may overlap."""
    found = {}
    for name in guarded(index):
        begins: list[float] = []
        ends: list[float] = []
        opened: dict[str, float] = {}
        for at, state, whose in _events(index, name):
            if whose in opened:
                begins.append(opened.pop(whose))
                ends.append(at)
            if state == STATES["breaker open"]:
                opened[whose] = at
        begins += opened.values()
        ends += [np.inf] * len(opened)
        found[name] = (np.array(begins, np.float64), np.array(ends, np.float64))
    return found
