"""Strategies that an attempt passes before it leaves its caller, such as breaker, throttle, rate limit and bulkhead.

Each strategy gives the attempt a token, denies it, or lets it wait for a token, one after another::

    sequence ── acquire ──> breaker ── acquire ──> throttle ── … ──> the attempt leaves
                               <── cancel (a later one denied it: no call was made, nothing is learned)
                               <── release (the attempt has ended: learn from its outcome)

``sim.policies`` decides; the strategies call it at the right instants of the simulated clock.

Not modelled: the time that a decision takes.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.engine.calls.scope import Scope
from sim.engine.clock.kernel import ANSWER, TimerEntry
from sim.outcomes import ABANDONED, DEGRADED, ERROR, PENDING
from sim.policies.breaker import CLOSED, Breaker
from sim.quantities import UNLIMITED

if TYPE_CHECKING:
    from sim.engine.calls.state import AttemptSequence
    from sim.engine.clock.kernel import Kernel
    from sim.policies.limiter import TokenBucket
    from sim.policies.throttle import AdaptiveThrottle

DENIED = object()
"""The attempt may not leave."""
QUEUED = object()
"""The attempt waits for its token: its sequence continues through ``resume``, or is stopped then."""


class Strategy:
    """One strategy of a link; attempts that it denies are recorded with *reason*."""

    __slots__ = ("only", "of", "reason")
    learns = True
    """Whether it learns how attempts end."""
    chooses_replicas = False
    """Whether it chooses the callee's replica."""

    def __init__(self, scope: Scope, reason: int) -> None:
        self.only, self.of, self.reason = scope.only, scope.of, reason

    def acquire(self, sequence: AttemptSequence, now: float) -> Any:
        """Return a token for the next attempt, or DENIED, or QUEUED."""
        raise NotImplementedError

    def release(self, token: Any, outcome: int, took_s: float, now: float) -> None:
        """The attempt with *token* has ended for its caller."""

    def cancel(self, token: Any) -> None:
        """The attempt with *token* was never made."""


class BreakerStrategy(Strategy):
    """A circuit breaker; with *retries_only* first attempts bypass it, and count only while it is closed."""

    __slots__ = ("retries_only",)

    def __init__(self, scope: Scope, reason: int, retries_only: bool) -> None:
        super().__init__(scope, reason)
        self.retries_only = retries_only

    def acquire(self, sequence: AttemptSequence, now: float) -> Any:
        """Ask the breaker, which lets everything pass while it is closed."""
        breaker: Breaker = self.only if self.only is not None else self.of(sequence)
        if breaker.state != CLOSED:
            if self.retries_only and sequence.tries == 0:
                return breaker, breaker.pass_by(now)
            if not breaker.admit(now):
                return DENIED
        return breaker, breaker.generation

    def release(self, token: Any, outcome: int, took_s: float, now: float) -> None:
        """Record the outcome in the breaker; the outcome of an abandoned attempt does not count."""
        breaker, generation = token
        if outcome == ABANDONED:
            breaker.release(generation)
        else:
            breaker.record(generation, outcome <= DEGRADED, now, took_s)

    def cancel(self, token: Any) -> None:
        """Give the place of a probe back."""
        breaker, generation = token
        breaker.release(generation)


class ReplicaBreakerStrategy(BreakerStrategy):
    """A breaker for each replica of the callee: the attempt goes to one whose breaker lets it pass."""

    __slots__ = ("choose", "replicas", "breakers")
    chooses_replicas = True

    def __init__(
        self,
        choose: Callable[[], Any],
        replicas: Sequence[Any],
        breakers: dict[Any, Breaker],
        reason: int,
        retries_only: bool,
    ) -> None:
        super().__init__(Scope(None, lambda sequence: None), reason, retries_only)
        self.choose, self.replicas, self.breakers = choose, replicas, breakers

    def acquire(self, sequence: AttemptSequence, now: float) -> Any:
        """Ask the balancer for replicas until the breaker of one admits the attempt, or all were asked."""
        free = self.retries_only and sequence.tries == 0
        asked: dict[Any, None] = {}
        for _ in range(4 * len(self.replicas)):  # a balancer that draws may name one again
            replica = self.choose()
            if replica in asked:
                continue
            asked[replica] = None
            breaker = self.breakers[replica]
            if free:
                sequence.replica = replica
                return breaker, breaker.pass_by(now)
            if breaker.admit(now):
                sequence.replica = replica
                return breaker, breaker.generation
        for replica in self.replicas:
            if replica not in asked and (breaker := self.breakers[replica]).admit(now):
                sequence.replica = replica
                return breaker, breaker.generation
        return DENIED


class AdmissionStrategy(Strategy):
    """Any policy that is asked before an attempt and learns nothing from it."""

    __slots__ = ()
    learns = False

    def acquire(self, sequence: AttemptSequence, now: float) -> Any:
        """Ask the policy."""
        policy: Any = self.only if self.only is not None else self.of(sequence)
        return policy if policy.admit(now) else DENIED


