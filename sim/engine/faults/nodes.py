"""What faults do to services and queues: at the edges of a window, to all replicas or to some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from sim.engine.clock.edges import switch
from sim.engine.faults import crash as deaths
from sim.engine.faults.slowdown import Leak, Slower
from sim.engine.services.injected_errors import Failing
from sim.errors import not_played
from sim.record.recorder import cause
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.clock.edges import Edges
    from sim.engine.clock.streams import Draw
    from sim.engine.messaging.queue import Queue
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.engine.system import System
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
    system: System, name: str, key: str, fault: models.Fault, service: Service, indexes: Indexes
) -> list[Edges]:  # fmt: skip
    """Return the edges of a window, with the unique name *key*, of a fault of a service's replicas."""
    uniform = system.streams.uniform
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
            return [_leak(system, key, fault, service, indexes)]
        case models.Poison():
            return [switch(service.harms, key, _poison(system, fault, service))]
        case models.CrashLoop():
            return [deaths.crash_loop(system, name, key, fault, service, indexes)]
        case models.Crash():
            return [deaths.crash(system, name, fault, service, indexes)]
        case models.Pause():
            return [_pause(service, indexes)]
        case _:
            raise not_played("fault of a service", type(fault).__name__)


def _set_speed(service: Service) -> None:
    """Stretch work that begins from now on by the product of the active factors."""
    factor = 1.0
    for one in service.slowness.values():
        factor *= one
    for work, draw in service.works:
        work.draw = draw if not service.slowness else _stretched(draw, factor)


def _stretched(draw: Draw, factor: float) -> Draw:
    return lambda: draw() * factor


def _poison(system: System, fault: models.Poison, service: Service) -> Harm:
    keys, operation = tuple(fault.keys), fault.poison.partition(".")[2]
    sites = enumerate(system.sites)
    codes = {float(code) for code, site in sites if (site.callee, site.operation) == (service.name, operation)}
    if fault.effect == "crash":
        return deaths.Deadly(deaths.Killer(system, service, True), codes, keys, float(fault.restarts_after))
    why = cause(service.place, "poison")
    return lambda attempt: why if attempt.request.key in keys and attempt.step.code in codes else 0


def _leak(system: System, key: str, fault: models.Leak, service: Service, indexes: Indexes) -> Edges:
    active: list[Leak] = []

    def begin() -> None:
        leak = Leak(system.kernel, float(fault.by), fault.within, fault.requests, indexes)
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
