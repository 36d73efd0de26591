"""What faults do to services and queues: at the edges of a window, to all replicas or to some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from sim.engine.clock.edges import switch
from sim.engine.faults import crash as deaths
from sim.engine.faults.slowdown import Leak, SlowFactor
from sim.engine.services.injected_errors import ErrorInjector
from sim.errors import not_played
from sim.record.recorder import reason_code
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

Injector = Callable[["Attempt"], int]
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
) -> list[Edges]:
    """Return the edges of a window, with the unique name *key*, of a fault of a service's replicas."""
    uniform = system.streams.uniform
    match fault:
        case models.Slow() if indexes is None:
            return [switch(service.slow_factors, key, float(fault.by), lambda: _set_speed(service))]
        case models.Slow():
            return [switch(service.speed_factors, key, SlowFactor(float(fault.by), indexes))]
        case models.Errors():
            error_injectors = service.late_error_injectors if fault.after_work else service.error_injectors
            return [
                switch(
                    error_injectors,
                    key,
                    ErrorInjector(uniform(f"fault {key}", "share"), float(fault.share), service.injected, indexes),
                )
            ]
        case models.Deploy():
            fails = ErrorInjector(uniform(f"fault {key}", "share"), float(fault.share), service.injected, indexes)
            pace = SlowFactor(float(fault.by), indexes)
            return [switch(service.error_injectors, key, fails), switch(service.speed_factors, key, pace)]
        case models.Leak():
            return [_leak(system, key, fault, service, indexes)]
        case models.Poison():
            return [switch(service.error_injectors, key, _poison(system, fault, service))]
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
    for one in service.slow_factors.values():
        factor *= one
    for work, draw in service.work_steps:
        work.draw = draw if not service.slow_factors else _stretched(draw, factor)


def _stretched(draw: Draw, factor: float) -> Draw:
    return lambda: draw() * factor


def _poison(system: System, fault: models.Poison, service: Service) -> Injector:
    keys, operation = tuple(fault.keys), fault.poison.partition(".")[2]
    sites = enumerate(system.sites)
    codes = {float(code) for code, site in sites if (site.callee, site.operation) == (service.name, operation)}
    if fault.effect == "crash":
        return deaths.PoisonCrash(deaths.CrashPlayer(system, service, True), codes, keys, float(fault.restarts_after))
    reason = reason_code(service.component, "poison")
    return lambda attempt: reason if attempt.request.key in keys and attempt.step.code in codes else 0


def _leak(system: System, key: str, fault: models.Leak, service: Service, indexes: Indexes) -> Edges:
    active: list[Leak] = []

    def begin() -> None:
        leak = Leak(system.kernel, float(fault.by), fault.within, fault.requests, indexes)
        active.append(leak)
        service.speed_factors[key], service.error_injectors[key] = leak, leak.counted
        service.on_restart.append(leak.restarted)

    def end() -> None:
        del service.speed_factors[key], service.error_injectors[key]
        service.on_restart.remove(active.pop().restarted)

    return begin, end


def _pause(service: Service, indexes: Indexes) -> Edges:
    here: list[Replica] = []

    def begin() -> None:
        here[:] = deaths.targets(service, indexes)
        service.freeze(here)

    return begin, lambda: service.thaw(here)
