"""Events of defences in a story: small systems played by the engine, each number against the run's tables."""

from __future__ import annotations

import inspect
import re
import sys

import pytest

from sim.record.record import Record
from sim.results.blast import blast_radius
from sim.results.book import Book
from sim.results.measures import batches, link_defences, overload
from sim.results.story import replica_events
from sim.results.story.defence_events import KINDS
from sim.results.story.sentence import Sentence
from sim.results.story.story import explain
from tests.engine._play import play

SLOW = "slow: back, by: 16x"
BROKEN = "errors: back, share: 100%"
RUSH = "spike: users, by: 8x"


def chain(
    fault: str = "", link: str = "", first: str = "", front: str = "workers: 64", keys: str = "", count: int = 1
) -> str:
    """Two services in a chain: eight calls a second, an eighth of a second apart, each 1/16 s of the only worker."""
    faults = ", ".join(f"f{i}: {{{fault}, at: {8 + 8 * i}s, for: 4s}}" for i in range(count)) if fault else ""
    return f"""
workload: {{users: {{calls: front.buy, rate: 8/s, arrivals: regular, deadline: 2s {keys}}}}}
services:
  front: {{{front}, waiting: unlimited, operations: {{buy: [{{call: back.charge}}]}}}}
  back: {{workers: 1, waiting: 32, operations: {{charge: [{{work: 62500us}}]}}}}
links: {{users -> front: {{{first}}}, front -> back: {{{link}}}}}
faults: {{{faults}}}"""


def queue(when_full: str, fault: str = SLOW) -> str:
    """One service that leaves messages in a queue with room for four, and one that takes them."""
    faults = f"f: {{{fault}, at: 8s, for: 4s}}" if fault else ""
    return f"""
workload: {{users: {{calls: front.buy, rate: 8/s, arrivals: regular}}}}
services:
  front: {{workers: 8, waiting: 8, operations: {{buy: [{{send: jobs}}]}}}}
  back: {{workers: 1, waiting: 4, consumes: {{jobs: charge}}, operations: {{charge: [{{work: 62500us}}]}}}}
queues: {{jobs: {{max length: 4, when full: {when_full}}}}}
faults: {{{faults}}}"""


def told(record: Record, kind: str, of: str | None = None) -> Sentence:
    """The only sentence of a kind (about *of*)."""
    (found,) = [one for one in explain(record).sentences if one.kind == kind and of in (None, one.of)]
    return found


def kinds(record: Record) -> list[str]:
    return [one.kind for one in explain(record).sentences]


def in_the_tables(record: Record, measure: str, of: str, during: str = "8s to 999s") -> float | None:
    """What the run's own measures say."""
    book = Book(record, [during])
    rows = [*link_defences.family(book), *overload.family(book), *batches.family(book)]
    (found,) = [row for row in rows if (row.measure, row.of, row.during) == (measure, of, during)]
    return found.value


