"""Faults that kill replicas: a crash, a crash loop, and a poison that kills each replica that begins it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from sim.engine.clock.kernel import FAULT_EDGE
from sim.engine.faults.slowdown import ColdStart

if TYPE_CHECKING:
    from sim.engine.clock.streams import Draw
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.engine.system import System
    from sim.mechanisms.faults.targets import Indexes


def replicas_of(service: Service, indexes: Indexes) -> list[Replica]:
    """Return the replicas with these numbers that exist now."""
    return [replica for replica in service.replicas if indexes is None or replica.index in indexes]


class CrashPlayer:
    """Kills replicas of a service and starts them again."""

    def __init__(self, system: System, service: Service, refuse: bool, cold: ColdStart | None = None) -> None:
        self.service, self.refuse, self.cold = service, refuse, cold
        self.kernel, self.recorder = system.kernel, system.recorder

    def kill(self, replicas: list[Replica]) -> None:
        """Kill the replicas."""
        if self.cold is not None:
            self.cold.dead.update(dict.fromkeys(replica.index for replica in replicas))
        self.service.crash(replicas, self.refuse, list(self.recorder.open_attempts.values()))

    def revive(self, replicas: list[Replica]) -> None:
        """Start the replicas again."""
        self.service.restore(replicas, self.refuse)

    def note(self, what: str, replica: Replica) -> None:
        """Record an event of one replica."""
        self.recorder.events.append((self.kernel.now, what, self.service.name, str(replica.index)))


class CrashLoop:
    """One replica that dies, waits, lives for a while and dies again."""

    def __init__(
        self, crash_player: CrashPlayer, replica: Replica, wait_s: Callable[[int], float], most: int | None, lives: Draw
    ) -> None:
        self.crash_player, self.replica, self.wait_s, self.lives = crash_player, replica, wait_s, lives
        self.most = most
        self.deaths = 0
        self.is_dead = self.is_over = False

    def die(self, _: Any) -> None:
        if self.is_over:
            return
        self.deaths += 1
        self.is_dead = True
        self.crash_player.kill([self.replica])
        self.crash_player.note("died", self.replica)
        kernel = self.crash_player.kernel
        kernel.at(kernel.now + self.wait_s(self.deaths), FAULT_EDGE, self.restart)

    def restart(self, _: Any) -> None:
        if not self.is_dead:  # the window has ended meanwhile
            return
        self.is_dead = False
        self.crash_player.revive([self.replica])
        self.crash_player.note("restarted", self.replica)
        if not self.is_over and self.deaths != self.most:
            kernel = self.crash_player.kernel
            kernel.at(kernel.now + self.lives(), FAULT_EDGE, self.die)

    def stop(self) -> None:
        self.is_over = True
        self.restart(None)


class PoisonCrash:
    """A poison: a replica that begins a request with one of *keys* dies at once, and restarts after a while."""

    TAKEN = -1
    """The request is taken and never begun: the replica dies in the same instant."""

    def __init__(self, crash_player: CrashPlayer, codes: set[float], keys: tuple[int, ...], restart_s: float) -> None:
        self.crash_player, self.codes, self.keys, self.restart_s = crash_player, codes, keys, restart_s

    def __call__(self, attempt: Any) -> int:
        """Return TAKEN for a poisonous request, and let its replica die."""
        if attempt.request.key not in self.keys or attempt.step.code not in self.codes:
            return 0
        kernel = self.crash_player.kernel
        kernel.at(kernel.now, FAULT_EDGE, self._die, attempt.replica)
        return self.TAKEN

    def _die(self, replica: Replica) -> None:
        if replica.down:  # two poisonous requests at one instant kill once
            return
        self.crash_player.kill([replica])
        self.crash_player.note("died", replica)
        kernel = self.crash_player.kernel
        kernel.at(kernel.now + self.restart_s, FAULT_EDGE, self._back, replica)

    def _back(self, replica: Replica) -> None:
        self.crash_player.revive([replica])
        self.crash_player.note("restarted", replica)
