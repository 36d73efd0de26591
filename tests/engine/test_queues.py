"""Queues in whole runs: visibility, redelivery, dead letters, late words, faults of broker and consumers."""

from __future__ import annotations

import pytest

from sim.errors import BudgetError
from sim.record.record import MARKS
from tests.engine._play import attempts, effects, messages, play, requests


def post(
    handler: str, queue: str = "", client: str = "arrivals: at 0s", consumer: str = "workers: 1", rest: str = "",
    more_queues: str = "",
) -> str:  # fmt: skip
    """Return clients whose requests are sent to queue ``q``, which service ``b`` handles."""
    return f"""
workload: {{c: {{calls: a.x, {client}}}}}
services:
  a: {{workers: unlimited, operations: {{x: [{{send: q}}]}}}}
  b: {{{consumer}, operations: {{h: [{handler}]}}, consumes: {{q: h}}}}
queues: {{q: {{{queue}}}{more_queues}}}
{rest}"""


DELIVERIES = "number sent_at started_at left_at ended_at outcome"


def deliveries(body: str, duration: str = "10s") -> list[tuple[object, ...]]:
    return attempts(play(body, duration), DELIVERIES, "q -> b")


def test_a_message_is_acknowledged_when_its_handler_ends() -> None:
    record = play(post("{work: 500ms}, {effect: charged}"))
    assert requests(record) == [(0.0, 0.0, "ok", "")], "the sender had its answer at once"
    assert attempts(record, DELIVERIES, "q -> b") == [(1, 0.0, 0.0, 0.5, 0.5, "ok")]
    assert messages(record) == [("q", 0.0, 0.5, "done", 1)]
    assert effects(record) == [("charged", 0, 0.5)]


def test_a_refused_late_acknowledgement_lets_the_message_be_handled_again() -> None:
    queue = "visibility timeout: 1s, late acknowledgement: refused, max stalled: 1"
    record = play(post("{work: 1500ms}, {effect: charged}", queue, consumer="workers: 2"))
    assert attempts(record, DELIVERIES, "q -> b") == [
        (1, 0.0, 0.0, 1.5, 1.0, "timeout"), (2, 1.0, 1.0, 2.5, 2.0, "timeout"),
    ]  # fmt: skip
    assert messages(record) == [("q", 0.0, 2.0, "lost", 2)]
    assert effects(record) == [("charged", 0, 1.5), ("charged", 0, 2.5)]
    assert [MARKS[kind] for kind in record.marks["kind"]] == ["late acknowledgement"] * 2


def test_free_workers_pull_in_order_and_consumers_take_turns() -> None:
    body = post("{work: 1s}", client="arrivals: at 0s 0s 0s 0s 0s", consumer="workers: 1, replicas: 2")
    record = play(body)
    assert attempts(record, "request replica sent_at", "q -> b") == [
        (0, 0, 0.0), (1, 1, 0.0), (2, 0, 1.0), (3, 1, 1.0), (4, 0, 2.0),
    ]  # fmt: skip


def test_the_backlog_waits_outside_the_replica_and_calls_go_before_messages() -> None:
    body = post("{work: 1s}", client="arrivals: at 0s 0s 0s").replace("h: [", "y: [{work: 250ms}], h: [").replace(
        "workload: {c:", "workload: {d: {calls: b.y, arrivals: at 500ms}, c:")  # fmt: skip
    record = play(body)
    assert attempts(record, "started_at left_at", "d -> b") == [(1.0, 1.25)]
    assert attempts(record, "sent_at started_at", "q -> b") == [(0.0, 0.0), (1.25, 1.25), (2.25, 2.25)]


def test_an_error_returns_the_message_at_once_by_default() -> None:
    rows = deliveries(post("{work: 250ms}, {fail: 100%}", "max deliveries: 3"))
    assert rows == [
        (1, 0.0, 0.0, 0.25, 0.25, "error"), (2, 0.25, 0.25, 0.5, 0.5, "error"), (3, 0.5, 0.5, 0.75, 0.75, "error"),
    ]  # fmt: skip


