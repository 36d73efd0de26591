"""The breaker on ratios: library traces (acceptance cases C14, C15, C20), both windows, slow calls, probes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from sim.errors import ParameterError
from sim.policies.breaker import CLOSED, HALF_OPEN, OPEN, STATES, CircuitBreaker
from sim.policies.window_breaker import WindowBreaker

TRACES = Path(__file__).parent / "traces"
RATIO = json.loads((TRACES / "resilience4j_ratio.json").read_text())
CONSECUTIVE = json.loads((TRACES / "resilience4j.json").read_text())
A_MICROSECOND = 2.0**-20
TOOK_S = st.sampled_from([0.0, 1.0, 1.25])


def breaker(**settings: Any) -> WindowBreaker:
    usual = {"failure_rate": 0.5, "slow_rate": None, "slow_call_s": None, "calls": None, "window_s": None}
    return WindowBreaker(**{**usual, "minimum_calls": 1, "open_for_s": 8.0, "probes": 1, **settings})


def opened_after(policy: WindowBreaker, outcomes: str, every_s: float = 1.0, took_s: float = 0.0) -> int | None:
    """The number of the call (from 1) whose outcome opened it; outcomes are S and F, one each *every_s*."""
    for number, outcome in enumerate(outcomes, 1):
        now = (number - 1) * every_s
        assert policy.admit(now)
        policy.record(policy.generation, outcome == "S", now, took_s)
        if policy.state == OPEN:
            return number
    return None


@pytest.mark.parametrize("name", RATIO["traces"])
def test_plays_like_resilience4j(name: str) -> None:
    trace, told = RATIO["traces"][name], [[0.0, "closed"]]
    policy = breaker(**trace["settings"], on_change=lambda now, state: told.append([now, state]))
    for now, would, admitted, state_after, _ in trace["steps"]:
        assert policy.admit(now) is admitted
        if admitted:
            policy.record(policy.generation, would == "ok", now)
        assert STATES[policy.state] == state_after
    assert told == trace["transitions"]


@pytest.mark.parametrize("name", [name for name, trace in CONSECUTIVE["traces"].items() if trace["steps"]])
def test_all_of_the_last_five_is_five_in_a_row_as_in_resilience4j_but_for_the_end_of_the_wait(name: str) -> None:
    policy = breaker(failure_rate=1.0, calls=5, minimum_calls=5, open_for_s=30.0 + A_MICROSECOND)
    for now, would, admitted, state_after in CONSECUTIVE["traces"][name]["steps"]:
        assert policy.admit(now) is admitted
        if admitted:
            policy.record(policy.generation, would == "ok", now)
        assert STATES[policy.state] == state_after


def test_the_minimum_blocks_until_the_twentieth_call() -> None:
    assert opened_after(breaker(calls=100, minimum_calls=20), "F" * 30) == 20


def test_a_window_of_ten_slides_to_the_fifteenth_call() -> None:
    assert opened_after(breaker(calls=10, minimum_calls=10), "FFFFSSSSSSFFFFF") == 15


@pytest.mark.parametrize("window", [{"calls": 10}, {"window_s": 60.0}, {}])
def test_nine_failures_of_a_minimum_of_ten_never_open(window: dict[str, Any]) -> None:
    assert opened_after(breaker(minimum_calls=10, **window), "F" * 9) is None


def test_without_a_window_old_successes_count_for_good() -> None:
    assert opened_after(breaker(), "S" * 50 + "F" * 60) == 100


def test_an_outcome_leaves_the_time_window_when_it_is_as_old() -> None:
    policy = breaker(window_s=10.0, minimum_calls=2, failure_rate=1.0)
    policy.record(0, True, 0.0)
    policy.record(0, False, 1.0)
    policy.record(0, False, 9.75)
    assert policy.state == CLOSED, "the success is not yet as old as the window, so it counts"
    policy.record(0, False, 10.0)
    assert policy.state == OPEN


def test_one_call_a_second_is_ten_calls_in_ten_seconds() -> None:
    """resilience4j keeps ten buckets of a second, Polly lets go of what is as old as the sampling duration."""
    assert opened_after(breaker(window_s=10.0, minimum_calls=5), "S" * 20 + "F" * 10, every_s=1.0) == 25


def test_failures_that_left_the_time_window_leave_the_minimum_too() -> None:
    assert opened_after(breaker(window_s=10.0, minimum_calls=3), "F" * 20, every_s=6.0) is None
    assert opened_after(breaker(window_s=12.0, minimum_calls=3), "F" * 20, every_s=6.0) is None
    assert opened_after(breaker(window_s=12.25, minimum_calls=3), "F" * 20, every_s=6.0) == 3


def test_slow_successes_open_it_and_calls_at_the_limit_are_not_slow() -> None:
    slow = {"failure_rate": None, "slow_rate": 0.5, "slow_call_s": 2.0, "calls": 4, "minimum_calls": 4}
    assert opened_after(breaker(**slow), "S" * 20, took_s=2.0) is None
    assert opened_after(breaker(**slow), "S" * 20, took_s=2.25) == 4


def test_slow_calls_leave_the_window_too() -> None:
    policy = breaker(failure_rate=None, slow_rate=0.5, slow_call_s=1.0, calls=4, minimum_calls=4)
    for took_s in (2.0, 0.5, 0.5, 0.5, 2.0):
        policy.record(0, True, 0.0, took_s)
        assert policy.state == CLOSED
    policy.record(0, True, 0.0, 2.0)
    assert policy.state == OPEN


def test_a_call_that_failed_slowly_counts_in_both_rates() -> None:
    policy = breaker(failure_rate=1.0, slow_rate=0.5, slow_call_s=1.0, calls=2, minimum_calls=2)
    policy.record(0, True, 0.0)
    policy.record(0, False, 1.0, 1.5)
    assert policy.state == OPEN


def half_open(probes: int, minimum: int = 4, **settings: Any) -> WindowBreaker:
    policy = breaker(probes=probes, minimum_calls=minimum, **settings)
    for _ in range(minimum):
        policy.record(0, False, 0.0)
    assert [policy.admit(8.0) for _ in range(probes + 2)] == [True] * probes + [False, False]
    return policy


@pytest.mark.parametrize("outcomes, then", [("FSSS", CLOSED), ("SSFF", OPEN), ("FFSS", OPEN), ("SSSS", CLOSED)])
def test_the_rates_over_the_probes_decide_after_the_last_of_them(outcomes: str, then: int) -> None:
    policy = half_open(4)
    generation = policy.generation
    for outcome in outcomes[:-1]:
        policy.record(generation, outcome == "S", 9.0)
        assert policy.state == HALF_OPEN and not policy.admit(9.0)
    policy.record(generation, outcomes[-1] == "S", 10.0)
    assert policy.state == then
    if then == OPEN:
        assert not policy.admit(17.75) and policy.admit(18.0)


@pytest.mark.parametrize("outcomes, then", [("FS", OPEN), ("SS", CLOSED), ("SF", OPEN)])
def test_a_minimum_below_the_probes_decides_early_as_in_resilience4j(outcomes: str, then: int) -> None:
    policy = half_open(4, minimum=2)
    generation = policy.generation
    policy.record(generation, outcomes[0] == "S", 9.0)
    assert policy.state == HALF_OPEN
    policy.record(generation, outcomes[1] == "S", 10.0)
    assert policy.state == then
    policy.record(generation, then == OPEN, 11.0)
    assert policy.state == then, "the other probes are of an old generation"


def test_slow_probes_open_it_anew() -> None:
    policy = half_open(2, slow_rate=1.0, slow_call_s=1.0)
    generation = policy.generation
    policy.record(generation, True, 11.0, 3.0)
    policy.record(generation, True, 11.0, 3.0)
    assert policy.state == OPEN


@pytest.mark.parametrize("policy", [CircuitBreaker(1, 8.0, 2), breaker(probes=2)], ids=["consecutive", "window"])
def test_a_call_that_was_never_made_gives_its_place_back(policy: CircuitBreaker | WindowBreaker) -> None:
    policy.record(0, False, 0.0)
    assert [policy.admit(8.0) for _ in range(3)] == [True, True, False]
    policy.release(policy.generation - 1)
    assert not policy.admit(8.0), "a call from before the transition holds no place"
    policy.release(policy.generation)
    assert [policy.admit(8.0) for _ in range(2)] == [True, False]


def test_closing_begins_an_empty_window() -> None:
    policy = breaker(calls=4, minimum_calls=4, failure_rate=0.75)
    assert opened_after(policy, "FFFF") == 4
    assert policy.admit(11.0)
    policy.record(policy.generation, True, 11.0)
    for _ in range(3):
        policy.record(policy.generation, False, 12.0)
    assert policy.state == CLOSED
    policy.record(policy.generation, False, 12.0)
    assert policy.state == OPEN


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"failure_rate": None}, "failure rate must be given, or slow rate, got nothing"),
        ({"failure_rate": 0.0}, "failure rate must be a share above 0% and at most 100%, got 0.0"),
        ({"slow_rate": 1.5, "slow_call_s": 1.0}, "slow rate must be a share above 0% and at most 100%, got 1.5"),
        ({"slow_rate": 0.5}, "slow call must be given if and only if slow rate is, got nothing"),
        ({"slow_call_s": 2.0}, "slow call must be given if and only if slow rate is, got 2.0"),
        ({"slow_rate": 1.0, "slow_call_s": -1.0}, "slow call must be a duration, got -1.0"),
        ({"calls": 5, "window_s": 6.0}, "window must be left out where calls is given: one window only, got 6.0"),
        ({"calls": 5, "minimum_calls": 6}, "minimum calls must be at most the window of 5 calls, got 6"),
        ({"minimum_calls": 0}, "minimum calls must be a whole number of at least 1, got 0"),
        ({"window_s": 0.0}, "window must be a duration above zero, got 0.0"),
        ({"open_for_s": 0.0}, "open for must be a duration above zero, got 0.0"),
        ({"probes": 0}, "probes must be a whole number of at least 1, got 0"),
    ],
)
def test_a_breaker_that_cannot_work_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as refused:
        breaker(**settings)
    assert str(refused.value) == message


class WindowBreakerAgainstModel(RuleBasedStateMachine):
    """Calls that overlap in any way, against a model that keeps whole histories and counts them anew each time."""

    calls = Bundle("calls")

    @initialize(
        window=st.sampled_from([{"calls": 3}, {"calls": 5}, {"window_s": 1.0}, {"window_s": 2.5}, {}]),
        rates=st.sampled_from([(0.5, None), (1.0, None), (None, 0.5), (0.75, 0.75), (None, 0.75), (0.25, 1.0)]),
        minimum=st.integers(1, 3),
        probes=st.integers(1, 3),
    )
    def build(
        self, window: dict[str, Any], rates: tuple[float | None, float | None], minimum: int, probes: int
    ) -> None:
        self.window, (self.failure_rate, self.slow_rate), self.minimum = window, rates, minimum
        self.policy = breaker(
            failure_rate=rates[0],
            slow_rate=rates[1],
            slow_call_s=None if rates[1] is None else 1.0,
            minimum_calls=minimum,
            open_for_s=2.0,
            probes=probes,
            on_change=lambda now, state: self.told.append((now, state)),
            **window,
        )
        self.now = 0.0
        self.told: list[tuple[float, str]] = []
        self.phases: list[dict[str, Any]] = [{"state": "closed", "since": 0.0, "places": 0, "outcomes": []}]

    def next_phase(self, state: str) -> None:
        self.phases.append({"state": state, "since": self.now, "places": 0, "outcomes": []})

    def too_bad(self, outcomes: list[tuple[float, bool, bool]]) -> bool:
        failed = sum(not ok for _, ok, _ in outcomes) / len(outcomes)
        slow = sum(slow for _, _, slow in outcomes) / len(outcomes)
        return (self.failure_rate is not None and failed >= self.failure_rate) or (
            self.slow_rate is not None and slow >= self.slow_rate
        )

    @rule(quarters=st.integers(0, 12))
    def time_passes(self, quarters: int) -> None:
        self.now += quarters / 4

    def ask(self) -> tuple[int, int] | None:
        """Let the policy and the model decide on one call; return its generation and the number of its phase."""
        if self.phases[-1]["state"] == "open" and self.now - self.phases[-1]["since"] >= 2.0:
            self.next_phase("half-open")
        phase = self.phases[-1]
        expected = phase["state"] == "closed" or (
            phase["state"] == "half-open" and phase["places"] < self.policy.probes
        )
        assert self.policy.admit(self.now) is expected
        if not expected:
            return None
        phase["places"] += 1
        return self.policy.generation, len(self.phases) - 1

    def tell(self, call: tuple[int, int | None], ok: bool, took_s: float) -> None:
        """Give both the outcome of *call*; the model looks through the whole history of its phase."""
        generation, phase_number = call
        self.policy.record(generation, ok, self.now, took_s)
        if phase_number is None:
            return
        phase = self.phases[phase_number]
        if phase is not self.phases[-1]:
            return
        outcomes = phase["outcomes"]
        outcomes.append((self.now, ok, took_s > 1.0))
        if phase["state"] == "half-open":
            if len(outcomes) == min(self.minimum, self.policy.probes):
                self.next_phase("open" if self.too_bad(outcomes) else "closed")
            return
        if "calls" in self.window:
            outcomes = outcomes[-self.window["calls"] :]
        elif "window_s" in self.window:
            outcomes = [outcome for outcome in outcomes if self.now - outcome[0] < self.window["window_s"]]
        if len(outcomes) >= self.minimum and self.too_bad(outcomes):
            self.next_phase("open")

    @rule(target=calls)
    def call(self) -> tuple[int, int] | None:
        return self.ask()

    def pass_by(self) -> tuple[int, int | None]:
        """A first try belongs to the phase that it met if that is a closed one, and to none otherwise."""
        return self.policy.pass_by(self.now), len(self.phases) - 1 if self.phases[-1]["state"] == "closed" else None

    @rule(target=calls)
    def first_try(self) -> tuple[int, int | None]:
        return self.pass_by()

    @rule(call=consumes(calls))
    def never_made(self, call: tuple[int, int | None] | None) -> None:
        if call is not None:
            self.policy.release(call[0])
            if call[1] is not None:
                self.phases[call[1]]["places"] -= 1

    @rule(call=consumes(calls), ok=st.booleans(), took_s=TOOK_S)
    def answer(self, call: tuple[int, int | None] | None, ok: bool, took_s: float) -> None:
        if call is not None:
            self.tell(call, ok, took_s)

    @rule(quick=st.lists(st.tuples(st.integers(0, 3), st.booleans(), TOOK_S), min_size=4, max_size=12))
    def calls_that_do_not_overlap(self, quick: list[tuple[int, bool, float]]) -> None:
        for quarters, ok, took_s in quick:
            self.now += quarters / 4
            call = self.ask()
            if call is not None:
                self.tell(call, ok, took_s)

    @rule(quick=st.lists(st.tuples(st.integers(0, 3), st.booleans(), TOOK_S), min_size=4, max_size=12))
    def first_tries_each_with_a_retry_at_once(self, quick: list[tuple[int, bool, float]]) -> None:
        for quarters, ok, took_s in quick:
            self.now += quarters / 4
            self.tell(self.pass_by(), False, took_s)
            call = self.ask()
            if call is not None:
                self.tell(call, ok, took_s)

    @invariant()
    def state_and_history_agree(self) -> None:
        assert STATES[self.policy.state] == self.phases[-1]["state"]
        assert self.told == [(phase["since"], phase["state"]) for phase in self.phases[1:]]
        assert self.policy.generation == len(self.phases) - 1


TestWindowBreakerAgainstModel = WindowBreakerAgainstModel.TestCase
TestWindowBreakerAgainstModel.settings = settings(max_examples=25, deadline=None, derandomize=True, database=None)


def test_a_sliding_window_holds_calls_that_ten_buckets_of_a_second_have_dropped() -> None:
    """Decision 50: failures at 0.9 s and 10.1 s are 9.2 s apart, but the bucket of the first second leaves at 10 s."""
    policy = breaker(window_s=10.0, minimum_calls=2)
    for now in (0.9, 10.1):
        assert policy.admit(now)
        policy.record(policy.generation, False, now)
    assert policy.state == OPEN
