"""Retries: how many attempts, when, after which outcomes, and what pays for them."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.fields.quantity import BackoffField, PositiveCount
from sim.mechanisms.links.base import Decision, LinkDefence
from sim.mechanisms.links.parts import LinkPart
from sim.mechanisms.links.retry_budget import RetryBudget
from sim.mechanisms.loads import IN_LOADS
from sim.quantities import BackoffLaw


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

    def labels(self) -> tuple[str, ...]:
        """How many attempts, and what pays for them."""
        most = self.most_attempts
        tries = f"{most:g} attempts".replace("inf", "unlimited") if most > 1 else ""
        return (tries, *(self.budget.labels() if self.budget is not None else ()))

    @property
    def most_attempts(self) -> float:
        """Attempts in all: `max attempts`, or one more than a list of waits has."""
        return min(self.max_attempts, self.backoff.most_waits + 1)

    @property
    def is_plain(self) -> bool:
        """Whether retries cost nothing, and follow only attempts that were sent."""
        return self.budget is None and "short-circuited" not in self.on

    def build(self, link: LinkPart) -> None:
        """Put the budget in; the attempts themselves are every call's."""
        if self.budget is not None:
            budget = self.budget
            link.pay_for_retries(budget.scope, budget.policy, budget.pays_for_hedges, budget.kind == "envoy")