def test_the_last_error_allowed_dead_letters_at_that_instant_and_without_dead_letters_loses() -> None:
    body = post(
        "{work: 250ms}, {fail: 100%}", "max deliveries: 2, redelivery: 1s, dead letters: dlq", more_queues=", dlq: {}"
    )
    record = play(body)
    assert messages(record) == [("q", 0.0, 1.5, "dead-lettered", 2), ("dlq", 1.5, None, "waiting", 0)]
    assert record.events == [(1.5, "dead-lettered", "q", "0")]
    assert messages(record, "origin publisher") == [(-1, 1), (0, 1)]
    record = play(post("{work: 250ms}, {fail: 100%}", "max deliveries: 2, redelivery: 1s"))
    assert messages(record) == [("q", 0.0, 1.5, "lost", 2)]
    assert record.events == [(1.5, "message lost", "q", "0")]


def test_silence_returns_the_message_when_its_visibility_ends_and_the_handler_runs_on() -> None:
    body = post("{work: 1500ms}, {effect: charged}", "visibility timeout: 1s", consumer="workers: 2")
    record = play(body)
    assert attempts(record, DELIVERIES, "q -> b") == [
        (1, 0.0, 0.0, 1.5, 1.0, "timeout"), (2, 1.0, 1.0, 2.5, 2.0, "timeout"),
    ]  # fmt: skip
    # the first handler's late acknowledgement ended the message; the second one ran on all the same
    assert messages(record) == [("q", 0.0, 1.5, "done", 2)]
    assert effects(record) == [("charged", 0, 1.5), ("charged", 0, 2.5)]


def test_silence_after_the_last_delivery_dead_letters_when_the_next_would_start() -> None:
    body = post(
        "{work: 8s}", "visibility timeout: 1s, max deliveries: 2, dead letters: dlq", consumer="workers: 3",
        more_queues=", dlq: {}",
    )  # fmt: skip
    record = play(body)
    assert messages(record) == [("q", 0.0, 2.0, "dead-lettered", 2), ("dlq", 2.0, None, "waiting", 0)]
    # with every worker busy nobody asks, and so nobody finds out that it has had its deliveries
    record = play(body.replace("workers: 3", "workers: 2"), "6s")
    assert messages(record)[0] == ("q", 0.0, 8.0, "done", 2)


def test_a_late_error_changes_nothing() -> None:
    rows = deliveries(
        post("{work: 1500ms}, {fail: 100%}", "visibility timeout: 1s, max deliveries: 2", consumer="workers: 2")
    )
    assert rows == [(1, 0.0, 0.0, 1.5, 1.0, "timeout"), (2, 1.0, 1.0, 2.5, 2.0, "timeout")]


def test_the_acknowledgement_wins_a_tie_with_the_end_of_visibility() -> None:
    assert deliveries(post("{work: 1s}", "visibility timeout: 1s")) == [(1, 0.0, 0.0, 1.0, 1.0, "ok")]


def test_an_early_reply_acknowledges_and_the_recipe_goes_on() -> None:
    record = play(post("{work: 250ms}, reply, {work: 1s}, {effect: charged}", "visibility timeout: 500ms"))
    assert messages(record) == [("q", 0.0, 0.25, "done", 1)]
    assert attempts(record, DELIVERIES, "q -> b") == [(1, 0.0, 0.0, 1.25, 0.25, "ok")]
    assert effects(record) == [("charged", 0, 1.25)]


def test_a_link_from_the_queue_takes_time_each_way_and_a_worker_waits_for_its_message() -> None:
    body = post("{work: 1s}", "visibility timeout: 4s", "arrivals: at 0s 0s", rest="links: {q -> b: {latency: 250ms}}")
    assert deliveries(body) == [(1, 0.0, 0.25, 1.25, 1.5, "ok"), (1, 1.25, 1.5, 2.5, 2.75, "ok")]


def test_a_call_does_not_take_a_worker_that_waits_for_its_message() -> None:
    body = post("{work: 1s}", rest="links: {q -> b: {latency: 500ms}}", consumer="workers: 1, waiting: 0")
    body = body.replace("h: [", "y: [{work: 250ms}], h: [").replace(
        "workload: {c:", "workload: {d: {calls: b.y, arrivals: at 250ms}, c:")  # fmt: skip
    record = play(body)
    assert attempts(record, "started_at outcome why", "d -> b") == [(None, "rejected", "line full")]
    assert attempts(record, "started_at", "q -> b") == [(0.5,)]


