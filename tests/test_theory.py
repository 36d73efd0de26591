"""Closed forms against published values and, at second parameters, against a computation by another road."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from sim import theory
from sim.errors import ParameterError


def birth_death(births: list[float], deaths: list[float]) -> np.ndarray:
    """Solve the balance equations of a birth-death chain as a linear system, not by their product form."""
    size = len(births) + 1
    q = np.zeros((size, size))
    for n, (up, down) in enumerate(zip(births, deaths)):
        q[n, n + 1] += up
        q[n + 1, n] += down
    return stationary(q)


def stationary(rates: np.ndarray) -> np.ndarray:
    q = rates - np.diag(rates.sum(axis=1))
    a = np.vstack([q.T, np.ones(len(q))])
    return np.linalg.lstsq(a, np.append(np.zeros(len(q)), 1.0), rcond=None)[0]


def test_mm1_has_the_textbook_values() -> None:
    found = theory.mm1(8, 10)
    assert (found.sojourn_s, found.wait_s) == (pytest.approx(0.5), pytest.approx(0.4))
    assert (found.in_system, found.waiting, found.utilisation) == (
        pytest.approx(4), pytest.approx(3.2), pytest.approx(0.8),
    )  # fmt: skip


def test_mmc_has_the_textbook_values_and_agrees_with_its_balance_equations() -> None:
    found = theory.mmc(16, 5, 4)
    assert [found.p_wait, found.wait_s, found.sojourn_s] == pytest.approx([0.5964, 0.1491, 0.3491], abs=5e-5)
    p = birth_death([6.0] * 300, [2.0 * min(n, 5) for n in range(1, 301)])
    other = theory.mmc(6, 2, 5)
    assert other.p_wait == pytest.approx(p[5:].sum(), rel=1e-8)
    assert other.in_system == pytest.approx(p @ np.arange(301), rel=1e-8)


def test_erlang_b_agrees_with_its_sum() -> None:
    assert theory.erlang_b(10, 12) == pytest.approx(
        (10**12 / math.factorial(12)) / sum(10**n / math.factorial(n) for n in range(13)), rel=1e-12
    )
    assert theory.erlang_b(3, 0) == 1


def test_a_bounded_line_sheds_what_the_balance_equations_say() -> None:
    found = theory.mmck(12, 10, 1, 10)
    assert found.lost_ratio == pytest.approx(0.1926, abs=5e-5)
    assert found.throughput_per_s == pytest.approx(9.689, abs=5e-4)
    assert found.sojourn_s == pytest.approx(0.6926, abs=5e-5)
    p = birth_death([9.0] * 7, [2.0 * min(n, 3) for n in range(1, 8)])
    other = theory.mmck(9, 2, 3, 7)
    assert other.lost_ratio == pytest.approx(p[7], rel=1e-9)
    assert other.wait_s == pytest.approx(p[3:] @ np.arange(5) / (9 * (1 - p[7])), rel=1e-9)
    assert other.utilisation == pytest.approx(p @ np.minimum(np.arange(8), 3) / 3, rel=1e-9)
    assert theory.mmck(9, 2, 3, 3).lost_ratio == pytest.approx(theory.erlang_b(4.5, 3), rel=1e-12)
    assert theory.mmck(1000, 1, 1, 2000).throughput_per_s == pytest.approx(1)


def test_constant_service_halves_the_wait() -> None:
    assert theory.md1(8, 0.1).wait_s == pytest.approx(0.2)
    assert theory.mg1(8, 0.1, 1.0).wait_s == pytest.approx(theory.mm1(8, 10).wait_s)


def test_pollaczek_khinchine_agrees_with_two_exponential_phases() -> None:
    """M/E2/1 (scv 1/2) as a chain over remaining phases: an arrival brings two phases of rate 2/mean."""
    levels, rate, phase_rate = 400, 6.0, 20.0
    q = np.zeros((levels, levels))
    for n in range(levels):
        if n + 2 < levels:
            q[n, n + 2] = rate
        if n:
            q[n, n - 1] = phase_rate
    work_s = stationary(q) @ np.arange(levels) / phase_rate  # PASTA: the wait is the work found
    assert theory.mg1(6, 0.1, 0.5).wait_s == pytest.approx(work_s, rel=1e-6)


def test_batches_wait_for_each_other() -> None:
    found = theory.batch_mm1(1, 5, 10)
    assert (found.in_system, found.sojourn_s) == (pytest.approx(3), pytest.approx(0.6))
    assert theory.batch_mm1(5, 1, 10).sojourn_s == pytest.approx(0.2)
    levels = 400
    q = np.zeros((levels, levels))
    for n in range(levels):
        if n + 3 < levels:
            q[n, n + 3] = 2.0
        if n:
            q[n, n - 1] = 8.0
    assert theory.batch_mm1(2, 3, 8).in_system == pytest.approx(stationary(q) @ np.arange(levels), rel=1e-6)


def test_a_tandem_is_the_sum_of_its_stations() -> None:
    assert theory.tandem(6, [10, 8, 12]) == pytest.approx(0.9167, abs=5e-5)
    assert theory.hypoexponential_mean([4, 2, 6]) == pytest.approx(theory.tandem(6, [10, 8, 12]))


def test_stages_in_series_have_the_published_percentiles() -> None:
    rates = [50.0] * 5
    assert theory.hypoexponential_mean(rates) == pytest.approx(0.1)
    assert theory.hypoexponential_quantile(rates, 0.5) == pytest.approx(0.0934, abs=5e-5)
    assert theory.hypoexponential_quantile(rates, 0.99) == pytest.approx(0.2321, abs=5e-5)


def test_stages_of_different_rates_agree_with_partial_fractions() -> None:
    rates = [4.0, 2.0, 6.0]
    for t in (0.05, 0.5, 3.0):
        tail = sum(
            math.exp(-a * t) * math.prod(b / (b - a) for j, b in enumerate(rates) if j != i)
            for i, a in enumerate(rates)
        )
        assert theory.hypoexponential_cdf(rates, t) == pytest.approx(1 - tail, abs=1e-11)
    assert theory.hypoexponential_cdf(rates, theory.hypoexponential_quantile(rates, 0.9)) == pytest.approx(0.9)


def test_impatience_has_the_published_values() -> None:
    found = theory.mm1_patience(15, 10, 0.5)
    assert [found.lost_ratio, found.wait_s] == pytest.approx([0.3460, 0.3347], abs=5e-5)
    hopeless = theory.mm1_patience(5, 2, 6)
    assert [hopeless.lost_ratio, hopeless.wait_s] == pytest.approx([0.600, 5.667], abs=5e-4)


def test_impatience_agrees_with_a_recursion_of_offered_waits() -> None:
    """Lindley's recursion with deserters, 400,000 arrivals; the tolerance is about four standard errors."""
    rng = np.random.default_rng(5)
    gaps, services = rng.exponential(1 / 9, 400_000), rng.exponential(1 / 10, 400_000)
    work, lost, waits = 0.0, 0, []
    for gap, service in zip(gaps.tolist(), services.tolist()):
        work = max(0.0, work - gap)
        if work >= 0.3:
            lost += 1
        else:
            waits.append(work)
            work += service
    found = theory.mm1_patience(9, 10, 0.3)
    assert lost / 400_000 == pytest.approx(found.lost_ratio, rel=0.02)
    assert math.fsum(waits) / len(waits) == pytest.approx(found.wait_s, rel=0.02)


