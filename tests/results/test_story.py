"""Every sentence of a story, on small systems played by the engine: where it must appear, and where it must not."""

from __future__ import annotations

import functools
import inspect
import re
import sys

import pytest

import sim
from sim.engine.run import play as play_scenario
from sim.record.record import Record
from sim.results.blast import blast_radius
from sim.results.book import Book
from sim.results.story import story
from sim.results.story.story import Sentence, explain
from sim.results.symptoms import KINDS
from tests.engine._play import play

SLOW = "faults: {back slow: {slow: back, by: 16x, at: 8s, for: 4s}}"


def chain(faults: str = "", link: str = "timeout: 8s", front: int = 4, waiting: str = "unlimited") -> str:
    """Two services in a chain: eight calls a second, an eighth of a second apart, each 1/16 s of the only worker."""
    return f"""
workload: {{users: {{calls: front.buy, rate: 8/s, arrivals: regular, deadline: 2s}}}}
services:
  front: {{workers: {front}, waiting: {waiting}, operations: {{buy: [{{call: back.charge}}]}}}}
  back: {{workers: 1, waiting: {waiting}, operations: {{charge: [{{work: 62500us}}, {{effect: charged}}]}}}}
links: {{front -> back: {{{link}}}}}
{faults}"""


def queue(faults: str = "", fail: str = "", dead: str = "", deliveries: int = 2) -> str:
    """One service that leaves messages, and one that takes them: eight a second, each 1/16 s of the only worker."""
    return f"""
workload: {{users: {{calls: front.buy, rate: 8/s, arrivals: regular, keys: uniform 4}}}}
services:
  front: {{workers: 4, waiting: 4, operations: {{buy: [{{send: jobs}}]}}}}
  back:
    workers: 1
    waiting: unlimited
    consumes: {{jobs: charge}}
    operations: {{charge: [{{work: 62500us}}, {fail} {{effect: charged}}]}}
queues: {{jobs: {{visibility timeout: 60s, max deliveries: {deliveries} {dead}}} {", dead: {}" if dead else ""}}}
{faults}"""


def kinds(record: Record) -> list[str]:
    return [sentence.kind for sentence in explain(record).sentences]


def applied_twice(record: Record) -> int:
    """How many answered requests have more than one effect, counted from the rows alone."""
    answered = set(record.requests["id"][record.requests["outcome"] == 0].tolist())
    applied = record.effects["request"].tolist()
    return sum(applied.count(request) > 1 for request in answered)


def tell(record: Record, kind: str, of: str | None = None) -> Sentence:
    """The only sentence of a kind (about *of*)."""
    (found,) = [one for one in explain(record).sentences if one.kind == kind and of in (None, one.of)]
    return found


# --- opening and closing ----------------------------------------------------------------------------------------


def test_a_healthy_run_has_nothing_but_an_opening_and_a_closing() -> None:
    record = play(chain(), "20s")
    assert str(explain(record)).splitlines() == [
        " 0.0 s  no fault is injected in 20 s of arrivals",
        f"{record.ended_at:.1f} s  in all: 160 of 160 requests were well served",
    ]


def test_a_fault_that_hurts_nobody_has_nothing_between_the_two_either() -> None:
    record = play(chain("faults: {back slow: {slow: back, by: 1x, at: 8s, for: 1s}}"), "20s")
    assert kinds(record) == ["fault begins", "well served"]
    assert tell(record, "well served").text.startswith("in all: goodput held in every workload; 160 of 160 requests")


def test_a_loss_that_is_over_within_a_second_is_not_told_as_none() -> None:
    record = play(chain("faults: {f: {synchronise: users, at: 8s, for: 4s}}", waiting="2"), "20s")
    said = tell(record, "well served").text
    assert said.startswith("in all: ") and "held" not in said and said.endswith("of 160 requests were well served")


def test_attempts_that_hedges_multiply_are_not_called_retries() -> None:
    slow = "faults: {f: {slow: back, by: 8x, at: 8s, for: 4s}}"
    record = play(chain(slow, link="hedge: {after: 125ms, most: 3}", front=32), "20s")
    text = tell(record, "multiplied", "front -> back").text
    assert "come of hedges" in text and "retries" not in text


