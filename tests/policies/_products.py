"""Circuit breakers of products, each written again from its own source, as plainly as that, to compare presets with.

All have ``ask(now)``, which returns a token of an admitted call or None, ``tell(token, ok, took_s, now)`` for its
outcome, and ``tick(now)`` for their timers, in seconds. Sources: see ``sim.mechanisms.links.breaker_presets``.
"""

from __future__ import annotations

import math
from typing import Any


class Resilience4j:
    """CircuitBreakerStateMachine and CircuitBreakerMetrics; failure rate and slow rate as shares."""

    def __init__(
        self, rate: float, slow_rate: float, slow_s: float, size: int, minimum: int, wait_s: float, permitted: int,
        by_time: bool = False, automatic: bool = False, most_half_open_s: float = 0.0,
    ) -> None:  # fmt: skip
        self.rate, self.slow_rate, self.slow_s, self.size, self.permitted = rate, slow_rate, slow_s, size, permitted
        self.minimum = minimum if by_time else min(minimum, size)
        self.wait_s, self.by_time, self.automatic, self.most_s = wait_s, by_time, automatic, most_half_open_s
        self.enter("closed", 0.0)

    def enter(self, state: str, now: float) -> None:
        self.state, self.since = state, now
        self.outcomes: list[tuple[int, bool, bool]] = []
        self.left = self.permitted

    def tick(self, now: float) -> None:
        if self.state == "open" and self.automatic and now >= self.since + self.wait_s:
            self.enter("half-open", self.since + self.wait_s)
        if self.state == "half-open" and self.most_s and now >= self.since + self.most_s:
            self.enter("open", self.since + self.most_s)

    def ask(self, now: float) -> Any:
        if self.state == "open" and now > self.since + self.wait_s:
            self.enter("half-open", now)
        if self.state == "half-open":
            if not self.left:
                return None
            self.left -= 1
        return True if self.state != "open" else None

    def tell(self, token: Any, ok: bool, took_s: float, now: float) -> None:
        if self.state == "open":
            return
        self.outcomes.append((math.floor(now), not ok, took_s > self.slow_s))
        if self.state == "closed" and self.by_time:
            kept = [one for one in self.outcomes if one[0] > math.floor(now) - self.size]
            least = self.minimum
        elif self.state == "closed":
            kept, least = self.outcomes[-self.size :], self.minimum
        else:
            kept, least = self.outcomes[-self.permitted :], min(self.minimum, self.permitted)
        if len(kept) < least:
            return
        failed, slow = sum(one[1] for one in kept) / len(kept), sum(one[2] for one in kept) / len(kept)
        if failed >= self.rate or slow >= self.slow_rate:
            self.enter("open", now)
        elif self.state == "half-open":
            self.enter("closed", now)


class Polly:
    """CircuitStateController with AdvancedCircuitBehavior and RollingHealthMetrics; *breaks*: open times in turn."""

    def __init__(self, ratio: float, throughput: int, sampling_s: float, break_s: float) -> None:
        self.ratio, self.throughput, self.sampling_s, self.break_s = ratio, throughput, sampling_s, break_s
        self.state, self.blocked_until = "closed", 0.0
        self.windows: list[list[float]] = []

    def tick(self, now: float) -> None:
        pass

    def current(self, now: float) -> list[float]:
        if not self.windows or now - self.windows[-1][0] >= self.sampling_s / 10:
            self.windows.append([now, 0, 0])
        while now - self.windows[0][0] >= self.sampling_s:
            self.windows.pop(0)
        return self.windows[-1]

    def ask(self, now: float) -> Any:
        if self.state == "open" and now >= self.blocked_until:
            self.state = "half-open"
            return True
        return True if self.state == "closed" else None

    def tell(self, token: Any, ok: bool, took_s: float, now: float) -> None:
        if ok:
            self.current(now)[1] += 1
            if self.state == "half-open":
                self.state = "closed"
                self.windows = []
            return
        breaks = False
        if self.state == "closed":
            self.current(now)[2] += 1
            good, bad = (sum(window[place] for window in self.windows) for place in (1, 2))
            breaks = good + bad >= self.throughput and bad / (good + bad) >= self.ratio
        if self.state == "half-open" or breaks:
            self.state, self.blocked_until = "open", now + self.break_s


