"""Outlier detection in whole runs: who is ejected when, where calls go meanwhile, and when health is ignored."""

from __future__ import annotations

import pytest

from sim.record.record import Record
from sim.results.measures.registry import measures
from sim.results.story.story import explain
from tests.engine._play import attempts, play

# four calls a second to each of four replicas, in turn; one work of an eighth of a second
SYSTEM = """
workload: {{c: {{calls: a.x, rate: 16/s, arrivals: regular, {client}}}}}
services:
  a: {{replicas: 4, {service}, operations: {{x: [{{work: 125ms}}]}}}}
links: {{c -> a: {{{link} outlier detection: {{{detection}}}}}}}
faults: {{{faults}}}"""
BAD = "bad: {errors: a, share: 100%, replicas: [1], at: 0s, for: 100s}"
HALF = "bad: {errors: a, share: 100%, replicas: 2, at: 0s, for: 100s}"


def ejecting(
    detection: str, faults: str = BAD, service: str = "workers: 8", client: str = "", link: str = "",
    duration: str = "60s",
) -> Record:  # fmt: skip
    body = SYSTEM.format(detection=detection, faults=faults, service=service, client=client, link=link)
    return play(body, duration)


def events(record: Record, *kinds: str) -> list[tuple[float, str, str]]:
    return [(at, kind, detail) for at, kind, _, detail in record.events if kind in kinds]


def used(record: Record, begin: float, end: float) -> set[int]:
    """The replicas that calls were sent to in a span."""
    return {row[1] for row in attempts(record, "sent_at replica") if begin <= row[0] < end}


def value(record: Record, measure: str, of: str = "c -> a") -> float:
    (found,) = [
        one.value for one in measures(record) if (one.measure, one.of, one.during) == (measure, of, "all")
    ]  # fmt: skip
    assert found is not None
    return found


def test_a_bad_replica_is_ejected_for_longer_each_time_and_returns_at_a_sweep() -> None:
    record = ejecting("most ejected: 25%, every: 2s, eject for: 5s", duration="40s")
    # its calls: 1/16 s + k/4 s, each answered at once, before any work; the fifth is at 1.0625 s
    out = events(record, "ejected", "returned")
    assert out[0] == (1.0625, "ejected", "1 | errors in a row | 1 | caller 0")
    assert out[1] == (8.0, "returned", "1 | caller 0"), "6.0625 s are over at the sweep of 8 s"
    assert out[2][1:] == ("ejected", "1 | errors in a row | 2 | caller 0") and 9 < out[2][0] < 10
    assert used(record, 1.125, 8.0) == {0, 2, 3} and used(record, 8.0, 9.0) == {0, 1, 2, 3}
    assert value(record, "ejections") == 4


def test_no_more_than_the_limit_is_ejected_and_the_rest_of_the_bad_ones_fail_on() -> None:
    record = ejecting("most ejected: 25%, every: 2s, eject for: 100s", HALF)
    assert len(events(record, "ejected")) == 1
    after = [row[1] for row in attempts(record, "sent_at outcome") if row[0] >= 2]
    assert after.count("error") / len(after) == pytest.approx(1 / 3, abs=0.01)
    assert value(record, "ejected share peak") == 0.25
    assert value(record, "ejected share mean") == pytest.approx(0.25 * (60 - 1.05) / 60, abs=0.002)
    assert events(ejecting("most ejected: 20%", HALF), "ejected") == [], "one of four is more than 20 %"
    assert len(events(ejecting("most ejected: 20%, always one: true, eject for: 100s", HALF), "ejected")) == 1


def test_below_the_panic_threshold_all_are_used_or_none() -> None:
    rules = "most ejected: 100%, every: 2s, eject for: 100s, panic threshold: 60%"
    record = ejecting(rules, HALF)
    (panic,) = events(record, "panic begins")
    assert used(record, panic[0] + 1, 60.0) == {0, 1, 2, 3}
    assert value(record, "panic share") == pytest.approx(1 - panic[0] / 60)
    closed = ejecting(f"{rules}, in panic: none", HALF)
    assert {row[1:] for row in attempts(closed, "sent_at outcome why") if row[0] > panic[0]} == {
        ("short-circuited", "no healthy replica")
    }
    assert value(closed, "stopped without healthy replica") == pytest.approx(16 * (60 - panic[0]), abs=1)
    half = ejecting(rules.replace("60%", "50%"), HALF)
    assert not events(half, "panic begins") and used(half, 10.0, 60.0) == {2, 3}, "50 % are not below 50 %"