LINK = "front -> back"
LISTENS = "retry: {max attempts: 2, pushback: {}}"
CHECKED = "replicas: 2, health checks: {every: 500ms, timeout: 250ms, unhealthy after: 1, when none: none}"
PATIENT = "timeout: 250ms, retry: {max attempts: 4, backoff: 250ms}"
ON_LINKS = [
    ("stopped by throttle", chain(BROKEN.replace("errors: back, share: 100%", "pause: back"),
                                  f"{PATIENT}, throttle: {{factor: 1x, window: 8s}}"),
     r"tries begin to be stopped by the adaptive throttle; (\S+) of \S+ tries since the fault began"),
    ("stopped by limit", chain(RUSH, "limit: {rate: 16/s, burst: 4}"),
     r"tries begin to be stopped by the rate limit; (\S+) of 416 tries since the fault began"),
    ("stopped by bulkhead", chain(SLOW, "bulkhead: {max concurrent calls: 2}"),
     r"tries begin to be stopped by the full bulkhead; (\S+) of 192 tries since the fault began"),
    ("stopped by deadline", chain("slow: front, by: 16x", "propagate deadline: true", "propagate deadline: true",
                                   "workers: 1").replace("buy: [", "buy: [{work: 62500us}, "),
     r"tries begin to be left unsent, their caller's time being over; (\S+) of \S+ tries since"),
    ("retries denied", chain(BROKEN, "retry: {max attempts: 4, budget: {capacity: 8}}"),
     r"retries begin to be denied, the budget being exhausted; (\S+) since the fault began, the last at"),
    ("fallbacks", chain(BROKEN, "fallback: default"),
     r"failed calls begin to go on with a stand-in answer; (\S+) since the fault began, the last at 11\.9 s"),
    ("late answers accepted", chain(SLOW, "timeout: 1s, retry: {max attempts: 3}, late answers: accept"),
     r"late answers begin to be accepted after all; (\S+) since the fault began, the last at"),
    ("dropped", chain(SLOW, "timeout: 500ms, on abandon: drop queued"),
     r"attempts begin to be dropped, on the way or in line, because nobody waits any more; (\S+) since the fault"),
    ("cancelled", chain(SLOW, "timeout: 500ms, on abandon: cancel"),
     r"attempts begin to be cancelled at work because nobody waits any more; (\S+) since the fault began"),
    ("hedges", chain("slow: back, by: 4x", "hedge: {after: 125ms}"),
     r"hedges begin to be sent; (\S+) of \S+ attempts since the fault began, the last at"),
    ("hedges denied", chain("slow: back, by: 4x", "hedge: {after: 125ms}, retry: {max attempts: 2, budget: "
                            "{kind: finagle, ttl: 10s, floor: 0/s, share: 10%}}"),
     r"hedges begin to be denied by the retry budget; (\S+) since the fault began, the last at"),
    ("retries too late", chain(BROKEN, "retry: {max attempts: 9, backoff: 250ms, max duration: 1s}"),
     r"retries begin to be too late for `max duration`; (\S+) since the fault began, the last at"),
    ("pushbacks obeyed", chain(SLOW, LISTENS).replace("waiting: 32", "waiting: 0, retry after: 250ms"),
     r"retries begin to wait as long as the callee asks; (\S+) since the fault began, the last at"),
    ("retries forbidden", chain(SLOW, LISTENS).replace("waiting: 32", "waiting: 0, retry after: never"),
     r"retries begin to be forbidden by the callee; (\S+) since the fault began, the last at"),
    ("total timeouts", chain(SLOW, "total timeout: 500ms"),
     r"calls begin to be ended by the total timeout; (\S+) since the fault began, the last at"),
    ("stopped without healthy replica", chain(BROKEN, "outlier detection: {consecutive errors: 4, most ejected: 100%, "
                                              "eject for: 2s, panic threshold: 50%, in panic: none}"),
     r"tries begin to be stopped because no replica is healthy; (\S+) of \S+ tries since the fault began"),
    ("stopped without healthy subset", chain("crash: back, mode: refuse", "subset: {size: 1}").replace(
        "back: {workers", f"back: {{{CHECKED}, workers"),
     r"tries begin to be stopped because no replica of the subset is healthy; (\S+) of \S+ tries since the fault"),
    ("stopped without healthy zone", chain(
        "crash: back, mode: refuse", "zone routing: {min cluster size: 1}", front="zones: {a: 1}, workers: 64"
     ).replace("back: {workers", f"back: {{{CHECKED}, zones: {{a: 1, b: 1}}, workers"),
     r"tries begin to be stopped because no replica in any zone is healthy; (\S+) of \S+ tries since the fault"),
]  # fmt: skip


@pytest.mark.parametrize("kind, body, pattern", ON_LINKS, ids=[kind for kind, _, _ in ON_LINKS])
def test_what_a_link_decides_is_told_with_the_number_that_the_tables_have(kind: str, body: str, pattern: str) -> None:
    record = play(body, "32s")
    found = told(record, kind, LINK)
    match = re.match(rf"{LINK}: {pattern}", found.text)
    assert match is not None, found.text
    assert found.value == in_the_tables(record, kind, LINK) == int(match[1].replace(",", ""))
    times = link_defences.decided_at(Book(record), LINK, kind)
    assert 8.0 <= found.at_s == times.min() and found.text.endswith(f", the last at {times.max():.1f} s")
    calm = play(re.sub(r"faults: .*", "", body), "32s")
    assert kind not in kinds(calm) and not len(link_defences.decided_at(Book(calm), LINK, kind))


def test_the_tries_of_which_some_are_stopped_are_those_that_were_wanted() -> None:
    record = play(chain(SLOW, "bulkhead: {max concurrent calls: 2}"), "32s")
    columns = record.attempts
    wanted = (columns["sent_at"] >= 8.0) & (columns["parent"] >= 0)
    stopped = wanted & (columns["outcome"] == 6)
    assert f"; {stopped.sum()} of {wanted.sum()} tries since" in told(record, "stopped by bulkhead").text


