"""What faults do to services and queues: at the edges of a window, to all replicas or to some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from sim.engine.faults import crash as deaths
from sim.engine.faults.slowdown import Leak, Slower
from sim.errors import not_played
from sim.record.recorder import cause
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.assembly.system import Building
    from sim.engine.calls.basic import Attempt
    from sim.engine.clock.streams import Draw
    from sim.engine.faults import Edges
    from sim.engine.messaging.queue import Queue
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.scenario.rules.fault_targets import Indexes

Harm = Callable[["Attempt"], int]
"""Asked where a recipe begins or ends: the cause of its failing, 0, or less where the request is taken and lost."""


def on_queue(queue: Queue, fault: models.Fault) -> Edges:
    """Return the edges of a fault of a queue."""
    match fault:
        case models.Pause():
            return queue.pause, queue.unpause
        case models.Crash():
            refuse = fault.mode == "refuse"
            return lambda: queue.crash(refuse), lambda: queue.restore(refuse)
        case _:
            raise not_played("fault of a queue", type(fault).__name__)


def on_service(
    building: Building, name: str, key: str, fault: models.Fault, service: Service, indexes: Indexes
) -> list[Edges]:  # fmt: skip
    """Return the edges of a window, with the unique name *key*, of a fault of a service's replicas."""
    uniform = building.streams.uniform
    match fault:
        case models.Slow() if indexes is None:
            return [switch(service.slowness, key, float(fault.by), lambda: _set_speed(service))]
        case models.Slow():
            return [switch(service.paces, key, Slower(float(fault.by), indexes))]
        case models.Errors():
            harms = service.harms_after if fault.after_work else service.harms
            return [
                switch(
                    harms, key, Failing(uniform(f"fault {key}", "share"), float(fault.share), service.injected, indexes)
                )
            ]
        case models.Deploy():
            fails = Failing(uniform(f"fault {key}", "share"), float(fault.share), service.injected, indexes)
            pace = Slower(float(fault.by), indexes)
            return [switch(service.harms, key, fails), switch(service.paces, key, pace)]
        case models.Leak():
            return [_leak(building, key, fault, service, indexes)]
        case models.Poison():
            return [switch(service.harms, key, _poison(building, fault, service))]
        case models.CrashLoop():
            return [deaths.crash_loop(building, name, key, fault, service, indexes)]
        case models.Crash():
            return [deaths.crash(building, name, fault, service, indexes)]
        case models.Pause():
            return [_pause(service, indexes)]
        case _:
            raise not_played("fault of a service", type(fault).__name__)


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


def _set_speed(service: Service) -> None:
    """Stretch work that begins from now on by the product of the active factors."""
    factor = 1.0
    for one in service.slowness.values():
        factor *= one
    for work, draw in service.works:
        work.draw = draw if not service.slowness else _stretched(draw, factor)


def _stretched(draw: Draw, factor: float) -> Draw:
    return lambda: draw() * factor


class Failing:
    """Fails a share of what is asked of some replicas, or all; several such harms ask in turn, each for itself."""

    def __init__(self, draw: Draw, share: float, why: int, indexes: Indexes) -> None:
        self.draw, self.share, self.why, self.indexes = draw, share, why, indexes

    def __call__(self, attempt: Attempt) -> int:
        """Return the cause if this request is one of them."""
        return self.why if self.share_at(attempt.replica) and self.draw() < self.share else 0

    def share_at(self, replica: Replica) -> float:
        """Return the share that fails at *replica*."""
        return self.share if self.indexes is None or replica.index in self.indexes else 0.0


def _poison(building: Building, fault: models.Poison, service: Service) -> Harm:
    keys, operation = tuple(fault.keys), fault.poison.partition(".")[2]
    sites = enumerate(building.sites)
    codes = {float(code) for code, site in sites if (site.callee, site.operation) == (service.name, operation)}
    if fault.effect == "crash":
        return deaths.Deadly(deaths.Killer(building, service, True), codes, keys, float(fault.restarts_after))
    why = cause(service.place, "poison")
    return lambda attempt: why if attempt.request.key in keys and attempt.step.code in codes else 0


def _leak(building: Building, key: str, fault: models.Leak, service: Service, indexes: Indexes) -> Edges:
    active: list[Leak] = []

    def begin() -> None:
        leak = Leak(building.kernel, float(fault.by), fault.within, fault.requests, indexes)
        active.append(leak)
        service.paces[key], service.harms[key] = leak, leak.counted
        service.on_restart.append(leak.restarted)

    def end() -> None:
        del service.paces[key], service.harms[key]
        service.on_restart.remove(active.pop().restarted)

    return begin, end


def _pause(service: Service, indexes: Indexes) -> Edges:
    here: list[Replica] = []

    def begin() -> None:
        here[:] = deaths.struck(service, indexes)
        service.freeze(here)

    return begin, lambda: service.thaw(here)
