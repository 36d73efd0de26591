"""The circuit breaker: library traces (acceptance cases C01-C05), time to open (C08), probes and generations."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from sim.errors import ParameterError
from sim.policies.breaker import CLOSED, HALF_OPEN, OPEN, STATES, CircuitBreaker

TRACES = Path(__file__).parent / "traces"
PYBREAKER = json.loads((TRACES / "pybreaker.json").read_text())
RESILIENCE4J = json.loads((TRACES / "resilience4j.json").read_text())
A_MICROSECOND = 2.0**-20


def steps_of(library: dict[str, Any], name: str) -> list[tuple[float, bool]]:
    """The calls of a trace as (instant, would succeed)."""
    if name == "A_constant_outage":
        return [(float(t), False) for t in range(131)]
    if name == "B_outage_until_40":
        return [(float(t), t >= 40) for t in range(81)]
    return [(step[0], step[1] == "ok") for step in library["traces"][name]["steps"]]


def play(breaker: CircuitBreaker, calls: list[tuple[float, bool]]) -> list[tuple[bool, str]]:
    """Feed calls that take no time; return for each whether it was admitted, and the state afterwards."""
    log = []
    for now, ok in calls:
        admitted = breaker.admit(now)
        if admitted:
            breaker.record(breaker.generation, ok, now)
        log.append((admitted, STATES[breaker.state]))
    return log


def assert_plays_like(library: dict[str, Any], name: str, breaker: CircuitBreaker) -> None:
    trace, calls = library["traces"][name], steps_of(library, name)
    log = play(breaker, calls)
    assert [now for (now, _), (admitted, _) in zip(calls, log, strict=True) if admitted] == trace["admitted_at"]
    if trace["steps"]:
        assert log == [(step[2], step[3]) for step in trace["steps"]]


@pytest.mark.parametrize("name", PYBREAKER["traces"])
def test_plays_like_pybreaker(name: str) -> None:
    assert_plays_like(PYBREAKER, name, CircuitBreaker(5, 30.0, 1))


@pytest.mark.parametrize("name", RESILIENCE4J["traces"])
def test_plays_like_resilience4j_but_for_the_instant_at_which_the_wait_ends(name: str) -> None:
    assert_plays_like(RESILIENCE4J, name, CircuitBreaker(5, 30.0 + A_MICROSECOND, 1))


def test_a_constant_outage_costs_one_probe_each_thirty_seconds() -> None:
    calls = [(float(t), False) for t in range(131)]
    log = play(CircuitBreaker(5, 30.0, 1), calls)
    assert [now for (now, _), (admitted, _) in zip(calls, log, strict=True) if admitted] == [
        0,
        1,
        2,
        3,
        4,
        34,
        64,
        94,
        124,
    ]


def test_transitions_are_told_with_their_instant() -> None:
    told: list[tuple[float, str]] = []
    breaker = CircuitBreaker(2, 8.0, 1, lambda now, state: told.append((now, state)))
    play(breaker, [(0.5, False), (1.0, False), (2.0, True), (9.0, False), (16.0, True), (17.0, True), (18.0, True)])
    assert told == [(1.0, "open"), (9.0, "half-open"), (9.0, "open"), (17.0, "half-open"), (17.0, "closed")]


def test_time_to_open_under_poisson_calls_is_erlang() -> None:
    """Mean 5/20 s, sd sqrt(5)/20 s over 1000 runs within three standard errors; false alarms 0.6 %."""
    rng, opened = np.random.default_rng(8), []
    for gaps in rng.exponential(1 / 20, (1000, 50)):
        breaker = CircuitBreaker(5, 30.0, 1, lambda now, state: opened.append(now))
        play(breaker, [(now, False) for now in np.cumsum(gaps) if now < 29])
    assert len(opened) == 1000
    sd = 5**0.5 / 20
    assert abs(np.mean(opened) - 0.25) < 3 * sd / 1000**0.5
    assert abs(np.std(opened) - sd) < 3 * sd * (3.2 / 4000) ** 0.5


def half_open(probes: int) -> CircuitBreaker:
    breaker = CircuitBreaker(1, 8.0, probes)
    play(breaker, [(0.0, False)])
    return breaker


def test_half_open_admits_exactly_the_probes() -> None:
    breaker = half_open(probes=3)
    assert [breaker.admit(8.0) for _ in range(5)] == [True, True, True, False, False]


def test_all_probes_must_succeed_to_close() -> None:
    breaker = half_open(probes=2)
    assert breaker.admit(8.0) and breaker.admit(8.0)
    breaker.record(breaker.generation, True, 8.25)
    assert breaker.state == HALF_OPEN and not breaker.admit(8.25)
    breaker.record(breaker.generation, True, 8.5)
    assert breaker.state == CLOSED


def test_the_first_failed_probe_reopens_for_the_whole_time() -> None:
    breaker = half_open(probes=2)
    assert breaker.admit(8.0) and breaker.admit(8.0)
    generation = breaker.generation
    breaker.record(generation, False, 9.0)
    breaker.record(generation, True, 9.5)
    assert breaker.state == OPEN
    assert not breaker.admit(16.75) and breaker.admit(17.0)


def test_an_outcome_from_before_a_transition_changes_nothing() -> None:
    breaker = CircuitBreaker(2, 8.0, 1)
    early = [(breaker.admit(0.0), breaker.generation) for _ in range(4)]
    assert all(admitted for admitted, _ in early)
    breaker.record(early[0][1], False, 1.0)
    breaker.record(early[1][1], False, 1.0)
    assert breaker.admit(9.0)
    breaker.record(early[2][1], True, 9.25)
    assert breaker.state == HALF_OPEN
    breaker.record(early[3][1], False, 9.5)
    assert breaker.state == HALF_OPEN


def test_a_probe_that_never_answers_keeps_it_half_open() -> None:
    breaker = half_open(probes=1)
    assert breaker.admit(8.0)
    assert not any(breaker.admit(now) for now in (8.0, 16.0, 1e9))
    assert breaker.state == HALF_OPEN


@pytest.mark.parametrize(
    "failures, open_for_s, probes, message",
    [
        (0, 30.0, 1, "failures must be a whole number of at least 1, got 0"),
        (5, 0.0, 1, "open for must be a duration above zero, got 0.0"),
        (5, float("nan"), 1, "open for must be a duration above zero, got nan"),
        (5, 30.0, 0, "probes must be a whole number of at least 1, got 0"),
    ],
)
def test_a_breaker_that_cannot_work_is_refused(failures: int, open_for_s: float, probes: int, message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        CircuitBreaker(failures, open_for_s, probes)


class BreakerAgainstModel(RuleBasedStateMachine):
    """Calls and first tries that pass by, overlapping in any way, against a model of whole histories, not counts."""

    calls = Bundle("calls")

    @initialize(failures=st.integers(1, 4), open_for=st.integers(1, 6), probes=st.integers(1, 3))
    def build(self, failures: int, open_for: int, probes: int) -> None:
        self.breaker = CircuitBreaker(failures, float(open_for), probes, self.changed)
        self.now = 0.0
        self.told: list[tuple[float, str]] = []
        self.phases: list[dict[str, Any]] = [{"state": "closed", "since": 0.0, "admitted": [], "outcomes": []}]

    def changed(self, now: float, state: str) -> None:
        self.told.append((now, state))

    def next_phase(self, state: str) -> None:
        self.phases.append({"state": state, "since": self.now, "admitted": [], "outcomes": []})

    @rule(quarters=st.integers(0, 12))
    def time_passes(self, quarters: int) -> None:
        self.now += quarters / 4

    @rule(target=calls)
    def call(self) -> tuple[int, int] | None:
        if self.phases[-1]["state"] == "open" and self.now - self.phases[-1]["since"] >= self.breaker.open_for_s:
            self.next_phase("half-open")
        phase = self.phases[-1]
        expected = phase["state"] == "closed" or (
            phase["state"] == "half-open" and len(phase["admitted"]) < self.breaker.probes
        )
        assert self.breaker.admit(self.now) is expected
        if not expected:
            return None
        phase["admitted"].append(self.now)
        return self.breaker.generation, len(self.phases) - 1

    @rule(target=calls)
    def first_try(self) -> tuple[int, int | None]:
        """It passes by: it belongs to the phase that it met if that is a closed one, and to none otherwise."""
        phase_number = len(self.phases) - 1 if self.phases[-1]["state"] == "closed" else None
        return self.breaker.pass_by(self.now), phase_number

    @rule(call=consumes(calls))
    def never_made(self, call: tuple[int, int | None] | None) -> None:
        if call is None:
            return
        generation, phase_number = call
        self.breaker.release(generation)
        if phase_number is not None and self.phases[phase_number]["state"] == "half-open":
            self.phases[phase_number]["admitted"].pop()

    @rule(call=consumes(calls), ok=st.booleans())
    def answer(self, call: tuple[int, int | None] | None, ok: bool) -> None:
        if call is None:
            return
        generation, phase_number = call
        self.breaker.record(generation, ok, self.now)
        if phase_number is None:
            return
        phase = self.phases[phase_number]
        if phase is not self.phases[-1]:
            return
        phase["outcomes"].append(ok)
        last = phase["outcomes"][-self.breaker.failures :]
        if phase["state"] == "closed" and len(last) == self.breaker.failures and not any(last):
            self.next_phase("open")
        elif phase["state"] == "half-open" and not ok:
            self.next_phase("open")
        elif phase["state"] == "half-open" and len(phase["outcomes"]) == self.breaker.probes:
            self.next_phase("closed")

    @invariant()
    def state_and_history_agree(self) -> None:
        assert STATES[self.breaker.state] == self.phases[-1]["state"]
        assert self.told == [(phase["since"], phase["state"]) for phase in self.phases[1:]]
        assert self.breaker.generation == len(self.phases) - 1


TestBreakerAgainstModel = BreakerAgainstModel.TestCase
TestBreakerAgainstModel.settings = settings(max_examples=40, deadline=None, derandomize=True, database=None)