def test_without_a_panic_threshold_no_call_leaves_when_all_are_ejected() -> None:
    all_bad = "bad: {errors: a, share: 100%, at: 0s, for: 100s}"
    record = ejecting("most ejected: 100%, eject for: 100s, panic threshold: 0%", all_bad)
    assert {row[1] for row in attempts(record, "sent_at why") if row[0] > 10} == {"no healthy replica"}


def test_each_caller_has_its_own_view_unless_the_link_shares_one() -> None:
    rules = "most ejected: 25%, every: 2s, eject for: 100s"
    own = ejecting(rules, client="instances: 4")
    assert [detail.rpartition(" | ")[2] for _, _, detail in events(own, "ejected")] == [
        "caller 1", "caller 2", "caller 3", "caller 0",
    ] or len(events(own, "ejected")) == 4  # fmt: skip
    shared = ejecting(f"{rules}, scope: link", client="instances: 4")
    assert [detail for _, _, detail in events(shared, "ejected")] == ["1 | errors in a row | 1 | "]
    assert value(own, "ejected share peak") == value(shared, "ejected share peak") == 0.25


def test_timeouts_eject_and_split_they_do_so_only_where_no_connection_is_made() -> None:
    hangs, is_gone = "bad: {slow: a, by: 100x, replicas: [1], at: 0s, for: 100s}", (
        "bad: {crash: a, mode: silent, replicas: [1], at: 0s, for: 100s}"
    )  # fmt: skip
    rules = "most ejected: 25%, every: 2s, eject for: 100s"
    for fault in (hangs, is_gone):
        found = events(ejecting(rules, fault, link="timeout: 500ms,"), "ejected")
        assert [detail.split(" | ")[:2] for _, _, detail in found] == [["1", "errors in a row"]]
    split = f"{rules}, split local errors: true"
    assert events(ejecting(split, hangs, "workers: unlimited", link="timeout: 500ms,"), "ejected") == []
    (found,) = events(ejecting(split, is_gone, link="timeout: 500ms,"), "ejected")
    assert found[2].split(" | ")[:2] == ["1", "local errors in a row"]


def test_a_good_health_check_lets_an_ejected_replica_return() -> None:
    service = "workers: 8, health checks: {every: 3s}"
    rules = "most ejected: 25%, every: 2s, eject for: 100s"
    record = ejecting(rules, service=service, duration="8s")
    assert [at for at, _, _ in events(record, "returned")] == [3.0, 6.0, 9.0], "the check asks the process only"
    kept = ejecting(f"{rules}, checks take back: false", service=service, duration="8s")
    assert events(kept, "returned") == []


def test_unhealthy_and_ejected_replicas_count_together_for_panic() -> None:
    down = "down: {crash: a, mode: refuse, replicas: [0, 3], at: 0s, for: 100s}"
    service = "workers: 8, health checks: {every: 500ms, unhealthy after: 1, timeout: 500ms, panic threshold: 10%}"
    rules = "most ejected: 25%, every: 2s, eject for: 100s, checks take back: false"
    record = ejecting(rules, f"{BAD}, {down}", service)
    (panic,) = events(record, "panic begins")
    assert panic[0] == events(record, "ejected")[0][0], "two are unhealthy (50 %), with the ejected one 25 % are left"
    assert used(record, panic[0] + 1, 60.0) == {0, 1, 2, 3}


def test_the_story_names_the_replica_its_caller_and_the_time() -> None:
    text = str(explain(ejecting("most ejected: 25%, eject for: 30s", HALF)))
    assert "c -> a: replica #0 is ejected for 30 s (errors in a row)" in text
    assert "at most 1 at once" in text
    text = str(explain(ejecting("most ejected: 100%, eject for: 100s, panic threshold: 60%", HALF)))
    assert "c -> a: panic, as fewer than 60 % of the replicas count as healthy; all replicas are used" in text


def test_health_checks_alone_panic_below_their_threshold() -> None:
    body = """
workload: {{c: {{calls: a.x, rate: 16/s, arrivals: regular}}}}
services:
  a:
    {{replicas: 4, workers: 8, health checks: {{every: 1s, unhealthy after: 1, deep: true, {checks}}},
    operations: {{x: [{{work: 125ms}}]}}}}
faults: {{bad: {{errors: a, share: 100%, replicas: {bad}, at: 0s, for: 100s}}}}"""
    for bad, checks, expected in (
        (2, "panic threshold: 50%", {2, 3}),
        (3, "panic threshold: 50%", {0, 1, 2, 3}),
        (3, "panic threshold: 50%, when none: none", {-1}),
        (3, "when none: none", {3}),
    ):
        record = play(body.format(bad=bad, checks=checks), "20s")
        assert used(record, 2.0, 20.0) == expected
        assert bool(events(record, "panic begins")) is (expected in ({0, 1, 2, 3}, {-1}))
