"""The trace of one request: parts cover its time, reasons are named where they began, messages have their sender."""

import pytest

import sim
from sim.engine.run import play
from sim.record.record import Record
from sim.results.trace import BACKING_OFF, QUEUED, SERVED, UNDER_WAY, WAITING, Span, Trace, examples, trace


def played(body: str, duration: str = "10s") -> Record:
    return play(sim.loads(f"version: 1\ntitle: Traced\nduration: {duration}\n{body}\n").resolve(), 1)


def parts(span: Span) -> list[tuple[str, float, float]]:
    return [(part.kind, part.begin_at, part.end_at) for part in span.parts]


CHAIN = """
workload: {{ones: {{calls: web.get, arrivals: at {at}, deadline: 8s}}}}
services:
  web: {{workers: 8, operations: {{get: [{{work: 125ms}}, {{call: db.read}}]}}}}
  db: {{workers: 1, waiting: 4, operations: {{read: [{{work: 1s}}]}}}}
links: {{web -> db: {{latency: 250ms, {link}}}}}
"""


@pytest.fixture(scope="module")
def two_in_line() -> Trace:
    return trace(played(CHAIN.format(at="0s 0s", link="timeout: 7s")), 1)


def test_a_call_is_under_way_then_queued_then_served_then_under_way_again(two_in_line: Trace) -> None:
    assert parts(two_in_line.spans[2]) == [
        (UNDER_WAY, 0.125, 0.375), (QUEUED, 0.375, 1.375), (SERVED, 1.375, 2.375), (UNDER_WAY, 2.375, 2.625)
    ]  # fmt: skip


def test_a_caller_waits_for_exactly_as_long_as_its_call_is_out(two_in_line: Trace) -> None:
    assert parts(two_in_line.spans[1]) == [(SERVED, 0.0, 0.125), (WAITING, 0.125, 2.625)]
    assert [span.depth for span in two_in_line.spans] == [0, 1, 2]
    assert two_in_line.causes == ()


def test_pauses_between_attempts_are_backing_off_and_the_reason_is_named_where_it_arose() -> None:
    link = "timeout: 500ms, retry: {max attempts: 2, backoff: 1s}"
    found = trace(played(CHAIN.format(at="0s", link=link)), 0)
    web, first, second = found.spans[1:4]
    assert parts(web) == [(SERVED, 0.0, 0.125), (WAITING, 0.125, 0.625), (BACKING_OFF, 0.625, 1.625),
                          (WAITING, 1.625, 2.125)]  # fmt: skip
    assert (first.number, second.number) == (1, 2)
    assert [(span.name, span.why) for span in found.causes] == [("db.read", "timeout"), ("db.read", "timeout")]
    assert web.failed and not web.arose_here


def test_work_after_the_caller_gave_up_is_not_wanted() -> None:
    found = trace(played(CHAIN.format(at="0s", link="timeout: 500ms")), 0)
    assert [(p.kind, p.begin_at, p.end_at, p.wanted) for p in found.spans[2].parts] == [
        (UNDER_WAY, 0.125, 0.375, True), (SERVED, 0.375, 0.625, True), (SERVED, 0.625, 1.375, False)
    ]  # fmt: skip
    assert found.end_at == 1.375


QUEUED_WORK = """
workload: {ones: {calls: web.get, arrivals: at 0s, deadline: 8s}}
services:
  web: {workers: 8, operations: {get: [{send: jobs}]}}
  till: {workers: 1, consumes: {jobs: pay}, operations: {pay: [{work: 500ms}, {fail: 100%}]}}
queues: {jobs: {max deliveries: 2, dead letters: letters, redelivery: 1s}, letters: {}}
"""


def test_a_message_and_its_deliveries_hang_below_the_attempt_that_sent_it() -> None:
    found = trace(played(QUEUED_WORK), 0)
    told = [(span.kind, span.name, span.depth, span.outcome) for span in found.spans]
    assert told == [
        ("request", "web.get", 0, "ok"), ("call", "web.get", 1, "ok"), ("send", "jobs", 2, "ok"),
        ("message", "jobs", 3, "dead-lettered"), ("delivery", "till.pay", 4, "error"),
        ("delivery", "till.pay", 4, "error"), ("message", "letters", 4, "waiting"),
    ]  # fmt: skip
    assert parts(found.spans[3]) == [(WAITING, 0.0, 0.5), (QUEUED, 0.5, 1.5), (WAITING, 1.5, 2.0)]
    assert [span.name for span in found.causes] == ["till.pay", "till.pay"]


def test_parts_never_overlap_and_stay_inside_their_span() -> None:
    record = play(sim.load("scenarios/cascade_vs_backlog.yaml").set("duration", "70s").resolve(), 3)
    for request in {*examples(record).values(), 9000, 9001, 9002}:
        for span in trace(record, request).spans:
            edges = [at for part in span.parts for at in (part.begin_at, part.end_at)]
            assert edges == sorted(edges)
            assert not edges or (edges[0] >= span.begin_at and edges[-1] <= max(span.left_at, span.ended_at))


def test_examples_are_what_they_are_called() -> None:
    record = played(CHAIN.format(at="0s 2s 2s 2s 2s 2s 2s 2s 2s", link="timeout: 3s"), "20s")
    found = examples(record)
    assert found["typical"] in record.requests["id"] and trace(record, found["failed"]).spans[0].failed
    slowest = trace(record, found["slowest"]).spans[0]
    assert slowest.outcome == "ok"
    took = record.requests["ended_at"] - record.requests["arrived_at"]
    assert slowest.ended_at - slowest.begin_at == max(took[record.requests["outcome"] == 0])


def test_an_unknown_request_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="no request 99"):
        trace(played(CHAIN.format(at="0s", link="timeout: 3s")), 99)