@pytest.mark.parametrize(
    "fault, text",
    [
        ("slow: back, by: 16x", "f: back takes 16 times as long to work for 1 s"),
        ("crash: back, mode: silent", "f: back crashes and answers nobody for 1 s"),
        ("crash: back, mode: refuse", "f: back crashes and refuses calls for 1 s"),
        ("pause: back", "f: back stops for 1 s"),
        ("errors: back, share: 50%", "f: back answers 50 % of requests with an error for 1 s"),
        ("cut: front -> back, mode: silent", "f: front -> back is cut for 1 s"),
        ("cut: front -> back, mode: refuse", "f: front -> back is cut and refuses calls for 1 s"),
        ("delay: front -> back, by: 250ms", "f: front -> back takes longer, by 250 ms on average each way, for 1 s"),
        ("lose: front -> back, share: 5%", "f: front -> back loses 5 % of what it carries, each way, for 1 s"),
        ("spike: users, by: 3x", "f: requests of users come 3 times as often for 1 s"),
    ],
)
def test_the_opening_says_what_was_injected_when_and_how_long(fault: str, text: str) -> None:
    opening = tell(play(chain(f"faults: {{f: {{{fault}, at: 8s, for: 1s}}}}"), "12s"), "fault begins")
    assert (opening.at_s, opening.text, opening.value) == (8.0, text, 1.0)


# --- services ---------------------------------------------------------------------------------------------------


def test_a_saturated_service_is_told_and_who_holds_the_workers_of_its_caller() -> None:
    record = play(chain(SLOW), "32s")
    back, front = tell(record, "saturated", "back"), tell(record, "saturated", "front")
    assert 8.0 <= back.at_s < front.at_s < 9.0
    assert back.text.startswith("back: its only worker is busy, without a break for ")
    assert front.text.startswith("front: all 4 workers are busy (held by calls to back), without a break for ")


def test_workers_that_work_themselves_are_held_by_nobody() -> None:
    body = chain("faults: {front slow: {slow: front, by: 64x, at: 8s, for: 4s}}").replace(
        "buy: [{call", "buy: [{work: 31250us}, {call"
    )
    assert "held by" not in tell(play(body, "64s"), "saturated", "front").text


def test_workers_enough_are_never_saturated() -> None:
    found = kinds(play(chain(SLOW, front=200), "32s"))
    assert found.count("saturated") == 1  # the struck one alone


def test_a_full_line_is_told_with_the_number_turned_away() -> None:
    record = play(chain(SLOW, waiting="2"), "32s")
    rejected = int((record.attempts["outcome"] == 5).sum())
    assert sum(one.value or 0 for one in explain(record).sentences if one.kind == "rejecting") == rejected > 0
    assert "rejecting" not in kinds(play(chain(SLOW), "32s"))


# --- links ------------------------------------------------------------------------------------------------------


def test_timeouts_are_told_with_their_number() -> None:
    record = play(chain(SLOW, link="timeout: 1s"), "32s")
    told = tell(record, "timeouts", "front -> back")
    columns = record.attempts
    ends = columns["ended_at"][(columns["outcome"] == 3) & (columns["parent"] >= 0)]
    assert (told.at_s, told.value) == (ends.min(), len(ends))
    assert "front -> back" not in [s.of for s in explain(play(chain(SLOW, link="timeout: 60s"), "32s")).sentences]


def test_timeouts_that_were_usual_before_are_no_symptom() -> None:
    harmless = "faults: {f: {slow: back, by: 1x, at: 8s, for: 1s}}"
    always = play(chain(harmless, link="timeout: 31250us"), "20s")
    assert kinds(always).count("timeouts") == 0 and (always.attempts["outcome"] == 3).sum() > 100


def test_refusals_and_errors_of_the_callee_are_told() -> None:
    refused = play(chain("faults: {f: {crash: back, mode: refuse, at: 8s, for: 2s}}"), "20s")
    assert (tell(refused, "refused").of, tell(refused, "refused").value) == ("front -> back", 16)
    broken = play(chain("faults: {f: {errors: back, share: 100%, at: 8s, for: 2s}}"), "20s")
    assert tell(broken, "errors").text == (
        "front -> back: attempts begin to be answered with an error; 16 errors since the fault began"
    )
    assert "errors" not in kinds(refused) and "refused" not in kinds(broken)


