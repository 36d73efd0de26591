"""Budgets as products count them: gRPC, Finagle and Linkerd, Envoy; each against its rules and recorded traces."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import ParameterError
from sim.policies.expiring_budget import FinagleBudget, LinkerdBudget
from sim.policies.retry_concurrency import RetryConcurrency
from sim.policies.retry_throttling import RetryThrottling

TOWER = json.loads((Path(__file__).parent / "traces" / "tower.json").read_text())


# --- gRPC ----------------------------------------------------------------------------------------------------


def retries_of_calls(budget: RetryThrottling, calls: int, attempts: int) -> int:
    """Return the retries of calls one after another that always fail."""
    retries = 0
    for _ in range(calls):
        for attempt in range(1, attempts + 1):
            budget.failure(retryable=True)
            if attempt == attempts or not budget.take():
                break
            retries += 1
    return retries


@pytest.mark.parametrize(
    "tokens, attempts, retries", [(10, 4, 3), (10, 5, 4), (10, 9, 4), (3, 4, 1), (30, 4, 11), (2, 4, 0)]
)
def test_first_tries_pay_too_and_half_of_the_tokens_must_be_left(tokens: float, attempts: int, retries: int) -> None:
    assert retries_of_calls(RetryThrottling(tokens, 0.1), 100, attempts) == retries


def test_successes_bring_retries_back_after_many() -> None:
    budget = RetryThrottling(10, 0.1)
    for _ in range(20):
        budget.failure(retryable=True)
    assert budget.tokens == 0 and not budget.take()
    for _ in range(50):
        budget.success()
    assert budget.tokens == 5 and not budget.take() and not budget.take_for_hedge()
    budget.success()
    assert budget.take() and budget.take_for_hedge() and budget.tokens == 5.1
    for _ in range(100):
        budget.success()
    assert budget.tokens == 10


def test_failures_that_are_not_tried_again_cost_nothing() -> None:
    budget = RetryThrottling(10, 0.1)
    budget.failure(retryable=False)
    assert budget.tokens == 10


@pytest.mark.parametrize("ratio, given_back", [(0.5466, 0.546), (0.1, 0.1), (0.0019, 0.001), (1.5, 1.5)])
def test_decimals_beyond_the_third_are_cut(ratio: float, given_back: float) -> None:
    budget = RetryThrottling(10, ratio)
    for _ in range(4):
        budget.failure(retryable=True)
    budget.success()
    assert budget.tokens == pytest.approx(6 + given_back, abs=1e-12)


@given(st.integers(1, 1000), st.integers(1, 3000), st.lists(st.booleans(), max_size=200))
def test_tokens_are_those_of_exact_sums(most: int, thousandths: int, outcomes: list[bool]) -> None:
    budget, tokens = RetryThrottling(most, thousandths / 1000), Fraction(most)
    for ok in outcomes:
        budget.success() if ok else budget.failure(retryable=True)
        tokens = min(tokens + Fraction(thousandths, 1000), Fraction(most)) if ok else max(tokens - 1, Fraction(0))
        assert budget.take() is (tokens > Fraction(most, 2))


# --- Finagle and Linkerd -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("trace", TOWER["traces"], ids=lambda trace: f"{trace['ttl_s']}s {trace['share']}")
def test_plays_like_the_budget_of_linkerds_proxy(trace: dict) -> None:
    budget = LinkerdBudget(trace["ttl_s"], trace["floor_per_s"], trace["share"])
    for at_ms, what in trace["calls"]:
        if what == "deposit":
            budget.deposit(at_ms / 1000)
        else:
            assert budget.take(now=at_ms / 1000) is (what == "true"), at_ms


def test_linkerds_floor_comes_in_bursts_and_more_often_than_each_ttl() -> None:
    steady = TOWER["default_under_steady_withdrawals"]
    granted, budget = [0] * 60, LinkerdBudget(10, 10, 0.2)
    for i in range(6000):
        at = i * steady["every_s"]
        if at < 60 and budget.take(now=at):
            granted[int(at)] += 1
    assert granted == steady["granted_in_each_second"] and sum(granted) == 1000


def test_finagles_floor_comes_once_in_each_ttl() -> None:
    budget = FinagleBudget(10, 10, 0.2)
    granted = [0] * 40
    for i in range(4000):
        granted[i // 100] += budget.take(now=i / 100)
    assert [(second, n) for second, n in enumerate(granted) if n] == [(0, 100), (10, 100), (20, 100), (30, 100)]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.25, 0.75, 0.99, 0.01, 0.001, 2.0])
def test_without_a_floor_retries_are_finagles_share_of_ten_thousand_requests(share: float) -> None:
    """RetryBudgetTest.scala: within one of the share, all requests in one instant."""
    budget, retries = FinagleBudget(60, 0, share), 0
    assert not budget.take()
    for _ in range(10_000):
        budget.first_try()
    while budget.take():
        retries += 1
    assert abs(retries - 10_000 * share) <= max(1, 10_000 * share * 0.001)


@pytest.mark.parametrize("ttl, floor, share", [(1, 10, 0.0), (2, 5, 0.0), (1, 10, 0.1), (2, 5, 0.5)])
def test_the_reserve_is_the_floor_of_the_whole_ttl(ttl: float, floor: float, share: float) -> None:
    for budget in (FinagleBudget(ttl, floor, share), LinkerdBudget(ttl, floor, share)):
        assert budget.balance == 10 and sum(budget.take() for _ in range(50)) == 10


def test_requests_are_forgotten_after_the_ttl() -> None:
    """tps_leaky and tps_slots of tower; Finagle's counts nine slots and the newest."""
    for kind in (FinagleBudget, LinkerdBudget):
        budget = kind(1, 0, 1.0)
        budget.deposit(0.0)
        assert not budget.take(now=3.0)
        budget = kind(1, 0, 0.5)
        budget.deposit(0.0)
        budget.deposit(0.0)
        assert budget.take(now=0.901)


