"""Links and what callers do about them: latency, loss, timeouts, late answers, retries, breakers, deadlines."""

from __future__ import annotations

import pytest

from tests.engine._play import attempts, effects, play, requests, waits


def link(
    policies: str, recipe: str = "{work: 1s}", client: str = "arrivals: at 0s", service: str = "workers: unlimited"
) -> str:
    return f"""
workload: {{c: {{calls: a.x, {client}}}}}
services: {{a: {{{service}, operations: {{x: [{recipe}]}}}}}}
links: {{c -> a: {{{policies}}}}}"""


ALL = "sent_at entered_at started_at left_at ended_at outcome why"


def test_latency_is_taken_each_way() -> None:
    record = play(link("latency: 250ms"))
    assert attempts(record, ALL) == [(0.0, 0.25, 0.25, 1.25, 1.5, "ok", "")]


def test_each_way_draws_its_own_latency() -> None:
    record = play(link("latency: uniform 0s to 1s", client="rate: 10/s, arrivals: regular"))
    rows = attempts(record, "sent_at entered_at left_at ended_at")
    out, back = [entered - sent for sent, entered, _, _ in rows], [ended - left for _, _, left, ended in rows]
    assert len(set(out) & set(back)) == 0 and 0.4 < sum(out) / len(out) < 0.6


def test_a_timeout_covers_the_network_both_ways_and_the_callee_goes_on() -> None:
    record = play(link("latency: 250ms, timeout: 1s", "{work: 1s}, {effect: charged}"))
    assert attempts(record, ALL) == [(0.0, 0.25, 0.25, 1.25, 1.0, "timeout", "timeout")]
    assert requests(record) == [(0.0, 1.0, "timeout", "timeout")]
    assert effects(record) == [("charged", 0, 1.25)]


def test_the_answer_wins_a_tie_with_the_timer() -> None:
    assert requests(play(link("timeout: 1s"))) == [(0.0, 1.0, "ok", "")]
    assert requests(play(link("latency: 250ms, timeout: 1500ms"))) == [(0.0, 1.5, "ok", "")]


def test_late_answers_are_ignored() -> None:
    record = play(link("timeout: 500ms, retry: {max attempts: 2, backoff: 250ms}"))
    assert attempts(record, "number sent_at left_at ended_at outcome") == [
        (1, 0.0, 1.0, 0.5, "timeout"), (2, 0.75, 1.75, 1.25, "timeout"),
    ]  # fmt: skip
    assert requests(record, "ended_at outcome attempts") == [(1.25, "timeout", 2)]


def test_who_timed_out_in_line_is_served_all_the_same() -> None:
    record = play(link("timeout: 1s", client="arrivals: at 0s 0s", service="workers: 1"))
    assert waits(record, "a") == [(0.0, 0.0, 1.0), (0.0, 1.0, 2.0)]
    assert [outcome for _, _, outcome, _ in requests(record)] == ["ok", "timeout"]


@pytest.mark.parametrize("recipe, more, outcome, tries", [
    ("{fail: 100%}", "", "error", 3),
    ("{work: 8s}", "timeout: 250ms, ", "timeout", 3),
])  # fmt: skip
def test_errors_and_timeouts_are_retried(recipe: str, more: str, outcome: str, tries: int) -> None:
    record = play(link(f"{more}retry: {{max attempts: 3, backoff: 500ms}}", recipe))
    assert requests(record, "outcome attempts") == [(outcome, tries)]


def test_rejections_and_refusals_are_retried() -> None:
    retry = "retry: {max attempts: 4, backoff: 500ms}"
    record = play(link(retry, client="arrivals: at 0s 0s", service="workers: 1, waiting: 0"))
    assert attempts(record, "request number sent_at outcome") == [
        (0, 1, 0.0, "ok"), (1, 1, 0.0, "rejected"), (1, 2, 0.5, "rejected"), (1, 3, 1.0, "ok"),
    ]  # fmt: skip
    record = play(link(retry) + "\nfaults: {down: {crash: a, mode: refuse, at: 0s, for: 600ms}}")
    assert attempts(record, "number sent_at outcome") == [(1, 0.0, "refused"), (2, 0.5, "refused"), (3, 1.0, "ok")]


def test_a_retry_without_a_wait_follows_at_the_same_instant() -> None:
    record = play(link("timeout: 250ms, retry: {max attempts: 3}"))
    assert [sent for (sent,) in attempts(record, "sent_at")] == [0.0, 0.25, 0.5]


