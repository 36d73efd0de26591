"""Budgets of retries: the trace of botocore (acceptance case H04), the two ways of paying (B22), exact sums."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sim.errors import ParameterError
from sim.policies.budget import RetryBudget, RetryQuota

BOTOCORE = json.loads((Path(__file__).parent / "traces" / "botocore.json").read_text())


def test_the_quota_plays_like_botocore() -> None:
    quota = RetryQuota()
    retries = 0
    while quota.take():
        retries += 1
    assert (retries, quota.available) == (BOTOCORE["retries_until_exhausted"], BOTOCORE["available_when_exhausted"])
    quota.success(retried=True)
    after = BOTOCORE["after_giving_back_5"]
    assert quota.available == after["available"]
    assert quota.take() is after["may_retry"]
    assert not quota.take()


def test_with_the_costs_of_today_a_total_outage_gets_thirty_five_retries() -> None:
    quota = RetryQuota(cost=BOTOCORE["constants"]["retry_cost"])
    assert sum(quota.take() for _ in range(1000)) == 35


def test_a_success_at_the_first_try_gives_back_one() -> None:
    quota = RetryQuota(capacity=10, cost=5)
    assert quota.take() and quota.take() and not quota.take()
    for _ in range(4):
        quota.success(retried=False)
    assert not quota.take()
    quota.success(retried=False)
    assert quota.take() and quota.available == 0


def test_the_quota_never_holds_more_than_its_capacity() -> None:
    quota = RetryQuota(capacity=10)
    quota.success(retried=True)
    quota.success(retried=False)
    assert quota.available == 10


def test_a_retry_after_a_timeout_may_take_more_and_gives_the_same_back() -> None:
    quota = RetryQuota(timeout_cost=10)
    assert quota.take(timed_out=True) and quota.available == 490
    quota.success(retried=True, timed_out=True)
    assert quota.available == 500
    assert sum(quota.take(timed_out=True) for _ in range(1000)) == 50


def load_and_success(budget: RetryBudget, failure: float, calls: int = 100_000) -> tuple[float, float]:
    """Attempts per call and share of calls that went well, tries without end while the budget pays."""
    rng = np.random.default_rng(22)
    attempts = well = 0
    for _ in range(calls):
        budget.first_try()
        attempts += 1
        while rng.random() < failure:
            if not budget.take():
                break
            attempts += 1
        else:
            well += 1
            budget.success()
    return attempts / calls, well / calls


@pytest.mark.parametrize("paid", [{"per_try": 0.1, "per_success": 0.0}, {"per_try": 0.0, "per_success": 0.1}])
def test_while_failures_are_rare_the_budget_is_not_felt(paid: dict[str, float]) -> None:
    """Load 1 / 0.95 within 0.5 %; its sd here is 0.07 %, so a false alarm is out of question."""
    load, success = load_and_success(RetryBudget(5, **paid), failure=0.05)
    assert load == pytest.approx(1 / 0.95, rel=0.005)
    assert success > 0.999


def test_paid_per_try_an_outage_gets_a_tenth_more_load_and_paid_per_success_none() -> None:
    per_try, per_success = RetryBudget(5, 0.1, 0.0), RetryBudget(5, 0.0, 0.1)
    assert load_and_success(per_try, failure=1.0, calls=1000) == ((1000 + 5 + 99) / 1000, 0.0)
    assert load_and_success(per_success, failure=1.0, calls=1000) == ((1000 + 5) / 1000, 0.0)


def test_ten_tenths_buy_one_retry() -> None:
    budget = RetryBudget(1, 0.1, 0.0)
    assert budget.take()
    for _ in range(9):
        budget.first_try()
        assert not budget.take()
    budget.first_try()
    assert budget.tokens == 1 and budget.take()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: RetryBudget(5, 0.1, 0, cost=0), "cost must be a number above zero, got 0"),
        (lambda: RetryBudget(5, 0.1, 0, cost=1e-9), "cost must be at least a millionth, got 1e-09"),
        (lambda: RetryBudget(0.5, 0.1, 0), "capacity must be a number of at least the cost of a retry, 1, got 0.5"),
        (lambda: RetryBudget(float("inf"), 0.1, 0), "capacity must be a number of at least .*, got inf"),
        (lambda: RetryBudget(5, -0.1, 0), "per try must be a number of at least 0, got -0.1"),
        (lambda: RetryBudget(5, 0, float("nan")), "per success must be a number of at least 0, got nan"),
        (lambda: RetryQuota(0), "capacity must be a whole number of at least 1, got 0"),
        (lambda: RetryQuota(cost=0), "cost must be a whole number of at least 1, got 0"),
        (lambda: RetryQuota(timeout_cost=-1), "timeout cost must be a whole number of at least 1, got -1"),
    ],
)
def test_a_budget_that_cannot_work_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        make()


class BudgetsAgainstModel(RuleBasedStateMachine):
    """Any order of tries, successes and retries, against sums of exact decimal fractions."""

    @initialize(
        capacity=st.integers(2, 6),
        tenths=st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 20)),
        costs=st.tuples(st.integers(1, 4), st.integers(1, 7)),
    )
    def build(self, capacity: int, tenths: tuple[int, int, int], costs: tuple[int, int]) -> None:
        per_try, per_success, cost = tenths
        self.budget = RetryBudget(capacity, per_try / 10, per_success / 10, cost / 10)
        self.amounts = [Fraction(n, 10) for n in tenths]
        self.tokens = self.capacity = Fraction(capacity)
        self.quota = RetryQuota(4 * capacity, *costs)
        self.costs, self.available = costs, 4 * capacity

    def pay_in(self, amount: Fraction) -> None:
        self.tokens = min(self.tokens + amount, self.capacity)

    @rule()
    def first_try(self) -> None:
        self.budget.first_try()
        self.pay_in(self.amounts[0])

    @rule(retried=st.booleans(), timed_out=st.booleans())
    def success(self, retried: bool, timed_out: bool) -> None:
        self.budget.success()
        self.pay_in(self.amounts[1])
        self.quota.success(retried, timed_out)
        self.available = min(self.available + (self.costs[timed_out] if retried else 1), self.quota.capacity)

    @rule(timed_out=st.booleans())
    def retry(self, timed_out: bool) -> None:
        enough = self.tokens >= self.amounts[2]
        assert self.budget.take() is enough
        self.tokens -= self.amounts[2] * enough
        enough = self.available >= self.costs[timed_out]
        assert self.quota.take(timed_out) is enough
        self.available -= self.costs[timed_out] * enough

    @invariant()
    def both_hold_what_the_model_holds(self) -> None:
        assert self.budget.tokens == float(self.tokens)
        assert self.quota.available == self.available


TestBudgetsAgainstModel = BudgetsAgainstModel.TestCase
TestBudgetsAgainstModel.settings = settings(max_examples=40, deadline=None, derandomize=True, database=None)