def test_impatience_is_smooth_where_the_rates_meet() -> None:
    at, beside = theory.mm1_patience(10, 10, 0.5), theory.mm1_patience(10.0003, 10, 0.5)
    assert at.lost_ratio == pytest.approx(1 / 7)  # flat density: (1/10) / (1/10 + 1/10 + 1/2)
    assert beside.lost_ratio == pytest.approx(at.lost_ratio, rel=2e-4)


def test_a_timeout_without_cancellation_is_the_tail_of_the_sojourn() -> None:
    assert theory.mm1_sojourn_tail(8, 10, 1) == pytest.approx(0.1353, abs=5e-5)
    assert theory.mm1_sojourn_tail(6, 10, 0.5) == pytest.approx(1 - theory.hypoexponential_cdf([4], 0.5))


def test_closed_loops_have_the_published_values_and_agree_with_mean_value_analysis() -> None:
    crowd, few = theory.machine_repair(20, 1, 10), theory.machine_repair(5, 1, 10)
    assert [crowd.throughput_per_s, crowd.sojourn_s] == pytest.approx([9.981, 1.0037], abs=5e-4)
    assert [few.throughput_per_s, few.sojourn_s] == pytest.approx([4.360, 0.1467], abs=5e-4)
    queue = 0.0
    for users in range(1, 31):
        response = 0.05 * (1 + queue)
        rate = users / (2.0 + response)
        queue = rate * response
    assert theory.machine_repair(30, 2, 20).throughput_per_s == pytest.approx(rate, rel=1e-10)
    p = birth_death([(6 - n) / 0.5 for n in range(6)], [4.0 * min(n, 2) for n in range(1, 7)])
    assert theory.machine_repair(6, 0.5, 4, workers=2).in_system == pytest.approx(p @ np.arange(7), rel=1e-9)


@pytest.mark.parametrize("choices, sojourn", [(1, 3.333), (2, 1.614), (3, 1.357)])
def test_choices_shorten_the_wait(choices: int, sojourn: float) -> None:
    assert theory.power_of_choices_sojourn(0.7, choices) == pytest.approx(sojourn, abs=5e-4)


def test_two_choices_agree_with_the_mean_field_equations() -> None:
    share = np.zeros(60)  # share[k]: servers with at least k requests
    share[0] = 1.0
    for _ in range(20_000):
        inflow = 0.9 * (share[:-2] ** 2 - share[1:-1] ** 2)
        share[1:-1] += 0.05 * (inflow - (share[1:-1] - share[2:]))
    assert theory.power_of_choices_sojourn(0.9, 2) == pytest.approx(share[1:].sum() / 0.9, rel=1e-6)


