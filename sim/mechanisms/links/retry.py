"""Retries: how many attempts, when, after which outcomes, and what pays for them."""

from __future__ import annotations

from math import inf
from typing import ClassVar, Literal

from pydantic import Field

from sim.fields.labels import seconds
from sim.fields.quantity import BackoffField, PositiveCount, PositiveDuration
from sim.mechanisms.links.base import Decision, LinkDefence
from sim.mechanisms.links.parts import LinkPart
from sim.mechanisms.links.pushback import Pushback
from sim.mechanisms.links.retry_budget import RetryBudget
from sim.mechanisms.loads import IN_LOADS
from sim.policies.max_duration import MaxDuration
from sim.quantities import BackoffLaw

_MOST = 10_000
"""Attempts that are counted at most, for the time of a call."""


class Retry(LinkDefence):
    """Try again after error, timeout, refused or rejected, and after a short-circuit only where `on` says so."""

    layer: ClassVar[int] = 40
    decisions: ClassVar[tuple[Decision, ...]] = (
        Decision(
            "retries denied", "retries that the budget did not pay for", mark="retry denied", thing="retry",
            does="be denied, the budget being exhausted", whose="with a retry `budget`",
            made_by=lambda retry: retry.budget is not None,
        ),
        Decision(
            "hedges denied", "hedges that the retry budget did not allow", mark="hedge denied", thing="hedge",
            does="be denied by the retry budget", whose="with a retry `budget` that hedges ask too",
            made_by=lambda retry: retry.budget is not None and retry.budget.pays_for_hedges,
        ),
        Decision(
            "retries too late", "retries that were not made because of `max duration`", mark="retry too late",
            thing="retry", does="be too late for `max duration`", whose="with `max duration`",
            made_by=lambda retry: retry.max_duration is not None,
        ),
        Decision(
            "pushbacks obeyed", "retries that waited as long as the callee asked", mark="pushback obeyed",
            thing="retry", does="wait as long as the callee asks", whose="with `pushback`",
            made_by=lambda retry: retry.pushback is not None,
        ),
        Decision(
            "retries forbidden", "retries that were not made because the callee asked for none", mark="retry forbidden",
            thing="retry", does="be forbidden by the callee", whose="with `pushback`",
            made_by=lambda retry: retry.pushback is not None,
        ),
    )  # fmt: skip
    loads: ClassVar[str] = IN_LOADS

    max_attempts: PositiveCount
    """Attempts in all, the first one counted, or `unlimited` (resilience4j's `maxAttempts`; Polly's `MaxRetryAttempts`
    is one less)."""
    backoff: BackoffField = BackoffLaw()
    """Waits between attempts: `none`, `100ms`, `linear 1s step 2s`, `exponential 1s factor 2 cap 20s`, `polynomial 15s
    step 1s power 4`, a list `5s 1min 1h` (then the last one; `then again` repeats the list, `then stop` ends it and the
    attempts). `immediate 2 then …` may come first. Chance, at the end: `jitter 20%` or `jitter 200ms` (as much less or
    more; gRPC's is 20%), `extra 15%` (up to as much more), `spread 10s` (up to n times as much more before the n-th
    retry; Sidekiq's)."""
    jitter: Literal["none", "full", "equal", "decorrelated"] = "none"
    """Chance in the waits, as a law: `full` is uniform from 0, `equal` keeps half, `decorrelated` grows from the last
    wait."""
    on: list[Literal["error", "timeout", "refused", "rejected", "short-circuited"]] = Field(
        default=["error", "timeout", "refused", "rejected"], min_length=1
    )
    """Outcomes that are tried again. `short-circuited`: what a policy inside the retry stops (resilience4j's Retry does
    this too, unless `ignoreExceptions` has CallNotPermittedException); the try counts, but is not sent."""
    budget: RetryBudget | None = None
    """A budget that retries must pay from."""
    max_duration: PositiveDuration | None = None
    """No attempt begins so long after the first one, as `stop` says (Failsafe `maxDuration`, tenacity's `stop` by a
    delay). A running attempt is not ended by it: that is a link's `total timeout`."""
    stop: Literal["before", "before end", "after", "shorten"] = "before"
    """Which attempt is too late for `max duration`: one that would begin then (tenacity `stop_before_delay`), one that
    could end after it by its `timeout`, one that follows an attempt which ended then (`stop_after_delay`), or as that,
    with the wait before it cut so that it begins at the limit (Failsafe, Python's `backoff`)."""
    pushback: Pushback | None = None
    """Obey a callee that says when to try again."""

    def labels(self) -> tuple[str, ...]:
        """How many attempts, how long, and what pays for them."""
        most = self.most_attempts
        tries = f"{most:g} attempts".replace("inf", "unlimited") if most > 1 else ""
        words = [tries] if self.max_duration is None else [tries, f"within {seconds(self.max_duration)}"]
        words += ["obeys pushback"] if self.pushback is not None else []
        return (*words, *(self.budget.labels() if self.budget is not None else ()))

    @property
    def most_attempts(self) -> float:
        """Attempts in all: `max attempts`, or one more than a list of waits has."""
        return min(self.max_attempts, self.backoff.most_waits + 1)

    @property
    def is_plain(self) -> bool:
        """Whether nothing but their number limits retries, and they follow only attempts that were sent."""
        others = (self.budget, self.max_duration, self.pushback)
        return all(one is None for one in others) and "short-circuited" not in self.on

    def lasts_s(self, timeout_s: float) -> float:
        """Return the time of a call whose every attempt ends after *timeout_s*, waits without chance included."""
        elapsed_s, attempt, limit = timeout_s, 1, self._limit(timeout_s)
        if limit is None and self.most_attempts == inf:
            return inf
        while attempt < min(self.most_attempts, _MOST):
            wait_s: float | None = self.backoff.wait_s(attempt)
            if limit is not None and wait_s is not None:
                wait_s = limit.wait_s(elapsed_s, wait_s)
            if wait_s is None:
                break
            elapsed_s += wait_s + timeout_s
            attempt += 1
        return elapsed_s

    def _limit(self, timeout_s: float) -> MaxDuration | None:
        return None if self.max_duration is None else MaxDuration(float(self.max_duration), self.stop, timeout_s)

    def build(self, link: LinkPart) -> None:
        """Put in what limits the attempts; the attempts themselves are every call's."""
        if self.budget is not None:
            budget = self.budget
            link.pay_for_retries(budget.scope, budget.policy, budget.pays_for_hedges, budget.kind == "envoy")
        if self.max_duration is not None or self.pushback is not None:
            pushback = None if self.pushback is None else self.pushback.policy()
            link.limit_retries(self._limit(link.timeout_s), pushback)