def test_what_was_usual_before_is_not_told_and_more_of_it_is_as_more() -> None:
    always = "limit: {rate: 4/s, burst: 1}"
    harmless = play(chain("slow: back, by: 1x", always), "32s")
    assert "stopped by limit" not in kinds(harmless) and in_the_tables(harmless, "stopped by limit", LINK) == 96
    more = told(play(chain(RUSH, always), "32s"), "stopped by limit")
    assert more.text.startswith(f"{LINK}: more tries are stopped by the rate limit than before; ")
    assert ", 32 before it, the last at" in more.text


def test_one_alone_is_told_in_the_singular() -> None:
    record = play(chain("pause: back", "timeout: 4031250us"), "32s")
    assert told(record, "timeouts", LINK).text == f"{LINK}: one attempt times out, the only one since the fault began"


def test_after_two_faults_counts_begin_with_the_first_and_the_end_is_that_of_the_last() -> None:
    record = play(chain(BROKEN, count=2), "48s")
    assert told(record, "errors").text.endswith("; 64 errors since the first fault began")
    assert told(record, "goodput").text.endswith("100 % before; the first of 2 such times")
    assert told(record, "recovered").text == "users: recovered as soon as the last fault is over"


def test_without_a_fault_nothing_is_said_to_begin_that_may_have_been_there_in_the_warm_up() -> None:
    body = "warmup: 4s" + chain("", "limit: {rate: 4/s}")
    text = told(play(body, "32s"), "stopped by limit").text
    assert text.startswith(f"{LINK}: tries are stopped by the rate limit; 112 of 224 tries after the warm-up, the last")


# --- caches ------------------------------------------------------------------------------------------------------


def cached(scope: str, fault: str = "crash: front, mode: refuse") -> str:
    return chain(fault, f"cache: {{scope: {scope}}}", keys=", keys: uniform 8").replace("for: 4s", "for: 1s")


def test_a_cache_that_is_cold_after_a_restart_is_told_with_its_share_and_whose_restart() -> None:
    record = play("warmup: 4s" + cached("caller").replace("uniform 8", "uniform 64").replace("rate: 8/s", "rate: 64/s")
                  .replace("work: 62500us", "work: 1ms"), "32s")  # fmt: skip
    found = told(record, "cache", LINK)
    assert 9.0 <= found.at_s < 9.1 and found.text.endswith("; front came back with an empty one at 9.0 s")
    numbers = re.search(r"answers (\S+) % of the calls from 9\.0 s to (\S+) s, (\S+) % before", found.text)
    assert numbers is not None
    during, before = (
        in_the_tables(record, "cache hit ratio", LINK, span) for span in (f"9s to {numbers[2]}s", "4s to 8s")
    )
    assert during is not None and before is not None and found.value == during < before
    assert (float(numbers[1]), float(numbers[3])) == (round(100 * during, 1), round(100 * before, 1))


def test_a_shared_cache_stays_warm_and_nothing_is_told_of_it() -> None:
    assert "cache" not in kinds(play(cached("link"), "32s"))
    assert "cache" not in kinds(play(cached("caller", "slow: back, by: 1x"), "32s"))


# --- doors and queues --------------------------------------------------------------------------------------------


def test_calls_that_wait_for_a_token_are_told() -> None:
    front = "workers: 64, limit: {rate: 16/s, burst: 4, when full: wait}"
    record = play(chain(RUSH, front=front), "48s")
    found = told(record, "delayed", "front")
    assert found.value == in_the_tables(record, "delayed", "front") > 100
    assert found.text.startswith("front: calls begin to wait for a token of the rate limit; ")
    assert "delayed" not in kinds(play(chain(front=front), "32s"))


def test_steps_that_are_interrupted_for_more_important_ones_are_reported() -> None:
    body = """
workload:
  users: {calls: back.charge, rate: 8/s, arrivals: regular, priority: 1}
  vip: {calls: back.charge, arrivals: at 9.03s 10.03s 11.03s, priority: 0}
services: {back: {line: preemptive priority, waiting: 32, operations: {charge: [{work: 62500us}]}}}
faults: {f: {slow: back, by: 1x, at: 8s, for: 4s}}"""
    record = play(body, "16s")
    found = told(record, "preempted", "back")
    assert found.text.startswith("back: steps begin to be interrupted for a more important request; 3 interruptions")
    assert found.value == in_the_tables(record, "preempted", "back") == 3


