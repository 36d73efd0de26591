"""Budgets of retries as products count them: by tokens, by failures, by a share of recent requests, by what is out."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from sim.errors import not_played
from sim.fields.labels import percent
from sim.fields.model import Model
from sim.fields.quantity import PositiveDuration, RateNumber, Share, Weight
from sim.mechanisms.links.scope import Scope
from sim.policies import budget as policies
from sim.policies.expiring_budget import FinagleBudget, LinkerdBudget
from sim.policies.retry_concurrency import RetryConcurrency
from sim.policies.retry_throttling import RetryThrottling

PAY_FOR_HEDGES = ("grpc", "finagle")
"""The kinds of budgets that are asked for hedges too."""


class RetryBudget(Model):
    """What limits the retries of many calls together. A retry that it does not allow is not made: the call fails."""

    kind: Literal["bucket", "grpc", "finagle", "linkerd", "envoy"] = "bucket"
    """`bucket`: a bucket of tokens, full at the start, from which each retry pays. `grpc` (`retryThrottling`): every
    failed attempt takes a token, first tries too, and retries and hedges go only while more than half are left.
    `finagle` and `linkerd`: retries are a `share` of the requests in the last `ttl`, with a `floor`; requests count at
    their first try (`finagle`, whose hedges pay too), or when they need no retry (`linkerd`). `envoy`: as many retries
    may be out at once as a `share` of all attempts that are out, with a `least`, or as `most` says."""
    capacity: Weight = 10
    """`bucket`, `grpc`: tokens that fit in (`maxTokens`, 1000 at most)."""
    per_try: Weight = 0
    """`bucket`: tokens paid in by each first try, such as 0.1: retries are then at most a tenth of the calls."""
    per_success: Weight = 0
    """`bucket`, `grpc`: tokens paid in by each attempt that ends well; `grpc`: 0.1 unless given (`tokenRatio`,
    three decimals)."""
    cost: Weight = 1
    """`bucket`: tokens that a retry takes."""
    refund: bool = False
    """`bucket`: the AWS SDKs' quota (capacity 500, cost 5). A retry that succeeds gives back what it took, a first try
    1."""
    ttl: PositiveDuration = 10.0
    """`finagle`, `linkerd`: how long requests and retries count, 1s to 60s (`ttl`)."""
    floor: RateNumber = 10.0
    """`finagle`, `linkerd`: retries a second that are allowed in addition, whatever is requested; those of the whole
    `ttl` at once (`minRetriesPerSec`, `minRetriesPerSecond`)."""
    share: Share = 0.2
    """`finagle`, `linkerd`: retries as a share of the requests in the last `ttl` (`percentCanRetry`, `retryRatio`).
    `envoy`: retries that are out, as a share of the attempts that are out or wait to leave (`budget_percent`)."""
    least: Annotated[int, Field(ge=0)] = 3
    """`envoy`: as many retries may always be out (`min_retry_concurrency`)."""
    most: Annotated[int, Field(ge=0)] | None = None
    """`envoy`: instead of share and least, as many retries may be out at once (`max_retries`, default there 3)."""
    scope: Scope = "link"
    """Who shares it: all callers on the `link`, or each `caller` (replica or client instance) has its own, as in every
    product."""

    @property
    def pays_for_hedges(self) -> bool:
        """Whether hedges ask it too."""
        return self.kind in PAY_FOR_HEDGES

    @property
    def token_ratio(self) -> float:
        """`grpc`: what a success gives back; gRPC has no default, its documentation shows 0.1."""
        return self.per_success or 0.1

    @property
    def has_floor(self) -> bool:
        """Whether it allows retries by the second, whatever is requested."""
        return self.kind in ("finagle", "linkerd") and self.floor > 0

    def labels(self) -> tuple[str, ...]:
        """What limits retries."""
        if self.kind == "grpc":
            return (f"retries above {self.capacity / 2:g} of {self.capacity:g} tokens",)
        if self.kind == "envoy":
            share = f"{percent(self.share)} of calls out, {self.least} at least"
            return (f"retries out: {share if self.most is None else f'{self.most} at most'}",)
        if self.kind != "bucket":
            return (f"retry budget {percent(self.share)} + {self.floor:g}/s",)
        if self.refund:
            return (f"retry quota {self.capacity:g}",)
        rates = [f"{percent(self.per_try)} of tries"] if self.per_try else []
        rates += [f"{percent(self.per_success)} of successes"] if self.per_success else []
        return (f"retry budget {' + '.join(rates) or f'{self.capacity:g}'}",)

    def policy(self) -> policies.Budget:
        """Return the policy that decides."""
        if self.kind == "grpc":
            return RetryThrottling(self.capacity, self.token_ratio)
        if self.kind == "finagle":
            return FinagleBudget(self.ttl, self.floor, self.share)
        if self.kind == "linkerd":
            return LinkerdBudget(self.ttl, self.floor, self.share)
        if self.kind == "envoy":
            return RetryConcurrency(self.share, self.least, self.most)
        if self.kind != "bucket":
            raise not_played("retry budget", self.kind)
        if self.refund:
            return policies.RetryQuota(int(self.capacity), int(self.cost))
        return policies.RetryBudget(self.capacity, self.per_try, self.per_success, self.cost)

    @property
    def at_once(self) -> float:
        """The most retries at one instant while everything fails; infinite where it depends on the calls."""
        if self.kind == "grpc":
            return math.ceil(self.capacity / 2) - 1
        if self.kind in ("finagle", "linkerd"):
            return int(self.floor * int(self.ttl))
        if self.kind == "envoy":
            return math.inf if self.most is None else self.most
        return self.capacity / self.cost if self.cost else math.inf

    def lasting(self, calls_per_s: float) -> float:
        """Return the most retries for a call in a lasting outage, at *calls_per_s* first tries a second in all.

        The floor of Finagle returns with each ttl, Linkerd's after six tenths of it (``sim.policies.expiring_budget``).
        A share of what is out bounds retries by share / (1 - share) of the first tries, if all attempts take as long;
        a number of retries that are out has no bound that knows no times.
        """
        if self.kind == "grpc":
            return 0.0
        if self.kind in ("finagle", "linkerd"):
            per_s = self.floor if self.kind == "finagle" else self.floor / 0.6
            of_calls = self.share if self.kind == "finagle" else 0.0
            return of_calls if not per_s else of_calls + per_s / calls_per_s if calls_per_s else math.inf
        if self.kind == "envoy":
            bounded = self.most is None and self.least == 0 and self.share < 1
            return self.share / (1 - self.share) if bounded else 0.0 if self.most == 0 else math.inf
        return 0.0 if self.refund else self.per_try / self.cost if self.cost else math.inf
