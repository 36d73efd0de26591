"""How the engine plays the verbs of faults on a service: speed, errors, death, pause; for all its replicas or some."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Callable, Sequence

from sim.engine.clock.edges import switch
from sim.engine.faults.crash import CrashLoop, CrashPlayer, PoisonCrash, replicas_of
from sim.engine.faults.slowdown import ColdStart, Leak, SlowFactor
from sim.engine.services.injected_errors import ErrorInjector
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.clock.streams import Draw
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.engine.system import System
    from sim.mechanisms.faults.parts import Edges, Pace
    from sim.mechanisms.faults.targets import Indexes
    from sim.quantities import BackoffLaw, Law

Injector = Callable[["Attempt"], int]
"""Asked where an operation begins or ends: the reason of its failure, 0, or less where the request is lost."""


class ServiceUnderFault:
    """The replicas of *service* that one window of the fault *name* strikes; *key* is unique to the window."""

    def __init__(self, system: System, name: str, key: str, service: Service, indexes: Indexes) -> None:
        self.system, self.name, self.key, self.service, self.indexes = system, name, key, service, indexes

    # --- speed and errors -----------------------------------------------------------------------------------------

    def slow_down(self, by: float) -> Edges:
        """Let work that begins in the window take *by* times as long."""
        if self.indexes is not None:
            return self.slow_each(by)
        service = self.service
        return switch(service.slow_factors, self.key, by, lambda: _set_speed(service))

    def slow_each(self, by: float) -> Edges:
        """Let work of each struck replica take *by* times as long."""
        return self.pace(SlowFactor(by, self.indexes))

    def pace(self, pace: Pace) -> Edges:
        """Stretch each piece of work by the factor that *pace* returns."""
        return switch(self.service.speed_factors, self.key, pace)

    def fail(self, share: float, after_work: bool = False) -> Edges:
        """Answer a *share* of requests with an error, before or after their work."""
        uniform = self.system.streams.uniform(f"fault {self.key}", "share")
        service = self.service
        injectors = service.late_error_injectors if after_work else service.error_injectors
        return switch(injectors, self.key, ErrorInjector(uniform, share, service.injected, self.indexes))

    def leak(self, by: float, within_s: float | None, requests: int | None) -> Edges:
        """Let work grow in a straight line with time or with requests."""
        service, key, active = self.service, self.key, list[Leak]()

        def begin() -> None:
            leak = Leak(self.system.kernel, by, within_s, requests, self.indexes)
            active.append(leak)
            service.speed_factors[key], service.error_injectors[key] = leak, leak.counted
            service.on_restart.append(leak.restarted)

        def end() -> None:
            del service.speed_factors[key], service.error_injectors[key]
            service.on_restart.remove(active.pop().restarted)

        return begin, end

    def poison(self, operation: str, keys: Sequence[int], restarts_after_s: float | None) -> Edges:
        """Fail requests with *keys* in *operation*, or kill their replica."""
        return switch(self.service.error_injectors, self.key, self._poison(operation, keys, restarts_after_s))

    def _poison(self, operation: str, keys: Sequence[int], restarts_after_s: float | None) -> Injector:
        system, service = self.system, self.service
        sites = enumerate(system.sites)
        codes = {float(code) for code, site in sites if (site.callee, site.operation) == (service.name, operation)}
        if restarts_after_s is not None:
            return PoisonCrash(CrashPlayer(system, service, True), codes, tuple(keys), restarts_after_s)
        reason = reason_code(service.component, "poison")
        return lambda attempt: reason if attempt.request.key in keys and attempt.step.code in codes else 0

    # --- death and pause ------------------------------------------------------------------------------------------

    def crash(self, refuse: bool, warm_up_s: float | None, cold: float | None) -> Edges:
        """Kill the replicas; the end of the window starts them again."""
        crash_player = CrashPlayer(self.system, self.service, refuse, self._cold_start(warm_up_s, cold))
        here: list[Replica] = []

        def begin() -> None:
            here[:] = replicas_of(self.service, self.indexes)
            crash_player.kill(here)

        return begin, lambda: crash_player.revive(here)

    def crash_again_and_again(
        self,
        lives: Law,
        restarts_after: BackoffLaw,
        times: int | None,
        refuse: bool,
        warm_up_s: float | None,
        cold: float | None,
    ) -> Edges:
        """Kill each replica at the beginning, and again after each restart until the end."""
        service, streams = self.service, self.system.streams
        crash_player = CrashPlayer(self.system, service, refuse, self._cold_start(warm_up_s, cold))
        loops: list[CrashLoop] = []
        wait_s: Callable[[int], float] = restarts_after.wait_s
        if restarts_after.is_random:
            uniform = streams.uniform(f"fault {self.key}", f"restarts {service.name}")
            wait_s = partial(restarts_after.drawn_s, uniform=uniform)

        def begin() -> None:
            for replica in replicas_of(service, self.indexes):
                draw = streams.draw(lives, f"fault {self.key}", f"lives {service.name} {replica.index}")
                loops.append(CrashLoop(crash_player, replica, wait_s, times, draw))
            for loop in loops:
                loop.die(None)

        def end() -> None:
            for loop in loops:
                loop.stop()

        return begin, end

    def _cold_start(self, warm_up_s: float | None, cold: float | None) -> ColdStart | None:
        """Return the slow start after the fault's restarts, made at its first window."""
        if warm_up_s is None or cold is None:
            return None
        key, service = f"{self.name} warms up", self.service
        made = service.speed_factors.get(key)
        if not isinstance(made, ColdStart):
            made = ColdStart(self.system.kernel, float(cold), float(warm_up_s))
            service.speed_factors[key] = made
            service.on_restart.append(made.restarted)
        return made

    def pause(self) -> Edges:
        """Stop work, and continue it at the end of the window."""
        here: list[Replica] = []

        def begin() -> None:
            here[:] = replicas_of(self.service, self.indexes)
            self.service.freeze(here)

        return begin, lambda: self.service.thaw(here)


def _set_speed(service: Service) -> None:
    """Stretch work that begins from now on by the product of the active factors."""
    factor = 1.0
    for one in service.slow_factors.values():
        factor *= one
    for work, draw in service.work_steps:
        work.draw = draw if not service.slow_factors else _stretched(draw, factor)


def _stretched(draw: Draw, factor: float) -> Draw:
    return lambda: draw() * factor
