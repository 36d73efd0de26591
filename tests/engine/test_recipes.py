"""Recipes, step by step, in whole runs: every mechanism's log compared exactly."""

from __future__ import annotations

import pytest

from sim.chance import coin
from tests.engine._play import attempts, effects, messages, play, requests, waits

ONE = "workload: {c: {calls: a.x, arrivals: at 1s}}"


def story(recipe: str, rest: str = "", service: str = "workers: 1", client: str = "arrivals: at 1s") -> str:
    """Return one request to a recipe of service ``a``; ``b.fine`` works 250 ms, ``b.broken`` fails after 500 ms."""
    return f"""
workload: {{c: {{calls: a.x, {client}}}}}
services:
  a: {{{service}, operations: {{x: [{recipe}]}}}}
  b:
    workers: unlimited
    operations:
      fine: [{{work: 250ms}}]
      broken: [{{work: 500ms}}, {{fail: 100%}}]
      slow: [{{work: 2s}}, {{effect: slowly}}]
{rest}"""


def test_work_and_wait_hold_the_worker_one_after_another() -> None:
    record = play(story("{work: 250ms}, {wait: 500ms}, {work: 125ms}", client="arrivals: at 1s 1s"))
    assert waits(record, "a") == [(1.0, 1.0, 1.875), (1.0, 1.875, 2.75)]
    assert requests(record) == [(1.0, 1.875, "ok", ""), (1.0, 2.75, "ok", "")]
    assert record.attempts["worked_s"].tolist() == [0.875, 0.875]


def test_a_call_holds_the_caller_until_the_answer() -> None:
    record = play(story("{work: 125ms}, {call: b.fine}, {work: 125ms}"))
    assert attempts(record, "link sent_at started_at left_at ended_at outcome") == [
        ("c -> a", 1.0, 1.0, 1.5, 1.5, "ok"),
        ("a -> b", 1.125, 1.125, 1.375, 1.375, "ok"),
    ]


@pytest.mark.parametrize("on_error, outcome, ended", [
    ("fail", "error", 1.5),
    ("ignore", "ok", 1.75),
    ("degraded", "degraded", 1.75),
    ("[{work: 1s}]", "ok", 2.75),
    ("[{call: b.broken}]", "error", 2.0),
])  # fmt: skip
def test_a_failed_call_does_what_on_error_says(on_error: str, outcome: str, ended: float) -> None:
    record = play(story(f"{{call: b.broken, on error: {on_error}}}, {{work: 250ms}}"))
    why = "fail step" if outcome == "error" else ""
    assert requests(record) == [(1.0, ended, outcome, why)]


def test_a_degraded_callee_makes_its_callers_degraded() -> None:
    body = """
workload: {c: {calls: a.x, arrivals: at 1s}}
services:
  a: {operations: {x: [{call: b.x}]}}
  b: {operations: {x: [{call: d.x, on error: degraded}]}}
  d: {operations: {x: [{fail: 100%}]}}"""
    record = play(body)
    assert attempts(record, "link outcome") == [("c -> a", "degraded"), ("a -> b", "degraded"), ("b -> d", "error")]


def test_effects_are_written_at_the_instant_they_are_reached() -> None:
    record = play(story("{work: 250ms}, {effect: charged}, {work: 250ms}, {effect: shipped}"))
    assert effects(record) == [("charged", 0, 1.25), ("shipped", 0, 1.5)]


def test_a_reply_answers_at_once_and_holds_the_worker_to_the_end() -> None:
    record = play(story("{work: 250ms}, reply, {work: 1s}, {effect: charged}", client="arrivals: at 1s 1s"))
    assert requests(record) == [(1.0, 1.25, "ok", ""), (1.0, 2.5, "ok", "")]
    assert waits(record, "a") == [(1.0, 1.0, 2.25), (1.0, 2.25, 3.5)]
    assert effects(record) == [("charged", 0, 2.25), ("charged", 1, 3.5)]


def test_what_fails_or_degrades_after_the_reply_is_told_to_nobody() -> None:
    for after in ("{fail: 100%}", "{call: b.broken, on error: degraded}"):
        record = play(story(f"{{work: 250ms}}, reply, {after}", "links: {c -> a: {latency: 1s}}"))
        assert requests(record) == [(1.0, 3.25, "ok", "")]


def test_repeat_does_its_steps_so_many_times_and_nests() -> None:
    record = play(story("{repeat: 3, steps: [{work: 125ms}, {repeat: 2, effect: charged}]}"))
    assert [at for _, _, at in effects(record)] == [1.125, 1.125, 1.25, 1.25, 1.375, 1.375]


