"""Zones in whole runs: even load by the shares, overload by always staying, and the outage of a zone."""

from __future__ import annotations

from collections import Counter

import pytest

from sim.record.record import Record
from sim.results.measures.registry import measures
from sim.results.story.story import explain
from tests.engine._play import attempts, play

# two calls a second by each of twenty callers, in turn; one work of an eighth of a second
SYSTEM = """
workload: {{c: {{calls: a.x, rate: 40/s, arrivals: regular, instances: 20, zones: {{a: 8, b: 8, c: 4}}}}}}
services:
  a: {{replicas: 20, zones: {{a: 5, b: 10, c: 5}}, workers: 8, {service} operations: {{x: [{{work: 125ms}}]}}}}
links: {{c -> a: {{zone routing: {{{rule}}}, {link}}}}}
faults: {{{faults}}}"""
CHECKED = "health checks: {every: 1s, unhealthy after: 1},"
OUT = "out: {crash: a, mode: refuse, zone: b, at: 100s, for: 100s}"
SHARES = {"a": 0.25, "b": 0.5, "c": 0.25}


def routing(rule: str = "", service: str = "", link: str = "", faults: str = "", duration: str = "200s") -> Record:
    return play(SYSTEM.format(rule=rule, service=service, link=link, faults=faults), duration)


def sent(record: Record, begin: float = 0.0) -> list[tuple[str, str]]:
    """The zones of the caller and of the replica of every attempt; requests go to the instances in turn."""
    zones = ["a"] * 8 + ["b"] * 8 + ["c"] * 4
    of_replicas = ["a"] * 5 + ["b"] * 10 + ["c"] * 5
    return [
        (zones[number % 20], of_replicas[row[0]])
        for number, row in enumerate(attempts(record, "replica sent_at"))
        if row[1] >= begin
    ]


def shares(pairs: list[tuple[str, str]], own: str) -> dict[str, float]:
    found = Counter(zone for caller, zone in pairs if caller == own)
    return {zone: found[zone] / found.total() for zone in "abc"}


def busiest(record: Record) -> float:
    (found,) = [one.value for one in measures(record) if (one.measure, one.during) == ("busiest replica", "all")]
    assert found is not None
    return found


def test_the_rest_of_a_heavy_zone_goes_where_there_is_room_and_all_replicas_get_the_same() -> None:
    record = routing()
    pairs = sent(record)
    assert shares(pairs, "b") == {"a": 0, "b": 1, "c": 0} and shares(pairs, "c") == {"a": 0, "b": 0, "c": 1}
    assert shares(pairs, "a") == pytest.approx({"a": 0.625, "b": 0.25, "c": 0.125}, abs=0.025), "3200 draws: 3 sd"
    assert shares([("all", zone) for _, zone in pairs], "all") == pytest.approx(SHARES, abs=0.01)
    assert busiest(record) < 1.08


def test_always_staying_overloads_the_replicas_of_the_zone_with_many_callers() -> None:
    record = routing("always own: true")
    assert all(caller == zone for caller, zone in sent(record))
    assert busiest(record) == pytest.approx(0.4 * 20 / 5), "40 % of the calls on a quarter of the replicas"


def test_small_clusters_and_what_is_not_enabled_ignore_zones() -> None:
    assert busiest(routing("min cluster size: 21")) == pytest.approx(1.0)
    half = shares(sent(routing("enabled: 50%, always own: true")), "c")
    assert half == pytest.approx({"a": 0.125, "b": 0.25, "c": 0.625}, abs=0.04)


def test_after_a_zone_is_out_its_callers_go_where_there_is_room_and_none_fails() -> None:
    record = routing(service=CHECKED, faults=OUT, duration="300s")
    late = [row[1] for row in attempts(record, "sent_at outcome") if 102 < row[0] < 200]
    assert set(late) == {"ok"}
    pairs = [pair for pair, row in zip(sent(record), attempts(record, "sent_at"), strict=True) if 102 < row[0] < 200]
    # a has 40 % of the callers and 50 % of the replicas, c 20 % and 50 %: room for 10 % and 30 %
    assert shares(pairs, "b") == pytest.approx({"a": 0.25, "b": 0, "c": 0.75}, abs=0.04)
    assert shares(pairs, "a")["a"] == shares(pairs, "c")["c"] == 1
    assert "a (zone b) crashes" in str(explain(record))


def test_without_checks_the_callers_of_a_zone_that_is_out_fail_alone() -> None:
    record = routing("always own: true", faults=OUT, duration="300s")
    rows = attempts(record, "sent_at outcome")
    in_fault = [(pair[0], row[1]) for pair, row in zip(sent(record), rows, strict=True) if 100 < row[0] < 199]
    assert {outcome for own, outcome in in_fault if own == "b"} == {"refused"}
    assert {outcome for own, outcome in in_fault if own != "b"} == {"ok"}


def test_in_panic_no_zone_is_preferred() -> None:
    service = CHECKED.replace("after: 1", "after: 1, panic threshold: 60%")
    record = routing("always own: true", service=service, faults=OUT, duration="300s")
    pairs = [pair for pair, row in zip(sent(record), attempts(record, "sent_at"), strict=True) if 102 < row[0] < 200]
    assert shares(pairs, "c") == pytest.approx(SHARES, abs=0.02), "half are healthy: below 60 %"


def test_outlier_detection_and_subsets_work_with_zones() -> None:
    rules = "consecutive errors: 1, most ejected: 100%, every: 2s, eject for: 500s, panic threshold: 0%"
    detection = f"outlier detection: {{{rules}}},"
    record = routing(link=detection, faults=OUT, duration="300s")
    late = [row[1] for row in attempts(record, "sent_at outcome") if 160 < row[0] < 200]
    assert late.count("ok") == len(late), "each caller has ejected what it asked, or asks there no more"
    some = routing("min cluster size: 1, always own: true", link="subset: {size: 10},")
    assert shares(sent(some), "b")["b"] == 1
    assert len({row[0] for row in attempts(some, "replica")[1::20]}) < 6, (
        "a caller asks those of its zone that it knows"
    )
