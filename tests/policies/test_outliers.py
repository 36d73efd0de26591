"""Outlier detection: who is ejected, for how long, and how many at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.outcomes import ERROR, OK, REFUSED, REJECTED, TIMEOUT
from sim.policies import outliers
from sim.policies.outliers import EjectionLimits, OutlierDetector, RateTest

LIMITS = EjectionLimits(10.0, 30.0, 300.0, 0.0, 1.0, False, False)
NEVER = dict.fromkeys((outliers.ERRORS, outliers.GATEWAY_ERRORS, outliers.LOCAL_ERRORS), 0)
ALL = dict.fromkeys(outliers.TESTS, 1.0)


class Watched:
    """A detector of some hosts, and the log of what it did."""

    def __init__(self, hosts: int = 10, uniform: float = 0.5, **settings: Any) -> None:
        self.log: list[tuple[object, ...]] = []
        given = {
            "limits": LIMITS, "in_a_row": {**NEVER, outliers.ERRORS: 5}, "split_local": False,
            "success_rate": RateTest(1.9, 5, 100), "failures": RateTest(0.85, 5, 50), "enforced": ALL,
        }  # fmt: skip
        self.detector = OutlierDetector(
            **{**given, **settings},  # type: ignore[arg-type]
            uniform=lambda: uniform,
            on_ejection=lambda now, host, test, span_s: self.log.append((now, host, test, span_s)),
            on_return=lambda now, host: self.log.append((now, host, "back")),
        )
        self.detector.watch(range(hosts))

    def fail(self, host: int, now: float, times: int = 5, outcome: int = ERROR) -> None:
        for _ in range(times):
            self.detector.record(host, outcome, now)


def test_the_fifth_error_in_a_row_ejects_and_a_success_begins_again() -> None:
    watched = Watched()
    watched.fail(3, 1.0, 4)
    watched.detector.record(3, OK, 1.0)
    watched.fail(3, 2.0, 4)
    assert watched.log == []
    watched.fail(3, 3.0, 1)
    assert watched.log == [(3.0, 3, "errors in a row", 30.0)] and watched.detector.is_ejected(3)


def test_a_host_returns_at_the_first_sweep_after_its_time_without_a_probe() -> None:
    watched = Watched()
    watched.fail(0, 3.0)
    for now in (10.0, 20.0, 30.0):
        watched.detector.sweep(now)
    assert watched.detector.is_ejected(0)
    watched.detector.sweep(40.0)
    assert watched.log[1:] == [(40.0, 0, "back")]


def test_each_ejection_is_longer_up_to_the_longest() -> None:
    watched = Watched(limits=replace(LIMITS, longest_s=80.0))
    now = 0.0
    for _ in range(4):
        watched.fail(0, now)
        while watched.detector.is_ejected(0):
            now += 10
            watched.detector.sweep(now)
    assert [entry[3] for entry in watched.log if entry[2] != "back"] == [30.0, 60.0, 80.0, 80.0]


def test_a_host_that_stays_in_loses_one_lengthening_at_each_sweep() -> None:
    watched = Watched()
    watched.fail(0, 0.0)
    for sweep in (10.0, 20.0, 30.0):
        watched.detector.sweep(sweep)
    watched.fail(0, 35.0)  # before the next sweep: the second ejection
    assert watched.log[-1] == (35.0, 0, "errors in a row", 60.0)
    for sweep in range(40, 121, 10):
        watched.detector.sweep(float(sweep))
    assert watched.log[-1] == (100.0, 0, "back") and watched.detector.monitors[0].multiplier == 0
    watched.fail(0, 125.0)
    assert watched.log[-1] == (125.0, 0, "errors in a row", 30.0)


@pytest.mark.parametrize(
    "hosts, share, always_one, may_exceed, ejected",
    [
        (10, 0.1, False, False, 1), (9, 0.1, False, False, 0), (9, 0.1, True, False, 1), (10, 0.3, False, False, 3),
        (10, 0.25, False, False, 2), (10, 0.25, False, True, 3), (9, 0.1, False, True, 1), (3, 1.0, False, False, 3),
        (5, 0.0, False, False, 0), (5, 0.0, True, False, 1), (5, 0.0, False, True, 0),
    ],
)  # fmt: skip
def test_no_more_than_the_share_is_ejected_at_once(
    hosts: int, share: float, always_one: bool, may_exceed: bool, ejected: int
) -> None:
    watched = Watched(
        hosts, limits=replace(LIMITS, most_ejected=share, always_one=always_one, may_exceed=may_exceed)
    )  # fmt: skip
    for host in range(hosts):
        watched.fail(host, 1.0, 20)
    assert len(watched.log) == ejected


def test_an_outlier_that_finds_no_room_is_tried_again_after_as_many_errors() -> None:
    watched = Watched(limits=replace(LIMITS, most_ejected=0.1))
    watched.fail(0, 1.0)
    watched.fail(1, 2.0, 9)
    for sweep in (10.0, 20.0, 30.0, 40.0):
        watched.detector.sweep(sweep)
    watched.fail(1, 41.0, 1)  # the tenth in a row
    assert [entry[:2] for entry in watched.log] == [(1.0, 0), (40.0, 0), (41.0, 1)]


def test_local_errors_are_gateway_errors_unless_they_are_split() -> None:
    gateway = {**NEVER, outliers.GATEWAY_ERRORS: 3}
    for outcomes in ((TIMEOUT, REFUSED, REJECTED), (REJECTED, ERROR, TIMEOUT, TIMEOUT)):
        watched = Watched(in_a_row=gateway)
        for outcome in outcomes:
            watched.detector.record(0, outcome, 1.0)
        assert [entry[2] for entry in watched.log] == ["gateway errors in a row"] * (ERROR not in outcomes)
    watched = Watched(in_a_row={**gateway, outliers.LOCAL_ERRORS: 3}, split_local=True)
    watched.fail(0, 1.0, 2, REJECTED)
    watched.fail(0, 1.0, 3, TIMEOUT)
    assert watched.log == [(1.0, 0, "local errors in a row", 30.0)]


def test_a_connection_that_is_made_ends_local_errors_in_a_row() -> None:
    watched = Watched(in_a_row={**NEVER, outliers.LOCAL_ERRORS: 3}, split_local=True)
    for _ in range(9):
        watched.detector.connected(0)
        watched.detector.record(0, TIMEOUT, 1.0)
    assert watched.log == []
    watched.fail(0, 2.0, 2, TIMEOUT)
    assert watched.log == [(2.0, 0, "local errors in a row", 30.0)], "with the one before, three without a connection"


def rates(watched: Watched, failures: dict[int, int], calls: int = 100) -> list[int]:
    """Let each host fail some of its calls, sweep, and return who was ejected."""
    for host in range(len(watched.detector.monitors)):
        for number in range(calls):
            watched.detector.record(host, ERROR if number < failures.get(host, 0) else OK, 1.0)
    watched.detector.sweep(10.0)
    return [int(entry[1]) for entry in watched.log]  # type: ignore[call-overload]


def test_the_lowest_success_rate_is_an_outlier_if_it_is_far_from_the_mean() -> None:
    # rates 0.5, 1, 1, 1, 1: mean 0.9, deviation 0.2, so the bound is 0.52 (the example of Envoy's source)
    assert rates(Watched(5, in_a_row=NEVER), {0: 50}) == [0]
    assert rates(Watched(5, in_a_row=NEVER, success_rate=RateTest(2.01, 5, 100)), {0: 50}) == []
    assert rates(Watched(4, in_a_row=NEVER), {0: 50}) == [], "too few hosts"
    assert rates(Watched(5, in_a_row=NEVER), {0: 50}, 99) == [], "too few requests"
    # two of five: mean 0.8, deviation 0.245, bound 0.335: nobody is an outlier
    assert rates(Watched(5, in_a_row=NEVER), {0: 50, 1: 50}) == []


def test_the_failure_percentage_needs_no_comparison_with_others() -> None:
    no_rates = {**ALL, outliers.SUCCESS_RATE: 0.0}
    assert rates(Watched(5, in_a_row=NEVER, enforced=no_rates), {0: 84, 1: 85, 2: 99}) == [1, 2]
    assert rates(Watched(5, in_a_row=NEVER, enforced=no_rates), {0: 49}, 49) == [], "too few requests"


@pytest.mark.parametrize("uniform, ejected", [(0.29, 1), (0.3, 0)])
def test_an_outlier_is_ejected_with_the_probability_that_is_enforced(uniform: float, ejected: int) -> None:
    watched = Watched(uniform=uniform, enforced={**ALL, outliers.ERRORS: 0.3})
    watched.fail(0, 1.0)
    assert len(watched.log) == ejected


def test_jitter_lengthens_an_ejection() -> None:
    watched = Watched(limits=replace(LIMITS, jitter_s=8.0), uniform=0.25)
    watched.fail(0, 1.0)
    assert watched.log == [(1.0, 0, "errors in a row", 32.0)]


def test_a_host_that_has_gone_is_forgotten_and_frees_its_place() -> None:
    watched = Watched(limits=replace(LIMITS, most_ejected=0.1))
    watched.fail(9, 1.0)
    watched.detector.watch(range(9))
    watched.detector.watch(range(10))
    assert not watched.detector.is_ejected(9)
    watched.fail(0, 2.0)
    assert watched.detector.is_ejected(0)


calls = st.lists(st.tuples(st.integers(0, 3), st.sampled_from((OK, ERROR, TIMEOUT, REJECTED))), max_size=200)


@given(calls, st.sampled_from((0.0, 0.3, 0.5, 1.0)), st.booleans(), st.integers(1, 4))
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_an_ejected_host_was_bad_and_there_are_never_too_many(
    made: list[tuple[int, int]], share: float, always_one: bool, least: int
) -> None:
    limits = replace(LIMITS, most_ejected=share, always_one=always_one)
    watched = Watched(4, limits=limits, in_a_row={**NEVER, outliers.ERRORS: least})
    in_a_row = dict.fromkeys(range(4), 0)
    for number, (host, outcome) in enumerate(made):
        before = len(watched.log)
        in_a_row[host] = 0 if outcome == OK else in_a_row[host] + 1
        watched.detector.record(host, outcome, float(number))
        if len(watched.log) > before:
            assert watched.log[-1][1] == host and in_a_row[host] >= least
        if number % 10 == 9:
            watched.detector.sweep(float(number))
        out = [host for host in range(4) if watched.detector.is_ejected(host)]
        assert len(out) == watched.detector.ejected <= max(int(always_one), int(share * 4))