def test_retries_that_multiply_the_load_are_told_with_the_factor_and_their_share() -> None:
    retry = "timeout: 250ms, retry: {max attempts: 4}"
    told = tell(play(chain("faults: {f: {pause: back, at: 8s, for: 4s}}", retry, 64), "32s"), "multiplied")
    assert told.of == "front -> back" and told.value is not None and 2.0 < told.value <= 4.0
    assert "times as many attempts as before" in told.text and "of them come of retries" in told.text
    assert "multiplied" not in kinds(play(chain("faults: {f: {pause: back, at: 8s, for: 4s}}", front=64), "32s"))


def test_more_clients_are_told_as_load_and_not_as_attempts_multiplied() -> None:
    record = play(chain("faults: {f: {spike: users, by: 8x, at: 8s, for: 4s}}", front=64), "32s")
    told = tell(record, "arrivals", "users")
    assert told.text.startswith("users: ") and "times as many requests as before" in told.text
    assert "against 8/s for 4 s" in told.text and 8.0 <= told.at_s < 9.0
    assert "multiplied" not in kinds(record) and "arrivals" not in kinds(play(chain(SLOW), "32s"))


def test_a_breaker_opens_probes_and_closes() -> None:
    breaker = "timeout: 250ms, breaker: {failures: 5, open for: 2s, probes: 1}"
    record = play(chain("faults: {f: {pause: back, at: 8s, for: 4s}}", breaker, 64), "32s")
    opened, closed = tell(record, "breaker open"), tell(record, "breaker closed")
    events = [(at, kind) for at, kind, of, _ in record.events if kind.startswith("breaker")]
    assert (opened.at_s, opened.value) == (events[0][0], sum(kind == "breaker open" for _, kind in events))
    assert opened.at_s < tell(record, "breaker half-open").at_s < closed.at_s == events[-1][0]
    assert not [kind for kind in kinds(play(chain(link=breaker), "20s")) if kind.startswith("breaker")]


def test_a_breaker_that_is_open_at_the_end_is_not_said_to_close() -> None:
    breaker = "timeout: 250ms, breaker: {failures: 5, open for: 60s, probes: 1}"
    found = kinds(play(chain("faults: {f: {pause: back, at: 8s, for: 4s}}", breaker, 64), "20s"))
    assert "breaker open" in found and "breaker closed" not in found and "breaker half-open" not in found


# --- queues -----------------------------------------------------------------------------------------------------


def test_a_backlog_piles_up_and_drains() -> None:
    record = play(queue(SLOW), "32s")
    grew, drained = tell(record, "backlog"), tell(record, "drained")
    assert 8.0 < grew.at_s < drained.at_s and grew.of == "jobs"
    assert grew.value == record.census[:, record.census_of.index(("backlog", "jobs"))].max()
    assert drained.value == drained.at_s - 12.0
    assert not {"backlog", "drained"} & set(kinds(play(queue(SLOW.replace("16x", "1x")), "32s")))


def test_messages_lost_and_dead_letters_are_told_with_their_number() -> None:
    broken = "faults: {f: {errors: back, share: 100%, at: 8s, for: 2s}}"
    lost = play(queue(broken), "20s")
    count = sum(kind == "message lost" for _, kind, _, _ in lost.events)
    assert count > 0 and tell(lost, "messages lost").value == tell(lost, "lost").value == count
    kept = play(queue(broken, dead=", dead letters: dead"), "20s")
    assert tell(kept, "dead letters", "jobs").value == sum(kind == "dead-lettered" for _, kind, _, _ in kept.events)
    assert not {"messages lost", "lost"} & set(kinds(kept)) and "dead letters" not in kinds(lost)


# --- workloads and promises -------------------------------------------------------------------------------------


def test_a_workload_that_comes_back_is_told_to_recover() -> None:
    record = play(chain(SLOW), "40s")
    hurt, back = tell(record, "goodput"), tell(record, "recovered")
    assert hurt.value is not None and hurt.value < 0.5 and 8.0 < hurt.at_s < back.at_s == 12.0 + (back.value or 0.0)
    assert not {"collapsed", "still saturated", "well served"} & set(kinds(record))


def test_a_collapse_that_outlives_its_cause_is_told_with_the_load_and_what_is_finished() -> None:
    storm = chain("faults: {f: {pause: back, at: 8s, for: 4s}}", "timeout: 500ms, retry: {max attempts: 4}", 64)
    record = play(storm, "60s")
    told = tell(record, "collapsed")
    assert told.value == 0.0 and "recovered" not in kinds(record)
    assert re.search(r"at the end, \d+ s after the fault: 0 % of the last 10 s", told.text)
    reason = tell(record, "still saturated", "back").text
    assert "its only worker was still busy in the last 10 s of arrivals" in reason and "16/s were finished" in reason
    assert reason.endswith("100 % of the work for callers that had left")


