"""Metastability (cases F01 to F12): storms that outlive their trigger, and a pause that a recursion plays by hand."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tests.acceptance._judging import Size, in_two_sizes, play
from tests.acceptance._systems import station, system

# --- storms ---------------------------------------------------------------------------------------------------

WINDOW = "500s to 600s"


def storm(rate: float, attempts: int, trigger_s: float, seeds: int) -> Any:
    """Play one worker of 10/s, a timeout of 2 s and retries at once; the worker stops at 100 s for *trigger_s*."""
    retry = f", retry: {{max attempts: {attempts}}}" if attempts > 1 else ""
    text = system(
        600, {"clients": f"calls: server.do, rate: {rate}/s"}, {"server": station("exponential 100ms")},
        links={"clients -> server": f"timeout: 2s{retry}"}, drain="60s",
        faults={"stopped": f"pause: server, at: 100s, for: {trigger_s}s"} if trigger_s else {},
        expect={"long after": f"{{measure: goodput, of: clients, during: {WINDOW}, at least: 0}}"[1:-1]},
    )  # fmt: skip
    return play(text, seeds)


def goodput_ratios(run: Any) -> list[float]:
    """Return fresh answers over arrivals in the last 100 s, of each replication."""
    answers, offered = run.values["goodput", "clients", WINDOW], run.values["offered", "clients", WINDOW]
    return [answer * 100 / arrived for answer, arrived in zip(answers, offered, strict=True)]


def attempt_rates(run: Any) -> list[float]:
    found: list[float] = run.values["attempts rate", "clients -> server", WINDOW]
    return found


@in_two_sizes
@pytest.mark.parametrize("rate", [pytest.param(5.0, id="F01"), pytest.param(3.0, id="lighter")])
def test_without_a_trigger_there_is_no_storm(size: Size, rate: float):
    """10 of 10 seeds (fast: 2 of 2); answers over arrivals of 100 s differ by those that straddle its ends."""
    run = storm(rate, 5, 0, int(size.of(2, 10)))
    assert all(0.85 <= ratio <= 1.15 for ratio in goodput_ratios(run))
    assert all(found == pytest.approx(rate, abs=4 * (rate / 100) ** 0.5) for found in attempt_rates(run))


@in_two_sizes
@pytest.mark.parametrize(
    "rate, attempts", [pytest.param(5.0, 5, id="F02"), pytest.param(5.0, 3, id="15/s"), pytest.param(4.0, 4, id="16/s")]
)
def test_a_trigger_of_10_s_begins_a_storm_that_never_ends(size: Size, rate: float, attempts: int):
    """Attempts * rate is above the capacity of 10/s: nobody is answered in time, for good, in 10 of 10 seeds."""
    run = storm(rate, attempts, 10, int(size.of(2, 10)))
    assert all(ratio == 0 for ratio in goodput_ratios(run))
    # arrivals are Poisson: the attempts of 100 s have a standard deviation of attempts * sqrt(100 * rate)
    for found in attempt_rates(run):
        assert found == pytest.approx(attempts * rate, abs=4 * attempts * (rate / 100) ** 0.5)
    assert all(share == 1 for share in run.values["wasted share", "server", WINDOW])


@in_two_sizes
@pytest.mark.parametrize(
    "rate, attempts",
    [pytest.param(5.0, 1, id="F07"), pytest.param(1.2, 5, id="6/s"), pytest.param(2.0, 3, id="also 6/s")],
)
def test_where_all_attempts_together_can_be_served_it_recovers(size: Size, rate: float, attempts: int):
    run = storm(rate, attempts, 10, int(size.of(2, 10)))
    assert all(0.85 <= ratio <= 1.15 for ratio in goodput_ratios(run))
    assert all(found == pytest.approx(rate, abs=4 * (rate / 100) ** 0.5) for found in attempt_rates(run))


# --- the pause ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pause:
    """Regular arrivals at one worker of constant service that is frozen in [at_s, at_s + for_s)."""

    rate: float
    attempts: int
    service_s: float = 0.1
    timeout_s: float = 0.5
    delay_s: float = 0.05
    at_s: float = 30.12
    for_s: float = 1.0
    until_s: float = 60.0

    def run(self) -> Any:
        """Play it in the simulator."""
        retry = f", retry: {{max attempts: {self.attempts}, backoff: {self.delay_s}s}}" if self.attempts > 1 else ""
        clients = {"clients": f"calls: server.do, rate: {self.rate}/s, arrivals: regular"}
        return play(
            system(
                self.until_s, clients, {"server": station(f"{self.service_s}s")},
                links={"clients -> server": f"timeout: {self.timeout_s}s{retry}"},
                faults={"pause": f"pause: server, at: {self.at_s}s, for: {self.for_s}s"},
            )
        )  # fmt: skip

    def by_hand(self) -> list[tuple[float, int, float, float]]:
        """Return (sent, number, started, left) of each attempt, first come first served, in order of service.

        Whether an attempt is late is known when it is served, before any retry of it can be due: what is served next
        is what was sent first of all that is known.
        """
        due = [(k / self.rate, 1) for k in range(round(self.until_s * self.rate))]
        free_at, served = 0.0, []
        while due:
            sent_at, number = heapq.heappop(due)
            started_at = max(sent_at, free_at)  # a free worker takes it even in the pause, and stands still with it
            left_at = free_at = self.worked(started_at)
            served.append((sent_at, number, started_at, left_at))
            if left_at > sent_at + self.timeout_s and number < self.attempts:
                heapq.heappush(due, (sent_at + self.timeout_s + self.delay_s, number + 1))
        return served

    def worked(self, started_at: float) -> float:
        """Return the end of work begun at *started_at*; what is frozen is resumed."""
        thawed_at = self.at_s + self.for_s
        if self.at_s <= started_at < thawed_at:
            return thawed_at + self.service_s
        left_at = started_at + self.service_s
        return left_at + self.for_s if started_at < self.at_s < left_at else left_at


PAUSES = [
    pytest.param(Pause(7, 1), id="F10"),
    pytest.param(Pause(7, 4), id="F11"),
    pytest.param(Pause(2.4, 4), id="F12"),
    pytest.param(Pause(7, 2), id="one retry"),
    pytest.param(Pause(6, 3, delay_s=0.21, at_s=20.07, for_s=2.0), id="inside the work"),
    pytest.param(Pause(4, 3, service_s=0.15, timeout_s=0.83, at_s=10.01), id="slower"),
]


@pytest.mark.parametrize("case", PAUSES)
def test_a_pause_is_what_the_recursion_says(case: Pause):
    """Every attempt is sent, started and finished when the recursion says, and as often."""
    tries = case.run().record.attempts
    columns = [tries[name] for name in ("sent_at", "number", "started_at", "left_at")]
    found = np.array(sorted(zip(*columns, strict=True), key=lambda row: row[2]))
    assert found == pytest.approx(np.array(case.by_hand()), abs=1e-7)


def attempts_in(run: Any, begin_s: float, end_s: float) -> int:
    sent_at = run.record.attempts["sent_at"]
    return int(np.count_nonzero((sent_at >= begin_s) & (sent_at < end_s)))


def test_without_retries_a_pause_costs_fourteen_requests_and_is_over():
    """F10: 7/s of 100 ms, a timeout of 500 ms, a pause of 1 s from 30.12 s: idle again 3.3 s after it began."""
    run = Pause(7, 1).run()
    requests = run.requests.sort_values("arrived_at")
    late = requests[requests["outcome"] == "timeout"]["arrived_at"]
    assert len(late) == 14
    # they came one after another, and everybody else was answered
    first = 211  # the first arrival in the pause, at 211/7 = 30.14 s
    assert late.to_numpy() * 7 == pytest.approx(np.arange(first, first + 14), abs=1e-6)
    assert set(requests["outcome"]) == {"ok", "timeout"}
    visits = run.attempts.sort_values("started_at")
    entered, left = visits["entered_at"].to_numpy(), visits["left_at"].to_numpy()
    idle = left[:-1][(entered[1:] > left[:-1] + 1e-9) & (left[:-1] > 30.12)]
    assert idle[0] - 30.12 == pytest.approx(3.30, abs=1e-6)


def test_with_retries_the_same_pause_ends_all_service():
    """F11: three retries after 50 ms: nobody who comes after 30 s is answered, and 28 attempts/s go on and on."""
    run = Pause(7, 4, until_s=180.0).run()
    requests = run.requests
    good = requests[requests["outcome"] == "ok"]
    assert (good["ended_at"] < 31).all() and len(good) == 211  # those who came before the pause
    assert [attempts_in(run, second, second + 1) for second in range(32, 180)] == [28] * 148
    assert attempts_in(run, 0, 30) == 210


def test_at_a_third_of_the_load_the_same_retries_recover_at_once():
    """F12: 2.4/s * 4 attempts are below the capacity of 10/s; who comes after the pause is answered at once."""
    run = Pause(2.4, 4).run()
    requests = run.requests
    after = requests[requests["arrived_at"] >= 32]
    assert set(after["outcome"]) == {"ok"} and set(after["attempts"]) == {1}
    assert set(requests["outcome"]) == {"ok"}  # those in the pause by their retries
    assert requests["attempts"].max() > 1
    assert after["latency_s"].to_numpy() == pytest.approx(np.full(len(after), 0.1), abs=1e-9)
