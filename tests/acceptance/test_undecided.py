"""Results that are undecided when a run ends are reported as undecided, and decide no claim."""

from __future__ import annotations

from typing import Any

import pytest

import sim
from sim.engine.run import play as play_once
from sim.outcomes import LOST, OK, OPEN
from tests.acceptance._judging import play
from tests.acceptance._systems import recipe, system


def copies(drain: str) -> str:
    """Return ten messages, one a second, that take 12 s to handle and come back after 5 s: three deliveries each.

    The message of second i is applied at i + 12, i + 17 and i + 22 s.
    """
    # the smallest form of a queue whose copies outlive the run
    worker = "workers: unlimited, consumes: {work: handle}, operations: {handle: [{work: 12s}, {effect: done it}]}"
    return system(
        10, {"users": "calls: web.do, rate: 1/s, arrivals: regular"},
        {"web": recipe("{send: work}"), "worker": worker}, queues={"work": "visibility timeout: 5s"}, drain=drain,
        expect={
            "too often": "measure: applied too often, of: done it, is: 10",
            "never": "measure: applied too often, of: done it, is: 0",
            "well": "measure: done ratio, of: users, is: 0%",
            "not well": "measure: done ratio, of: users, at least: 50%",
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    "drain, twice, undecided, verdicts",
    [
        ("30s", 10, 0, ["holds", "fails", "holds", "fails"]),
        ("12500ms", 6, 4, ["cannot tell", "fails", "cannot tell", "fails"]),  # at 22.5 s the last four came once
        ("1s", 0, 10, ["cannot tell"] * 4),
    ],
)
def test_a_copy_at_work_keeps_once_from_being_a_verdict(drain: str, twice: int, undecided: int, verdicts: list[str]):
    run = play(copies(drain))
    found = {name: run.value(name, "done it") for name in ("due", "applied once", "duplicated", "missing", "undecided")}
    assert found == {"due": 10, "applied once": 0, "duplicated": twice, "missing": 0, "undecided": undecided}
    assert run.value("applied too often", "done it") == twice
    assert run.value("undecided ratio", "users") == undecided / 10
    checked = sim.check(sim.loads(copies(drain)))
    assert [one.verdict for one in checked.verdicts.values()] == verdicts


def deferred(drain: str) -> str:
    """Return a shop whose consumer stops for 30 s: 10/s against 12/s, so that the backlog lasts 150 s after it."""
    warehouse = "workers: 12, consumes: {orders: do}, operations: {do: [{work: 1s}, {effect: shipped}]}"
    return system(
        100, {"clients": "calls: shop.do, rate: 10/s, arrivals: regular, done within: 15s"},
        {"shop": recipe("{send: orders}"), "warehouse": warehouse}, queues={"orders": ""}, drain=drain,
        faults={"stop": "pause: warehouse, at: 20s, for: 30s"},
    )  # fmt: skip


def test_the_recovery_of_what_still_waits_is_undecided_until_it_is_too_late():
    soon, late = play(deferred("1s")), play(deferred("200s"))
    key = ("recovery time", "clients", "fault")
    assert late.value(*key) is None and key not in late.between  # never: the line is longer than 15 s to the end
    assert soon.value(*key) is None
    assert soon.between[key][0] == (36.0, float("inf"))  # those who came from 86 s on may yet be in time
    told = [str(sentence) for sentence in soon.explain().sentences]
    assert not any("recovered" in one for one in told)
    assert any("undecided" in one and "recovery" in one for one in told), told
    assert not any("undecided" in str(sentence) for sentence in late.explain().sentences)


def resolved(text: str) -> Any:
    return sim.loads(text).resolve()


@pytest.mark.parametrize(
    "join, drain, outcome, acting",
    [("1", "1s", OPEN, 2), ("all", "1s", OPEN, 2), ("all", "90s", LOST, 1), ("1", "90s", OK, 0)],
)
def test_a_request_is_lost_only_if_no_part_of_a_join_can_answer_it(join: str, drain: str, outcome: int, acting: int):
    """One of two calls gets lost without a timeout; the other works for 60 s, and could still fail both."""
    steps = f"{{parallel: [[{{call: gone.do}}], [{{call: slow.do}}]], join: {join}}}"
    record = play_once(resolved(system(
        2, {"clients": "calls: shop.do, arrivals: at 0s"},
        {"shop": recipe(steps), "gone": recipe("{work: 1s}"), "slow": recipe("{work: 60s}, {effect: done}")},
        links={"shop -> gone": "loss: 100%"}, drain=drain,
    )))  # fmt: skip
    assert record.requests["outcome"].tolist() == [outcome]
    assert len(record.acting) == acting  # the slow call, and the shop, whose recipe forks