def test_the_client_leaves_at_its_deadline_and_tries_no_more() -> None:
    body = link("timeout: 500ms, retry: {max attempts: 9, backoff: 125ms}", client="arrivals: at 0s, deadline: 1s")
    record = play(body)
    assert attempts(record, "sent_at ended_at left_at outcome why") == [
        (0.0, 0.5, 1.0, "timeout", "timeout"), (0.625, 1.0, 1.625, "timeout", "deadline"),
    ]  # fmt: skip
    assert requests(record, "ended_at outcome why where attempts") == [(1.0, "timeout", "deadline", "c", 2)]


def test_a_deadline_during_the_backoff_ends_the_request_too() -> None:
    record = play(link("retry: {max attempts: 9, backoff: 3s}", "{fail: 100%}", "arrivals: at 0s, deadline: 1s"))
    assert requests(record, "ended_at outcome why attempts") == [(1.0, "timeout", "deadline", 1)]
    assert len(attempts(record, "id")) == 1


def test_lost_requests_and_lost_answers_both_end_in_a_timeout() -> None:
    record = play(link("latency: 125ms, loss: 50%, timeout: 2s", client="rate: 20/s, arrivals: regular"))
    rows = attempts(record, "entered_at left_at outcome why")
    never_came = [row for row in rows if row[0] is None]
    answer_lost = [row for row in rows if row[0] is not None and row[2] == "timeout"]
    assert {row[2:] for row in never_came} == {("timeout", "timeout")}
    assert all(left is not None for _, left, _, _ in answer_lost)
    for share, group in ((0.5, never_came), (0.25, answer_lost)):
        assert abs(len(group) - 200 * share) <= 4 * (200 * share * (1 - share)) ** 0.5


def test_a_lost_call_without_a_timeout_is_lost_when_the_drain_ends() -> None:
    record = play(link("loss: 100%"), "4s")
    assert requests(record) == [(0.0, None, "lost", "lost on the link")]
    assert attempts(record, "entered_at left_at ended_at outcome") == [(None, None, None, "lost")]
    assert record.ended_at == 8.0


def test_callers_up_the_chain_of_a_lost_call_are_lost_with_it() -> None:
    body = """
workload: {c: {calls: a.x, arrivals: at 0s}}
services: {a: {operations: {x: [{call: b.y}]}}, b: {operations: {y: []}}}
links: {a -> b: {loss: 100%}}"""
    assert attempts(play(body, "1s"), "link outcome why") == [
        ("c -> a", "lost", "lost on the link"), ("a -> b", "lost", "lost on the link"),
    ]  # fmt: skip


def test_what_a_timer_would_still_have_ended_is_open_and_not_lost() -> None:
    for policies, client in (("loss: 100%, timeout: 30s", ""), ("loss: 100%", ", deadline: 30s")):
        record = play(link(policies, client="arrivals: at 0s" + client), "2s")
        assert requests(record) == [(0.0, None, "open", "")]
        assert attempts(record, "outcome") == [("open",)]


def test_an_early_reply_that_is_lost_leaves_the_recipe_running() -> None:
    record = play(link("loss: 100%, timeout: 500ms", "{work: 250ms}"), "2s")
    assert attempts(record, "entered_at outcome") == [(None, "timeout")]
    recipe = "{work: 250ms}, reply, {work: 1s}, {effect: charged}"
    body = link("timeout: 500ms", recipe) + "\nfaults: {cut: {cut: c -> a, mode: silent, at: 125ms, for: 1s}}"
    record = play(body, "4s")
    assert attempts(record, "started_at left_at ended_at outcome") == [(0.0, 1.25, 0.5, "timeout")]
    assert effects(record) == [("charged", 0, 1.25)]


BREAKER = "breaker: {failures: 2, open for: 2s, probes: 1}"


def test_a_breaker_short_circuits_and_a_short_circuit_is_no_attempt_and_not_retried() -> None:
    body = link(f"{BREAKER}, retry: {{max attempts: 3, backoff: 250ms}}", "{fail: 100%}", "arrivals: at 0s 1s 3s")
    record = play(body)
    assert attempts(record, "request number sent_at outcome") == [
        (0, 1, 0.0, "error"), (0, 2, 0.25, "error"), (0, 3, 0.5, "short-circuited"),
        (1, 1, 1.0, "short-circuited"), (2, 1, 3.0, "error"), (2, 2, 3.25, "short-circuited"),
    ]  # fmt: skip
    assert requests(record, "ended_at outcome why attempts") == [
        (0.5, "short-circuited", "breaker open", 2), (1.0, "short-circuited", "breaker open", 0),
        (3.25, "short-circuited", "breaker open", 1),
    ]  # fmt: skip
    assert record.events == [
        (0.25, "breaker open", "c -> a", ""), (3.0, "breaker half-open", "c -> a", ""),
        (3.0, "breaker open", "c -> a", ""),
    ]  # fmt: skip