def test_lost_acknowledgements_give_redeliveries_and_duplicates() -> None:
    """D14 among the acceptance cases: 0.1 lost, unlimited deliveries: 1 / 0.9 deliveries a message, within 4 se."""
    body = post(
        "{effect: charged}", "visibility timeout: 1s", "rate: 200/s, arrivals: regular", "workers: unlimited",
        "links: {q -> b: {loss: 5.131670194948620%}}",
    )  # fmt: skip
    record = play(body, "20s")
    n, counts = 4000, record.messages["deliveries"]
    # both ways lose: 1 - (1 - 0.0513...)**2 = 0.1 of deliveries end in silence
    assert abs(counts.mean() - 1 / 0.9) <= 4 * (0.1 / 0.81 / n) ** 0.5
    # of the silent deliveries the part whose acknowledgement was lost had charged
    twice = (len(record.effects["at"]) - n) / n
    expected = 0.0513167 * (1 - 0.0513167) / 0.9
    assert abs(twice - expected) <= 4 * (expected / n) ** 0.5 + 1e-3
    assert {outcome for *_, outcome, _ in messages(record)} == {"done"}


def test_a_lossy_link_without_latency_keeps_the_count_of_free_workers() -> None:
    """A handler of no time whose acknowledgement is lost: the worker must be free exactly once."""
    body = post("{effect: e}", "visibility timeout: 500ms", "arrivals: at 0s 0s 0s", "workers: 1",
                rest="links: {q -> b: {loss: 60%}}")  # fmt: skip
    for seed in range(1, 6):
        assert play(body, "60s", seed).census.min() >= 0


def test_a_consumer_takes_from_several_queues_and_whatever_appears_meanwhile() -> None:
    """The handler of the second queue sends to the first: an idle worker takes it at the same instant."""
    record = play("""
workload: {c: {calls: a.x, arrivals: at 1s}}
services:
  a: {operations: {x: [{send: later}]}}
  b: {workers: 1, operations: {first: [{effect: first}], then: [{effect: then}, {send: sooner}]},
      consumes: {sooner: first, later: then}}
queues: {sooner: {}, later: {}}""")
    assert effects(record) == [("then", 0, 1.0), ("first", 0, 1.0)]


def test_a_poison_message_that_fails_in_no_time_for_ever_ends_the_run_loudly() -> None:
    with pytest.raises(BudgetError, match="does not leave the instant 0s"):
        play(post("{fail: 100%}"))


FEEDS_ITSELF = """
workload: {c: {calls: a.x, arrivals: at 1s 1s}}
services: {a: {operations: {x: [{send: q}]}}, b: {operations: {h: [WORK{effect: e}, {send: q}]}, consumes: {q: h}}}
queues: {q: {}}"""


def test_a_handler_that_feeds_its_own_queue_goes_on_until_the_drain_ends() -> None:
    record = play(FEEDS_ITSELF.replace("WORK", "{work: 500ms}, "), "4s")
    assert [at for _, _, at in effects(record)] == [1.5 + i / 2 for i in range(14)] and record.ended_at == 8.0


def test_a_handler_of_no_time_that_feeds_its_own_queue_ends_the_run_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.engine.messaging.queue.MOST_OF_ONE_REQUEST", 1000)
    with pytest.raises(BudgetError, match="request 0 sends 1001 messages to q in it"):
        play(FEEDS_ITSELF.replace("WORK", ""))


def test_a_thousand_redeliveries_in_no_time_keep_the_stack_flat() -> None:
    record = play(post("{fail: 100%}", "max deliveries: 5000"))
    assert messages(record) == [("q", 0.0, 0.0, "lost", 5000)]


# --- faults -------------------------------------------------------------------------------------------------


def test_a_crashed_broker_keeps_its_messages_and_takes_and_gives_nothing() -> None:
    body = post("{work: 250ms}", "visibility timeout: 1s", "arrivals: at 500ms 1500ms 4s", "workers: 1",
                "faults: {down: {crash: q, mode: refuse, at: 1s, for: 2s}, slow: {slow: b, by: 4x, at: 0s, for: 1s}}"
                )  # fmt: skip
    record = play(body)
    assert [outcome for _, _, outcome, _ in requests(record)] == ["ok", "error", "ok"]
    # the first handler ends at 1.5 while the broker is down: its word is lost and the message comes back
    assert attempts(record, DELIVERIES, "q -> b") == [
        (1, 0.5, 0.5, 1.5, 1.5, "timeout"), (2, 3.0, 3.0, 3.25, 3.25, "ok"), (1, 4.0, 4.0, 4.25, 4.25, "ok"),
    ]  # fmt: skip


