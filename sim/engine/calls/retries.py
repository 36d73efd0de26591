"""The strategy that counts what is out on a link, for budgets that limit the retries that are out at once.

It stands where the retry stands, outside of all strategies that may let an attempt wait: so an attempt that waits for a
token of another counts as out (Envoy: pending), and one that the others deny counts no longer::

    retry ── take ──> InFlightStrategy ── acquire ──> breaker … bulkhead ──> the attempt leaves
                         <── cancel, or release: neither out, nor a retry, any more

Not modelled: connections, which Envoy's pending requests wait for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.engine.calls.strategies import Strategy

if TYPE_CHECKING:
    from sim.engine.calls.state import AttemptSequence
    from sim.policies.retry_concurrency import RetryConcurrency


class InFlightStrategy(Strategy):
    """Counts attempts that are out, and which of them are retries; it denies nothing."""

    __slots__ = ()

    def acquire(self, sequence: AttemptSequence, now: float) -> Any:
        """Count the attempt; what its sequence held for it before goes into the token."""
        policy: RetryConcurrency = self.only if self.only is not None else self.of(sequence)
        policy.begin()
        is_retry, sequence.held = sequence.held is not None, None
        return policy, is_retry

    def release(self, token: Any, outcome: int, took_s: float, now: float) -> None:
        """The attempt has ended."""
        policy, is_retry = token
        policy.end(is_retry)

    def cancel(self, token: Any) -> None:
        """The attempt does not leave."""
        policy, is_retry = token
        policy.end(is_retry)
