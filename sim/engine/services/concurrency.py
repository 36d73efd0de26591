"""Limits on calls in flight that find their own size, at each replica of a service.

A call is in flight from entering the replica to leaving it, its time in the waiting line included. One whose caller has
gone before it ends counts as dropped; for AIMD one that the replica itself rejected does too.

Not modelled: limits on messages, which only free workers ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.engine.clock.kernel import CENSUS

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.service import Service
    from sim.record.recorder import Event

SAMPLE_S = 1.0
"""How often a changed limit is noted, in seconds of the scenario."""


def learn(attempt: Attempt, is_rejected: bool) -> None:
    """Let the limit of its replica learn from *attempt*, which leaves it."""
    replica = attempt.replica
    replica.admission.in_flight.left(attempt, replica.kernel.now, is_rejected)


def record_limits(kernel: Kernel, events: list[Event], service: Service) -> None:
    """Write an event whenever the limits of all replicas, added up, have changed since the last second."""
    last = -1

    def sample(_: Any) -> None:
        nonlocal last
        rules = [replica.admission for replica in service.pool]
        total = sum(admission.in_flight.policy.limit for admission in rules if admission is not None)
        if total != last:
            events.append((kernel.now, "concurrency limit", service.name, str(total)))
            last = total
        kernel.at(kernel.now + SAMPLE_S, CENSUS, sample)

    kernel.at(0.0, CENSUS, sample)