def test_a_silent_broker_leaves_senders_without_an_answer() -> None:
    body = post("{work: 250ms}", "", "arrivals: at 1500ms", rest="links: {a -> q: {timeout: 250ms}}\n"
                "faults: {down: {crash: q, mode: silent, at: 1s, for: 2s}}")  # fmt: skip
    record = play(body)
    assert attempts(record, "entered_at ended_at outcome", "a -> q") == [(None, 1.75, "timeout")]
    assert messages(record) == []


def test_a_paused_broker_accepts_and_delivers_later() -> None:
    body = post("{work: 250ms}", "", "arrivals: at 1500ms", rest="faults: {pause: {pause: q, at: 1s, for: 2s}}")
    record = play(body)
    assert requests(record) == [(1.5, 1.5, "ok", "")]
    assert attempts(record, "sent_at ended_at", "q -> b") == [(3.0, 3.25)]


@pytest.mark.parametrize("mode", ["silent", "refuse"])
def test_messages_in_the_hands_of_a_consumer_that_crashes_come_back(mode: str) -> None:
    body = post("{work: 1s}, {effect: charged}", "visibility timeout: 4s", "arrivals: at 500ms", "workers: 1",
                f"faults: {{down: {{crash: b, mode: {mode}, at: 1s, for: 1s}}}}")  # fmt: skip
    record = play(body)
    assert attempts(record, DELIVERIES, "q -> b") == [
        (1, 0.5, 0.5, 1.0, 4.5, "timeout"), (2, 4.5, 4.5, 5.5, 5.5, "ok"),
    ]  # fmt: skip
    assert effects(record) == [("charged", 0, 5.5)]


def test_a_backlog_grows_while_its_consumers_are_down_and_drains_when_they_are_back() -> None:
    body = post("{work: 125ms}", "", "rate: 4/s, arrivals: regular", "workers: 1",
                "faults: {down: {crash: b, mode: silent, at: 2s, for: 3s}}")  # fmt: skip
    record = play(body)
    column = record.census_of.index(("backlog", "q"))
    # at 5 s: 13 published since 2 s, one of them taken at 5 s; then 4/s come and 8/s go
    assert record.census[:9, column].tolist() == [0, 0, 1, 5, 9, 12, 8, 4, 0]


def test_a_message_on_its_way_to_a_consumer_that_crashes_is_lost_with_it() -> None:
    rest = "links: {q -> b: {latency: 1s}}\nfaults: {down: {crash: b, mode: refuse, at: 1s, for: 1s}}"
    body = post("{work: 1s}", "visibility timeout: 4s", "arrivals: at 500ms", "workers: 1", rest)
    record = play(body)
    assert attempts(record, "sent_at entered_at ended_at outcome", "q -> b") == [
        (0.5, None, 4.5, "timeout"), (4.5, 5.5, 7.5, "ok"),
    ]  # fmt: skip


def test_a_worker_acknowledges_before_it_asks_for_the_next_message() -> None:
    """One worker, and its message is visible again when it ends: its word comes first, and nothing is done twice."""
    record = play(post("{work: 1500ms}, {effect: charged}", "visibility timeout: 1s"))
    assert messages(record) == [("q", 0.0, 1.5, "done", 1)]
    assert effects(record) == [("charged", 0, 1.5)]


def test_a_dead_letter_that_needs_the_worker_who_found_it_comes_first() -> None:
    """Message 0 dies with b at 125 ms; b meets it at 687.5 ms, and what handles it then calls b: message 2 waits."""
    body = post(
        "{work: 250ms}", "visibility timeout: 500ms, max deliveries: 1, dead letters: d",
        "arrivals: at 0s 437500us 562500us", more_queues=", d: {}",
        rest="faults: {f: {crash: b, mode: silent, at: 125ms, for: 125ms}}",
    ).replace("h: [", "y: [{work: 125ms}], h: [").replace(
        "services:", "services:\n  e: {operations: {h: [{call: b.y}]}, consumes: {d: h}}")  # fmt: skip
    record = play(body)
    assert attempts(record, "sent_at started_at left_at", "e -> b") == [(0.6875, 0.6875, 0.8125)]
    assert attempts(record, "sent_at started_at", "q -> b") == [(0.0, 0.0), (0.4375, 0.4375), (0.8125, 0.8125)]
