"""Defences of a caller: the parts of a link between the calling step and the network.

From the outside in: cache, fallback, hedge, retry and its budget, breaker, throttle, limit, bulkhead, timeout. Names
are those that resilience4j and Polly share; where they differ the field says so.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.fields.labels import many, percent, seconds
from sim.fields.model import Model
from sim.fields.quantity import (
    BackoffField,
    Count,
    Factor,
    PositiveCount,
    PositiveDuration,
    RateNumber,
    Share,
    Weight,
)
from sim.quantities import UNLIMITED, BackoffLaw

Scope = Literal["link", "caller"]


class RetryBudget(Model):
    """A bucket of tokens that a retry must pay from; full at the start. Without a token the call fails as it stands."""

    capacity: Weight = 10
    """Tokens that fit in."""
    per_try: Weight = 0
    """Tokens paid in by each first try, such as 0.1: retries are then at most a tenth of the calls."""
    per_success: Weight = 0
    """Tokens paid in by each attempt that ends well."""
    cost: Weight = 1
    """Tokens that a retry takes."""
    refund: bool = False
    """The AWS SDKs' quota (capacity 500, cost 5): a retry that succeeds gives back what it took, a first try 1."""
    scope: Scope = "link"
    """Who shares it: all callers on the `link`, or each `caller` (replica or client instance) has its own."""

    def labels(self) -> tuple[str, ...]:
        """What pays for retries."""
        if self.refund:
            return (f"retry quota {self.capacity:g}",)
        rates = [f"{percent(self.per_try)} of tries"] if self.per_try else []
        rates += [f"{percent(self.per_success)} of successes"] if self.per_success else []
        return (f"retry budget {' + '.join(rates) or f'{self.capacity:g}'}",)


class Retry(Model):
    """Try again after error, timeout, refused or rejected; never after a short-circuit."""

    max_attempts: PositiveCount
    """Attempts in all, the first one counted, or `unlimited` (resilience4j's `maxAttempts`; Polly's `MaxRetryAttempts`
    is one less)."""
    backoff: BackoffField = BackoffLaw()
    """Waits between attempts: `none`, `100ms`, `linear 1s step 2s`, `exponential 1s factor 2 cap 20s`."""
    jitter: Literal["none", "full", "equal", "decorrelated"] = "none"
    """Chance in the waits: `full` is uniform from 0, `equal` keeps half, `decorrelated` grows from the last wait."""
    on: list[Literal["error", "timeout", "refused", "rejected"]] = Field(
        default=["error", "timeout", "refused", "rejected"], min_length=1
    )
    """Outcomes that are tried again."""
    budget: RetryBudget | None = None
    """A budget that retries must pay from."""

    def labels(self) -> tuple[str, ...]:
        """How many attempts, and what pays for them."""
        tries = f"{self.max_attempts:g} attempts".replace("inf", "unlimited") if self.max_attempts > 1 else ""
        return (tries, *(self.budget.labels() if self.budget is not None else ()))


class Breaker(Model):
    """Stop calling after too many failures, ask again after a while. The guide's defaults: 5 in a row, 30 s, 1.

    With a failure rate or a slow rate it judges shares of a window instead of failures in a row.
    """

    failures: Annotated[int, Field(ge=1)] = 5
    """Consecutive failures that open it, unless a rate is given."""
    open_for: PositiveDuration = 30.0
    """It stays open for at least this long; calls meanwhile are short-circuited."""
    probes: Annotated[int, Field(ge=1)] = 1
    """Calls that pass half-open. By failures: all must succeed, the first failure opens it again. By rates: the rates
    over the probes decide after the last one."""
    failure_rate: Share | None = None
    """Share of failed calls in the window that opens it (resilience4j's `failureRateThreshold`, Polly's
    `FailureRatio`)."""
    slow_rate: Share | None = None
    """Share of slow calls in the window that opens it (resilience4j's `slowCallRateThreshold`)."""
    slow_call: PositiveDuration | None = None
    """A call that took longer is slow."""
    calls: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """The window is the last so many calls. Without `calls` and `window`: all calls since it last closed."""
    window: PositiveDuration | None = None
    """The window is the calls that ended in the last so long."""
    minimum_calls: Annotated[int, Field(ge=1)] = 10
    """Calls in the window below which a rate opens nothing."""
    guards: Literal["calls", "retries"] = "calls"
    """What it stops: every call, or `retries` only. First tries (and hedges) then always pass. They count while it is
    closed; afterwards only a retry can be a probe."""
    scope: Literal["link", "caller", "callee"] = "link"
    """One breaker for the `link`, one for each `caller` (replica or client instance), or one for each replica of the
    `callee`: a call then goes to a replica whose breaker lets it pass."""

    def labels(self) -> tuple[str, ...]:
        """What opens it, by the rule that it has, for how long, and whose it is."""
        of = "" if self.calls is None else f" of {self.calls} calls"
        rules = [] if self.failure_rate is None else [f"{percent(self.failure_rate)}{of} failed"]
        if self.slow_rate is not None:
            limit = "slow" if self.slow_call is None else f"over {seconds(self.slow_call)}"
            rules.append(f"{percent(self.slow_rate)}{of} {limit}")
        rule = " or ".join(rules) or f"{self.failures} failed in a row"
        rule += "" if self.window is None else f" in {seconds(self.window)}"
        which = "retry breaker" if self.guards == "retries" else "breaker"
        whose = {"link": "", "caller": ", per caller", "callee": ", per replica"}[self.scope]
        return (f"{which}: {rule}", f"opens for {seconds(self.open_for)}{whose}")