def test_what_ends_too_early_for_a_judgement_is_told_as_it_stands() -> None:
    record = play(chain(SLOW), "18s")
    told = tell(record, "at the end", "users")
    columns = record.requests
    served = zip(columns["arrived_at"].tolist(), (columns["outcome"] == 0).tolist())
    last = [good for at, good in served if 8.0 <= at < 18.0]
    assert told.value == sum(last) / len(last) and 0.5 < told.value < 1.0
    assert told.text.endswith(
        " % of the last 10 s of arrivals, until 18.0 s, are well served; the fault ended at 12.0 s"
    )
    assert not {"recovered", "collapsed"} & set(kinds(record)) and "at the end" not in kinds(play(chain(SLOW), "40s"))


def test_a_collapse_with_nobody_busy_is_told_by_how_requests_end() -> None:
    breaker = "timeout: 250ms, breaker: {failures: 5, open for: 60s, probes: 1}"
    record = play(chain("faults: {f: {pause: back, at: 8s, for: 2s}}", breaker, 64), "30s")
    assert "still saturated" not in kinds(record)
    assert (
        tell(record, "still failing").text
        == "users: of the last 80 requests, 80 ended error (breaker open at front -> back)"
    )


def test_ghosts_duplicates_and_missing_effects_are_counted() -> None:
    ghosts = play(chain("faults: {f: {pause: back, at: 8s, for: 4s}}", "timeout: 1s", 64), "32s")
    failed = int((ghosts.requests["outcome"] > 1).sum())
    assert tell(ghosts, "ghost").text == f"charged: applied though the caller was not told success, {failed} times"
    retry = "timeout: 500ms, retry: {max attempts: 4}"
    body = chain("faults: {f: {pause: back, at: 8s, for: 1500ms}}", retry, 64).replace("rate: 8/s", "rate: 2/s")
    twice = play(body, "32s")
    applied = applied_twice(twice)
    assert applied and tell(twice, "duplicated").value == applied
    missing = play(queue(fail="{branch: key 0, then: [{fail: 100%}]},"), "8s")
    assert tell(missing, "missing").value == (missing.requests["key"] == 0).sum()
    assert not {"ghost", "duplicated", "missing", "undecided"} & set(kinds(play(chain(), "8s")))


def test_what_is_undecided_at_the_end_is_told_of_requests_and_of_effects() -> None:
    record = play("drain: 1s" + queue(fail="{work: 4s},"), "8s")
    open_ = int(Book(record).undecided.sum())
    found = [one for one in explain(record).sentences if one.kind == "undecided"]
    assert open_ and [(one.of, one.value) for one in found] == [("users", open_), ("charged", open_)]
    assert found[1].text == f"charged: promised, and what may apply it (again) still waits or is at work, {open_} times"


def test_a_run_that_is_cut_off_says_so() -> None:
    record = play("max events: 100" + chain(), "20s")
    assert tell(record, "cut off").text.startswith("the run was cut off: more than 100 events")


# --- how far it reaches -----------------------------------------------------------------------------------------


def test_the_blast_radius_counts_nodes_by_side_and_distance() -> None:
    up = blast_radius(Book(play(chain(SLOW), "32s")))
    assert up.struck == ("back",) and up.nodes == 3 and up.radius == 2
    assert {hit.node: (hit.links, hit.direction) for hit in up.hit} == {
        "back": (0, "struck"), "front": (1, "upstream"), "users": (2, "upstream")
    }  # fmt: skip
    down = blast_radius(Book(play(chain("faults: {f: {spike: users, by: 8x, at: 8s, for: 4s}}", front=64), "32s")))
    assert ("back", 2, "downstream") in {(hit.node, hit.links, hit.direction) for hit in down.hit}
    calm = blast_radius(Book(play(chain("faults: {f: {slow: back, by: 1x, at: 8s, for: 1s}}"), "20s")))
    assert calm.hit == () and calm.radius is None


