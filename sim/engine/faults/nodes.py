"""What faults do to services and queues: at the edges of a window, to all replicas or to some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.build import Building
    from sim.engine.calls import Attempt
    from sim.engine.faults import Edges
    from sim.engine.queue import Queue
    from sim.engine.replica import Replica
    from sim.engine.station import Service
    from sim.engine.streams import Draw
    from sim.scenario.strikes import Indexes

Harm = Callable[["Attempt"], int]
"""Asked where a recipe begins or ends: the cause of its failing, or 0."""


def on_queue(queue: Queue, fault: models.Fault) -> Edges:
    """Return the edges of a fault of a queue."""
    if isinstance(fault, models.Pause):
        return queue.pause, queue.unpause
    refuse = isinstance(fault, models.Crash) and fault.mode == "refuse"
    return lambda: queue.crash(refuse), lambda: queue.restore(refuse)


def on_service(
    building: Building, name: str, key: str, fault: models.Fault, service: Service, indexes: Indexes
) -> Edges:  # fmt: skip
    """Return the edges of a window, with the unique name *key*, of a fault of a service's replicas."""
    match fault:
        case models.Slow() if indexes is None:
            return switch(service.slowness, key, float(fault.by), lambda: _set_speed(service))
        case models.Slow():
            return switch(service.paces, key, _slower(float(fault.by), indexes))
        case models.Errors():
            draw = building.streams.uniform(f"fault {key}", "share")
            harm = _failing(draw, float(fault.share), service.injected, indexes)
            return switch(service.harms_after if fault.after_work else service.harms, key, harm)
        case models.Crash():
            return _crash(building, service, indexes, fault.mode == "refuse")
        case _:
            return _pause(service, indexes)


def switch(active: dict[str, Any], key: str, value: Any, apply: Callable[[], None] | None = None) -> Edges:
    """Return edges that put *value* under *key* and take it away, and *apply* what is then active."""

    def begin() -> None:
        active[key] = value
        if apply is not None:
            apply()

    def end() -> None:
        del active[key]
        if apply is not None:
            apply()

    return begin, end


def struck(service: Service, indexes: Indexes) -> list[Replica]:
    """Return the replicas with these numbers that exist now."""
    return [replica for replica in service.replicas if indexes is None or replica.index in indexes]


def _set_speed(service: Service) -> None:
    """Stretch work that begins from now on by the product of the active factors."""
    factor = 1.0
    for one in service.slowness.values():
        factor *= one
    for work, draw in service.works:
        work.draw = draw if not service.slowness else _stretched(draw, factor)


def _stretched(draw: Draw, factor: float) -> Draw:
    return lambda: draw() * factor


def _slower(factor: float, indexes: Indexes) -> Callable[[Replica, float], float]:
    return lambda replica, now: factor if indexes is None or replica.index in indexes else 1.0


def _failing(draw: Draw, share: float, why: int, indexes: Indexes) -> Harm:
    """Fail a share of what is asked of these replicas; several harms ask in turn, so they combine independently."""

    def harm(attempt: Attempt) -> int:
        return why if (indexes is None or attempt.replica.index in indexes) and draw() < share else 0

    return harm


def _crash(building: Building, service: Service, indexes: Indexes, refuse: bool) -> Edges:
    here: list[Replica] = []

    def begin() -> None:
        here[:] = struck(service, indexes)
        service.crash(here, refuse, list(building.recorder.open_attempts.values()))

    return begin, lambda: service.restore(here, refuse)


def _pause(service: Service, indexes: Indexes) -> Edges:
    here: list[Replica] = []

    def begin() -> None:
        here[:] = struck(service, indexes)
        service.freeze(here)

    return begin, lambda: service.thaw(here)
