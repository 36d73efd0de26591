"""Conditions that faults and actions wait for, looked at on a grid of instants: what is asked, and when it has held.

A look comes after everything else that happens at its instant, and before the census. Shares of what ended are counted
by ``RecentEnds``, which are put in only where a condition asks for them.

Not modelled: a monitor that loses samples, or averages them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.clock.kernel import AFTERWARDS
from sim.policies.delivery import RESTING, VISIBLE

if TYPE_CHECKING:
    from sim.engine.messaging.queue import Queue
    from sim.engine.services.service import Service
    from sim.engine.system import System
    from sim.fields.conditions import When
    from sim.mechanisms.timed import Timed

Look = Callable[[], float]


class _Watch:
    """One condition: how long it has held, and what to do when that is long enough."""

    __slots__ = ("system", "when", "look", "held_since", "looks", "then", "after_s")

    def __init__(self, system: System, when: When, after_s: float, then: Callable[[float], None]) -> None:
        self.system, self.when, self.after_s, self.then = system, when, after_s, then
        self.look = look_at(system, when)
        self.held_since: float | None = None
        self.looks = 0
        system.kernel.at(0.0, AFTERWARDS, self._look)

    def _look(self, _: Any) -> None:
        now = self.system.kernel.now
        if not self.when.holds(self.look()):
            self.held_since = None
        elif self.held_since is None:
            self.held_since = now
        if self.held_since is not None and now - self.held_since >= self.when.for_s:
            self.then(now + self.after_s)
            return
        self.looks += 1
        at = self.looks * self.when.every_s
        if at < self.system.scenario.duration:
            self.system.kernel.at(at, AFTERWARDS, self._look)


def watch(system: System, timed: Timed, then: Callable[[float], None]) -> None:
    """Look at the condition of a fault or an action, and call *then* with the instant of its begin when it has held."""
    if timed.when is not None:
        _Watch(system, timed.when, float(timed.after), then)


def look_at(system: System, when: When) -> Look:
    """Return what gives the value of the quantity that *when* watches, as it is now."""
    of = when.of
    if when in system.recent_ends:
        return system.recent_ends[when].share
    if of in system.queues:
        queue = system.queues[of]
        looks: dict[str, Look] = {
            "backlog": lambda: queue.backlog,
            "age": partial(_oldest_age, system, queue),
            "in flight": lambda: queue.in_flight,
        }
        return looks[when.quantity]
    if of in system.services:
        return {"line": _line, "busy": _busy, "replicas": _replicas}[when.quantity](system.services[of])
    client = system.clients[of]
    return lambda: client.offered - client.closed


def _oldest_age(system: System, queue: Queue) -> float:
    """Return the age of the oldest message that waits in *queue*; open messages are in order of publication."""
    for of, message in system.recorder.open_messages.values():
        if of is queue and message.state in (VISIBLE, RESTING):
            return float(system.kernel.now - message.body.published_at)
    return 0.0


def _line(service: Service) -> Look:
    return lambda: sum(replica.census()[1] for replica in service.replicas)


def _busy(service: Service) -> Look:
    def share() -> float:
        up = [replica for replica in service.pool if not replica.down]
        return sum(replica.census()[0] for replica in up) / sum(replica.workers for replica in up) if up else 0.0

    return share


def _replicas(service: Service) -> Look:
    return lambda: sum(not replica.down for replica in service.pool)
