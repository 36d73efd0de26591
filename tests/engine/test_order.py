"""Orders of a caller's policies: each permitted one is played by the same parts, one stage inside another."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np
import pytest

import sim
from sim.diagram.system import drawing_of
from sim.engine.assembly import pipelines
from sim.engine.run import play as play_model
from sim.mechanisms.links import order
from sim.record.record import Record
from sim.results.story.story import explain
from sim.scenario.models.links import LINK_DEFENCES
from tests.engine._play import play, requests
from tests.engine.test_armed import link, marks, tries


def sent(record: Record) -> list[tuple[Any, ...]]:
    """Return (number, sent, ended, outcome) of every attempt, stopped ones too."""
    return [row[:4] for row in tries(record)]


def ends(record: Record) -> list[tuple[float | None, str]]:
    """Return when and how each request ended."""
    return [(row[0], row[1]) for row in requests(record, "ended_at outcome")]


def test_the_usual_order_is_that_of_the_layers() -> None:
    by_layer = [name for name in LINK_DEFENCES if name in order.POLICIES]
    assert [*by_layer, "timeout"] == list(order.POLICIES)


def test_a_retry_tries_again_after_the_refusal_of_its_own_breaker_if_it_is_asked_to() -> None:
    policies = (
        "retry: {max attempts: 6, backoff: 1s, on: [error, short-circuited]}, breaker: {failures: 2, open for: 2500ms}"
    )
    record = play(link(policies, more="faults: {f: {errors: a, share: 100%, at: 0s, for: 2s}}", recipe="{work: 0s}"))
    assert sent(record) == [
        (1, 0.0, 0.0, "error"), (2, 1.0, 1.0, "error"), (3, 2.0, 2.0, "short-circuited"),
        (4, 3.0, 3.0, "short-circuited"), (5, 4.0, 4.0, "ok"),
    ]  # fmt: skip
    assert ends(record) == [(4.0, "ok")]


def test_refused_tries_use_up_the_attempts() -> None:
    policies = "retry: {max attempts: 3, backoff: 1s, on: [error, short-circuited]}, breaker: {failures: 1}"
    record = play(link(policies, "{fail: 100%}"))
    assert [row[3] for row in tries(record)] == ["error", "short-circuited", "short-circuited"]
    assert ends(record) == [(2.0, "short-circuited")]


BREAKER_AND_RETRY = "retry: {max attempts: 3, backoff: 250ms}, breaker: {failures: 2}"


def test_a_breaker_outside_the_retry_counts_a_call_with_all_its_attempts_as_one() -> None:
    inside = play(link(BREAKER_AND_RETRY, "{fail: 100%}", "arrivals: at 0s 1s 2s"))
    assert [row[3] for row in tries(inside)] == ["error", "error", *["short-circuited"] * 3]
    outside = play(link(f"{BREAKER_AND_RETRY}, order: [breaker, retry]", "{fail: 100%}", "arrivals: at 0s 1s 2s"))
    assert sent(outside) == [
        (1, 0.0, 0.0, "error"), (2, 0.25, 0.25, "error"), (3, 0.5, 0.5, "error"),
        (1, 1.0, 1.0, "error"), (2, 1.25, 1.25, "error"), (3, 1.5, 1.5, "error"),
        (1, 2.0, 2.0, "short-circuited"),
    ]  # fmt: skip
    assert [event[1] for event in outside.events] == ["breaker open"]


def test_a_bulkhead_outside_the_retry_holds_a_place_while_its_call_waits() -> None:
    policies = "retry: {max attempts: 2, backoff: 2s}, bulkhead: {max concurrent calls: 1}"
    inside = play(link(policies, "{fail: 100%}", "arrivals: at 0s 1s"))
    assert [row[1] for row in tries(inside)] == [0.0, 1.0, 2.0, 3.0]
    outside = play(link(f"{policies}, order: [bulkhead, retry]", "{fail: 100%}", "arrivals: at 0s 1s 3s"))
    assert sent(outside) == [
        (1, 0.0, 0.0, "error"), (1, 1.0, 1.0, "short-circuited"), (2, 2.0, 2.0, "error"),
        (1, 3.0, 3.0, "error"), (2, 5.0, 5.0, "error"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "timeout, attempts, end",
    [
        ("2250ms", [(1, 0.0, 1.0, "error"), (2, 1.5, 2.25, "timeout")], 2.25),
        ("1250ms", [(1, 0.0, 1.0, "error")], 1.25),
    ],
)
def test_a_timeout_outside_the_retry_ends_all_attempts(timeout: str, attempts: Sequence[Any], end: float) -> None:
    policies = f"timeout: {timeout}, retry: {{max attempts: 9, backoff: 500ms}}, order: [timeout, retry]"
    record = play(link(policies, "[{work: 1s}, {fail: 100%}]".strip("[]")))
    assert sent(record) == attempts
    assert ends(record) == [(end, "timeout")]


def test_a_hedge_inside_the_retry_races_in_each_attempt_and_outside_it_the_race_has_retries() -> None:
    policies = "hedge: {after: 500ms}, retry: {max attempts: 2, backoff: 1s}"
    recipe = "{work: 1s}, {fail: 100%}"
    inside = play(link(f"{policies}, order: [retry, hedge]", recipe))
    assert sent(inside) == [
        (1, 0.0, 1.0, "error"), (2, 0.5, 1.5, "error"), (3, 2.5, 3.5, "error"), (4, 3.0, 4.0, "error"),
    ]  # fmt: skip
    outside = play(link(policies, recipe))
    assert [row[1] for row in tries(outside)] == [0.0, 0.5, 2.0, 2.5]
    assert ends(inside) == [(4.0, "error")] and ends(outside) == [(3.5, "error")]
    assert [mark[:2] for mark in marks(inside)] == [(0.5, "hedge"), (3.0, "hedge")]


def test_a_fallback_inside_the_retry_leaves_it_nothing_to_do() -> None:
    record = play(
        link("fallback: default, retry: {max attempts: 3, backoff: 1s}, order: [retry, fallback]", "{fail: 100%}")
    )
    assert sent(record) == [(1, 0.0, 0.0, "error")]
    assert ends(record) == [(0.0, "degraded")]


def test_a_limit_outside_the_retry_is_asked_once_for_a_call() -> None:
    policies = "retry: {max attempts: 3, backoff: 125ms}, limit: {rate: 1/s}"
    inside = play(link(policies, "{fail: 100%}", "arrivals: at 0s"))
    assert [row[3] for row in tries(inside)] == ["error", "short-circuited"]
    outside = play(link(f"{policies}, order: [limit, retry]", "{fail: 100%}", "arrivals: at 0s 500ms"))
    assert [row[3] for row in tries(outside)] == ["error", "error", "error", "short-circuited"]


def test_a_throttle_outside_the_retry_learns_how_whole_calls_end() -> None:
    policies = "throttle: {factor: 1x}, retry: {max attempts: 2}, order: [throttle, retry]"
    record = play(link(policies, "{work: 0s}", "arrivals: regular, rate: 4/s"))
    assert {row[3] for row in tries(record)} == {"ok"}


def test_three_stages_nest() -> None:
    retry = "retry: {max attempts: 2, backoff: 1s}"
    policies = f"timeout: 3s, bulkhead: {{max concurrent calls: 1}}, breaker: {{failures: 2}}, {retry}"
    nested = f"{policies}, order: [timeout, bulkhead, breaker, retry]"
    record = play(link(nested, "{fail: 100%}", "arrivals: at 0s 500ms 2s 4s"))
    assert sent(record) == [
        (1, 0.0, 0.0, "error"), (1, 0.5, 0.5, "short-circuited"), (2, 1.0, 1.0, "error"),
        (1, 2.0, 2.0, "error"), (2, 3.0, 3.0, "error"), (1, 4.0, 4.0, "short-circuited"),
    ]  # fmt: skip


def test_the_deadline_of_the_client_ends_all_stages() -> None:
    policies = "retry: {max attempts: 9, backoff: 250ms}, bulkhead: {max concurrent calls: 1}, order: [bulkhead, retry]"
    record = play(link(policies, "{work: 1s}", "arrivals: at 0s 2s, deadline: 500ms"))
    assert sent(record) == [(1, 0.0, 0.5, "timeout"), (1, 2.0, 2.5, "timeout")]
    assert ends(record) == [(0.5, "timeout"), (2.5, "timeout")]


def test_a_timeout_over_all_attempts_cancels_the_work_at_the_callee() -> None:
    policies = "timeout: 500ms, retry: {max attempts: 2}, on abandon: cancel, order: [timeout, retry]"
    record = play(link(policies, "{work: 2s}", service="workers: 1"))
    assert record.attempts["left_at"].tolist() == [0.5]
    assert [mark[:2] for mark in marks(record)] == [(0.5, "cancelled")]


def test_a_place_of_an_outer_bulkhead_is_free_again_when_its_caller_has_crashed() -> None:
    record = play("""