def test_the_reach_is_told_in_the_order_in_which_it_was_felt() -> None:
    record = play(chain(SLOW), "32s")
    told = tell(record, "blast radius")
    assert told.text == (
        "blast radius of back: 3 of 3 nodes, in this order: back, front (1 upstream), users (2 upstream)"
    )
    assert (told.of, told.value, told.at_s) == ("back", 3, record.ended_at)
    assert "blast radius" not in kinds(play(chain("faults: {f: {slow: back, by: 1x, at: 8s, for: 1s}}"), "20s"))


def test_a_run_without_faults_says_that_there_is_none() -> None:
    record = play(chain(), "20s")
    told = tell(record, "no fault")
    assert (told.at_s, told.value, told.of) == (0.0, 20.0, "system")
    assert "no fault" not in kinds(play(chain(SLOW), "20s")) and "fault begins" not in kinds(record)


def test_an_order_of_policies_is_reported_where_a_link_states_its_own() -> None:
    link = "retry: {max attempts: 2}, breaker: {failures: 5, open for: 2s}"
    record = play(chain(SLOW, f"{link}, order: [breaker, retry]"), "20s")
    assert (tell(record, "order").of, tell(record, "order").value) == ("front -> back", 2)
    assert "order" not in kinds(play(chain(SLOW, link), "20s"))


def test_what_one_operation_has_of_its_own_is_reported() -> None:
    record = play(chain(SLOW, "timeout: 8s, operations: {charge: {timeout: 2s}}"), "20s")
    assert tell(record, "override").text.startswith("front -> back: calls of charge have timeout 2")
    assert "override" not in kinds(play(chain(SLOW), "20s"))


def test_a_fault_whose_condition_never_holds_is_reported() -> None:
    waits = "faults: {f: {slow: back, by: 2x, when: line of back above LENGTH, for: 4s}}"
    record = play(chain(waits.replace("LENGTH", "1000")), "20s")
    assert tell(record, "never begins").text == "f: waits for line of back above 1000, which never holds"
    assert "never begins" not in kinds(play(chain(waits.replace("above LENGTH", "below 1")), "20s"))


def test_every_kind_of_sentence_has_a_test_here() -> None:
    written = re.findall(r'Sentence\([^\n]*, "([a-z -]+)", ', inspect.getsource(story))
    promises = re.findall(r'\("([a-z]+)", [A-Z]+, "', inspect.getsource(story))
    assert len(written) >= 7 and promises == ["ghost", "duplicated", "missing", "undecided"]
    here = inspect.getsource(sys.modules[__name__])
    assert [kind for kind in (*KINDS, *written, *promises) if f'"{kind}"' not in here] == []


# --- the shipped scenario ---------------------------------------------------------------------------------------


@functools.cache
def hero(variant: str, *toggles: str) -> Record:
    return play_scenario(sim.load("scenarios/cascade_vs_backlog.yaml").resolve(variant, toggles), 1)


@pytest.mark.slow
def test_the_cascade_climbs_from_payments_to_orders_to_web() -> None:
    saturated = [one for one in explain(hero("synchronous")).sentences if one.kind == "saturated"]
    assert [one.of for one in saturated] == ["payments", "orders", "web"]
    assert "held by calls to payments" in saturated[1].text and "held by calls to orders" in saturated[2].text
    assert [hit.node for hit in blast_radius(Book(hero("synchronous"))).hit][:3] == ["payments", "orders", "web"]
    assert "breaker open" not in kinds(hero("synchronous"))


@pytest.mark.slow
def test_behind_a_queue_only_the_queue_is_hit() -> None:
    record = hero("asynchronous")
    assert {hit.node for hit in blast_radius(Book(record)).hit} == {"payments", "charges"}
    assert {"backlog", "drained", "lost", "missing", "well served"} <= set(kinds(record))


@pytest.mark.slow
def test_with_the_breaker_its_life_is_told() -> None:
    record = hero("synchronous", "circuit breaker")
    at = [tell(record, kind).at_s for kind in ("breaker open", "breaker half-open", "breaker closed")]
    assert 60.0 < at[0] < 66.0 and at[1] == pytest.approx(at[0] + 30.0, abs=0.1) and at[1] < at[2]


@pytest.mark.slow
def test_the_same_run_tells_the_same_story() -> None:
    again = play_scenario(sim.load("scenarios/cascade_vs_backlog.yaml").resolve("asynchronous"), 1)
    assert str(explain(hero("asynchronous"))) == str(explain(again))
