"""Balancing in whole runs: replicas that are new get few calls at first, and slow ones few by peak EWMA."""

from __future__ import annotations

import pytest

from sim.record.record import Record
from sim.results.story.story import explain
from tests.engine._play import attempts, play

BACK = """
workload: {{c: {{calls: a.x, rate: 64/s, arrivals: regular}}}}
services:
  a: {{replicas: 4, workers: unlimited, balance: {balance}, {service}, operations: {{x: [{{work: 31250us}}]}}}}
{more}
faults: {{gone: {{crash: a, mode: refuse, replicas: [3], at: 2s, for: 2s}}}}"""


def share(record: Record, replica: int, begin: float, end: float) -> float:
    sent = [row[1] for row in attempts(record, "sent_at replica") if begin <= row[0] < end]
    return sent.count(replica) / len(sent)


@pytest.mark.parametrize("balance", ["round robin", "least outstanding", "best of 2"])
def test_a_replica_that_is_back_gets_more_calls_over_its_window(balance: str) -> None:
    record = play(BACK.format(balance=balance, service="slow start: {window: 8s}", more=""), "20s")
    # weights 0.1 at least, then age / 8 s: of the calls w / (3 + w)
    for begin, weight in ((4.0, 0.15), (6.0, 0.375), (10.0, 0.875)):
        assert share(record, 3, begin, begin + 2) == pytest.approx(weight / (3 + weight), abs=0.04)
    assert share(record, 3, 14.0, 20.0) == pytest.approx(0.25, abs=0.03)
    plain = play(BACK.format(balance=balance, service="waiting: 64", more=""), "20s")
    assert share(plain, 3, 5.0, 8.0) == pytest.approx(0.25, abs=0.04)
    assert "a: replica #3 is new or well again, and gets few calls at first" in str(explain(record))


def test_with_health_checks_slow_start_begins_when_the_replica_counts_as_well() -> None:
    checks = (
        "slow start: {window: 8s}, health checks: {every: 1s, timeout: 500ms, unhealthy after: 1, healthy after: 4}"
    )
    record = play(BACK.format(balance="round robin", service=checks, more=""), "12s")
    begun = [at for at, kind, _, _ in record.events if kind == "slow start"]
    assert begun == [4.0, 7.0], "when it restarts, and at its fourth good check"
    assert share(record, 3, 7.0, 9.0) < 0.06


def test_outlier_detection_chooses_by_the_same_weights() -> None:
    link = "links: {c -> a: {outlier detection: {most ejected: 0%}}}"
    record = play(BACK.format(balance="round robin", service="slow start: {window: 8s}", more=link), "12s")
    assert share(record, 3, 4.0, 6.0) == pytest.approx(0.15 / 3.15, abs=0.03)


SLOW = """
workload: {{c: {{calls: a.x, rate: 100/s}}}}
services: {{a: {{replicas: 4, workers: unlimited, balance: {balance}, operations: {{x: [{{work: 20ms}}]}}}}}}
faults: {{slow: {{slow: a, by: 20x, replicas: [0], at: 2s, for: 100s}}}}
{more}"""


def test_peak_ewma_avoids_a_slow_replica_more_than_counting_does() -> None:
    shares = {}
    for balance in ("round robin", "best of 2", "peak ewma", "peak ewma 100ms"):
        shares[balance] = share(play(SLOW.format(balance=balance, more=""), "30s"), 0, 4.0, 30.0)
    assert shares["round robin"] == pytest.approx(0.25, abs=0.02)
    assert shares["peak ewma"] < shares["best of 2"] < 0.15
    assert shares["peak ewma"] < 0.02 < shares["peak ewma 100ms"], "what is forgotten soon is tried again soon"


def test_peak_ewma_is_drawn_to_a_replica_that_fails_at_once() -> None:
    fails = SLOW.replace("slow: {{slow: a, by: 20x,", "bad: {{errors: a, share: 100%,")
    record = play(fails.format(balance="peak ewma", more=""), "30s")
    assert share(record, 0, 4.0, 30.0) > 0.45, "of two drawn it wins always: half of the calls"


def test_peak_ewma_learns_in_a_pipeline_too() -> None:
    link = "links: {c -> a: {bulkhead: {max concurrent calls: 500}, breaker: {failures: 1000, scope: callee}}}"
    record = play(SLOW.format(balance="peak ewma", more=link), "30s")
    assert share(record, 0, 4.0, 30.0) < 0.02