def test_a_host_whose_cores_are_all_in_use_is_reported_with_its_time() -> None:
    body = """
workload: {users: {calls: back.charge, rate: 8/s, arrivals: regular}}
services: {back: {workers: 16, waiting: 32, operations: {charge: [{work: 62500us}]}}}
hosts: {node: {runs: [back], cores: 1}}
faults: {f: {%s, at: 8s, for: 4s}}"""
    record = play(body % "slow: back, by: 4x", "24s")
    found = told(record, "cores full", "node")
    assert found.text.startswith("node: all of its cores (1) are in use from 8.0 s to ")
    assert found.at_s == 8.0 and found.value >= 4
    assert "cores full" not in kinds(play(body % "slow: back, by: 1x", "24s"))


@pytest.mark.parametrize(
    "when_full, kind, text",
    [
        ("reject", "pushed back", "sends begin to be turned away, the queue being full; "),
        ("block", "delayed", "sends begin to wait for room, the queue being full; "),
    ],
)
def test_a_full_queue_is_told_to_push_back(when_full: str, kind: str, text: str) -> None:
    record = play(queue(when_full), "32s")
    found = told(record, kind, "jobs")
    assert found.text.startswith(f"jobs: {text}") and found.value == in_the_tables(record, kind, "jobs") > 8
    assert kind not in kinds(play(queue(when_full, ""), "32s"))


def test_acknowledgements_that_are_refused_as_too_late_are_told() -> None:
    late = queue("reject", "slow: back, by: 64x").replace(
        "max length: 4, when full: reject", "visibility timeout: 1s, late acknowledgement: refused"
    )
    found = told(play(late, "48s"), "late acknowledgements", "jobs")
    assert found.text.startswith("jobs: ") and "too late" in found.text
    assert "late acknowledgements" not in kinds(play(late.replace("by: 64x", "by: 1x"), "32s"))


def test_messages_that_return_with_their_batch_are_told() -> None:
    body = queue("reject", "errors: back, share: 30%").replace(
        "consumes: {jobs: charge}", "consumes: {jobs: {operation: charge, batch: 4, window: 1s}}"
    ).replace("max length: 4, when full: reject", "visibility timeout: 4s")  # fmt: skip
    record = play(body, "32s")
    found = told(record, "returned with batch", "back")
    assert found.text.startswith("back: messages begin to return because another of their batch failed; ")
    assert found.value == in_the_tables(record, "returned with batch", "back")
    assert "returned with batch" not in kinds(play(body.replace("share: 30%", "share: 0%"), "32s"))


def test_a_limit_on_calls_in_flight_that_falls_is_told_with_its_least() -> None:
    front = "workers: 64, concurrency: {kind: aimd, initial: 16, most: 32, slow call: 500ms}"
    record = play(chain(SLOW, front=front), "32s")
    found = told(record, "limit falls", "front")
    limits = [(at, int(limit)) for at, kind, _, limit in record.events if kind == "concurrency limit"]
    lowest = min(limit for at, limit in limits if at >= 8.0)
    then = [limit for at, limit in limits if at <= 8.0][-1]
    assert found.value == lowest < then and found.at_s == min(at for at, limit in limits if limit == lowest)
    assert (
        found.text
        == f"front: its limit on calls in flight is at its lowest, {lowest}; it was {then} when the fault began"
    )
    assert "limit falls" not in kinds(play(chain("slow: back, by: 1x", front=front), "32s"))


@pytest.mark.parametrize(
    "front, why",
    [
        ("workers: 1, limit: {rate: 16/s}", "its rate limit"),
        ("workers: 1, shed: {line length: 4}", "load shedding"),
        ("workers: 1, concurrency: {kind: aimd, initial: 4, most: 4}", "its limit on calls in flight"),
    ],
)
def test_rejections_are_told_with_what_turned_them_away(front: str, why: str) -> None:
    record = play(chain(RUSH, front=front), "32s")
    found = told(record, "rejecting", "front")
    assert found.text.endswith(f" rejections since the fault began, all by {why}") and (found.value or 0) > 50


def test_several_reasons_of_rejections_add_up() -> None:
    front = "workers: 1, shed: {codel: target 125ms interval 250ms}"
    body = chain(RUSH, front=front).replace("codel: target 125ms interval 250ms}, waiting: unlimited",
                                            "codel: target 125ms interval 250ms}, waiting: 8")  # fmt: skip
    found = told(play(body, "32s"), "rejecting", "front")
    numbers = re.search(
        r"; (\d+) rejections since the fault began: (\d+) by a full line, (\d+) by load shed", found.text
    )
    assert numbers is not None and int(numbers[1]) == found.value == int(numbers[2]) + int(numbers[3])