def test_outcomes_of_calls_from_before_it_opened_change_nothing() -> None:
    """Two calls fail fast and open it; a slow call from before ends well while it is open."""
    body = """
workload: {c: {mix: {a.bad: 1}, arrivals: at 1s 1s}, d: {calls: a.x, arrivals: at 0s}}
services:
  front: {workers: unlimited, operations: {good: [{call: a.slow}], bad: [{call: a.bad}]}}
  a: {workers: unlimited, operations: {slow: [{work: 2s}], bad: [{fail: 100%}], x: []}}
links: {front -> a: {breaker: {failures: 2, open for: 4s}}}""".replace(
        "mix: {a.bad: 1}, arrivals: at 1s 1s", "calls: front.bad, arrivals: at 1s 1s 3s"
    ).replace("calls: a.x, arrivals: at 0s", "calls: front.good, arrivals: at 0s")
    record = play(body)
    assert [kind for _, kind, _, _ in record.events] == ["breaker open"]
    assert attempts(record, "sent_at outcome", "front -> a") == [
        (0.0, "ok"), (1.0, "error"), (1.0, "error"), (3.0, "short-circuited"),
    ]  # fmt: skip


def test_one_breaker_serves_all_operations_of_its_link() -> None:
    record = play("""
workload: {c: {mix: {a.x: 1}, arrivals: at 0s 1s}, d: {calls: a.x, arrivals: at 2s}}
services: {a: {operations: {x: [{fail: 100%}]}}}
links: {c -> a: {breaker: {failures: 2, open for: 8s}}}""")
    assert attempts(record, "link outcome") == [("c -> a", "error"), ("c -> a", "error"), ("d -> a", "error")]


def test_an_undeclared_link_has_nothing_of_all_this() -> None:
    record = play("workload: {c: {calls: a.x, arrivals: at 0s}}\nservices: {a: {operations: {x: [{work: 5s}]}}}")
    assert attempts(record, ALL) == [(0.0, 0.0, 0.0, 5.0, 5.0, "ok", "")]


def test_clients_instances_take_turns() -> None:
    record = play(link("latency: 0s", "{effect: e}", "rate: 1/s, arrivals: regular, instances: 3"), "5s")
    assert requests(record, "client") == [(0,), (1,), (2,), (0,), (1,)]


def test_a_mix_draws_operations_by_weight_and_a_spike_comes_from_a_stream_of_its_own() -> None:
    body = """
workload: {c: {mix: {a.x: 3, a.y: 1}, rate: 100/s}}
services: {a: {workers: unlimited, operations: {x: [], y: []}}}"""
    plain = requests(play(body), "arrived_at operation")
    share = sum(operation == 0 for _, operation in plain) / len(plain)
    assert abs(share - 0.75) < 0.06
    spiked = requests(play(body + "\nfaults: {rush: {spike: c, by: 3x, at: 4s, for: 2s}}"), "arrived_at operation")
    assert set(plain) <= set(spiked), "the usual arrivals are the same, with the same operations"
    more = [at for at, _ in spiked if (at, 0) not in plain and (at, 1) not in plain]
    assert all(4 <= at < 6 for at in more) and abs(len(more) - 400) < 80


LEFT = """
workload: {{c: {{calls: a.x, arrivals: at 0s}}}}
services:
  a: {{operations: {{x: [{{parallel: [[{{call: b.y}}], [{{work: 250ms}}]], join: 1}}]}}}}
  b: {{operations: {{y: [{{work: 500ms}}, {{fail: 100%}}]}}}}
links: {{a -> b: {{{policies}}}}}
"""


@pytest.mark.parametrize("policies", ["", "bulkhead: {max concurrent calls: 1}", "hedge: {after: 375ms}"])
def test_a_call_of_a_strand_left_behind_is_not_tried_again(policies: str) -> None:
    """Its attempt ends at 250 ms, the call fails at 500 ms, and nobody needs another try (or a hedge at 375 ms)."""
    retry = "retry: {max attempts: 9, backoff: 1500ms}"
    record = play(LEFT.format(policies=f"{policies}, {retry}" if policies else retry))
    assert attempts(record, "sent_at left_at outcome", "a -> b") == [(0.0, 0.5, "error")]
