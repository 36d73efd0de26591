"""Schedules of waits: polynomial, lists, immediate ones first, and chance that a backoff holds itself."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.outcomes import ERROR
from sim.policies.backoff import Backoff
from sim.policies.delivery import DeliveryPolicy
from sim.policies.retry import Retry
from sim.quantities import UNLIMITED, parse_backoff


def never() -> float:
    raise AssertionError("a wait without chance must not draw")


def waits(text: str, count: int) -> list[float]:
    law = parse_backoff(text)
    return [law.wait_s(n) for n in range(1, count + 1)]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("polynomial 15s step 1s power 4", [15, 16, 31, 96, 271, 640]),  # Sidekiq
        ("polynomial 5s power 4 from 1", [6, 21, 86, 261]),  # Delayed Job
        ("polynomial 2s power 4 from 1 cap 1min", [3, 18, 60]),  # Active Job's `polynomially_longer`
        ("polynomial 1s step 500ms", [1, 1.5, 3, 5.5]),  # power 2 unless another is given
        ("15s 16s 31s", [15, 16, 31, 31, 31]),
        ("15s 16s then again", [15, 16, 15, 16, 15]),
        ("15s 16s then stop", [15, 16]),
        ("immediate then exponential 1s factor 2 cap 3s", [0, 1, 2, 3, 3]),
        ("immediate 3 then 5s 10s", [0, 0, 0, 5, 10, 10]),
        ("immediate 2 then none", [0, 0, 0]),
    ],
)
def test_the_waits_of_a_schedule(text: str, expected: list[float]) -> None:
    assert waits(text, len(expected)) == expected


def test_twenty_five_retries_of_sidekiq_last_twenty_days() -> None:
    assert sum(waits("polynomial 15s step 1s power 4", 25)) == 1763020 + 25 * 15 == 1763395
    assert sum(waits("polynomial 5s step 1s power 4 from 1", 25)) == 1763020 + 25**4 + 25 * 5


def test_svix_tries_eight_times() -> None:
    svix = parse_backoff("5s 5min 30min 2h 5h 10h 10h then stop")
    assert svix.most_waits == 7 and sum(svix.wait_s(n) for n in range(1, 8)) == 99_305


@pytest.mark.parametrize("text, most", [("1s 2s 3s then stop", 4), ("immediate 2 then 1s then stop", 4), ("1s 2s", 9)])
def test_a_list_that_stops_bounds_attempts_and_deliveries(text: str, most: int) -> None:
    law = parse_backoff(text)
    retry, policy = Retry(9, Backoff(law, "none", never)), DeliveryPolicy(30, 9, law)
    assert next(n for n in range(1, 12) if retry.next_wait_s(n, ERROR) is None) == most
    assert next(n for n in range(1, 12) if not policy.may_start(n)) == most
    unlimited = Retry(UNLIMITED, Backoff(law, "none", never)).max_attempts
    assert unlimited == (most if "stop" in text else math.inf)


@pytest.mark.parametrize(
    "text, n, low, high",
    [
        ("10s jitter 20%", 1, 8, 12),
        ("exponential 1s factor 2 cap 4s jitter 20%", 5, 3.2, 4.8),  # gRPC: chance after the cap
        ("10s jitter 500ms", 3, 9.5, 10.5),
        ("10s extra 15%", 2, 10, 11.5),
        ("polynomial 15s power 4 spread 10s", 3, 31, 61),  # Sidekiq
        ("immediate then 10s spread 1s", 3, 10, 12),
        ("100ms jitter 1s", 1, 0, 1.1),  # never before the attempt has ended
    ],
)
def test_chance_stays_in_its_bounds_and_reaches_them(text: str, n: int, low: float, high: float) -> None:
    draw = np.random.default_rng(3).random
    law = parse_backoff(text)
    drawn = [law.drawn_s(n, draw) for _ in range(2000)]
    assert low <= min(drawn) <= low + 0.02 * (high - low) and high - 0.02 * (high - low) <= max(drawn) <= high
    backoff = Backoff(law, "none", draw)
    assert low <= backoff.wait_s(n) <= high


@pytest.mark.parametrize("jitter", ["none", "full", "equal", "decorrelated"])
def test_an_immediate_retry_has_no_wait_and_draws_nothing(jitter: str) -> None:
    assert Backoff(parse_backoff("immediate then 1s"), jitter, never).wait_s(1) == 0
    assert parse_backoff("immediate then 1s jitter 50%").drawn_s(1, never) == 0


def test_delays_of_a_queue_are_drawn() -> None:
    policy = DeliveryPolicy(30, 5, parse_backoff("10s jitter 50%"))
    policy.draw_delays(lambda: 0.0)
    assert policy.rest_s(1) == 5 and policy.rest_s(5) is None


@given(st.floats(0.001, 1e6), st.floats(0.001, 1e6), st.floats(0.1, 40), st.integers(1, 10_000))
def test_a_polynomial_never_falls_and_never_breaks(first: float, step: float, power: float, n: int) -> None:
    law = parse_backoff(f"polynomial {first:f}s step {step:f}s power {power:f}")
    assert law.wait_s(1) <= law.wait_s(n) <= law.wait_s(n + 1)