# --- breakers, replicas, ends ------------------------------------------------------------------------------------


def test_of_several_breakers_every_opening_counts_though_the_others_stay_closed() -> None:
    link = "breaker: {failures: 2, open for: 1s, scope: callee}"
    body = chain("errors: back, replicas: [0], share: 100%", link).replace(
        "back: {workers: 1", "back: {replicas: 4, workers: 1"
    )
    record = play(body, "32s")
    opened = [at for at, kind, _, _ in record.events if kind == "breaker open"]
    found, closed = told(record, "breaker open"), told(record, "breaker closed")
    assert (found.at_s, found.value) == (opened[0], len(opened)) and len(opened) > 2
    assert found.text.startswith(
        f"{LINK}: one of its 4 circuit breakers opens, the first of {len(opened)} such times; "
    )
    assert "; they stop none of" in found.text and found.at_s < told(record, "breaker half-open").at_s < closed.at_s
    assert closed.text.startswith(f"{LINK}: all of its circuit breakers are closed and stay so, ")


def test_how_many_tries_the_breaker_stops_is_told_when_it_opens() -> None:
    record = play(chain(BROKEN, "breaker: {failures: 5, open for: 2s}"), "32s")
    found = told(record, "breaker open")
    wanted = int((record.attempts["sent_at"][record.attempts["parent"] >= 0] >= found.at_s).sum())
    stopped = in_the_tables(record, "stopped by breaker", LINK)
    assert found.text.endswith(f"; it stops {stopped:.0f} of {wanted} tries from then on") and stopped


SCALED = """
workload: {users: {calls: shop.buy, rate: 4/s, arrivals: regular}}
services:
  shop:
    replicas: 2
    workers: 1
    waiting: 4
    autoscale: {target utilisation: 50%, max replicas: 8, min replicas: 1, every: 1s, boot: 2s, down after: 4s}
    operations: {buy: [{work: 125ms}]}
faults: {rush: {spike: users, by: 8x, at: 8s, for: 8s}}"""


def test_what_the_autoscaler_asks_for_is_told_up_and_down() -> None:
    record = play(SCALED, "40s")
    asked = [(at, int(many)) for at, kind, _, many in record.events if kind == "autoscaler"]
    moves = [(at, many, then) for (at, many), then in zip(asked, [2, *(many for _, many in asked)])]
    for kind, group, word, far in (("scales up", [m for m in moves if m[1] > m[2]], "most", max),
                                   ("scales down", [m for m in moves if m[1] < m[2]], "fewest", min)):  # fmt: skip
        found, (at, many, then) = told(record, kind, "shop"), group[0]
        assert (found.at_s, found.value) == (at, len(group))
        text = f"shop: the autoscaler asks for {many} replica{'s' * (many > 1)} instead of {then}"
        if len(group) > 1:
            text += f", the first of {len(group)} such times, for {far(m for _, m, _ in group)} at the {word}"
        assert found.text == text
    assert len(moves) > 2
    joined = [at for at, kind, _, _ in record.events if kind == "replica joins"]
    assert told(record, "replica joins").at_s == joined[0] and told(record, "replica joins").value == len(joined)
    assert "scales up" not in kinds(play(chain(SLOW), "32s"))


def test_acts_hit_nobody_anew() -> None:
    record = play(chain(RUSH, "limit: {rate: 16/s, burst: 4}, fallback: default"), "32s")
    assert told(record, "stopped by limit").of == LINK and told(record, "fallbacks").of == LINK
    assert "front" not in {hit.node for hit in blast_radius(Book(record)).hit}


def test_whoever_recovers_while_the_fault_lasts_is_said_to() -> None:
    checked = "back: {replicas: 2, health checks: {every: 1s, timeout: 500ms, unhealthy after: 3}, workers: 1"
    body = chain("crash: back, replicas: [0], mode: refuse").replace("back: {workers: 1", checked)
    record = play(body, "32s")
    assert told(record, "goodput").text.startswith("users: of those who came from 8.0 s to 10.0 s, ")
    assert told(record, "recovered").text == "users: recovered before the fault is over"


def test_every_kind_of_act_has_a_test_here() -> None:
    here = inspect.getsource(sys.modules[__name__])
    of_replicas = re.findall(r'\("(scales [a-z]+)"', inspect.getsource(replica_events))
    assert len(of_replicas) == 2
    assert [kind for kind in (*KINDS, *of_replicas) if f'"{kind}"' not in here] == []
