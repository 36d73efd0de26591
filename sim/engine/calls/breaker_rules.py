"""Breakers by rules in the engine: asked before every call, and woken when they change by themselves.

Not modelled: timers of a breaker that fire late.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from sim.engine.calls.strategies import DENIED, BreakerStrategy
from sim.engine.clock.kernel import TIMER

if TYPE_CHECKING:
    from sim.engine.calls.state import AttemptSequence
    from sim.engine.clock.kernel import Kernel
    from sim.policies.rule_breaker import RuleBreaker


class AskedBreakerStrategy(BreakerStrategy):
    """A circuit breaker that counts calls when they begin, so it is asked while it is closed, too."""

    __slots__ = ()

    def acquire(self, sequence: AttemptSequence, now: float) -> Any:
        """Ask the breaker."""
        breaker: RuleBreaker = self.only if self.only is not None else self.of(sequence)
        if self.retries_only and sequence.tries == 0:
            return breaker, breaker.pass_by(now)
        return (breaker, breaker.generation) if breaker.admit(now) else DENIED


class WokenBreaker:
    """The timer of one breaker: each change of state is an event of the record, and may set the next change."""

    __slots__ = ("kernel", "events", "link", "whose", "breaker")
    breaker: RuleBreaker

    def __init__(self, kernel: Kernel, events: list[tuple[float, str, str, str]], link: str, whose: str) -> None:
        self.kernel, self.events, self.link, self.whose = kernel, events, link, whose

    def changed(self, now: float, state: str) -> None:
        """Note the change, and wake the breaker when its time has come."""
        self.events.append((now, f"breaker {state}", self.link, self.whose))
        breaker = self.breaker
        if breaker.wakes_at < inf:
            self.kernel.at(breaker.wakes_at, TIMER, self._wake, breaker.generation)

    def _wake(self, generation: int) -> None:
        if self.breaker.generation == generation:
            self.breaker.wake(self.kernel.now)