def test_a_repeat_that_fails_inside_is_left_at_once() -> None:
    record = play(story("{repeat: 3, steps: [{call: b.broken}]}"))
    assert requests(record) == [(1.0, 1.5, "error", "fail step")]
    record = play(story("{repeat: 2, steps: [{repeat: 3, steps: [{call: b.broken, on error: ignore}]}, {work: 1s}]}"))
    assert requests(record) == [(1.0, 6.0, "ok", "")]


def test_a_hundred_thousand_steps_of_no_time_keep_the_stack_flat() -> None:
    record = play(story("{repeat: 100000, steps: [{effect: counted}]}"))
    assert len(record.effects["at"]) == 100_000
    assert requests(record) == [(1.0, 1.0, "ok", "")]


def test_thousands_of_steps_and_hundreds_of_services_in_no_time_are_played() -> None:
    record = play(story(", ".join(["{effect: counted}"] * 2000)))
    assert len(record.effects["at"]) == 2000
    chain = "\n".join(
        f"  s{i}: {{workers: unlimited, while calling: {way}, operations: {{x: [{{call: s{i + 1}.x}}]}}}}"
        for i, way in zip(range(300), ["hold", "free"] * 150)
    )
    record = play(f"""
workload: {{c: {{calls: s0.x, arrivals: at 1s}}}}
services:
{chain}
  s300: {{operations: {{x: [{{effect: reached}}]}}}}""")
    assert effects(record) == [("reached", 0, 1.0)]


def test_parallel_waits_for_all() -> None:
    record = play(story("{parallel: [{call: b.fine}, {work: 1s}, [{work: 125ms}, {call: b.fine}]]}, {work: 125ms}"))
    assert requests(record) == [(1.0, 2.125, "ok", "")]
    assert attempts(record, "sent_at ended_at", "a -> b") == [(1.0, 1.25), (1.125, 1.375)]


def test_parallel_goes_on_with_the_first_k_and_its_losers_run_on() -> None:
    record = play(story("{parallel: [{call: b.fine}, {call: b.slow}, {work: 500ms}], join: 2}, {work: 125ms}"))
    assert requests(record) == [(1.0, 1.625, "ok", "")]
    assert attempts(record, "left_at outcome", "a -> b") == [(1.25, "ok"), (3.0, "ok")]
    assert effects(record) == [("slowly", 0, 3.0)], "the loser's callee runs on"


def test_parallel_fails_as_soon_as_k_is_impossible() -> None:
    parallel = "{parallel: [{call: b.broken}, {call: b.slow}, {call: b.slow}], join: %d}"
    assert requests(play(story(parallel % 3))) == [(1.0, 1.5, "error", "fail step")]
    assert requests(play(story(parallel % 2))) == [(1.0, 3.0, "ok", "")]


@pytest.mark.parametrize("on_error, expected", [
    ("ignore", (1.0, 1.75, "ok", "")),
    ("degraded", (1.0, 1.75, "degraded", "")),
    ("[{work: 1s}]", (1.0, 2.75, "ok", "")),
])  # fmt: skip
def test_a_failed_join_does_what_on_error_says(on_error: str, expected: tuple[object, ...]) -> None:
    record = play(story(f"{{parallel: [{{call: b.broken}}, {{call: b.slow}}], on error: {on_error}}}, {{work: 250ms}}"))
    assert requests(record) == [expected]


def test_parallel_plays_its_set_so_many_times() -> None:
    record = play(story("{parallel: [{call: b.fine}, {effect: charged}], times: 50}"))
    assert len(attempts(record, "id", "a -> b")) == 50 and len(effects(record)) == 50
    assert requests(record) == [(1.0, 1.25, "ok", "")]


def test_a_strand_of_a_decided_join_stops_when_its_attempt_is_over() -> None:
    strands = "{work: 125ms}, [{work: 1s}, {effect: never}], [{work: 250ms}, {effect: soon}]"
    record = play(story(f"{{parallel: [{strands}], join: 1}}, {{work: 500ms}}"))
    assert effects(record) == [("soon", 0, 1.25)], "at 1.625 the recipe is over, and with it the slow strand"
    assert waits(record, "a") == [(1.0, 1.0, 1.625)]


