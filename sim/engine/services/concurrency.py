"""Limits on calls in flight that find their own size, at each replica of a service.

A call is in flight from entering the replica to leaving it, its time in line included. One whose caller has gone
before it is over counts as dropped; for AIMD one that the replica itself rejected does too. Left out: messages, which
only free workers ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.engine.clock.kernel import CENSUS
from sim.engine.services.free_service import FreeService
from sim.engine.services.service import Service

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.clock.kernel import Kernel
    from sim.record.recorder import Event

SAMPLE_S = 1.0
"""How often a changed limit is noted, in seconds of the scenario."""


class LearningService(Service):
    """A service whose replicas learn from every call that is over; to be put before a kind of service."""

    __slots__ = ()

    def finish(self, attempt: Attempt) -> None:
        """As for any service."""
        attempt.replica.admission.in_flight.left(attempt, self.env._now)
        super().finish(attempt)

    def finish_replied(self, attempt: Attempt) -> None:
        """As for any service; a recipe that has replied is over here only now."""
        attempt.replica.admission.in_flight.left(attempt, self.env._now)
        super().finish_replied(attempt)

    def reject(self, attempt: Attempt, reason: int) -> None:
        """As for any service."""
        attempt.replica.admission.in_flight.left(attempt, self.env._now, rejected=True)
        super().reject(attempt, reason)

    def cancel(self, attempt: Attempt) -> None:
        """As for any service."""
        attempt.replica.admission.in_flight.left(attempt, self.env._now)
        super().cancel(attempt)


class HoldingLearningService(LearningService):
    """A watching service whose workers are held while calling."""

    __slots__ = ()


class FreeLearningService(LearningService, FreeService):
    """A watching service whose workers are freed while calling."""

    __slots__ = ()


def record_limits(kernel: Kernel, events: list[Event], service: Service) -> None:
    """Write an event whenever the limits of all replicas, added up, have changed since the last second."""
    last = -1

    def sample(_: Any) -> None:
        nonlocal last
        total = sum(replica.admission.in_flight.policy.limit for replica in service.pool)
        if total != last:
            events.append((kernel.now, "concurrency limit", service.name, str(total)))
            last = total
        kernel.at(kernel.now + SAMPLE_S, CENSUS, sample)

    kernel.at(0.0, CENSUS, sample)
