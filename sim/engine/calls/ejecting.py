"""The strategy of outlier detection: it chooses the replica of each attempt, and learns how the attempt ended.

Not modelled: the time that a decision takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from sim.engine.calls.scope import Scope
from sim.engine.calls.strategies import DENIED, Strategy
from sim.outcomes import ABANDONED

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.calls.state import AttemptSequence


class OutlierStrategy(Strategy):
    """Sends attempts to replicas that the caller's view holds to be healthy, or to all in panic."""

    __slots__ = ()
    chooses_replicas = True

    def __init__(self, scope: Scope, reason: int) -> None:
        super().__init__(scope, reason)

    def acquire(self, sequence: AttemptSequence, now: float) -> Any:
        """Let the balancer choose among the replicas that may be used, if there are any."""
        view: Any = self.only if self.only is not None else self.of(sequence)
        if not view.hosts.replicas:
            return DENIED
        sequence.replica = replica = view.choose()
        return view, replica.index

    def release(self, token: Any, outcome: int, took_s: float, now: float) -> None:
        """Fold in how the attempt ended; the outcome of an abandoned one does not count."""
        if outcome != ABANDONED:
            view, host = token
            view.detector.record(host, outcome, now)

    def connecting(self, deliver: Callable[[Any], None]) -> Callable[[Any], None]:
        """Wrap *deliver*, which takes an attempt to its replica: one that is up accepts the connection."""

        def connect(attempt: Attempt) -> None:
            replica: Any = attempt.replica
            if not replica.down:
                view = self.only if self.only is not None else self.of(attempt.call)
                view.detector.connected(replica.index)
            deliver(attempt)

        return connect
