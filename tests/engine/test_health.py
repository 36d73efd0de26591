"""Health checks of the balancer: how late they are, what they see, and what becomes of calls when nobody is well."""

from __future__ import annotations

import pytest

from sim.record.record import Record
from sim.results.story.story import explain
from tests.engine._play import attempts, play

CHECKED = """
workload: {{c: {{calls: a.x, rate: 4/s, arrivals: regular, deadline: 500ms}}}}
services:
  a:
    {{replicas: {replicas}, balance: {balance}, workers: 8, health checks: {{{checks}}},
    operations: {{x: [{{work: 125ms}}]}}}}
faults: {{{faults}}}"""
EVERY_5_S = "every: 5s, timeout: 1s, unhealthy after: 3, healthy after: 2"


def checked(
    faults: str, checks: str = EVERY_5_S, replicas: int = 2, balance: str = "round robin", duration: str = "60s"
) -> Record:  # fmt: skip
    return play(CHECKED.format(faults=faults, checks=checks, replicas=replicas, balance=balance), duration)


def seen(record: Record) -> list[tuple[float, str, str]]:
    return [(at, kind, index) for at, kind, _, index in record.events if kind in ("unhealthy", "healthy")]


def outcomes(record: Record, begin: float, end: float) -> list[tuple[object, ...]]:
    rows = attempts(record, "sent_at replica outcome why")
    return [row[1:] for row in rows if begin <= row[0] < end]  # type: ignore[operator]


def test_a_dead_replica_leaves_after_three_checks_and_is_back_after_two() -> None:
    record = checked("f: {crash: a, mode: silent, replicas: [1], at: 10500ms, for: 30s}")
    # asked at 15, 20 and 25 s, each time given up after 1 s; then asked at 45 and 50 s, answered at once
    assert seen(record) == [(26.0, "unhealthy", "1"), (50.0, "healthy", "1")]
    until = outcomes(record, 10.5, 26.0)
    assert [outcome for _, outcome, _ in until].count("timeout") == len(until) / 2 == 31
    assert set(outcomes(record, 26.0, 50.0)) == {(0, "ok", "")}
    assert {replica for replica, _, _ in outcomes(record, 50.25, 60.0)} == {0, 1}


def test_a_refusal_is_seen_at_once() -> None:
    record = checked("f: {crash: a, mode: refuse, replicas: [1], at: 10500ms, for: 30s}")
    assert seen(record) == [(25.0, "unhealthy", "1"), (50.0, "healthy", "1")]


def test_a_pause_shorter_than_the_thresholds_is_not_seen_and_a_longer_one_is() -> None:
    assert seen(checked("f: {pause: a, replicas: [0], at: 9s, for: 11s}")) == []
    record = checked("f: {pause: a, replicas: [0], at: 9s, for: 21s}")
    assert seen(record) == [(21.0, "unhealthy", "0"), (35.0, "healthy", "0")], "a check sent at 30 s meets the thaw"


def test_a_check_in_a_pause_that_ends_in_time_is_answered() -> None:
    one = "every: 5s, timeout: 2s, unhealthy after: 1, healthy after: 1"
    assert seen(checked("f: {pause: a, replicas: [0], at: 9s, for: 2500ms}", one)) == []
    assert seen(checked("f: {pause: a, replicas: [0], at: 9s, for: 4s}", one)) == [
        (12.0, "unhealthy", "0"), (15.0, "healthy", "0"),
    ]  # fmt: skip


def test_a_slow_replica_is_seen_only_if_the_check_works_beyond_its_timeout() -> None:
    fault = "f: {slow: a, by: 8x, replicas: [1], at: 9s, for: 30s}"
    assert seen(checked(fault)) == [], "a shallow check: gray failure"
    assert seen(checked(fault, EVERY_5_S + ", work: 100ms")) == [], "800 ms are in time"
    record = checked(fault, EVERY_5_S + ", work: 125ms")
    assert seen(record) == [(21.0, "unhealthy", "1"), (45.125, "healthy", "1")]


def test_a_slowness_of_all_replicas_takes_all_out_and_then_all_are_used_or_none() -> None:
    fault = "f: {crash: a, mode: refuse, at: 9s, for: 20s}"
    record = checked(fault)
    assert seen(record)[:2] == [(20.0, "unhealthy", "0"), (20.0, "unhealthy", "1")]
    assert set(outcomes(record, 20.25, 29.0)) == {(0, "refused", "crashed"), (1, "refused", "crashed")}
    assert set(outcomes(record, 29.0, 35.0)) == {(0, "ok", ""), (1, "ok", "")}, "fail open: back before any check"
    record = checked(fault, EVERY_5_S + ", when none: none")
    assert set(outcomes(record, 20.25, 35.0)) == {(-1, "refused", "unhealthy")}
    assert set(outcomes(record, 35.25, 60.0)) == {(0, "ok", ""), (1, "ok", "")}


