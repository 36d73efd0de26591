"""Retries, and the budget that they pay from."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.fields.labels import percent
from sim.fields.model import Model
from sim.fields.quantity import BackoffField, PositiveCount, Weight
from sim.mechanisms.links.base import Decision, LinkDefence
from sim.mechanisms.links.parts import LinkPart
from sim.mechanisms.links.scope import Scope
from sim.mechanisms.loads import IN_LOADS
from sim.policies import budget as policies
from sim.quantities import BackoffLaw


class RetryBudget(Model):
    """A bucket of tokens from which each retry pays; full at the start. Without a token the call fails."""

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

    def policy(self) -> policies.RetryBudget | policies.RetryQuota:
        """Return the policy that decides."""
        if self.refund:
            return policies.RetryQuota(int(self.capacity), int(self.cost))
        return policies.RetryBudget(self.capacity, self.per_try, self.per_success, self.cost)


class Retry(LinkDefence):
    """Try again after error, timeout, refused or rejected; never after a short-circuit."""

    layer: ClassVar[int] = 40
    decisions: ClassVar[tuple[Decision, ...]] = (
        Decision(
            "retries denied", "retries that the budget did not pay for", mark="retry denied", thing="retry",
            does="be denied, the budget being exhausted", whose="with a retry `budget`",
            made_by=lambda retry: retry.budget is not None,
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
    on: list[Literal["error", "timeout", "refused", "rejected"]] = Field(
        default=["error", "timeout", "refused", "rejected"], min_length=1
    )
    """Outcomes that are tried again."""
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
        """Whether retries cost nothing."""
        return self.budget is None

    def build(self, link: LinkPart) -> None:
        """Put the budget in; the attempts themselves are every call's."""
        if self.budget is not None:
            link.pay_for_retries(self.budget.scope, self.budget.policy)
