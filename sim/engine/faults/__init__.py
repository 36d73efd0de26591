"""Faults: what is injected, when, into which part. A fault acts at the edges of its windows.

The edges go first at their instant, beginnings before ends. Windows may overlap: factors multiply, delays add, shares
combine independently, crash beats pause. Every window is drawn before the run (``fault_windows``), but for those of a
fault that waits for a condition (``conditions``) and of the faults that follow it. A part gets the capabilities that a
fault needs (to die, to pause) only where some fault strikes it (``capabilities``).

Not modelled: faults that wait for several conditions at once.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sim.engine.clock.kernel import FAULT_EDGE
from sim.engine.faults.capabilities import Needs, needs
from sim.engine.faults.network import LinkUnderFault
from sim.engine.faults.queues import QueueUnderFault
from sim.engine.faults.services import ServiceUnderFault
from sim.engine.faults.windows import fault_windows, windows_after
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
            ends.append((span[1], name, _begin(system, name, number, fault, span)))
    for end, name, stops in ends:  # after all beginnings, so that nothing slips between two windows that touch
        kernel.at(end, FAULT_EDGE, _edge, (events, end, "fault ends", name, stops))
    for name, fault in system.scenario.faults.items():
        if fault.when is not None:
            from sim.engine.faults.conditions import watch

            watch(system, fault, partial(_strike_from, system, name))


def _strike_from(system: System, name: str, begin: float) -> None:
    """The condition of the fault *name* has held: it begins at *begin*, and so do those that follow it."""
    for_s = system.scenario.faults[name].for_
    if begin < system.scenario.duration and for_s is not None:
        _strike(system, name, (begin, begin + float(for_s)))


def _strike(system: System, name: str, span: Span) -> None:
    scenario, kernel, events = system.scenario, system.kernel, system.recorder.events
    fault, windows = scenario.faults[name], system.fault_windows[name]
    windows.append(span)
    if name in system.spikes:
        system.spikes[name](len(windows) - 1, span)
    stops = _begin(system, name, len(windows) - 1, fault, span)
    kernel.at(span[1], FAULT_EDGE, _edge, (events, span[1], "fault ends", name, stops))
    for other in scenario.faults:
        for following in windows_after(scenario, system.streams, other, name, span):
            _strike(system, other, following)
    for tell in system.after_fault_window:
        tell(name, span)


def _begin(system: System, name: str, number: int, fault: Fault, span: Span) -> list[Act]:
    """Put the begin of a window on the clock, and return what happens at its end."""
    edges = _edges(system, name, f"{name} {number}", fault, span)
    what = (system.recorder.events, span[0], "fault begins", name, [start for start, _ in edges])
    system.kernel.at(span[0], FAULT_EDGE, _edge, what)
    return [stop for _, stop in edges]


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
            found.append(fault.on_link(LinkUnderFault(system, key, link, targets.paths)))
    for queue in targets.queues:
        found.append(fault.on_queue(QueueUnderFault(system.queues[queue])))
    for service, indexes in targets.services.items():
        found += fault.on_service(ServiceUnderFault(system, name, key, system.services[service], indexes))
    if targets.workloads and not isinstance(fault, WorkloadFault):
        raise not_played("fault of a workload", type(fault).__name__)
    return found  # the arrivals of a spike are a source of their own, and a synchronised source is one from the start
