"""Retry budgets of Finagle and Linkerd: a share of the requests of the last seconds, and a floor for quiet clients.

::

    deposit ──> │ now │ -1 │ -2 │ … │ -9 │  slots of a tenth of the ttl; the oldest is forgotten
    withdraw ─> │     │                     takes from the newest slot, so a retry is forgotten after the ttl too
                      sum of all + reserve  >= the price of a retry?

The reserve is the floor, retries a second times the ttl, and it is there at once: ten retries a second over ten
seconds are a hundred retries in one instant, and another hundred when the first are forgotten.

Not modelled: Linkerd's budgets for a whole service that several routes share.
"""

from __future__ import annotations

from math import inf

from sim.errors import ParameterError
from sim.policies.budget import Budget

SLOTS = 10
"""The slots of a ttl, in both products."""
_ALMOST = 1e-9
"""Spans are sums of rounded numbers: a slot has ended when at most this part of it is missing."""


class ExpiringBudget(Budget):
    """Let retries be *share* of what was deposited in the last *ttl_s*, and *floor_per_s* times the ttl in addition.

    Use it where retries must stay a small part of the load in the long run, also in an outage. A client with few
    calls lives from the floor: below floor / (max attempts - 1) calls a second the budget denies nothing, so that a
    thousand quiet clients have no budget together. The two products differ in what deposits and in what is forgotten.

    The seconds of *ttl_s* are cut to whole ones for the reserve, as both products do. Both require 1 s to 60 s.
    """

    __slots__ = ("_deposit", "_price", "_reserve", "_slot_s", "_begun_at", "_newest", "_slots", "_index")
    kept = SLOTS
    """Slots that are kept, the newest not counted."""

    def __init__(self, ttl_s: float, floor_per_s: float, share: float) -> None:
        if not 1 <= ttl_s <= 60:
            raise ParameterError("be 1s to 60s", ttl_s, place="ttl")
        if not 0 <= floor_per_s < inf:
            raise ParameterError("be a rate of at least 0", floor_per_s, place="floor")
        if not 0 <= share <= 1000:
            raise ParameterError("be a share of at most 100000%", share, place="share")
        self._deposit, self._price = self.amounts(share) if share else (0, 1)
        self._reserve = int(floor_per_s * int(ttl_s + _ALMOST) + _ALMOST) * self._price
        self._slot_s = ttl_s / SLOTS
        self._begun_at = 0.0  # when the newest slot began
        self._newest = 0
        self._slots = [0] * self.kept
        self._index = 0  # where the newest goes when it has ended

    @staticmethod
    def amounts(share: float) -> tuple[int, int]:
        """Return what a deposit and a retry are, in whole units."""
        raise NotImplementedError

    @property
    def balance(self) -> int:
        """The retries that may be made now, as of the last change."""
        return (self._newest + sum(self._slots) + self._reserve) // self._price

    def deposit(self, now: float) -> None:
        """Count one request."""
        self._forget(now)
        self._newest += self._deposit

    def take(self, timed_out: bool = False, now: float = 0.0) -> bool:
        """Pay for a retry from what is there, the reserve included."""
        self._forget(now)
        if self._newest + sum(self._slots) + self._reserve < self._price:
            return False
        self._newest -= self._price
        return True

    def _forget(self, now: float) -> None:
        """Begin a new slot if the newest has ended, and clear those that nothing was put into meanwhile."""
        passed = (now - self._begun_at) / self._slot_s
        if passed < 1 - _ALMOST:
            return
        self._slots[self._index] = self._newest
        self._newest, self._begun_at = 0, now
        self._index = (self._index + 1) % self.kept
        for _ in range(min(self.skipped(passed), self.kept)):
            self._slots[self._index] = 0
            self._index = (self._index + 1) % self.kept

    @staticmethod
    def skipped(passed: float) -> int:
        """Return how many slots were skipped, when *passed* slots have gone by since the newest began."""
        raise NotImplementedError


class FinagleBudget(ExpiringBudget):
    """Every request deposits, whether it ends well or not; hedges (backup requests) pay as retries do.

    So in a total outage retries are *share* of the requests, and the floor.
    Source: twitter/finagle, ``RetryBudget.scala`` (defaults ttl 10 s, 10 retries a second, 20 %) and
    ``RetryFilter.scala``; twitter/util, ``TokenBucket.newLeakyBucket`` and ``WindowedAdder.scala``.
    """

    __slots__ = ()
    kept = SLOTS - 1

    @staticmethod
    def amounts(share: float) -> tuple[int, int]:
        """A deposit is 1,000, so that a share may be above 100 %."""
        return 1000, int(1000 / share + _ALMOST)

    @staticmethod
    def skipped(passed: float) -> int:
        """Those between the newest and now."""
        return int(passed - 1 + _ALMOST)

    def first_try(self, now: float = 0.0) -> None:
        """Deposit."""
        self.deposit(now)

    def take_for_hedge(self, now: float = 0.0) -> bool:
        """Pay as for a retry."""
        return self.take(now=now)


class LinkerdBudget(ExpiringBudget):
    """What needs no retry deposits: a success, or a failure that is not tried again.

    So in a total outage only the floor is left. The price is a whole number of deposits up to 100 %: 30 % is one retry
    for three requests. Whenever a little more than a slot has passed, two slots are used up and not one. So under
    steady calls deposits and retries live for six tenths of the ttl: a floor of 10/s over 10 s is 100 every 6 s.
    Source: tower-rs/tower, ``tower/src/retry/budget/tps_budget.rs`` (``TpsBucket::expire``; defaults as Finagle's);
    linkerd/linkerd2-proxy, ``linkerd/app/outbound/src/http/retry.rs``.
    """

    __slots__ = ()

    @staticmethod
    def amounts(share: float) -> tuple[int, int]:
        """A deposit is 1, or 1,000 for a share above 100 %."""
        return (1, int(1 / share + _ALMOST)) if share <= 1 else (1000, int(1000 / share + _ALMOST))

    @staticmethod
    def skipped(passed: float) -> int:
        """One for every whole slot that passed, less one where they passed exactly."""
        whole = int(passed + _ALMOST)
        return whole - 1 if passed - whole <= _ALMOST else whole

    def success(self, retried: bool = False, timed_out: bool = False, now: float = 0.0) -> None:
        """Deposit."""
        self.deposit(now)

    def failure(self, retryable: bool, now: float = 0.0) -> None:
        """Deposit, if the failure is not tried again."""
        if not retryable:
            self.deposit(now)
