"""Budgets of each kind in whole runs: what is counted, from when until when, and that the books balance."""

from __future__ import annotations

from collections import Counter

import pytest

from sim.record.record import MARKS, Record
from tests.engine._play import attempts, play, requests


def calls(
    retry: str,
    arrivals: str = "at 0s 0s 0s",
    recipe: str = "{work: 1s}, {fail: 100%}",
    more: str = "",
    client: str = "",
    duration: str = "60s",
) -> Record:
    return play(
        f"""
workload: {{c: {{calls: a.x, arrivals: {arrivals}{client}}}}}
services: {{a: {{workers: unlimited, operations: {{x: [{recipe}]}}}}}}
links: {{c -> a: {{retry: {{{retry}}}{more}}}}}""",
        duration,
    )


def sent_at(record: Record) -> dict[float, int]:
    rows = attempts(record, "sent_at outcome")
    return dict(Counter(at for at, outcome in rows if outcome != "short-circuited"))


def marked(record: Record) -> dict[str, int]:
    return dict(Counter(MARKS[int(kind)] for kind in record.marks["kind"]))


def test_a_retry_counts_as_out_from_its_decision_until_its_answer() -> None:
    record = calls("max attempts: 3, backoff: 1s, budget: {kind: envoy, most: 1}")
    assert sent_at(record) == {0.0: 3, 2.0: 1, 4.0: 1} and marked(record) == {"retry denied": 2}
    record = calls("max attempts: 3, backoff: 1s, budget: {kind: envoy, most: 1}", "at 0s 500ms 2500ms 4s")
    assert sent_at(record) == {0.0: 1, 0.5: 1, 2.5: 1, 4.0: 2, 2.0: 1, 6.0: 1, 8.0: 1}
    """The first call's retries are out until 5 s, the last's from there on."""


def test_retries_are_a_share_of_what_is_out_or_a_least() -> None:
    many = "at " + " ".join(["0s"] * 20)
    record = calls("max attempts: 2, budget: {kind: envoy}", many)
    assert sent_at(record) == {0.0: 20, 1.0: 3}
    """The first answers find 20, 19 and 18 out, themselves included: 4, 3 and 3 retries may be. The fourth finds 17."""
    record = calls("max attempts: 2, backoff: 10s, budget: {kind: envoy, share: 50%, least: 0}", many)
    assert sent_at(record) == {0.0: 20, 11.0: 7}
    """The k-th answer finds 21 - k out: the 7th may be the 7th of 14 / 2; retries in their backoff are not out."""


def test_a_caller_that_leaves_in_the_backoff_gives_its_place_back() -> None:
    budget = "max attempts: 2, backoff: 4s, budget: {kind: envoy, most: 1}"
    record = calls(budget, "at 0s 2s", client=", deadline: 2500ms")
    assert sent_at(record) == {0.0: 1, 2.0: 1} and marked(record) == {}
    """The first left at 2.5 s, so the second may retry at 3 s, and leaves at 4.5 s."""


def test_attempts_that_wait_for_a_place_are_out_too_and_stopped_ones_are_not() -> None:
    budget = "max attempts: 2, budget: {kind: envoy, share: 30%, least: 0}"
    record = calls(budget, "at 0s 0s 0s 0s", more=", bulkhead: {max concurrent calls: 1, max waiting: 3}")
    assert marked(record) == {"retry denied": 3} and sent_at(record) == dict.fromkeys((0.0, 1.0, 2.0, 3.0, 4.0), 1)
    """The first answer finds four out, three of them in line: one retry. The others find it out."""
    record = calls(budget, "at 0s 0s 0s 0s", more=", bulkhead: {max concurrent calls: 1}")
    assert marked(record) == {"retry denied": 1} and sent_at(record) == {0.0: 1}


def test_throttled_hedges_are_not_sent() -> None:
    hedged = "max attempts: 1, budget: {kind: grpc, capacity: 4, per success: 0.5}"
    record = calls(hedged, "at 0s 2s 4s 6s", more=", hedge: {after: 500ms}")
    assert sent_at(record) == {0.0: 1, 0.5: 1, 2.0: 1, 4.0: 1, 6.0: 1}
    """Both attempts of the first call fail: 2 of 4 tokens are not more than half."""
    assert marked(record) == {"hedge": 1, "hedge denied": 3}
    record = calls(
        hedged.replace("kind: grpc, capacity: 4, per success: 0.5", "capacity: 4"),
        "at 0s 2s 4s 6s",
        more=", hedge: {after: 500ms}",
    )
    assert marked(record) == {"hedge": 4}


@pytest.mark.parametrize("kind, retries", [("finagle", 20 + 10 * 4), ("linkerd", 20)])
def test_in_an_outage_a_floor_is_left_and_of_the_share_what_first_tries_deposit(kind: str, retries: int) -> None:
    """A hundred calls, retried at once without end: a floor of 1/s for 20 s, and 40 % of calls that deposit."""
    record = calls(
        f"max attempts: unlimited, budget: {{kind: {kind}, ttl: 20s, floor: 1/s, share: 40%}}",
        "regular, rate: 10/s",
        "{fail: 100%}",
        duration="10s",
    )
    assert sum(sent_at(record).values()) - len(requests(record)) == retries


def test_each_caller_has_its_own_budget_where_it_says_so() -> None:
    budget = "max attempts: 4, budget: {kind: grpc, capacity: 10, scope: SCOPE}"
    for scope, retries in (("link", 3), ("caller", 6)):
        record = calls(
            budget.replace("SCOPE", scope), "at 0s 5s 10s 15s 20s 25s 30s 35s", "{fail: 100%}", client=", instances: 2"
        )
        assert sum(sent_at(record).values()) == 8 + retries
