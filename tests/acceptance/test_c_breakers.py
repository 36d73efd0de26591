"""Circuit breakers (cases C01 to C08): what is admitted when, through a whole run.

Calls take no time. Expected instants are those of pybreaker 1.4, circuitbreaker, aiobreaker, hyx and cockatiel fed
with the same steps under a frozen clock: open lasts *at least* the wait (resilience4j asks for strictly more).
"""

from __future__ import annotations

import math
from typing import Any, Iterable

import numpy as np
import pytest

from sim import theory
from tests.acceptance._judging import Size, in_two_sizes, play
from tests.acceptance._systems import at, failing, recipe, system

GUIDE = "failures: 5, open for: 30s, probes: 1"
Windows = Iterable[tuple[float, float]]


def behind(breaker: str, clients: dict[str, str], outages: Windows, duration_s: float) -> Any:
    """Play *clients* calling a server through *breaker*; in *outages*, spans [begin, end), every call fails."""
    faults = {
        f"outage {i}": f"errors: server, share: 100%, at: {begin!r}s, for: {end - begin!r}s"
        for i, (begin, end) in enumerate(outages)
    }
    links = {"clients -> server": f"breaker: {{{breaker}}}"}
    return play(system(duration_s, clients, {"server": recipe("{work: 0s}")}, links=links, faults=faults))


def admitted(run: Any) -> list[float]:
    """Return when calls got through the breaker."""
    calls = run.attempts
    return calls["sent_at"][calls["outcome"] != "short-circuited"].tolist()


def transitions(run: Any) -> list[tuple[float, str]]:
    """Return the breaker's changes of state."""
    return [(at_s, kind) for at_s, kind, _, _ in run.record.events if kind.startswith("breaker")]


EVERY_SECOND = {"clients": "calls: server.do, rate: 1/s, arrivals: regular"}


@pytest.mark.parametrize(
    "breaker, until_s, expected",
    [
        pytest.param(GUIDE, 131, [0, 1, 2, 3, 4, 34, 64, 94, 124], id="C01"),
        pytest.param("failures: 3, open for: 10s, probes: 1", 40, [0, 1, 2, 12, 22, 32], id="quicker"),
        # one failed probe is enough: the second of two is not asked
        pytest.param("failures: 2, open for: 7500ms, probes: 2", 30, [0, 1, 9, 17, 25], id="between the calls"),
    ],
)
def test_in_a_lasting_outage_one_probe_passes_each_open_period(breaker: str, until_s: float, expected: list[float]):
    run = behind(breaker, EVERY_SECOND, [(0, until_s)], until_s)
    assert admitted(run) == expected
    calls = round(until_s)
    assert run.value("offered", "clients") == calls
    assert run.value("short-circuited", "clients -> server") == calls - len(expected)
    assert run.value("attempts", "clients -> server") == len(expected)
    assert set(run.requests["outcome"]) == {"error", "short-circuited"}


@pytest.mark.parametrize(
    "breaker, outage_end_s, expected",
    [
        pytest.param(GUIDE, 40, [0, 1, 2, 3, 4, 34, *range(64, 131)], id="C02"),
        pytest.param(GUIDE, 34, [0, 1, 2, 3, 4, *range(34, 131)], id="first probe"),
        pytest.param("failures: 3, open for: 20s, probes: 1", 50, [0, 1, 2, 22, 42, *range(62, 131)], id="quicker"),
    ],
)
def test_after_the_outage_the_next_probe_closes_it(breaker: str, outage_end_s: float, expected: list[float]):
    run = behind(breaker, EVERY_SECOND, [(0, outage_end_s)], 131)
    assert admitted(run) == expected
    assert transitions(run)[-1] == (next(call for call in expected if call >= outage_end_s), "breaker closed")


def windows(outcomes: str) -> list[tuple[float, float]]:
    """Return the spans in which the calls at 0, 1, 2, … fail, one letter a call."""
    return [(i - 0.5 if i else 0.0, i + 0.5) for i, outcome in enumerate(outcomes) if outcome == "F"]


@pytest.mark.parametrize(
    "failures, outcomes, opens_at",
    [
        pytest.param(5, "FFFFSFFFFSFFFFF", 14, id="C03"),
        pytest.param(5, "FFFFFSS", 4, id="no success"),
        pytest.param(3, "FFSFFSSFFF", 9, id="three"),
        pytest.param(5, "FFFFSFFFFSFFFFS", None, id="never five"),
        pytest.param(1, "SSSF", 3, id="first"),
    ],
)
def test_a_success_clears_the_count(failures: int, outcomes: str, opens_at: float | None):
    calls = at(*range(len(outcomes)))
    run = behind(f"failures: {failures}, open for: 30s, probes: 1", calls, windows(outcomes), 20)
    opened = [at_s for at_s, kind in transitions(run) if kind == "breaker open"]
    assert opened == ([] if opens_at is None else [opens_at])
    assert admitted(run) == [i for i in range(len(outcomes)) if opens_at is None or i <= opens_at]