def test_first_tries_deposit_at_finagle_and_what_needs_no_retry_at_linkerd() -> None:
    finagle, linkerd = FinagleBudget(10, 0, 0.5), LinkerdBudget(10, 0, 0.5)
    for budget in (finagle, linkerd):
        budget.first_try()
        budget.first_try()
        budget.failure(retryable=True)
    assert (finagle.balance, linkerd.balance) == (1, 0)
    for budget in (finagle, linkerd):
        budget.success()
        budget.failure(retryable=False)
    assert (finagle.balance, linkerd.balance) == (1, 1)
    assert linkerd.take_for_hedge() and linkerd.balance == 1
    assert finagle.take_for_hedge() and finagle.balance == 0 and not finagle.take_for_hedge()


def test_linkerds_price_is_a_whole_number_of_requests() -> None:
    finagle, linkerd = FinagleBudget(10, 0, 0.3), LinkerdBudget(10, 0, 0.3)
    for _ in range(30):
        finagle.deposit(0.0)
        linkerd.deposit(0.0)
    assert (finagle.balance, linkerd.balance) == (9, 10)


# --- Envoy ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("active, limit", [(0, 3), (14, 3), (15, 3), (19, 3), (20, 4), (100, 20)])
def test_a_share_of_what_is_out_with_a_least(active: int, limit: int) -> None:
    budget = RetryConcurrency()
    for _ in range(active):
        budget.begin()
    assert sum(budget.take(timed_out=True) for _ in range(50)) == limit


def test_the_answered_attempt_counts_and_one_that_timed_out_does_not() -> None:
    for timed_out, allowed in ((False, True), (True, False)):
        budget = RetryConcurrency(share=0.5, least=0)
        budget.begin()
        assert budget.take(timed_out) is allowed


def test_a_retry_is_out_until_it_ends_or_is_not_made() -> None:
    budget = RetryConcurrency(most=1)
    assert budget.take() and not budget.take()
    budget.put_back()
    assert budget.take()
    budget.begin()
    budget.end(is_retry=True)
    assert budget.take() and (budget.active, budget.retries) == (0, 1)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: RetryThrottling(0, 0.1), "capacity must be above 0 and at most 1000, got 0"),
        (lambda: RetryThrottling(1001, 0.1), "capacity must be above 0 and at most 1000, got 1001"),
        (lambda: RetryThrottling(10, 0.0009), "per success must be at least 0.001, got 0.0009"),
        (lambda: FinagleBudget(0.5, 10, 0.2), "ttl must be 1s to 60s, got 0.5"),
        (lambda: LinkerdBudget(61, 10, 0.2), "ttl must be 1s to 60s, got 61"),
        (lambda: FinagleBudget(10, -1, 0.2), "floor must be a rate of at least 0, got -1"),
        (lambda: LinkerdBudget(10, 1, 1001), "share must be a share of at most 100000%, got 1001"),
        (lambda: RetryConcurrency(share=2), "share must be a share of at most 100%, got 2"),
        (lambda: RetryConcurrency(least=-1), "least must be a whole number of at least 0, got -1"),
        (lambda: RetryConcurrency(most=-1), "most must be a whole number of at least 0, got -1"),
    ],
)
def test_a_budget_that_no_product_takes_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        make()
