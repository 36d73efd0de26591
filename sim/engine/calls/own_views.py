"""The strategy of callers that each have a view of the callee's replicas: it chooses the replica of each attempt.

Not modelled: the time that a decision takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.engine.calls.strategies import DENIED, Strategy

if TYPE_CHECKING:
    from sim.engine.calls.state import AttemptSequence


class OwnViewStrategy(Strategy):
    """Sends attempts to the replicas that their caller knows and may use."""

    __slots__ = ()
    learns = False
    chooses_replicas = True

    def acquire(self, sequence: AttemptSequence, now: float) -> Any:
        """Let the caller's balancer choose among the replicas that it may use, if there are any."""
        view: Any = self.of(sequence)
        if not view.hosts.replicas:
            return DENIED
        sequence.replica = view.choose()
        return view
