"""Limits on calls in flight that find their own size, at each replica of a service.

A call is in flight from entering the replica to leaving it, its time in line included. One whose caller has gone
before it is over counts as dropped; for AIMD one that the replica itself rejected does too. Left out: messages, which
only free workers ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.engine.clock.kernel import CENSUS
from sim.engine.services.service import FreeService, Service
from sim.errors import not_played
from sim.outcomes import PENDING
from sim.policies.concurrency import Aimd, Gradient
from sim.record.recorder import cause
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.assembly.system import Building
    from sim.engine.calls.basic import Attempt
    from sim.engine.services.replica import Replica

SAMPLE_S = 1.0
"""How often a changed limit is noted, in seconds of the scenario."""


def policy_of(model: models.Concurrency) -> Aimd | Gradient:
    """Return a fresh policy as *model* describes it."""
    if model.kind == "aimd":
        slow_s = {} if model.slow_call is None else {"timeout_s": float(model.slow_call)}
        return Aimd(model.initial, model.least, model.most, float(model.backoff), **slow_s)
    if model.kind != "gradient":
        raise not_played("limit on calls in flight", model.kind)
    return Gradient(
        model.initial, model.least, model.most, float(model.smoothing), float(model.tolerance), model.queue,
        model.window,
    )  # fmt: skip


class InFlight:
    """The calls inside one replica, and how many there may be."""

    __slots__ = ("policy", "inside", "hears_drops", "why")

    def __init__(self, model: models.Concurrency, place: int) -> None:
        self.policy = policy_of(model)
        self.inside: dict[Any, int] = {}
        """Each call, with how many were inside when it began."""
        self.hears_drops = model.kind == "aimd"
        self.why = cause(place, "concurrency limit")

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* may enter; it counts as inside from now on."""
        if len(self.inside) >= self.policy.limit:
            return False
        self.inside[attempt] = len(self.inside) + 1
        return True

    def left(self, attempt: Any, now: float, rejected: bool = False) -> None:
        """*attempt* is over here: learn from it."""
        in_flight = self.inside.pop(attempt, 0)
        if in_flight and (self.hears_drops or not rejected):
            dropped = rejected or attempt.outcome != PENDING
            self.policy.record(now, now - attempt.entered_at, in_flight, dropped)


class Watching(Service):
    """A service whose replicas learn from every call that is over; to be put before a kind of service."""

    __slots__ = ()

    def finish(self, attempt: Attempt) -> None:
        """As for any service."""
        attempt.replica.door.in_flight.left(attempt, self.env._now)
        super().finish(attempt)

    def finish_replied(self, attempt: Attempt) -> None:
        """As for any service; a recipe that has replied is over here only now."""
        attempt.replica.door.in_flight.left(attempt, self.env._now)
        super().finish_replied(attempt)

    def reject(self, attempt: Attempt, why: int) -> None:
        """As for any service."""
        attempt.replica.door.in_flight.left(attempt, self.env._now, rejected=True)
        super().reject(attempt, why)

    def cancel(self, attempt: Attempt) -> None:
        """As for any service."""
        attempt.replica.door.in_flight.left(attempt, self.env._now)
        super().cancel(attempt)


class WatchingService(Watching):
    """A watching service whose workers are held while calling."""

    __slots__ = ()


class WatchingFreeService(Watching, FreeService):
    """A watching service whose workers are freed while calling."""

    __slots__ = ()


def note_limits(house: Building, service: Service) -> None:
    """Write an event whenever the limits of all replicas, added up, have changed since the last second."""
    events, kernel = house.recorder.events, house.kernel
    last = -1

    def sample(_: Any) -> None:
        nonlocal last
        total = sum(replica.door.in_flight.policy.limit for replica in service.pool)
        if total != last:
            events.append((kernel.now, "concurrency limit", service.name, str(total)))
            last = total
        kernel.at(kernel.now + SAMPLE_S, CENSUS, sample)

    kernel.at(0.0, CENSUS, sample)
