"""Faults: what is injected, when, into which part. A fault acts at two edges and never looks at a request.

The edges go first at their instant, beginnings before ends. Windows may overlap: factors multiply, delays add, shares
combine independently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from sim.engine.kernel import FAULT_EDGE
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.build import Building
    from sim.engine.links import FaultyNetwork
    from sim.engine.station import Service
    from sim.engine.streams import Draw

Edges = tuple[Callable[[], None], Callable[[], None]]

FREEZES = (models.Crash, models.Pause)
"""Faults after which work in progress does not end when it was going to."""
TOUCHES = (models.Crash, models.Pause, models.Errors)
"""Faults for which a service needs more than other draws."""
ON_LINKS = (models.Cut, models.Delay, models.Lose)


def target(fault: models.Fault) -> str:
    """Return the name of what *fault* strikes."""
    return str(getattr(fault, type(fault).__name__.lower()))


def schedule(building: Building) -> None:
    """Put the edges of every fault on the clock and note its window."""
    scenario, kernel, recorder = building.scenario, building.kernel, building.recorder
    slowness: dict[str, dict[str, float]] = {}
    shares: dict[tuple[str, bool], dict[str, float]] = {}
    ends = []
    for name, fault in scenario.faults.items():
        begin = building.fault_begins[name]
        end = begin + fault.for_
        building.windows.append((name, begin, end))
        start, stop = _edges(building, name, fault, slowness, shares)
        kernel.at(begin, FAULT_EDGE, _edge, (recorder.events, begin, "fault begins", name, start))
        ends.append((end, name, stop))
    for end, name, stop in ends:  # after all beginnings, so that nothing slips between two windows that touch
        kernel.at(end, FAULT_EDGE, _edge, (recorder.events, end, "fault ends", name, stop))


def _edge(what: tuple[list[tuple[float, str, str, str]], float, str, str, Callable[[], None]]) -> None:
    events, at, kind, name, act = what
    events.append((at, kind, name, ""))
    act()


def _edges(
    building: Building, name: str, fault: models.Fault, slowness: dict[str, dict[str, float]],
    shares: dict[tuple[str, bool], dict[str, float]],
) -> Edges:  # fmt: skip
    """Return what happens at the beginning and at the end of *fault*."""
    if isinstance(fault, models.Spike):
        return _nothing, _nothing  # its arrivals are a source of their own
    if isinstance(fault, ON_LINKS):
        network = building.networks[target(fault)]
        return _on_link(building, name, fault, network)
    if target(fault) in building.queues:
        queue = building.queues[target(fault)]
        if isinstance(fault, models.Pause):
            return queue.pause, queue.unpause
        refuse = fault.mode == "refuse" if isinstance(fault, models.Crash) else False
        return lambda: queue.crash(refuse), lambda: queue.restore(refuse)
    service = building.services[target(fault)]
    if isinstance(fault, models.Slow):
        factors = slowness.setdefault(service.name, {})
        return _switch(factors, name, fault.by, lambda: _set_speed(service, factors))
    if isinstance(fault, models.Errors):
        active = shares.setdefault((service.name, fault.after_work), {})
        after_work = fault.after_work
        return _switch(active, name, fault.share, lambda: _set_share(service, active, after_work))
    if isinstance(fault, models.Crash):
        refuse = fault.mode == "refuse"
        attempts = building.recorder.open_attempts
        return lambda: service.crash(refuse, list(attempts.values())), lambda: service.restore(refuse)
    return service.freeze, service.thaw


def _nothing() -> None:
    """Nothing happens at this edge."""


def _switch(active: dict[str, Any], name: str, value: Any, apply: Callable[[], None]) -> Edges:
    """Return edges that put *value* under *name* and take it away, and apply what is then active."""

    def begin() -> None:
        active[name] = value
        apply()

    def end() -> None:
        del active[name]
        apply()

    return begin, end


def _set_speed(service: Service, factors: dict[str, float]) -> None:
    """Stretch work that begins from now on by the product of the active factors."""
    factor = 1.0
    for one in factors.values():
        factor *= one
    for work, draw in service.works:
        work.draw = draw if not factors else _stretched(draw, factor)


def _stretched(draw: Draw, factor: float) -> Draw:
    return lambda: draw() * factor


def _set_share(service: Service, active: dict[str, float], after_work: bool) -> None:
    """Combine the active shares independently."""
    healthy = 1.0
    for share in active.values():
        healthy *= 1.0 - share
    if after_work:
        service.share_after = 1.0 - healthy
    else:
        service.share = 1.0 - healthy


def _on_link(building: Building, name: str, fault: models.Fault, network: FaultyNetwork) -> Edges:
    if isinstance(fault, models.Cut):
        refuse = fault.mode == "refuse"

        def cut(by: int) -> Callable[[], None]:
            def change() -> None:
                network.cuts += by
                network.refusing_cuts += by * refuse

            return change

        return cut(1), cut(-1)
    if isinstance(fault, models.Delay):
        component = f"fault {name}"
        draws = tuple(building.streams.draw(fault.by, component, way) for way in ("out", "back"))
        return _switch(network.delays, name, draws, network.change)
    share = fault.share if isinstance(fault, models.Lose) else 0.0
    return _switch(network.losses, name, share, network.change)