def test_a_branch_by_share_sends_all_tries_of_a_request_the_same_way() -> None:
    record = play(story(
        "{branch: share 30%, then: [{effect: rare}], else: [{effect: common}]}, {fail: 100%}",
        "links: {c -> a: {retry: {max attempts: 3, backoff: 125ms}}}", client="rate: 50/s, arrivals: regular",
    ))  # fmt: skip
    told = {request: [e for e, r, _ in effects(record) if r == request] for _, request, _ in effects(record)}
    assert len(told) == 500 and all(len(ways) == 3 and len(set(ways)) == 1 for ways in told.values())
    for request, ways in told.items():
        assert (ways[0] == "rare") == (coin(1, 0, "a.x[0]", request) < 0.3)


def test_a_branch_by_key_asks_for_the_requests_key() -> None:
    record = play(story(
        "{branch: key 0 2, then: [{effect: picked}]}", client="rate: 50/s, arrivals: regular, keys: uniform 4"
    ))  # fmt: skip
    keys = dict(requests(record, "id key"))
    assert sorted(r for _, r, _ in effects(record)) == [request for request, key in keys.items() if key in (0, 2)]


@pytest.mark.parametrize("call, asked, expected", [
    ("call: b.fine", "ok", True), ("call: b.fine", "failed", False),
    ("call: b.broken, on error: ignore", "failed", True), ("call: b.broken, on error: ignore", "error", True),
    ("call: b.broken, on error: ignore", "timeout", False), ("call: b.slow, on error: degraded", "timeout", True),
    ("parallel: [{call: b.broken}], on error: ignore", "failed", True), ("parallel: [{call: b.fine}]", "ok", True),
])  # fmt: skip
def test_a_branch_asks_how_an_earlier_step_ended(call: str, asked: str, expected: bool) -> None:
    recipe = f"{{{call}, as: it}}, {{branch: it {asked}, then: [{{effect: taken}}], else: [{{effect: other}}]}}"
    record = play(story(recipe, "links: {a -> b: {timeout: 1s}}"))
    assert [name for name, _, _ in effects(record) if name != "slowly"] == ["taken" if expected else "other"]


def test_a_strand_asks_what_happened_before_it_and_what_follows_asks_what_happened_inside() -> None:
    inside = "{parallel: [[{branch: it failed, then: [{effect: inner}]}]]}"
    record = play(story(f"{{call: b.broken, on error: ignore, as: it}}, {inside}"))
    assert [name for name, _, _ in effects(record)] == ["inner"]
    inside = "{parallel: [{call: b.broken, on error: ignore, as: it}]}"
    record = play(story(f"{inside}, {{branch: it failed, then: [{{effect: outer}}]}}"))
    assert [name for name, _, _ in effects(record)] == ["outer"]


def test_fail_fails_with_its_share_each_time() -> None:
    record = play(story("{fail: 30%}", client="rate: 1000/s, arrivals: regular", service="workers: unlimited"))
    failed = [why for *_, outcome, why in requests(record) if outcome == "error"]
    assert set(failed) == {"fail step"}
    assert abs(len(failed) - 3000) <= 4 * (10_000 * 0.21) ** 0.5


def test_send_goes_on_at_the_queues_word_and_fails_when_it_gets_none() -> None:
    queue = "queues: {q: {}}\nlinks: {a -> q: {latency: 125ms}}"
    record = play(story("{send: q}, {work: 250ms}", queue))
    assert attempts(record, "sent_at entered_at left_at ended_at outcome", "a -> q") == [
        (1.0, 1.125, 1.125, 1.25, "ok")
    ]
    assert requests(record) == [(1.0, 1.5, "ok", "")]
    assert messages(record) == [("q", 1.125, None, "waiting", 0)]
    lossy = "queues: {q: {}}\nlinks: {a -> q: {timeout: 500ms, loss: 100%}}"
    record = play(story("{send: q, on error: ignore}, {work: 250ms}", lossy))
    assert requests(record) == [(1.0, 1.75, "ok", "")] and messages(record) == []


def test_keys_and_request_ids_follow_the_work_through_queues() -> None:
    record = play("""
workload: {c: {calls: a.x, arrivals: at 1s 2s, keys: uniform 1000}}
services:
  a: {operations: {x: [{send: q}]}}
  b: {operations: {h: [{call: d.y}]}, consumes: {q: h}}
  d: {operations: {y: [{effect: charged}]}}
queues: {q: {}}""")
    keys = dict(requests(record, "id key"))
    assert dict(zip(record.effects["request"].tolist(), record.effects["key"].tolist())) == keys
    assert messages(record, "request key publisher") == [(0, keys[0], 1), (1, keys[1], 5)]