class ThrottleStrategy(Strategy):
    """Adaptive throttling: an attempt that the callee did not turn away counts as accepted."""

    __slots__ = ()

    def acquire(self, sequence: AttemptSequence, now: float) -> Any:
        """Ask the throttle."""
        throttle: AdaptiveThrottle = self.only if self.only is not None else self.of(sequence)
        return throttle if throttle.admit(now) else DENIED

    def release(self, token: Any, outcome: int, took_s: float, now: float) -> None:
        """Count an accepted attempt in the throttle."""
        if outcome <= DEGRADED or outcome == ERROR:
            token.accepted(now)


class RateLimitStrategy(Strategy):
    """A token bucket; with *waits* an attempt waits for its token, for *most_s* seconds at most."""

    __slots__ = ("kernel", "waits", "most_s", "index")
    learns = False

    def __init__(self, scope: Scope, reason: int, kernel: Kernel, waits: bool, most_s: float, index: int) -> None:
        super().__init__(scope, reason)
        self.kernel, self.waits, self.most_s, self.index = kernel, waits, most_s, index

    def acquire(self, sequence: AttemptSequence, now: float) -> Any:
        """Take a token, or wait for one."""
        bucket: TokenBucket = self.only if self.only is not None else self.of(sequence)
        if not self.waits:
            return bucket if bucket.admit(now) else DENIED
        wait_s = bucket.wait_s(now)
        if wait_s > self.most_s:
            return DENIED
        bucket.reserve(now)
        if wait_s <= 0:
            return bucket
        self.kernel.after(wait_s, self._on_token, (sequence, bucket))
        return QUEUED

    def _on_token(self, waited: tuple[AttemptSequence, TokenBucket]) -> None:
        sequence, bucket = waited
        sequence.step.resume(sequence, self.index, bucket)

    def cancel(self, token: Any) -> None:
        """Give the token back."""
        token.give_back()


class BulkheadPlaces:
    """The places of one bulkhead, and the attempts that wait for one."""

    __slots__ = ("free", "line")

    def __init__(self, free: int) -> None:
        self.free = free
        self.line: deque[BulkheadWaiter] = deque()


class BulkheadWaiter(TimerEntry):
    """A sequence that waits for a place; its outcome is PENDING while it does."""

    __slots__ = ("sequence", "places", "index")

    def __init__(self, sequence: AttemptSequence, places: BulkheadPlaces, index: int) -> None:
        self.sequence, self.places, self.index = sequence, places, index
        self.outcome = PENDING
        self.expires_at = 0.0


class BulkheadStrategy(Strategy):
    """A limit on attempts in flight at once, and a bounded line for a place."""

    __slots__ = ("kernel", "most_waiting", "timer_queue", "index")

    def __init__(
        self, scope: Scope, reason: int, kernel: Kernel, most_waiting: float, max_wait_s: float | None, index: int
    ) -> None:
        super().__init__(scope, reason)
        self.kernel, self.most_waiting, self.index = kernel, most_waiting, index
        self.timer_queue = None if max_wait_s is None else kernel.timer_queue(max_wait_s, self._on_wait_timeout)

    def acquire(self, sequence: AttemptSequence, now: float) -> Any:
        """Take a place, or wait in the line for one."""
        places: BulkheadPlaces = self.only if self.only is not None else self.of(sequence)
        if places.free > 0:
            places.free -= 1
            return places
        _drop_cancelled_waiters(places.line)
        if self.most_waiting != UNLIMITED and len(places.line) >= self.most_waiting:
            return DENIED
        waiting = BulkheadWaiter(sequence, places, self.index)
        places.line.append(waiting)
        if self.timer_queue is not None:
            self.timer_queue.add(waiting)
        return QUEUED

    def _on_wait_timeout(self, waiting: BulkheadWaiter) -> None:
        waiting.outcome = ABANDONED
        waiting.places.line.remove(waiting)
        waiting.sequence.step.stop_waiting(waiting.sequence, self.reason)

    def release(self, token: Any, outcome: int, took_s: float, now: float) -> None:
        """Pass the place to the first in the line."""
        line = token.line
        if line:
            _drop_cancelled_waiters(line)
        if not line:
            token.free += 1
            return
        waiting = line.popleft()
        waiting.outcome = ABANDONED
        # over the heap, so that a long line of calls that end at once does not nest
        self.kernel.at(self.kernel.now, ANSWER, self._on_permit, (waiting, token))

    def _on_permit(self, waited: tuple[BulkheadWaiter, BulkheadPlaces]) -> None:
        waiting, places = waited
        waiting.sequence.step.resume(waiting.sequence, waiting.index, places)

    def cancel(self, token: Any) -> None:
        """Give the place back."""
        self.release(token, ABANDONED, 0.0, 0.0)


def _drop_cancelled_waiters(line: deque[BulkheadWaiter]) -> None:
    """Remove the waiters whose call has ended (their client has left) from the line."""
    if any(waiting.sequence.over for waiting in line):
        kept = []
        for waiting in line:
            if waiting.sequence.over:
                waiting.outcome = ABANDONED
            else:
                kept.append(waiting)
        line.clear()
        line.extend(kept)
