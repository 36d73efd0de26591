"""Faults that kill replicas: a crash, a crash loop, and a poison that kills whoever begins it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from sim.engine.clock.kernel import FAULT_EDGE
from sim.engine.faults.slowdown import Cold
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.clock.edges import Edges
    from sim.engine.clock.streams import Draw
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.engine.system import System
    from sim.scenario.rules.fault_targets import Indexes


def struck(service: Service, indexes: Indexes) -> list[Replica]:
    """Return the replicas with these numbers that exist now."""
    return [replica for replica in service.replicas if indexes is None or replica.index in indexes]


class Killer:
    """Kills replicas of a service and starts them again."""

    def __init__(self, system: System, service: Service, refuse: bool, cold: Cold | None = None) -> None:
        self.service, self.refuse, self.cold = service, refuse, cold
        self.kernel, self.recorder = system.kernel, system.recorder

    def kill(self, replicas: list[Replica]) -> None:
        """They die now."""
        if self.cold is not None:
            self.cold.dead.update(dict.fromkeys(replica.index for replica in replicas))
        self.service.crash(replicas, self.refuse, list(self.recorder.open_attempts.values()))

    def revive(self, replicas: list[Replica]) -> None:
        """They are started again."""
        self.service.restore(replicas, self.refuse)

    def note(self, what: str, replica: Replica) -> None:
        """Write down what happened to one replica."""
        self.recorder.events.append((self.kernel.now, what, self.service.name, str(replica.index)))


def crash(system: System, name: str, fault: models.Death, service: Service, indexes: Indexes) -> Edges:
    """Return the edges of a crash: dead in between."""
    killer = Killer(system, service, fault.mode == "refuse", _cold(system, name, fault, service))
    here: list[Replica] = []

    def begin() -> None:
        here[:] = struck(service, indexes)
        killer.kill(here)

    return begin, lambda: killer.revive(here)


def _cold(system: System, name: str, fault: models.Death, service: Service) -> Cold | None:
    """Return what the restarts of one fault leave at *service*, made at its first window."""
    if fault.warm_up is None or fault.cold is None:
        return None
    key = f"{name} warms up"
    if key not in service.paces:
        made = Cold(system.kernel, float(fault.cold), float(fault.warm_up))
        service.paces[key] = made
        service.on_restart.append(made.restarted)
    found: Any = service.paces[key]
    cold: Cold = found
    return cold


def crash_loop(
    system: System, name: str, key: str, fault: models.CrashLoop, service: Service, indexes: Indexes
) -> Edges:  # fmt: skip
    """Return the edges of a crash loop: each replica dies at its beginning, and again and again until its end."""
    killer = Killer(system, service, fault.mode == "refuse", _cold(system, name, fault, service))
    loops: list[_Loop] = []

    def begin() -> None:
        for replica in struck(service, indexes):
            lives = system.streams.draw(fault.lives, f"fault {key}", f"lives {service.name} {replica.index}")
            loops.append(_Loop(killer, replica, fault, lives))
        for loop in loops:
            loop.die(None)

    def end() -> None:
        for loop in loops:
            loop.stop()

    return begin, end


class _Loop:
    """One replica that dies, waits, lives for a while and dies again."""

    def __init__(self, killer: Killer, replica: Replica, fault: models.CrashLoop, lives: Draw) -> None:
        self.killer, self.replica, self.lives = killer, replica, lives
        self.wait_s: Callable[[int], float] = fault.restarts_after.wait_s
        self.most = fault.times
        self.deaths = 0
        self.is_dead = self.is_over = False

    def die(self, _: Any) -> None:
        if self.is_over:
            return
        self.deaths += 1
        self.is_dead = True
        self.killer.kill([self.replica])
        self.killer.note("died", self.replica)
        kernel = self.killer.kernel
        kernel.at(kernel.now + self.wait_s(self.deaths), FAULT_EDGE, self.restart)

    def restart(self, _: Any) -> None:
        if not self.is_dead:  # the window has ended meanwhile
            return
        self.is_dead = False
        self.killer.revive([self.replica])
        self.killer.note("restarted", self.replica)
        if not self.is_over and self.deaths != self.most:
            kernel = self.killer.kernel
            kernel.at(kernel.now + self.lives(), FAULT_EDGE, self.die)

    def stop(self) -> None:
        self.is_over = True
        self.restart(None)


class Deadly:
    """A poison: who begins a request with one of *keys* dies at once, and is back after a while."""

    TAKEN = -1
    """The request is taken and never begun: the replica dies in the same instant."""

    def __init__(self, killer: Killer, codes: set[float], keys: tuple[int, ...], restart_s: float) -> None:
        self.killer, self.codes, self.keys, self.restart_s = killer, codes, keys, restart_s

    def __call__(self, attempt: Any) -> int:
        """Return TAKEN for a poisonous request, and let its replica die."""
        if attempt.request.key not in self.keys or attempt.step.code not in self.codes:
            return 0
        kernel = self.killer.kernel
        kernel.at(kernel.now, FAULT_EDGE, self._die, attempt.replica)
        return self.TAKEN

    def _die(self, replica: Replica) -> None:
        if replica.down:  # two poisonous requests at one instant kill once
            return
        self.killer.kill([replica])
        self.killer.note("died", replica)
        kernel = self.killer.kernel
        kernel.at(kernel.now + self.restart_s, FAULT_EDGE, self._back, replica)

    def _back(self, replica: Replica) -> None:
        self.killer.revive([replica])
        self.killer.note("restarted", replica)
