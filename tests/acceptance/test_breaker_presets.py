"""Breakers by preset through whole runs: traces of products, and a grid of resilience4j's settings."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance._judging import play
from tests.acceptance._systems import at, failing, system
from tests.acceptance.test_c_breakers import EVERY_SECOND, admitted, behind, transitions, windows
from tests.policies._products import Resilience4j

TRACES = Path(__file__).parents[1] / "policies" / "traces"


def traces(file: str) -> dict[str, Any]:
    """Return the traces of one file."""
    found: dict[str, Any] = json.loads((TRACES / f"{file}.json").read_text(encoding="utf-8"))["traces"]
    return found


def assert_played(trace: dict[str, Any], name: str, breaker: str) -> None:
    """Play the calls of *trace* in a whole run: the same calls pass, and the states change at the same instants."""
    if name == "A_constant_outage":
        run = behind(breaker, EVERY_SECOND, [(0, 131)], 131)
    elif name == "B_outage_until_40":
        run = behind(breaker, {"clients": f"{EVERY_SECOND['clients']}"}, [(0, 40)], 81)
    else:
        steps = trace["steps"]
        outages = [(step[0] - 2**-12 if step[0] else 0.0, step[0] + 2**-12) for step in steps if step[1] == "fail"]
        run = behind(breaker, at(*(step[0] for step in steps)), merged(outages), math.ceil(steps[-1][0]) + 1)
    expected = trace.get("admitted_at") or [step[0] for step in trace["steps"] if step[2]]
    assert admitted(run) == expected
    changes = [(at_s, kind) for at_s, kind in transitions(run) if kind != "breaker half-open"]
    seen = [state for _, state in trace.get("transitions", [])[1:] if state != "half_open"]
    assert [kind.removeprefix("breaker ") for _, kind in collapsed(changes)] == seen


def merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the spans, those that overlap as one."""
    found: list[tuple[float, float]] = []
    for begin, end in spans:
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


