"""Faults that wait for a condition: when it is looked at, what it can watch, who follows, and what is measured then."""

from __future__ import annotations

import pytest

from sim.errors import ParameterError
from sim.fields.conditions import QUANTITIES, parse_when
from sim.results.measures.registry import measures
from sim.results.story.story import explain
from tests.engine._play import play

SYSTEM = """
workload: {{users: {{calls: web.put, rate: 8/s, arrivals: regular}}}}
services:
  web: {{workers: unlimited, operations: {{put: [{{send: jobs}}]}}}}
  worker: {{workers: 1, consumes: {{jobs: run}}, operations: {{run: [{{work: 250ms}}]}}}}
queues: {{jobs: {{}}}}
faults:
  f: {{pause: web, when: {when}, {more} for: 1s}}
{rest}"""


def begins(when: str, more: str = "", rest: str = "", duration: str = "16s") -> list[tuple[str, float, float]]:
    return play(SYSTEM.format(when=when, more=more, rest=rest), duration).windows


# eight arrive and four leave each second: the backlog grows by four a second, from 0s on
@pytest.mark.parametrize(
    "when, at",
    [
        ("backlog of jobs above 20", 6.0),
        ("backlog of jobs above 20 for 2s", 8.0),
        ("backlog of jobs above 20 every 2500ms", 7.5),
        ("backlog of jobs above 20 for 2s every 2500ms", 10.0),
        ("in flight of jobs above 0", 0.0),
        ("age of jobs above 2s", 5.0),
        ("busy of worker above 90%", 0.0),
        ("replicas of worker below 2", 0.0),
        ("line of worker below 1 for 3s", 3.0),
    ],
)
def test_a_fault_begins_at_the_first_look_at_which_its_condition_has_held(when: str, at: float) -> None:
    assert begins(when) == [("f", at, at + 1.0)]


def test_a_reaction_takes_its_time_and_one_that_comes_after_the_end_never_begins() -> None:
    assert begins("backlog of jobs above 20", "after: 2500ms,") == [("f", 8.5, 9.5)]
    assert begins("backlog of jobs above 20", "after: 10s,") == []


def test_faults_follow_a_fault_that_waited_and_one_another() -> None:
    rest = """
  g: {pause: worker, at: 1s after f ends, for: 500ms}
  h: {spike: users, by: 2x, at: after g begins, for: 2s}"""
    assert begins("backlog of jobs above 20", rest=rest) == [("f", 6.0, 7.0), ("g", 8.0, 8.5), ("h", 8.0, 10.0)]


def test_a_spike_that_waits_brings_its_arrivals() -> None:
    body = SYSTEM.format(when="backlog of jobs above 20", more="", rest="").replace(
        "pause: web", "by: 3x, spike: users"
    )
    record = play(body, "16s")
    assert record.offered["users"] == 16 * 8 + 16


CALLS = """
workload: {users: {calls: web.get, rate: 8/s, arrivals: regular, deadline: 5s}}
services:
  web: {workers: unlimited, operations: {get: [{call: db.read}]}}
  db: {workers: unlimited, operations: {read: [{work: 62500us}]}}
links: {web -> db: {LINK}}
faults:
  down: {crash: db, mode: MODE, at: 4s, for: 8s}
  f: {pause: web, when: WHEN, for: 1s}"""


@pytest.mark.parametrize(
    "when, mode, link, at",
    [
        ("errors of web -> db above 40% over 2s", "refuse", "", 5.0),
        ("errors of users above 40% over 2s", "refuse", "", 5.0),
        ("timeouts of web -> db above 40% over 2s", "silent", "timeout: 500ms", 6.0),
        ("timeouts of web -> db above 40% over 2s", "refuse", "timeout: 500ms", None),
        ("errors of web -> db above 40% over 2s", "silent", "timeout: 500ms, retry: {max attempts: 2}", 5.0),
        ("timeouts of users above 40% over 2s", "silent", "", 9.0),
    ],
)
def test_shares_of_what_ended_lately_are_watched(when: str, mode: str, link: str, at: float | None) -> None:
    record = play(CALLS.replace("WHEN", when).replace("MODE", mode).replace("{LINK}", f"{{{link}}}"), "16s")
    assert [begin for name, begin, _ in record.windows if name == "f"] == ([] if at is None else [at])


def test_windows_of_measures_are_those_of_the_run_and_a_condition_that_never_holds_has_none() -> None:
    record = play(SYSTEM.format(when="backlog of jobs above 20", more="", rest=""), "16s")
    values = {(row.measure, row.during): row.value for row in measures(record) if row.of == "jobs"}
    assert values["published", "f"] == values["published", "fault"] == 1, "the one of the instant at which it begins"
    record = play(SYSTEM.format(when="backlog of jobs above 1000", more="", rest=""), "16s")
    assert {row.value for row in measures(record) if row.during in ("f", "fault")} == {None}
    texts = [sentence.text for sentence in explain(record).sentences]
    assert "f: waits for backlog of jobs above 1000, which never holds" in texts


def test_a_condition_that_never_holds_changes_nothing() -> None:
    body = SYSTEM.format(when="backlog of jobs above 1000", more="", rest="")
    with_it, without = play(body), play(body[: body.index("faults:")])
    for table in ("requests", "attempts", "messages"):
        mine, other = getattr(with_it, table), getattr(without, table)
        assert all((mine[name].tobytes() == other[name].tobytes()) for name in mine)


@pytest.mark.parametrize(
    "text, error",
    [
        ("backlog above 3", "be a condition such as"),
        ("backlogs of jobs above 3", "did you mean 'backlog'"),
        ("backlog of jobs above 3 over 5s", "have `over` with a share"),
        ("backlog of jobs above 30%", "be a whole number"),
        ("errors of users above 3", "be a share"),
        ("backlog of jobs above 3 every 0s", "be a duration above zero"),
        (5, "be a condition such as"),
    ],
)
def test_a_condition_that_cannot_be_read_is_refused(text: object, error: str) -> None:
    with pytest.raises(ParameterError, match=error):
        parse_when(text)


def test_every_quantity_has_a_meaning() -> None:
    assert all(watched.of and watched.meaning for watched in QUANTITIES.values())
