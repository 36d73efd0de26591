"""Budgets that many calls share, so that retries stay a small part of the load: a token bucket and the SDKs' quota.

``Budget`` is what every kind of budget answers; the kinds of other products are in ``retry_throttling`` (gRPC),
``expiring_budget`` (Finagle, Linkerd) and ``retry_concurrency`` (Envoy). Both kinds here hold whole units, so that ten
tenths of a token are one token, and know no time. Not modelled: a budget that several links share.
"""

from __future__ import annotations

from fractions import Fraction
from math import inf, lcm

from sim.errors import ParameterError


class Budget:
    """What decides whether a retry may be made, and learns how attempts end; *now* is in seconds.

    A kind overrides what it uses: by default nothing is learned, and hedges cost nothing.
    """

    __slots__ = ()

    def first_try(self, now: float = 0.0) -> None:
        """A call makes its first attempt."""

    def success(self, retried: bool = False, timed_out: bool = False, now: float = 0.0) -> None:
        """An attempt ended well; *retried*: it was no first try, *timed_out*: the one before it had timed out."""

    def failure(self, retryable: bool, now: float = 0.0) -> None:
        """An attempt failed; *retryable*: with an outcome that is tried again, however many attempts are left."""

    def take(self, timed_out: bool = False, now: float = 0.0) -> bool:
        """Pay for a retry; False where it may not be made. *timed_out*: the attempt before it timed out."""
        raise NotImplementedError

    def take_for_hedge(self, now: float = 0.0) -> bool:
        """Pay for a hedge; False where it may not be sent."""
        return True


class RetryBudget(Budget):
    """A bucket of tokens that first tries or successes fill and retries empty; full at the start.

    Use it with every retry: when most calls fail, retries are at most *per_try* / *cost* of the first tries (or
    *per_success* / *cost* of the successes), so a struggling callee does not get the load multiplied; while failures
    are rare the budget has no effect. Paid per first try it allows retries throughout a total outage; paid per success
    it stops them when nothing succeeds. It harms a caller with too few calls to fill it.

    *capacity*, *per_try* and *per_success* are in tokens, *cost* is what a retry takes. Amounts are kept as fractions
    with a denominator of a million at most, so sums are exact.
    Source: M. Brooker, "Fixing retries with token buckets and circuit breakers", 2022 (a tenth of a token per
    success, one per retry); paid per request as in B. Beyer et al., Site Reliability Engineering, ch. 21 "Handling
    Overload" (retries at most 10 % of requests). resilience4j and Polly have no budget.
    """

    __slots__ = ("_capacity", "_per_try", "_per_success", "_cost", "_units", "_unit")

    def __init__(self, capacity: float, per_try: float, per_success: float, cost: float = 1.0) -> None:
        if not 0 < cost < inf:
            raise ParameterError("be a number above zero", cost, place="cost")
        if not cost <= capacity < inf:
            raise ParameterError(f"be a number of at least the cost of a retry, {cost:g}", capacity, place="capacity")
        for place, value in (("per try", per_try), ("per success", per_success)):
            if not 0 <= value < inf:
                raise ParameterError("be a number of at least 0", value, place=place)
        amounts = [Fraction(value).limit_denominator(10**6) for value in (capacity, per_try, per_success, cost)]
        self._unit = lcm(*(amount.denominator for amount in amounts))  # units in a token
        self._capacity, self._per_try, self._per_success, self._cost = (int(n * self._unit) for n in amounts)
        if self._cost == 0:
            raise ParameterError("be at least a millionth", cost, place="cost")
        self._units = self._capacity

    @property
    def tokens(self) -> float:
        """The tokens in the bucket."""
        return self._units / self._unit

    def first_try(self, now: float = 0.0) -> None:
        """Pay in for a call's first attempt."""
        if self._units < self._capacity:
            self._units = min(self._units + self._per_try, self._capacity)

    def success(self, retried: bool = False, timed_out: bool = False, now: float = 0.0) -> None:
        """Pay in for a successful attempt, first or later."""
        if self._units < self._capacity:
            self._units = min(self._units + self._per_success, self._capacity)

    def take(self, timed_out: bool = False, now: float = 0.0) -> bool:
        """Pay for a retry; False, and nothing taken, when there are too few tokens."""
        if self._units < self._cost:
            return False
        self._units -= self._cost
        return True


class RetryQuota(Budget):
    """The retry quota of the AWS SDKs: a retry takes *cost* of *capacity*, a success gives it back, time gives nothing.

    Use it to model clients that use the cloud SDKs: in a total outage they make capacity / cost retries, then none.
    Each call that succeeds at once refills it by 1. So after an outage retries stay few until many calls have
    succeeded, and single failures meanwhile reach the user.

    *timeout_cost* is what a retry after a timeout takes, if not *cost*. botocore 1.44.5 takes 14 (after a throttling
    error 5) of 500; earlier releases took 5 (after a timeout 10), the defaults here but for the timeout.
    Source: botocore, "standard" retry mode; AWS SDKs and Tools Reference Guide, "Retry behavior".
    """

    __slots__ = ("capacity", "cost", "timeout_cost", "available")

    def __init__(self, capacity: int = 500, cost: int = 5, timeout_cost: int | None = None) -> None:
        for place, value in (("capacity", capacity), ("cost", cost), ("timeout cost", timeout_cost)):
            if value is not None and not 1 <= value < inf:
                raise ParameterError("be a whole number of at least 1", value, place=place)
        self.capacity, self.cost = capacity, cost
        self.timeout_cost = cost if timeout_cost is None else timeout_cost
        self.available = capacity

    def take(self, timed_out: bool = False, now: float = 0.0) -> bool:
        """Pay for a retry; *timed_out*: the attempt before it timed out. False when there is too little."""
        cost = self.timeout_cost if timed_out else self.cost
        if cost > self.available:
            return False
        self.available -= cost
        return True

    def success(self, retried: bool = False, timed_out: bool = False, now: float = 0.0) -> None:
        """Refill after a successful call: by 1 at the first try, else by the cost of its last retry."""
        back = 1 if not retried else self.timeout_cost if timed_out else self.cost
        self.available = min(self.available + back, self.capacity)