class Throttle(Model):
    """Adaptive client-side throttling: the caller itself stops calls while the callee turns many away."""

    factor: Factor = 2.0
    """How many times what is accepted may be sent (K): with 2x, half of what is sent may be turned away."""
    window: PositiveDuration = 120.0
    """The time over which sent and accepted calls are counted."""
    scope: Scope = "link"
    """Who shares it."""

    def labels(self) -> tuple[str, ...]:
        """How many times what is accepted it sends."""
        return (f"throttle {self.factor:g}x",)


class Hedge(Model):
    """Send a second attempt when the first takes long, and use whichever answers first."""

    after: PositiveDuration | None = None
    """Send it after this long (Polly's `Delay`)."""
    percentile: Share | None = None
    """Or after this percentile of the latencies measured so far on the link, such as 95%."""
    most: Annotated[int, Field(ge=1, le=10)] = 1
    """Hedges at most, beside the first attempt (Polly's `MaxHedgedAttempts`)."""

    def labels(self) -> tuple[str, ...]:
        """When it sends another, and how many."""
        when = "" if self.after is None else f" after {seconds(self.after)}"
        when += "" if self.percentile is None else f" after p{self.percentile * 100:g}"
        return (f"{'hedge' if self.most == 1 else f'{self.most} hedges'}{when}",)


class Bulkhead(Model):
    """Let only so many calls of this link be out at once, so that one callee cannot take all the caller's workers."""

    max_concurrent_calls: Annotated[int, Field(ge=1)]
    """Attempts out at once (resilience4j's `maxConcurrentCalls`, Polly's `PermitLimit`)."""
    max_waiting: Count = 0
    """Attempts that may wait for a place (Polly's `QueueLimit`); the next one is stopped at once."""
    max_wait: PositiveDuration | None = None
    """How long one may wait (resilience4j's `maxWaitDuration`)."""
    scope: Scope = "link"
    """Who shares it: all callers together, or each `caller` has its own."""

    def labels(self) -> tuple[str, ...]:
        """How many may be out, and how many may wait for that."""
        waiting = f" + {many(self.max_waiting)} waiting" if self.max_waiting else ""
        return (f"bulkhead {self.max_concurrent_calls}{waiting}",)


class CallLimit(Model):
    """A rate limiter at the caller: a token bucket, full at the start."""

    rate: RateNumber
    """Calls per second in the long run."""
    burst: Annotated[int, Field(ge=1)] = 1
    """Calls that may go at once after a pause."""
    when_full: Literal["reject", "wait"] = "reject"
    """Without a token: stop the call, or let it wait for one."""
    max_wait: PositiveDuration | None = None
    """With `wait`: a call that would have to wait longer is stopped."""
    scope: Scope = "link"
    """Who shares it."""

    def labels(self) -> tuple[str, ...]:
        """How many pass a second, and whether the others wait."""
        return (f"limit {self.rate:g}/s{', waits' if self.when_full == 'wait' else ''}",)


class Cache(Model):
    """Remember good answers in front of the call, by business key; empty at the start. Only reads should be cached."""

    entries: PositiveCount = UNLIMITED
    """Answers that fit; the one unused for longest makes room."""
    expire_after: PositiveDuration | None = None
    """How long an answer is good; default for ever."""
    hit_ratio: Share | None = None
    """Instead of keys: each call is answered from the cache with this probability."""
    coalesce: bool = False
    """Calls for a key that is being fetched wait for that answer instead of calling too (single flight)."""
    scope: Scope = "link"
    """One cache for all callers, or one in each `caller`, which is lost when that caller crashes."""

    def labels(self) -> tuple[str, ...]:
        """What it holds, or how often it answers."""
        parts = [f"{percent(self.hit_ratio)} hits"] if self.hit_ratio is not None else []
        parts += [f"{many(self.entries)} entries"] if self.entries != UNLIMITED else []
        parts += [seconds(self.expire_after)] if self.expire_after is not None else []
        parts += ["coalescing"] if self.coalesce else []
        return (" ".join(["cache", ", ".join(parts)]).strip(),)
