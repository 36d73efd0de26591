"""Faults: what is injected, when, into which part. A fault acts at the edges of its windows.

The edges go first at their instant, beginnings before ends. Windows may overlap: factors multiply, delays add, shares
combine independently, crash beats pause. Every window is drawn before the run (``fault_windows``). A part gets the
capabilities that a fault needs (to die, to pause) only where some fault strikes it (``capabilities``).

Not modelled: faults that wait for something to happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.clock.kernel import FAULT_EDGE
from sim.engine.faults.capabilities import Needs, needs
from sim.engine.faults.network import LinkUnderFault
from sim.engine.faults.queues import QueueUnderFault
from sim.engine.faults.services import ServiceUnderFault
from sim.engine.faults.windows import fault_windows
from sim.errors import not_played
from sim.mechanisms.faults import Fault, WorkloadFault
from sim.mechanisms.faults.parts import Act, Edges

if TYPE_CHECKING:
    from sim.engine.faults.windows import Span
    from sim.engine.system import System

__all__ = ["Needs", "needs", "schedule", "fault_windows"]


def schedule(system: System) -> None:
    """Put the edges of every window of every fault on the clock."""
    kernel, events = system.kernel, system.recorder.events
    ends: list[tuple[float, str, list[Act]]] = []
    for name, fault in system.scenario.faults.items():
        for number, span in enumerate(system.fault_windows[name]):
            edges = _edges(system, name, f"{name} {number}", fault, span)
            starts, stops = [start for start, _ in edges], [stop for _, stop in edges]
            kernel.at(span[0], FAULT_EDGE, _edge, (events, span[0], "fault begins", name, starts))
            ends.append((span[1], name, stops))
    for end, name, stops in ends:  # after all beginnings, so that nothing slips between two windows that touch
        kernel.at(end, FAULT_EDGE, _edge, (events, end, "fault ends", name, stops))


def _edge(what: tuple[list[tuple[float, str, str, str]], float, str, str, list[Act]]) -> None:
    events, at, kind, name, acts = what
    events.append((at, kind, name, ""))
    for act in acts:
        act()


def _edges(system: System, name: str, key: str, fault: Fault, span: Span) -> list[Edges]:
    """Return what happens at the edges of one window of *fault*, for each part that it strikes."""
    targets = system.fault_targets[name]
    found: list[Edges] = []
    for link in targets.links:
        if link in system.networks:
            found.append(fault.on_link(LinkUnderFault(system, key, link)))
    for queue in targets.queues:
        found.append(fault.on_queue(QueueUnderFault(system.queues[queue])))
    for service, indexes in targets.services.items():
        found += fault.on_service(ServiceUnderFault(system, name, key, system.services[service], indexes))
    if targets.workloads and not isinstance(fault, WorkloadFault):
        raise not_played("fault of a workload", type(fault).__name__)
    return found  # the arrivals of a spike are a source of their own, and a synchronised source is one from the start
