"""Subsets in whole runs: how even the load is, and callers whose own few replicas are bad while others are well."""

from __future__ import annotations

from collections import Counter

import pytest

from sim.record.record import Record
from sim.results.measures.registry import measures
from sim.results.story.story import explain
from tests.engine._play import attempts, play

# two calls a second by each of twelve callers, in turn; one work of an eighth of a second
SYSTEM = """
workload: {{c: {{calls: a.x, rate: 24/s, arrivals: regular, instances: 12}}}}
services:
  a: {{replicas: 12, workers: 8, {service} operations: {{x: [{{work: 125ms}}]}}}}
links: {{c -> a: {{subset: {{{subset}}}, {link}}}}}
faults: {{{faults}}}"""
DEEP = "health checks: {every: 1s, unhealthy after: 1, deep: true, when none: none, panic threshold: %s},"


def subsetting(subset: str = "size: 3", service: str = "", link: str = "", faults: str = "") -> Record:
    return play(SYSTEM.format(subset=subset, service=service, link=link, faults=faults), "60s")


def known(record: Record) -> list[set[int]]:
    """The replicas that each caller sent to; the requests go to the instances in turn."""
    found: list[set[int]] = [set() for _ in range(12)]
    for number, row in enumerate(attempts(record, "replica")):
        found[number % 12].add(row[0])
    return found


def value(record: Record, measure: str, during: str = "all") -> float:
    (found,) = [
        one.value for one in measures(record) if (one.measure, one.of, one.during) == (measure, "c -> a", during)
    ]  # fmt: skip
    assert found is not None
    return found


def bad(replicas: set[int]) -> str:
    return f"bad: {{errors: a, share: 100%, replicas: {sorted(replicas)}, at: 0s, for: 100s}}"


def test_dealt_out_each_replica_gets_the_same_and_at_random_as_many_shares_as_callers_know_it() -> None:
    record = subsetting()
    assert all(len(one) == 3 for one in known(record))
    assert value(record, "busiest replica") == 1.0 and value(record, "replicas used") == 12
    by_chance = subsetting("size: 3, choice: random")
    callers = Counter(host for one in known(by_chance) for host in one)
    assert all(len(one) == 3 for one in known(by_chance)) and max(callers.values()) > 3
    assert value(by_chance, "busiest replica") == pytest.approx(max(callers.values()) / 3)
    assert value(by_chance, "replicas used") == len(callers)
    assert value(subsetting("size: 12, choice: random"), "busiest replica") == 1.0


def test_a_caller_whose_whole_subset_is_bad_fails_alone() -> None:
    own = known(subsetting())[0]
    blind = subsetting(faults=bad(own))
    outcomes = [row[0] for row in attempts(blind, "outcome")]
    assert set(outcomes[0::12]) == {"error"} and set(outcomes[1::12]) == {"ok"}
    assert outcomes.count("error") / len(outcomes) == pytest.approx(3 / 12), "three of twelve replicas are bad"
    seen = subsetting(service=DEEP % "0%", faults=bad(own))
    late = [row[1:] for row in attempts(seen, "sent_at outcome why") if row[0] > 2]
    stopped = [row for row in late if row == ("short-circuited", "no healthy subset")]
    assert len(stopped) / len(late) == pytest.approx(1 / 12, abs=0.001), "the others use what is left to them"
    assert {row for row in late if row not in stopped} == {("ok", "")}
    assert value(seen, "stopped without healthy subset") == 118, "two a second from the first checks on, at 1 s"
    assert "because no replica of the subset is healthy" in str(explain(seen))


def test_a_caller_panics_by_its_own_subset() -> None:
    first, second, _ = sorted(known(subsetting())[0])
    record = subsetting(
        service=(DEEP % "50%").replace("when none: none", "when none: all"), faults=bad({first, second})
    )
    panics = [(of, detail) for _, kind, of, detail in record.events if kind == "panic begins"]
    assert ("c -> a", "caller 0") in panics and ("a", "") not in panics, "ten of twelve are well, but one of its three"
    late = [row[1] for row in attempts(record, "sent_at outcome") if row[0] > 2]
    panicking = len({detail for of, detail in panics})
    assert late.count("error") / len(late) == pytest.approx(panicking * 2 / 3 / 12, abs=0.002)
    assert value(record, "panic share") == pytest.approx(panicking / 12 * 59 / 60, abs=0.001)
    assert "a caller panics, as fewer than 50 % of its subset of 3 count as healthy" in str(explain(record))


def test_outlier_detection_counts_within_the_subset() -> None:
    hosts = known(subsetting())[0]
    rules = "outlier detection: {most ejected: %s, every: 2s, eject for: 100s, panic threshold: 0%%}"
    tenth = subsetting(link=rules % "10%", faults=bad({min(hosts)}))
    assert not [kind for _, kind, _, _ in tenth.events if kind == "ejected"], "one of three is more than 10 %"
    third = subsetting(link=rules % "34%", faults=bad({min(hosts)}))
    ejected = [detail for _, kind, _, detail in third.events if kind == "ejected"]
    assert len(ejected) == 3, "each of the three callers that know it ejects it"
    assert value(third, "replicas used") == 12
