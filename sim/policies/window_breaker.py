"""A circuit breaker on ratios: too many of the last calls failed, or too many of them were slow.

The ratios are checked when an outcome arrives; time alone never opens it.

Not modelled: the rules in which products differ; ``sim.policies.rule_breaker`` has them.
"""

from __future__ import annotations

from collections import deque
from typing import Callable

from sim.errors import ParameterError
from sim.policies.breaker import CLOSED, HALF_OPEN, OPEN, Breaker, at_least_one


class WindowBreaker(Breaker):
    """Open when, of at least *minimum_calls* in the window, too large a share failed or took longer than *slow_call_s*.

    Use it where calls fail at random even in a healthy system, where a breaker on consecutive failures opens only by
    chance, and, with *slow_rate*, where a callee hangs instead of failing. It harms where one breaker covers many
    replicas of which one is faulty: it refuses many calls that would have succeeded. Too small a *minimum_calls* opens
    on noise; too large a one never opens on a quiet link.

    The window is the last *calls* outcomes, or those younger than *window_s* (an outcome leaves when it is exactly that
    old, so that one call a second is 10 calls in 10 s, as in both libraries), or, with neither, all since the breaker
    last closed. A rate opens when it is reached (>=); a call is slow when it took longer than *slow_call_s* (>); one
    that failed slowly counts in both. When half-open, exactly *probes* calls pass; after *minimum_calls* outcomes, or
    the last one if the probes are fewer, the same rates over these outcomes open or close it (resilience4j's
    ``CircuitBreakerMetrics.forHalfOpen``).

    Names as in resilience4j and Polly: failure rate (``failureRateThreshold`` in percent; Polly ``FailureRatio``),
    minimum calls (``minimumNumberOfCalls``; ``MinimumThroughput``), open for (``waitDurationInOpenState``;
    ``BreakDuration``), window (``slidingWindowSize`` of a TIME_BASED window; ``SamplingDuration``). They differ:
    count windows, slow calls and several probes are resilience4j's alone; Polly lets one probe pass and its outcome
    decides; resilience4j silently lowers a minimum above the count window to the window, here that is an error, and it
    stays open for longer than its wait, this for at least as long.
    Source: resilience4j 2 documentation, "CircuitBreaker"; Polly 8 documentation, "Circuit breaker resilience
    strategy".
    """

    __slots__ = (
        "failure_rate",
        "slow_rate",
        "slow_call_s",
        "calls",
        "window_s",
        "minimum_calls",
        "_judged_after",
        "_window",
        "_total",
        "_failed",
        "_slow",
    )

    def __init__(
        self,
        *,
        failure_rate: float | None,
        slow_rate: float | None,
        slow_call_s: float | None,
        calls: int | None,
        window_s: float | None,
        minimum_calls: int,
        open_for_s: float,
        probes: int,
        on_change: Callable[[float, str], None] | None = None,
    ) -> None:
        super().__init__(open_for_s, probes, on_change)
        _check_rates(failure_rate, slow_rate, slow_call_s)
        _check_window(calls, window_s, minimum_calls)
        self.failure_rate, self.slow_rate, self.slow_call_s = failure_rate, slow_rate, slow_call_s
        self.calls, self.window_s, self.minimum_calls = calls, window_s, minimum_calls
        self._judged_after = min(minimum_calls, probes)
        self._window: deque[tuple[float, bool, bool]] = deque()  # closed: when known, failed, slow; oldest first
        self._total = self._failed = self._slow = 0  # over the window; half-open: over the probes

    def record(self, generation: int, ok: bool, now: float, took_s: float = 0.0) -> None:
        """Fold in the outcome, known at *now* after *took_s*, of a call that was admitted in *generation*."""
        if generation != self.generation:
            return
        slow = self.slow_call_s is not None and took_s > self.slow_call_s
        self._total += 1
        self._failed += not ok
        self._slow += slow
        if self.state == HALF_OPEN:
            if self._total == self._judged_after:
                self._enter(OPEN if self._too_bad() else CLOSED, now)
            return
        if self.calls is not None or self.window_s is not None:
            self._window.append((now, not ok, slow))
            if self.window_s is None or now - self._window[0][0] >= self.window_s:
                self._slide(now)
        if (self._failed or self._slow) and self._total >= self.minimum_calls and self._too_bad():
            self._enter(OPEN, now)

    def _slide(self, now: float) -> None:
        """Drop the outcomes that have left the window at *now*; the newest never has."""
        window, window_s, calls = self._window, self.window_s, self.calls
        while (calls is not None and len(window) > calls) or (window_s is not None and now - window[0][0] >= window_s):
            _, failed, slow = window.popleft()
            self._total -= 1
            self._failed -= failed
            self._slow -= slow

    def _too_bad(self) -> bool:
        """Whether a counted rate has reached its threshold."""
        if self.failure_rate is not None and self._failed / self._total >= self.failure_rate:
            return True
        return self.slow_rate is not None and self._slow / self._total >= self.slow_rate

    def _forget(self) -> None:
        self._window.clear()
        self._total = self._failed = self._slow = 0


def _check_rates(failure_rate: float | None, slow_rate: float | None, slow_call_s: float | None) -> None:
    """Raise ParameterError unless a rate is given, and *slow_call_s* is given if and only if *slow_rate* is."""
    if failure_rate is None and slow_rate is None:
        raise ParameterError("be given, or slow rate", None, place="failure rate")
    for place, rate in (("failure rate", failure_rate), ("slow rate", slow_rate)):
        if rate is not None and not 0 < rate <= 1:
            raise ParameterError("be a share above 0% and at most 100%", rate, place=place)
    if (slow_rate is None) != (slow_call_s is None):
        raise ParameterError("be given if and only if slow rate is", slow_call_s, place="slow call")
    if slow_call_s is not None and not slow_call_s >= 0:
        raise ParameterError("be a duration", slow_call_s, place="slow call")


def _check_window(calls: int | None, window_s: float | None, minimum_calls: int) -> None:
    """Raise ParameterError unless there is at most one window and it can hold *minimum_calls*."""
    at_least_one("minimum calls", minimum_calls)
    if calls is not None and window_s is not None:
        raise ParameterError("be left out where calls is given: one window only", window_s, place="window")
    if calls is not None and calls < minimum_calls:
        raise ParameterError(f"be at most the window of {calls} calls", minimum_calls, place="minimum calls")
    if window_s is not None and not window_s > 0:
        raise ParameterError("be a duration above zero", window_s, place="window")