@pytest.mark.parametrize(
    "breaker, calls, expected",
    [
        pytest.param(GUIDE, (0, 1, 2, 3, 4, 50, 51, 64, 79, 80, 81), [0, 1, 2, 3, 4, 50, 80], id="C04"),
        pytest.param(
            "failures: 2, open for: 8s, probes: 1", (0, 1, 9.5, 10, 17, 17.5, 18, 25.5), [0, 1, 9.5, 17.5, 25.5],
            id="shorter",
        ),
    ],
)  # fmt: skip
def test_the_next_open_period_counts_from_a_late_probe(breaker: str, calls: tuple[float, ...], expected: list[float]):
    assert admitted(behind(breaker, at(*calls), [(0, 90)], 90)) == expected


def test_once_closed_again_it_takes_as_many_failures_as_at_first():
    """C05: reclosed by a probe at 40, failures from 41 on: opens at 45."""
    run = behind(GUIDE, at(0, 1, 2, 3, 4, *range(40, 48)), [(0, 10), (40.5, 60)], 60)
    assert admitted(run) == [0, 1, 2, 3, 4, 40, 41, 42, 43, 44, 45]
    assert transitions(run) == [
        (4, "breaker open"), (40, "breaker half-open"), (40, "breaker closed"), (45, "breaker open"),
    ]  # fmt: skip


@pytest.mark.parametrize("probes", [1, 2, 3])
def test_as_many_probes_as_it_asks_for_must_succeed(probes: int):
    """After an outage of 10 s: every probe succeeds, the last of them closes it."""
    run = behind(f"failures: 5, open for: 30s, probes: {probes}", EVERY_SECOND, [(0, 10)], 60)
    assert admitted(run) == [0, 1, 2, 3, 4, *range(34, 60)]
    assert transitions(run)[-1] == (34 + probes - 1, "breaker closed")


def test_a_server_that_refuses_opens_it_as_one_that_fails():
    text = system(
        131, EVERY_SECOND, {"server": recipe("{work: 0s}")}, links={"clients -> server": f"breaker: {{{GUIDE}}}"},
        faults={"dead": "crash: server, mode: refuse, at: 0s, for: 40s"},
    )  # fmt: skip
    assert admitted(play(text)) == [0, 1, 2, 3, 4, 34, *range(64, 131)]


def test_a_slow_server_opens_it_only_by_timeouts():
    """Five timeouts of 2 s, the first at 2 s and the last at 6 s: 7 calls are in the air by then."""
    services, breaker = {"server": recipe("{work: 10s}")}, f"breaker: {{{GUIDE}}}"
    calls = at(*(i + 0.5 for i in range(20)))
    hasty = play(system(20, calls, services, links={"clients -> server": f"timeout: 2s, {breaker}"}))
    assert admitted(hasty) == [i + 0.5 for i in range(6)]  # the one at 6.5 finds it open at the very instant
    patient = play(system(20, calls, services, links={"clients -> server": breaker}))
    assert len(admitted(patient)) == 20


@in_two_sizes
@pytest.mark.parametrize(
    "rate, failures, mean_s, sd_s",
    [
        pytest.param(20, 5, 0.25, 0.1118, id="C08"),  # Erlang of 5 gaps
        pytest.param(8, 3, 3 / 8, math.sqrt(3) / 8, id="three"),
    ],
)
def test_poisson_calls_that_all_fail_open_it_after_an_erlang_time(
    size: Size, rate: float, failures: int, mean_s: float, sd_s: float
):
    """The share of 10 s in which it is open tells when it opened: 1,000 breakers (fast: 100), 3 standard errors.

    Those are the theory's: of a sample's standard deviation sd * sqrt((kurtosis - 1) / 4 n), kurtosis 3 + 6 / k.
    """
    opened = times_to_open(int(size.of(100, 1000)), rate, failures, "100%")
    mean, sd = float(np.mean(opened)), float(np.std(opened, ddof=1))
    assert abs(mean - mean_s) <= 3 * sd_s / math.sqrt(len(opened))
    assert abs(sd - sd_s) <= 3 * sd_s * math.sqrt((2 + 6 / failures) / 4 / len(opened))


@in_two_sizes
def test_failures_in_part_open_it_after_a_run_of_them(size: Size):
    """Calls that fail with 70 %: the mean wait for a run of three (Feller, vol. 1, XIII.7), 3 standard errors."""
    opened = times_to_open(int(size.of(100, 1000)), 20, 3, "70%")
    se = float(np.std(opened, ddof=1)) / math.sqrt(len(opened))
    assert abs(np.mean(opened) - theory.breaker_opens(20, 3, 0.7)) <= 3 * se


def times_to_open(times: int, rate: float, failures: int, fails: str) -> list[float]:
    """Return when each of *times* independent breakers opened, fifty a run, all calling one server that fails."""
    names = [f"c{i}" for i in range(50)]
    text = system(
        10, dict.fromkeys(names, f"calls: server.do, rate: {rate}/s"), {"server": failing(fails)},
        links={f"{name} -> server": f"breaker: {{failures: {failures}, open for: 100s, probes: 1}}" for name in names},
    )  # fmt: skip
    run = play(text, times // 50)
    shares = [run.values["breaker open share", f"{name} -> server", "all"] for name in names]
    return [10 * (1 - share) for of_one in shares for share in of_one]