def test_a_backlog_is_two_straight_lines() -> None:
    assert theory.fluid_backlog(50, 80, 120) == theory.Backlog(6000, 200)
    assert theory.fluid_backlog(50, 60, 300, capacity_during=20) == theory.Backlog(9000, 900)
    assert theory.fluid_backlog(50, 50, 10).drain_s == math.inf
    assert theory.fluid_backlog(50, 80, 10, capacity_during=60) == theory.Backlog(0, 0)


def test_attempts_and_exhaustion_are_geometric() -> None:
    assert theory.expected_attempts(0.3, 5) == pytest.approx(1.4251, abs=5e-5)
    assert theory.exhausted_ratio(0.3, 5) == pytest.approx(0.00243)
    assert theory.exhausted_ratio(0.3, 4) == pytest.approx(0.0081)
    by_cases = sum(k * 0.6 ** (k - 1) * 0.4 for k in (1, 2)) + 3 * 0.36
    assert theory.expected_attempts(0.6, 3) == pytest.approx(by_cases)
    assert theory.expected_attempts(1, 7) == 7
    assert theory.expected_attempts(0.05, 10**6) == pytest.approx(1.0526, abs=5e-5)
    assert theory.expected_deliveries(0.1) == pytest.approx(1.1111, abs=5e-5)


def test_layers_of_retries_multiply() -> None:
    assert theory.retry_amplification([4, 4, 4]) == 64
    assert theory.retry_amplification([]) == 1


@pytest.mark.parametrize(
    "jitter, least, mean, sd", [("full", 0, 2, 1.1547), ("equal", 2, 3, 0.5774), ("none", 4, 4, 0)]
)
def test_jitter_spreads_the_third_wait(jitter: str, least: float, mean: float, sd: float) -> None:
    found = theory.jittered_wait(4, jitter)
    assert [found.least_s, found.most_s, found.mean_s] == [least, 4, mean]
    assert found.sd_s == pytest.approx(sd, abs=5e-5)


def test_a_breaker_opens_after_an_erlang_time() -> None:
    assert theory.breaker_opens(20, 5) == pytest.approx(0.25)
    chain = np.eye(3) - np.diag([0.5, 0.5], 1)  # expected calls to three failures in a row, one half each
    chain[:, 0] -= 0.5
    assert theory.breaker_opens(1, 3, 0.5) == pytest.approx(np.linalg.solve(chain, np.ones(3))[0])


def test_throttles_and_buckets_admit_their_rate() -> None:
    assert theory.token_bucket_admitted(10, 20, 50, 10) == 120
    assert theory.token_bucket_admitted(10, 20, 5, 10) == 50
    assert theory.adaptive_throttle_sent(100, 20, 2) == pytest.approx(40)
    assert theory.adaptive_throttle_sent(100, 20, 1.1) == pytest.approx(22)
    assert theory.adaptive_throttle_sent(30, 20, 2) == 30


def test_chains_multiply_and_majorities_add() -> None:
    assert theory.serial_availability([0.999] * 5) == pytest.approx(0.99501, abs=5e-6)
    assert theory.serial_availability([0.99] * 30) == pytest.approx(0.7397, abs=5e-5)
    assert theory.serial_availability([0.98] * 6) == pytest.approx(0.8858, abs=5e-5)
    assert theory.k_of_n_availability(2, 3, 0.99) == pytest.approx(0.999702, abs=5e-7)
    by_cases = sum(
        math.prod(0.8 if up else 0.2 for up in world)
        for world in itertools.product([0, 1], repeat=5)
        if sum(world) >= 3
    )
    assert theory.k_of_n_availability(3, 5, 0.8) == pytest.approx(by_cases)
    assert theory.steady_availability(90, 10) == pytest.approx(0.9)


def test_fan_out_meets_the_slowest_leaf() -> None:
    assert theory.fan_out_slow_ratio(0.01, 100) == pytest.approx(0.634, abs=5e-4)
    assert theory.fork_join_mean(0.1, 10) == pytest.approx(0.2929, abs=5e-5)
    assert theory.fork_join_quantile(0.1, 10, 0.99) == pytest.approx(0.6903, abs=5e-5)
    assert theory.fork_join_quantile(0.1, 1, 0.99) == pytest.approx(0.4605, abs=5e-5)
    # the maximum of n exponentials is a sum of stages with rates n, n - 1, ..., 1
    assert theory.fork_join_quantile(0.2, 4, 0.9) == pytest.approx(
        theory.hypoexponential_quantile([20, 15, 10, 5], 0.9), rel=1e-8
    )


def test_formulas_refuse_what_they_cannot_answer() -> None:
    with pytest.raises(ParameterError, match="offered load per worker must be below 1"):
        theory.mm1(10, 10)
    with pytest.raises(ParameterError, match="rate must be finite and above zero, got 0"):
        theory.md1(0, 1)
    with pytest.raises(ParameterError, match="p_fail must lie between 0 and 1, got 1.5"):
        theory.expected_attempts(1.5, 2)
    with pytest.raises(ParameterError, match="places must hold at least every worker, got 2"):
        theory.mmck(1, 1, 3, 2)
