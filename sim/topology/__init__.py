"""A system before any run: its shape, its load against capacity, and its risks.

``describe`` collects everything for ``pileup show``; ``advice`` gives warnings. Times are those of an empty system;
only a run knows waiting times. networkx is imported on first use.

>>> import sim
>>> sim.topology.describe(sim.load("hedging").resolve()).lines()[0]
'Hedging: 1 workload, 1 service, 1 link, calls 1 deep'
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.number_words import counted
from sim.scenario.models import Scenario
from sim.topology.autoscaling import Settled, settled
from sim.topology.bounds import bounds_of_path, pool_words, unlimited_lines
from sim.topology.defences import Defence, assumptions, defences
from sim.topology.graph import (
    ServiceCycle,
    depth,
    operation_cycles,
    operation_graph,
    service_cycles,
    system_graph,
)
from sim.topology.load import Fanout, ServiceLoad, fanouts, service_loads
from sim.topology.processors import ProcessorLoad, processor_loads
from sim.topology.risks import (
    Amplification,
    SinglePoint,
    TimeoutProblem,
    amplifications,
    single_points,
    timeout_problems,
)
from sim.topology.tables import (
    Table,
    aligned,
    amplification_table,
    defence_table,
    fanout_table,
    load_table,
    points_table,
    processor_table,
    times,
)
from sim.topology.traffic import traffic_of

__all__ = [
    "Amplification", "Defence", "Fanout", "ProcessorLoad", "ServiceCycle", "ServiceLoad", "Settled", "SinglePoint",
    "TimeoutProblem", "Topology", "advice", "amplifications", "assumptions", "defences", "depth", "describe",
    "fanouts", "operation_cycles", "operation_graph", "processor_loads", "service_cycles", "service_loads",
    "settled", "single_points", "system_graph", "timeout_problems",
]  # fmt: skip

LOAD_LIMIT = 0.8
"""Above this share of capacity a queue grows fast: at 80 % an M/M/1 request waits four service times."""
AMPLIFICATION_LIMIT = 10.0
"""More attempts than this for one request turn any outage into an overload."""


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything known before a run. With ``operation_cycles`` the rest is empty: the system cannot be played."""

    title: str
    nodes: tuple[tuple[str, str], ...]
    """(name, kind) with kind workload, service or queue."""
    links: tuple[str, ...]
    depth: int
    operation_cycles: tuple[tuple[str, ...], ...]
    service_cycles: tuple[ServiceCycle, ...]
    single_points: tuple[SinglePoint, ...]
    loads: tuple[ServiceLoad, ...]
    fanouts: tuple[Fanout, ...]
    amplifications: tuple[Amplification, ...]
    timeout_problems: tuple[TimeoutProblem, ...]
    defences: tuple[Defence, ...]
    processors: tuple[ProcessorLoad, ...]
    assumed: tuple[str, ...]
    """The assumptions of the numbers."""

    def tables(self) -> dict[str, Table]:
        """Return the non-empty tables: name to (column titles with units, rows of text)."""
        found = {
            "load": load_table(self.loads),
            "processors": processor_table(self.processors),
            "defences": defence_table(self.defences),
            "fan-out": fanout_table(self.fanouts),
            "single points of failure": points_table(self.single_points, len(self.fanouts)),
            "amplification": amplification_table(self.amplifications),
        }
        return {name: table for name, table in found.items() if table[1]}

    def lines(self) -> list[str]:
        """Return it all as plain text of at most about 120 columns, one line each."""
        kinds = [kind for _, kind in self.nodes]
        counts = [f"{kinds.count(kind)} {kind}{'s' * (kinds.count(kind) != 1)}" for kind in dict.fromkeys(kinds)]
        counts.append(f"{len(self.links)} link{'s' * (len(self.links) != 1)}")
        lines = [f"{self.title}: {', '.join(counts)}, calls {self.depth} deep"]
        for circle in self.operation_cycles:
            lines.append(f"cannot be played, operations call each other in a circle: {_circle(circle)}")
        for found in self.service_cycles:
            lines.append(f"services in a circle: {_circle(found.services)}, {_deadlock(found)}")
        for name, (titles, rows) in self.tables().items():
            lines += ["", name, *aligned(titles, rows)]
        lines += [""] * bool(self.timeout_problems)
        lines += [problem.text for problem in self.timeout_problems]
        lines += [""] * bool(self.assumed)
        lines += [f"assumed: {line}" for line in self.assumed]
        return lines