def test_one_replica_can_be_checked_too() -> None:
    record = checked("f: {crash: a, mode: silent, at: 9s, for: 20s}", EVERY_5_S + ", when none: none", replicas=1)
    assert [outcome for _, outcome, _ in outcomes(record, 9.0, 21.0)] == ["timeout"] * 48
    assert {(outcome, why) for _, outcome, why in outcomes(record, 21.25, 35.0)} == {("refused", "unhealthy")}


@pytest.mark.parametrize("balance", ["round robin", "random", "least outstanding", "best of 2"])
def test_every_kind_of_balancing_spares_the_unhealthy(balance: str) -> None:
    record = checked("f: {crash: a, mode: refuse, replicas: [1], at: 9s, for: 30s}", replicas=3, balance=balance)
    assert {replica for replica, _, _ in outcomes(record, 0.0, 9.0)} == {0, 1, 2}
    assert {replica for replica, _, _ in outcomes(record, 20.25, 39.0)} == {0, 2}
    assert {replica for replica, _, _ in outcomes(record, 45.25, 60.0)} == {0, 1, 2}


def test_checks_that_never_fail_change_nothing_but_events() -> None:
    """In turn, what a balancer without checks does is the same, as long as nobody dies."""
    plain = CHECKED.replace(" health checks: {{{checks}}},", "").format(faults="", replicas=3, balance="round robin")
    wanted = "sent_at replica started_at left_at ended_at outcome"
    assert attempts(checked("", replicas=3, duration="30s"), wanted) == attempts(play(plain, "30s"), wanted)


def test_the_story_tells_who_died_and_what_the_checks_did() -> None:
    record = checked(
        "f: {crash loop: a, mode: refuse, replicas: 1, lives: 1s, restarts after: 14s, at: 9s, for: 29s}",
        "every: 2s, timeout: 1s",
    )
    told = [str(one).strip() for one in explain(record).sentences if one.kind in ("died", "unhealthy", "healthy")]
    assert told == [
        "9.0 s  a: replica #0 dies, the first of 2 such times",
        "14.0 s  a: health checks take replica #0 out of the rotation",
        "38.0 s  a: health checks put replica #0 back into the rotation",
    ]


def test_a_fault_that_comes_often_is_told_once() -> None:
    record = checked("f: {pause: a, replicas: 1, up: 9s, down: 1s}", duration="60s")
    told = [str(one) for one in explain(record).sentences if one.kind == "fault begins"]
    assert told == [" 9.0 s  f: a (replica #0) stops, 6 times, 6 s in all".strip()]


def test_a_deep_check_sees_errors_and_a_shallow_one_does_not() -> None:
    fault = "f: {errors: a, share: 100%, replicas: [1], at: 9s, for: 30s}"
    assert seen(checked(fault)) == []
    record = checked(fault, EVERY_5_S + ", deep: true")
    assert seen(record) == [(20.0, "unhealthy", "1"), (45.0, "healthy", "1")]
    assert set(outcomes(record, 20.25, 45.0)) == {(0, "ok", "")}


def test_a_deep_check_of_a_replica_that_fails_half_the_time_takes_a_while() -> None:
    """Three failures in a row at a half each need 14 tosses in the mean; one check a second."""
    fault = "f: {deploy: a, share: 50%, replicas: [0], at: 0s, for: 900s}"
    checks = "every: 1s, timeout: 1s, unhealthy after: 3, healthy after: 1000, deep: true"
    found = []
    for seed in range(40):
        body = CHECKED.format(faults=fault, checks=checks, replicas=2, balance="random")
        found.append(seen(play(body.replace("rate: 4/s", "rate: 1/min"), "1000s", seed=seed))[0][0])
    assert abs(sum(found) / 40 - 14) < 4 * 142**0.5 / 40**0.5


def test_what_fails_and_what_is_slow_combine_over_kinds_of_faults() -> None:
    body = """
workload: {c: {calls: a.x, rate: 1000/s, arrivals: regular}}
services: {a: {replicas: 2, workers: unlimited, operations: {x: [{work: 1ms}]}}}
faults:
  f: {errors: a, share: 50%, at: 0s, for: 10s}
  g: {deploy: a, share: 40%, by: 2x, at: 0s, for: 10s}
  h: {slow: a, by: 3x, replicas: [1], at: 0s, for: 10s}
  i: {slow: a, by: 5x, at: 0s, for: 10s}"""
    rows = attempts(play(body), "replica started_at left_at outcome")
    failed = [outcome for _, _, _, outcome in rows].count("error")
    assert abs(failed - 7000) <= 4 * (10_000 * 0.21) ** 0.5
    for replica, factor in ((0, 10), (1, 30)):
        took = {round(left - began, 9) for one, began, left, outcome in rows if one == replica and outcome == "ok"}  # type: ignore[operator]
        assert took == {factor / 1000}
