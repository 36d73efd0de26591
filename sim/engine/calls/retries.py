"""What decides about retries in addition to their number: what is out on a link, the time of all, and pushback.

``RetryLimits`` is asked after each failed attempt of a link that limits the time of all attempts, or that obeys what
the callee asks for. ``InFlightStrategy`` counts what is out, for budgets that limit the retries that are out at once.
It stands where the retry stands, outside of all strategies that may let an attempt wait: an attempt that waits for a
token of another counts as out (Envoy: pending), and one that the others deny counts no longer::

    retry ── take ──> InFlightStrategy ── acquire ──> breaker … bulkhead ──> the attempt leaves
                         <── cancel, or release: neither out, nor a retry, any more

Not modelled: connections, which Envoy's pending requests wait for, and hedges that a pushback delays or forbids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from sim.engine.calls.strategies import Strategy
from sim.outcomes import TIMEOUT
from sim.policies.pushback import NEVER

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.calls.state import AttemptSequence
    from sim.engine.clock.kernel import Kernel
    from sim.policies.max_duration import MaxDuration
    from sim.policies.pushback import Pushback
    from sim.policies.retry import Retry
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


class RetryLimits:
    """The time over all attempts and the pushback that the retries of one link obey."""

    __slots__ = ("kernel", "mark", "max_duration", "pushback")

    def __init__(self, kernel: Kernel, mark: Callable[[str, Any], None]) -> None:
        self.kernel, self.mark = kernel, mark
        self.max_duration: MaxDuration | None = None
        self.pushback: Pushback | None = None

    def forbids(self, attempt: Attempt | None) -> bool:
        """Whether the callee of *attempt* has asked for no further attempt."""
        return self._asked_s(attempt) == NEVER

    def _asked_s(self, attempt: Attempt | None) -> float | None:
        if self.pushback is None or attempt is None or attempt.outcome == TIMEOUT:  # no answer has reached the caller
            return None
        return self.pushback.believed_s(getattr(attempt, "retry_after", None))

    def next_wait_s(
        self, retry: Retry, sequence: AttemptSequence, attempt: Attempt | None, outcome: int
    ) -> float | None:
        """Return the seconds until the next attempt of *sequence*, after *attempt* or a stop; None: there is none."""
        if sequence.tries == 1:
            sequence.begun_at = self.kernel.now if attempt is None else attempt.sent_at
        if not retry.tries_again(sequence.tries, outcome):
            return None
        asked_s = self._asked_s(attempt)
        if asked_s == NEVER:
            self.mark("retry forbidden", sequence.logical_call)
            return None
        wait_s = self._wait_s(retry, sequence, asked_s)
        if self.max_duration is not None:
            within_s = self.max_duration.wait_s(self.kernel.now - sequence.begun_at, wait_s)
            if within_s is None:
                self.mark("retry too late", sequence.logical_call)
                return None
            wait_s = within_s
        if asked_s is not None:
            self.mark("pushback obeyed", sequence.logical_call)
        return wait_s

    def _wait_s(self, retry: Retry, sequence: AttemptSequence, asked_s: float | None) -> float:
        """Return the wait by the backoff, and by what the callee asked for."""

        def backoff_s() -> float:
            return retry.backoff.wait_s(sequence.tries - sequence.obeyed, sequence.wait_s)

        if asked_s is None or self.pushback is None:
            return backoff_s()
        wait_s = self.pushback.wait_s(asked_s, backoff_s)
        if self.pushback.resets:
            sequence.obeyed = sequence.tries
        return wait_s