def collapsed(changes: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return the changes without those to the state before: a trace notes no probe that opens it again."""
    return [one for i, one in enumerate(changes) if i == 0 or one[1] != changes[i - 1][1]]


@pytest.mark.parametrize("name", traces("pybreaker"))
def test_pybreaker(name: str) -> None:
    assert_played(traces("pybreaker")[name], name, "preset: pybreaker, open for: 30s")


@pytest.mark.parametrize("name", traces("resilience4j"))
def test_resilience4j_by_failures_in_a_row(name: str) -> None:
    breaker = "preset: resilience4j, calls: 5, minimum calls: 5, failure rate: 100%, open for: 30s, probes: 1"
    assert_played(traces("resilience4j")[name], name, breaker)


@pytest.mark.parametrize("name", traces("resilience4j_ratio"))
def test_resilience4j_by_a_rate(name: str) -> None:
    given = traces("resilience4j_ratio")[name]["settings"]
    breaker = f"preset: resilience4j, calls: {given['calls']}, minimum calls: {given['minimum_calls']}"
    assert_played(traces("resilience4j_ratio")[name], name, f"{breaker}, open for: 5s, probes: {given['probes']}")


def attempts(minimum: int, permitted: int, size: int = 10, wait: str = "4500ms") -> int:
    """Return the calls that a bank gets in 100 s, one offered each second, all failing."""
    breaker = f"preset: resilience4j, calls: {size}, minimum calls: {minimum}, probes: {permitted}, open for: {wait}"
    services, links = {"server": failing("100%")}, {"clients -> server": f"breaker: {{{breaker}}}"}
    run = play(system(100, EVERY_SECOND, services, links=links))
    return int(run.value("attempts", "clients -> server"))


@pytest.mark.parametrize(
    "minimum, permitted, expected",
    [(5, 10, 56), (10, 10, 72), (5, 3, 44)],  # 5 + 10 * 5 + 1; 10 + 6 * 10 + 2; 5 + 13 * 3
)
def test_half_open_judges_after_the_smaller_of_minimum_and_probes(minimum: int, permitted: int, expected: int) -> None:
    assert attempts(minimum, permitted) == expected


@pytest.mark.parametrize("wait_s, wait", [(4.5, "4500ms"), (4.0, "4s"), (7.0, "7s")])
@pytest.mark.parametrize("minimum, permitted, size", [(1, 1, 1), (2, 10, 100), (3, 2, 5), (7, 4, 10), (20, 6, 8)])
def test_a_grid_of_settings_sends_what_resilience4j_sends(
    minimum: int, permitted: int, size: int, wait_s: float, wait: str
) -> None:
    product = Resilience4j(0.5, 1.0, 60.0, size, minimum, wait_s, permitted)
    sent = 0
    for second in range(100):
        token = product.ask(float(second))
        if token is not None:
            sent += 1
            product.tell(token, False, 0.0, float(second))
    assert attempts(minimum, permitted, size, wait) == sent


def test_half_open_at_most_opens_again_without_a_probe_that_answers() -> None:
    """The only probe, sent at 8 s, never answers: half-open from 8 to 11, then open again until after 14 s."""
    breaker = "preset: resilience4j, calls: 2, minimum calls: 2, open for: 3s, probes: 1, half open at most: 3s"
    faults = {"dead": "crash: server, mode: silent, at: 5s, for: 100s"}
    services, links = {"server": failing("100%")}, {"clients -> server": f"breaker: {{{breaker}}}"}
    run = play(system(30, at(3, 4, 8, 9, 12, 15), services, links=links, faults=faults, drain="1s"))
    assert admitted(run) == [3, 4, 8, 15]
    assert transitions(run)[:4] == [
        (4, "breaker open"), (8, "breaker half-open"), (11, "breaker open"), (15, "breaker half-open"),
    ]  # fmt: skip


def test_open_times_grow_to_their_cap_and_start_again_after_closing() -> None:
    breaker = "failures: 1, open times: exponential 1s factor 2 cap 4s"
    run = behind(breaker, {"clients": "calls: server.do, rate: 4/s, arrivals: regular"}, [(0, 14.1), (20, 20.9)], 23)
    opened = [at_s for at_s, kind in transitions(run) if kind == "breaker open"]
    assert opened == [0, 1, 3, 7, 11, 20]  # after 1, 2, 4, 4 s; closed at 15, and 1 s again
    assert admitted(run)[:6] == [0, 1, 3, 7, 11, 15] and 21.0 in admitted(run)


def test_opossum_keeps_its_window_and_opens_at_the_next_failure_after_closing() -> None:
    """Calls 0, 1, 2 fail and 3 is refused; the probe at 4 succeeds; at 5 four of six calls have failed.

    So it opens after one failure, where an empty window would wait for three calls.
    """
    breaker = "preset: opossum, minimum calls: 3, open for: 2s"
    run = behind(breaker, EVERY_SECOND, windows("FFFSSF"), 6)
    assert transitions(run) == [
        (2, "breaker open"), (4, "breaker half-open"), (4, "breaker closed"), (5, "breaker open"),
    ]  # fmt: skip
    assert run.value("attempts", "clients -> server") == 5


def test_a_preset_without_its_keys_has_the_products_defaults() -> None:
    """pybreaker: five failures, 60 s; Failsafe: one failure, a minute; gobreaker: six, more than 60 s."""
    assert admitted(behind("preset: pybreaker", EVERY_SECOND, [(0, 131)], 131)) == [0, 1, 2, 3, 4, 64, 124]
    assert admitted(behind("preset: failsafe", EVERY_SECOND, [(0, 131)], 131)) == [0, 60, 120]
    assert admitted(behind("preset: gobreaker", EVERY_SECOND, [(0, 131)], 131)) == [0, 1, 2, 3, 4, 5, 66, 127]