class Gobreaker:
    """CircuitBreaker of v2 with its rolling counts; ReadyToTrip by failures in a row, or by a ratio of requests."""

    def __init__(
        self, failures: int | None, timeout_s: float, requests: int, interval_s: float = 0.0, buckets: int = 1,
        ratio: float = 1.0, least: int = 1,
    ) -> None:  # fmt: skip
        self.failures, self.timeout_s, self.requests, self.interval_s = failures, timeout_s, requests, interval_s
        self.buckets, self.ratio, self.least = buckets, ratio, least
        self.state, self.generation = "closed", 0
        self.new_generation(0.0)

    def tick(self, now: float) -> None:
        pass

    def new_generation(self, now: float) -> None:
        self.generation += 1
        self.start, self.in_row, self.good_in_row = now, 0, 0
        self.counts: dict[int, list[int]] = {}  # by age: requests, failures
        self.expiry = math.inf
        if self.state == "closed" and self.interval_s and self.buckets == 1:
            self.expiry = now + self.interval_s
        elif self.state == "open":
            self.expiry = now + self.timeout_s

    def current(self, now: float) -> int:
        if self.expiry < now:
            if self.state == "open":
                self.state = "half-open"
            self.new_generation(now)
        if self.buckets == 1 or self.state != "closed":
            return 0
        age = math.floor((now - self.start) / (self.interval_s / self.buckets) + 1e-9)
        self.counts = {of: counts for of, counts in self.counts.items() if of > age - self.buckets}
        return age

    def ask(self, now: float) -> Any:
        age = self.current(now)
        if self.state == "open":
            return None
        if self.state == "half-open" and sum(counts[0] for counts in self.counts.values()) >= self.requests:
            return None
        self.counts.setdefault(age, [0, 0])[0] += 1
        return self.generation, age

    def tell(self, token: Any, ok: bool, took_s: float, now: float) -> None:
        if self.state == "closed":  # otherwise it can only become half-open, which the next call does as well
            self.current(now)
        generation, age = token
        if generation != self.generation:
            return
        if self.state == "half-open":
            self.good_in_row += ok
            if not ok or self.good_in_row >= self.requests:
                self.state = "closed" if ok else "open"
                self.new_generation(now)
            return
        if age not in self.counts and self.failures is None:
            return
        self.in_row = 0 if ok else self.in_row + 1
        if not ok:
            if age in self.counts:
                self.counts[age][1] += 1
            requests, failed = (sum(counts[place] for counts in self.counts.values()) for place in (0, 1))
            by_ratio = requests >= self.least and failed / requests >= self.ratio if requests else False
            if self.in_row >= self.failures if self.failures is not None else by_ratio:
                self.state = "open"
                self.new_generation(now)


class Opossum:
    """lib/circuit.js and lib/status.js without warm-up, cache and capacity."""

    def __init__(self, percent: float, volume: int, window_s: float, buckets: int, reset_s: float) -> None:
        self.percent, self.volume, self.reset_s = percent, volume, reset_s
        self.every_s = window_s / buckets
        self.window = [[0, 0] for _ in range(buckets)]  # newest first: fires, failures
        self.rotated = 0
        self.state, self.pending, self.opened_at = "closed", False, 0.0

    def tick(self, now: float) -> None:
        while now >= (self.rotated + 1) * self.every_s - 1e-9:
            self.rotated += 1
            self.window = [[0, 0], *self.window[:-1]]
        if self.state == "open" and now >= self.opened_at + self.reset_s:
            self.state, self.pending = "half-open", True

    def ask(self, now: float) -> Any:
        self.window[0][0] += 1
        if self.state != "closed" and not self.pending:
            return None
        self.pending = False
        return True

    def tell(self, token: Any, ok: bool, took_s: float, now: float) -> None:
        half_open = self.state == "half-open"
        if ok:
            if half_open:
                self.state = "closed"
            return
        self.window[0][1] += 1
        fires, failures = (sum(bucket[place] for bucket in self.window) for place in (0, 1))
        if fires < self.volume and not half_open:
            return
        if (failures / fires if fires else math.inf) * 100 > self.percent or half_open:
            if self.state != "open":
                self.opened_at = now
            self.state, self.pending = "open", False


class Pybreaker:
    """CircuitBreaker, for calls that do not overlap."""

    def __init__(self, fail_max: int, reset_s: float, successes: int) -> None:
        self.fail_max, self.reset_s, self.successes = fail_max, reset_s, successes
        self.state, self.failed, self.succeeded, self.opened_at = "closed", 0, 0, 0.0

    def tick(self, now: float) -> None:
        pass

    def ask(self, now: float) -> Any:
        if self.state == "open":
            if now < self.opened_at + self.reset_s:
                return None
            self.state, self.succeeded = "half-open", 0
        return True

    def tell(self, token: Any, ok: bool, took_s: float, now: float) -> None:
        self.failed = 0 if ok else self.failed + 1
        self.succeeded += ok
        if self.state == "half-open" and ok and self.succeeded >= self.successes:
            self.state, self.failed = "closed", 0
        elif not ok and (self.state == "half-open" or self.failed >= self.fail_max):
            self.state, self.opened_at = "open", now


class Failsafe:
    """ClosedState, HalfOpenState and OpenState with counts of executions; *of* is the thresholding capacity."""

    def __init__(self, failures: int, of: int, delay_s: float, successes: int = 0, successes_of: int = 0) -> None:
        self.failures, self.of, self.delay_s = failures, of, delay_s
        self.successes, self.successes_of = successes, successes_of
        self.enter("closed", 0.0)

    def tick(self, now: float) -> None:
        pass

    def enter(self, state: str, now: float) -> None:
        self.state, self.since = state, now
        self.results: list[bool] = []
        self.permits = self.successes_of or self.of

    def ask(self, now: float) -> Any:
        if self.state == "open" and now - self.since >= self.delay_s:
            self.enter("half-open", now)
        if self.state == "half-open":
            if self.permits <= 0:
                return None
            self.permits -= 1
        return True if self.state != "open" else None

    def tell(self, token: Any, ok: bool, took_s: float, now: float) -> None:
        if self.state == "open":
            return
        capacity = self.of if self.state == "closed" else self.successes_of or self.of
        self.results = [*self.results, ok][-capacity:]
        good, bad = self.results.count(True), self.results.count(False)
        if self.state == "closed":
            if bad >= self.failures:
                self.enter("open", now)
            return
        if self.successes:
            closes, opens = good >= self.successes, bad > self.successes_of - self.successes
        else:
            closes, opens = good > self.of - self.failures, bad >= self.failures
        self.permits += 1
        if closes:
            self.enter("closed", now)
        elif opens:
            self.enter("open", now)