def describe(scenario: Scenario) -> Topology:
    """Return the description of *scenario* (resolved: one variant) from its shape and its arithmetic."""
    graph = system_graph(scenario)
    nodes = tuple((name, kind) for name, kind in graph.nodes(data="kind"))
    links = tuple(link for _, _, link in graph.edges(data="link"))
    circles = tuple(operation_cycles(scenario))
    around = tuple(service_cycles(scenario))
    if circles:
        return Topology(scenario.title, nodes, links, 0, circles, around, (), (), (), (), (), (), (), ())
    loads = service_loads(scenario)
    return Topology(
        scenario.title, nodes, links, depth(scenario), (), around, single_points(scenario), loads, fanouts(scenario),
        amplifications(scenario), timeout_problems(scenario), defences(scenario, loads), processor_loads(scenario),
        tuple(assumptions(scenario)),
    )  # fmt: skip


def advice(scenario: Scenario) -> list[str]:
    """Return the warnings about a legal system, one sentence each, with its number."""
    seen = describe(scenario)
    found = [f"operations call each other in a circle: {_circle(circle)}" for circle in seen.operation_cycles]
    for circle in seen.service_cycles:
        if circle.deadlocks:
            found.append(f"services call each other in a circle: {_circle(circle.services)}, {_deadlock(circle)}")
    for load in seen.loads:
        found += _load_advice(load, pool_words(scenario.services[load.service]))
    found += _autoscaler_advice(scenario) if not seen.operation_cycles else []
    found += [
        f"{one.part}: its cores are asked for {one.load:.0%} of their time"
        for one in seen.processors
        if one.load > LOAD_LIMIT
    ]
    found += [
        f"{one.link}: one request can make {times(one.worst)} of this call when everything fails "
        f"({' · '.join(one.path)}){_with_budgets(one)}{bounds_of_path(scenario, one.path)}"
        for one in seen.amplifications
        if one.worst > AMPLIFICATION_LIMIT
    ]
    found += [problem.text for problem in seen.timeout_problems]
    found += unlimited_lines(scenario)
    found += [
        f"{name}: a message that fails {model.counted_deliveries:.0f} times is lost, there are no dead letters"
        for name, model in scenario.queues.items()
        if model.dead_letters is None and model.counted_deliveries < math.inf
    ]
    found += [
        f"{name}: a message that stalls more than {counted(int(model.max_stalled), 'time')} is lost, there are no dead"
        " letters"
        for name, model in scenario.queues.items()
        if model.dead_letters is None and model.max_stalled < math.inf
    ]
    return found


def _with_budgets(one: Amplification) -> str:
    return "" if one.sustained == one.worst else f"; {times(one.sustained)} on average once the retry budgets are empty"


def _autoscaler_advice(scenario: Scenario) -> list[str]:
    scaled = [name for name, service in scenario.services.items() if service.autoscale is not None]
    usual = traffic_of(scenario) if scaled else None
    return [
        f"{name}: its autoscaler reads {one.metric}; {one.blind}"
        for name in scaled
        for one in (settled(scenario, name, usual) if usual is not None else ())
        if one.blind
    ]


def _load_advice(load: ServiceLoad, bound: str) -> list[str]:
    if load.held_load > LOAD_LIMIT:
        share, when = load.held_load, "on average"
    elif load.peak_held_load > LOAD_LIMIT:
        share, when = load.peak_held_load, "at its peak"
    elif load.cold_held_load > LOAD_LIMIT:
        return [
            f"{load.service}: its workers are asked for {load.cold_held_load:.0%} of their time while caches are cold"
        ]
    else:
        return []
    more = "; a closed loop settles at its capacity" if load.upper_bound and share > 1 else ""
    callees = f", {load.work_load:.0%} by its own work" if load.held_load - load.work_load > 0.005 else ""
    if load.most_replicas > load.replicas:
        more += f"; {share * load.replicas / load.most_replicas:.0%} with all {load.most_replicas} replicas"
    more += f"; {bound}" if bound else ""
    return [f"{load.service}: its workers are asked for {share:.0%} of their time {when}{callees}{more}"]


def _circle(names: tuple[str, ...]) -> str:
    return " -> ".join((*names, names[0]))


def _deadlock(circle: ServiceCycle) -> str:
    if not circle.deadlocks:
        return "whose workers are not all held, so their pools cannot deadlock"
    return "whose full pools can wait for each other" + (
        ", until a timeout" if circle.timeouts else " for ever: no link has a timeout"
    )