workload: {c: {calls: b.x, arrivals: at 0s 3s}}
services:
  b: {replicas: 1, workers: 2, operations: {x: [{call: a.x}]}}
  a: {workers: unlimited, operations: {x: [{work: 250ms}, {fail: 100%}]}}
links:
  b -> a: {retry: {max attempts: 3, backoff: 1s}, bulkhead: {max concurrent calls: 1}, order: [bulkhead, retry]}
faults: {f: {crash: b, mode: refuse, at: 500ms, for: 1s}}
""")
    outcomes = [row[3] for row in tries(record) if row[4] == "bulkhead full"]
    assert outcomes == []


def test_a_late_answer_is_accepted_whichever_stage_tries_again() -> None:
    policies = (
        "timeout: 1s, hedge: {after: 4s}, retry: {max attempts: 3, backoff: 250ms}, late answers: accept,"
        " order: [retry, hedge, timeout]"
    )
    record = play(link(policies, "{work: 1500ms}"))
    assert ends(record) == [(1.5, "ok")]


USUAL = (
    "hedge: {after: 125ms}, retry: {max attempts: 3, backoff: 125ms, jitter: full}, timeout: 500ms,"
    " breaker: {failures: 3, open for: 1s}, throttle: {window: 2s},"
    " limit: {rate: 30/s, when full: wait, max wait: 250ms},"
    " bulkhead: {max concurrent calls: 4, max waiting: 2, max wait: 250ms}"
)


@pytest.mark.parametrize("outermost", ["fallback: cached", "cache: {expire after: 250ms, coalesce: true}"])
def test_one_stage_for_each_policy_gives_the_same_records_as_one_for_all(
    outermost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = link(
        f"{USUAL}, {outermost}", "{work: exponential 150ms}", "rate: 20/s, keys: uniform 5, deadline: 2s", "workers: 3",
        "faults: {f: {slow: a, by: 4x, at: 4s, for: 2s}, g: {errors: a, share: 50%, at: 8s, for: 2s}}",
    )  # fmt: skip
    scenario = sim.loads(f"version: 1\ntitle: Same\nduration: 12s\n{text}").resolve()
    usual = play_model(scenario, 1)
    monkeypatch.setattr(pipelines, "stages", lambda names: [(name,) for name in names])
    staged = play_model(scenario, 1)
    for table in ("attempts", "requests", "marks"):
        for name, column in getattr(usual, table).items():
            np.testing.assert_array_equal(column, getattr(staged, table)[name], err_msg=f"{name} of {table}")
    assert usual.events == staged.events and len(usual.attempts["id"]) > 100


def test_the_usual_order_that_is_stated_plays_as_before() -> None:
    policies = "timeout: 500ms, retry: {max attempts: 2}, breaker: {failures: 1}"
    stated = play(link(f"{policies}, order: [retry, breaker, timeout]", "{work: 1s}"))
    assert tries(stated) == tries(play(link(policies, "{work: 1s}")))


def test_drawing_show_and_story_state_the_order() -> None:
    policies = f"timeout: 1s, {BREAKER_AND_RETRY}, order: [breaker, retry, timeout]"
    scenario = sim.loads(f"version: 1\ntitle: T\nduration: 9s\n{link(policies)}").resolve()
    (arrow,) = drawing_of(scenario).arrows
    assert arrow.policies == (
        "outermost first: breaker, retry, timeout", "breaker: 2 failed in a row", "opens for 30 s", "3 attempts",
        "timeout 1 s",
    )  # fmt: skip
    assert "outermost first: breaker, retry, timeout" in "\n".join(sim.topology.describe(scenario).lines())
    story = str(explain(play_model(scenario, 1)))
    assert "c -> a: its policies stand outermost first: breaker, retry, timeout" in story


def test_an_order_that_keeps_a_policy_from_acting_is_warned_about() -> None:
    text = link("fallback: default, retry: {max attempts: 3, on: [short-circuited]}, order: [retry, fallback]")
    warnings = "\n".join(sim.loads(f"version: 1\ntitle: T\nduration: 9s\n{text}").warnings)
    assert "should have the fallback outside the retry" in warnings
    assert "should have a policy inside the retry that stops tries" in warnings
