"""A caller's defences beyond timeout, retry and a plain breaker, each played in a whole engine with exact instants."""

from __future__ import annotations

from typing import Any

import pytest

from sim.record.record import ATTEMPT_OUTCOMES, MARKS, REASONS, Record
from sim.results.measures.registry import measures
from tests.engine._play import attempts, play, requests


def link(
    policies: str, recipe: str = "{work: 1s}", client: str = "arrivals: at 0s", service: str = "workers: unlimited",
    more: str = "",
) -> str:  # fmt: skip
    return f"""
workload: {{c: {{calls: a.x, {client}}}}}
services: {{a: {{{service}, operations: {{x: [{recipe}]}}}}}}
links: {{c -> a: {{{policies}}}}}
{more}"""


def tries(record: Record) -> list[tuple[Any, ...]]:
    """Return (number, sent, ended, outcome, why) of every attempt, abandoned ones by that name."""
    columns = record.attempts
    return [
        (int(number), float(sent), float(ended), ATTEMPT_OUTCOMES[outcome], REASONS[why])
        for number, sent, ended, outcome, why in zip(
            *(columns[name] for name in ("number", "sent_at", "ended_at", "outcome", "why"))
        )
    ]


def marks(record: Record) -> list[tuple[float, str, int]]:
    """Return (instant, kind, request) of every decision."""
    table = record.marks
    return [
        (float(at), MARKS[kind], int(request))
        for at, kind, request in zip(table["at"], table["kind"], table["request"])
    ]


def measured(record: Record, measure: str, of: str = "c -> a") -> float | None:
    found = [row.value for row in measures(record) if (row.measure, row.of, row.during) == (measure, of, "all")]
    assert len(found) == 1
    return found[0]


# --- retries --------------------------------------------------------------------------------------------------


def test_only_the_outcomes_asked_for_are_tried_again() -> None:
    times_out = play(link("timeout: 500ms, retry: {max attempts: 2, on: [error]}"))
    assert [row[3] for row in tries(times_out)] == ["timeout"]
    fails = play(link("timeout: 500ms, retry: {max attempts: 2, on: [error]}", "{fail: 100%}"))
    assert [row[3] for row in tries(fails)] == ["error", "error"]


def test_unlimited_attempts_end_with_the_client() -> None:
    record = play(
        link("retry: {max attempts: unlimited, backoff: 250ms}", "{fail: 100%}", "arrivals: at 0s, deadline: 1s")
    )
    assert [row[1] for row in tries(record)] == [0.0, 0.25, 0.5, 0.75]
    assert requests(record) == [(0.0, 1.0, "timeout", "deadline")]


def test_a_budget_denies_the_retry_that_it_cannot_pay() -> None:
    policies = "retry: {max attempts: 3, backoff: 250ms, budget: {capacity: 3, per try: 0.5}}"
    record = play(link(policies, "{fail: 100%}", "arrivals: at 0s 1s 2s"))
    # three tokens, half a token for each first try (the first finds it full): 2 retries, 1 + 1 left, then 1
    assert [row[0] for row in tries(record)] == [1, 2, 3, 1, 2, 1, 2]
    assert [(at, kind) for at, kind, _ in marks(record)] == [(1.25, "retry denied"), (2.25, "retry denied")]
    assert measured(record, "retries denied") == 2


def test_a_quota_gets_back_what_a_good_retry_took() -> None:
    quota = "budget: {capacity: 10, cost: 5, refund: true}"
    record = play(link(f"retry: {{max attempts: 2, {quota}}}", "{fail: 100%}", "arrivals: at 0s 1s 2s 3s"))
    assert [row[0] for row in tries(record)] == [1, 2, 1, 2, 1, 1]  # 10 / 5 = 2 retries, then none


@pytest.mark.parametrize("scope, denied", [("link", 1), ("caller", 0)])
def test_each_caller_can_have_a_budget_of_its_own(scope: str, denied: int) -> None:
    budget = f"{{capacity: 1, per try: 0, scope: {scope}}}"
    client = "arrivals: at 0s 1s, instances: 2"
    record = play(link(f"retry: {{max attempts: 2, budget: {budget}}}", "{fail: 100%}", client))
    assert measured(record, "retries denied") == denied


def test_a_late_answer_can_end_a_call_that_is_tried_again() -> None:
    policies = "timeout: 750ms, retry: {max attempts: 3, backoff: 500ms}, late answers: accept"
    record = play(link(policies))
    assert requests(record) == [(0.0, 1.0, "ok", "")]  # between the first attempt's timeout and the second attempt
    assert [row[3] for row in tries(record)] == ["timeout"]
    record = play(link(policies.replace("500ms}", "125ms}")))
    assert tries(record) == [
        (1, 0.0, 0.75, "timeout", "timeout"), (2, 0.875, 1.0, "abandoned", "another was first"),
    ]  # fmt: skip
    assert marks(record) == [(1.0, "late answer accepted", 0)]


# --- hedge and fallback ----------------------------------------------------------------------------------------


def test_a_hedge_races_the_first_attempt_and_the_loser_is_not_needed() -> None:
    record = play(link("hedge: {after: 250ms}", "{work: 1s}", service="workers: 1, replicas: 2"))
    assert tries(record) == [
        (1, 0.0, 1.0, "ok", ""), (2, 0.25, 1.0, "abandoned", "another was first"),
    ]  # fmt: skip
    assert marks(record) == [(0.25, "hedge", 0)]
    assert measured(record, "amplification") == 2
    assert measured(record, "wasted work", "a") == 0.25  # the loser works on for a quarter of a second


def test_a_hedge_after_a_percentile_waits_until_it_is_known() -> None:
    steps = "{branch: key 1, then: [{wait: 2s}], else: [{wait: 125ms}]}"
    client = "rate: 4/s, arrivals: regular, keys: uniform 2"
    record = play(link("hedge: {percentile: 50%}", steps, client))
    first = marks(record)[0]
    ends = sorted(row[2] for row in tries(record) if row[3] == "ok")
    assert first[1] == "hedge" and first[0] > ends[1]  # half of the latencies: two must be known


def test_hedges_are_bounded() -> None:
    record = play(link("hedge: {after: 125ms, most: 2}", "{work: 1s}"))
    assert [row[1] for row in tries(record)] == [0.0, 0.125, 0.25]


@pytest.mark.parametrize("kind", ["default", "empty"])
def test_a_fallback_makes_a_failed_call_degraded(kind: str) -> None:
    record = play(link(f"timeout: 500ms, fallback: {kind}"))
    assert requests(record) == [(0.0, 0.5, "degraded", "")]
    assert marks(record) == [(0.5, "fallback", 0)]
    assert measured(record, "fallbacks") == 1


def test_a_cached_answer_stands_in_only_for_a_key_that_was_answered_before() -> None:
    fails = "faults: {down: {at: 1s, for: 2s, errors: a, share: 100%}}"
    client = "arrivals: at 0s 1s 1s, keys: uniform 1"
    record = play(link("fallback: cached", "{work: 125ms}", client, more=fails))
    assert [row[2] for row in requests(record)] == ["ok", "degraded", "degraded"]
    late = play(link("fallback: cached", "{work: 125ms}", "arrivals: at 1s, keys: uniform 1", more=fails))
    assert [row[2] for row in requests(late)] == ["error"]


# --- gates ------------------------------------------------------------------------------------------------------


def test_a_breaker_by_failure_rate_opens_when_enough_calls_are_known() -> None:
    policies = "breaker: {failure rate: 50%, calls: 10, minimum calls: 4, open for: 2s}"
    record = play(link(policies, "{fail: 100%}", "rate: 4/s, arrivals: regular"), duration="3s")
    stopped = [row[1] for row in tries(record) if row[3] == "short-circuited"]
    assert stopped[0] == 1.0  # calls at 0, 0.25, 0.5 and 0.75 s; the fourth outcome opens it, until 2.75 s
    assert stopped[-1] == 2.5
    assert [event[:2] for event in record.events] == [
        (0.75, "breaker open"), (2.75, "breaker half-open"), (2.75, "breaker open"),
    ]  # fmt: skip
    assert measured(record, "stopped by breaker") == 7


def test_a_breaker_by_slow_calls_opens_without_a_failure() -> None:
    policies = "breaker: {slow rate: 100%, slow call: 500ms, minimum calls: 2, open for: 5s}"
    record = play(link(policies, "{work: 1s}", "arrivals: at 0s 1s 2s 3s"))
    assert [row[3] for row in tries(record)] == ["ok", "ok", "short-circuited", "short-circuited"]


def test_a_breaker_on_retries_lets_first_tries_pass() -> None:
    policies = "retry: {max attempts: 2}, breaker: {failures: 3, open for: 60s, guards: retries}"
    record = play(link(policies, "{fail: 100%}", "arrivals: at 0s 1s 2s"))
    assert [(row[0], row[3]) for row in tries(record)] == [
        (1, "error"), (2, "error"), (1, "error"), (2, "short-circuited"), (1, "error"), (2, "short-circuited"),
    ]  # fmt: skip
    assert [row[2] for row in requests(record)] == ["error", "short-circuited", "short-circuited"]


def sent_of_retries(record: Record) -> float:
    """Return the share of the retries wanted that were sent."""
    outcomes = [row[3] for row in tries(record) if row[0] == 2]
    return 1 - outcomes.count("short-circuited") / len(outcomes)


BY_FAILURES, BY_RATE = "failures: 1", "failure rate: 100%, calls: 1, minimum calls: 1"


@pytest.mark.parametrize(
    "opens, scope, share, open_for_s",
    [
        (BY_FAILURES, "link", 0.01, 1.0), (BY_FAILURES, "link", 0.01, 0.001), (BY_FAILURES, "link", 0.3, 1.0),
        (BY_RATE, "link", 0.3, 1.0), (BY_FAILURES, "caller", 0.3, 0.5), (BY_RATE, "callee", 0.3, 0.5),
    ],
)  # fmt: skip
def test_a_breaker_on_retries_lets_a_retry_probe_when_its_time_has_passed(
    opens: str, scope: str, share: float, open_for_s: float
) -> None:
    """By renewal from probe to probe. Poisson calls at 10/s; a share p of them fails, and each wants a retry at once.

    A probe that goes well (1 - p) closes it and the next failure opens it; 10/s p T more fail while it is open, and the
    retry of the next one is the probe. Of 1 + (1 - p) + 10 p T retries one is sent; four standard deviations.
    """
    breaker = f"{opens}, open for: {open_for_s}s, guards: retries, scope: {scope}"
    policies = f"retry: {{max attempts: 2}}, breaker: {{{breaker}}}"
    record = play(link(policies, f"{{fail: {share:.0%}}}", "rate: 10/s"), duration="200s" if share > 0.1 else "1000s")
    wanted = sum(row[0] == 2 for row in tries(record))
    meanwhile = 10 * share * open_for_s
    mean, variance = 2 - share + meanwhile, share * (1 - share) + meanwhile
    tolerance = 4 * (variance / mean**3 / wanted) ** 0.5 + 1 / wanted
    assert sent_of_retries(record) == pytest.approx(1 / mean, abs=tolerance)


FAILS_AT_0_1_AND_1500MS = """faults:
  a: {at: 0s, for: 125ms, errors: a, share: 100%}
  b: {at: 1s, for: 200ms, errors: a, share: 100%}
  c: {at: 1500ms, for: 125ms, errors: a, share: 100%}"""
ON_RETRIES = "retry: {max attempts: 2, backoff: 250ms}, breaker: {OPENS, open for: 1s, guards: retries}"


@pytest.mark.parametrize("opens", [BY_FAILURES, BY_RATE])
def test_half_open_a_first_try_does_not_decide_for_the_probe(opens: str) -> None:
    """The retry of the call at 1 s is the probe, out until 2.25 s. First tries fail at 1.5 s and end well at 2 s."""
    client = "arrivals: at 0s 1s 1s 1500ms 3s"
    record = play(link(ON_RETRIES.replace("OPENS", opens), "{work: 1s}", client, more=FAILS_AT_0_1_AND_1500MS))
    assert [event[:2] for event in record.events if event[1].startswith("breaker")] == [
        (0.0, "breaker open"), (1.25, "breaker half-open"), (2.25, "breaker closed"),
    ]  # fmt: skip
    assert sorted((row[1], row[3]) for row in tries(record) if row[0] == 2) == [
        (0.25, "short-circuited"), (1.25, "ok"), (1.25, "short-circuited"), (1.75, "short-circuited"),
    ]  # fmt: skip
    well = play(link(ON_RETRIES.replace("OPENS", opens), "{work: 250ms}", "arrivals: at 0s 500ms 1s",
                     more=FAILS_AT_0_1_AND_1500MS))  # fmt: skip
    assert [event[:2] for event in well.events if event[1].startswith("breaker")] == [
        (0.0, "breaker open"), (1.25, "breaker half-open"), (1.5, "breaker closed"),
    ]  # fmt: skip


@pytest.mark.parametrize("opens", [BY_FAILURES, BY_RATE])
def test_half_open_a_first_try_that_another_defence_stops_gives_no_place_back(opens: str) -> None:
    """The probe is out from 1.25 s. The bulkhead stops a first try at 1.3125 s; at 1.375 s no place is free."""
    policies = ON_RETRIES.replace("OPENS", opens) + ", bulkhead: {max concurrent calls: 1}"
    client = "arrivals: at 0s 1s 1125ms 1312.5ms"
    record = play(link(policies, "{work: 1s}", client, more=FAILS_AT_0_1_AND_1500MS))
    assert sorted((row[1], row[4]) for row in tries(record) if row[3] == "short-circuited") == [
        (0.25, "breaker open"), (1.3125, "bulkhead full"), (1.375, "breaker open"),
    ]  # fmt: skip


def test_a_breaker_of_its_own_for_each_caller() -> None:
    policies = "breaker: {failures: 2, open for: 60s, scope: caller}"
    record = play(link(policies, "{fail: 100%}", "arrivals: at 0s 1s 2s 3s 4s 5s, instances: 2"))
    assert [row[3] for row in tries(record)] == ["error"] * 4 + ["short-circuited"] * 2
    assert [event[3] for event in record.events] == ["caller 0", "caller 1"]


def test_a_breaker_for_each_replica_sends_calls_to_those_that_work() -> None:
    policies = "timeout: 500ms, breaker: {failures: 1, open for: 60s, scope: callee}"
    fails = "faults: {ill: {at: 0s, for: 60s, slow: a, by: 100x, replicas: [0]}}"
    client = "arrivals: at 0s 1s 2s 3s 4s 5s"
    record = play(link(policies, "{work: 250ms}", client, "replicas: 2", more=fails), duration="61s")
    assert [row[2] for row in requests(record)] == ["timeout"] + ["ok"] * 5
    assert attempts(record, "replica") == [(0,)] + [(1,)] * 5


def test_a_replica_that_a_breaker_chose_has_no_call_fewer_when_one_is_given_up_on_its_way() -> None:
    policies = "latency: 125ms, timeout: 62.5ms, breaker: {failures: 99, scope: callee}"
    record = play(link(policies, client="arrivals: at 0s 1s 2s 3s", service="replicas: 2, balance: least outstanding"))
    assert [row[3] for row in tries(record)] == ["timeout"] * 4
    assert attempts(record, "replica") == [(0,), (1,), (0,), (1,)]


def test_a_call_on_its_way_to_the_replica_that_a_breaker_chose_is_outstanding_there() -> None:
    policies, pairs = "latency: 125ms, breaker: {failures: 99, scope: callee}", range(0, 64, 4)
    client = "arrivals: at " + " ".join(f"{at}s {at + 0.0625}s" for at in pairs)
    record = play(link(policies, client=client, service="replicas: 2, balance: best of 2"), duration="70s")
    chosen = [row[0] for row in attempts(record, "replica")]
    assert [sum(chosen[i : i + 2]) for i in range(0, len(chosen), 2)] == [1] * len(pairs)


def test_breakers_of_replicas_do_not_send_to_one_that_its_health_checks_have_taken_out() -> None:
    """Replica 1 is out from 2 s on; replica 0 fails at 3 s and opens its breaker: nobody is left to be sent to."""
    replicas = "replicas: 2, health checks: {every: 1s, timeout: 500ms, unhealthy after: 1, healthy after: 1}"
    dead = "dead: {at: 500ms, for: 60s, crash: a, mode: refuse, replicas: [1]}"
    fails = f"faults: {{{dead}, ill: {{at: 3s, for: 1s, errors: a, share: 100%}}}}"
    policies = "breaker: {failures: 1, open for: 60s, scope: callee}"
    record = play(link(policies, "{work: 250ms}", "arrivals: at 2s 3s 4s 5s", replicas, more=fails), duration="61s")
    assert [row[2] for row in requests(record)] == ["ok", "error", "short-circuited", "short-circuited"]


def test_a_throttle_stops_what_would_be_turned_away() -> None:
    record = play(link("throttle: {factor: 1x, window: 10s}", "{fail: 0%}", "rate: 8/s, arrivals: regular",
                       "workers: 1"), duration="4s")  # fmt: skip
    assert measured(record, "stopped by throttle") == 0  # all are accepted
    full = play(link("throttle: {factor: 1x, window: 10s}", "{work: 60s}", "rate: 8/s, arrivals: regular",
                     "workers: 1, waiting: 0"), duration="4s")  # fmt: skip
    assert measured(full, "stopped by throttle") > 16  # one in service, then nothing is accepted


def test_a_limit_stops_or_makes_wait() -> None:
    client = "arrivals: at 0s 0s 0s 0s"
    stopped = play(link("limit: {rate: 2/s, burst: 2}", "{fail: 0%}", client))
    assert [row[3] for row in tries(stopped)] == ["ok", "ok", "short-circuited", "short-circuited"]
    waited = play(link("limit: {rate: 2/s, burst: 2, when full: wait}", "{fail: 0%}", client))
    assert [row[1] for row in tries(waited)] == [0.0, 0.0, 0.5, 1.0]
    wait_timer = play(link("limit: {rate: 2/s, burst: 2, when full: wait, max wait: 500ms}", "{fail: 0%}", client))
    assert sorted((row[1], row[3]) for row in tries(wait_timer)) == [
        (0.0, "ok"), (0.0, "ok"), (0.0, "short-circuited"), (0.5, "ok"),
    ]  # fmt: skip


def test_a_wait_at_a_bulkhead_ends_with_its_caller_and_leaves_no_row() -> None:
    record = play("""
workload:
  holder: {calls: front.buy, arrivals: at 0s}
  user: {calls: front.buy, arrivals: at 125ms, deadline: 250ms}
services:
  front: {workers: 8, operations: {buy: [{call: back.charge}]}}
  back: {workers: 8, operations: {charge: [{wait: 2s}]}}
links:
  user -> front: {on abandon: cancel}
  front -> back: {bulkhead: {max concurrent calls: 1, max waiting: 4, max wait: 500ms}}
""", "4s")  # fmt: skip
    assert sorted(record.attempts["sent_at"].tolist()) == [0.0, 0.0, 0.125]


def test_a_bulkhead_bounds_what_is_out_and_what_waits() -> None:
    client = "arrivals: at 0s 0s 0s 0s"
    policies = "bulkhead: {max concurrent calls: 1, max waiting: 2"
    record = play(link(policies + "}", client=client))
    assert sorted((row[1], row[3]) for row in tries(record)) == [
        (0.0, "ok"), (0.0, "short-circuited"), (1.0, "ok"), (2.0, "ok"),
    ]  # fmt: skip
    wait_timer = play(link(policies + ", max wait: 1500ms}", client=client))
    assert sorted((row[1], row[3]) for row in tries(wait_timer)) == [
        (0.0, "ok"), (0.0, "short-circuited"), (1.0, "ok"), (1.5, "short-circuited"),
    ]  # fmt: skip


def test_who_leaves_while_waiting_at_a_bulkhead_makes_room() -> None:
    policies = "bulkhead: {max concurrent calls: 1, max waiting: 1}"
    record = play(link(policies, "{work: 2s}", "arrivals: at 0s 500ms 1750ms, deadline: 1s"))
    assert requests(record, "ended_at outcome why") == [
        (1.0, "timeout", "deadline"), (1.5, "timeout", "deadline"), (2.75, "timeout", "deadline"),
    ]  # fmt: skip
    # the first attempt's place is free when its caller leaves; so the second went out at 1 s
    assert [row[1] for row in tries(record)] == [0.0, 1.0, 1.75]


def test_what_a_later_gate_stops_gives_back_what_an_earlier_one_gave() -> None:
    policies = "breaker: {failures: 1, open for: 1s}, bulkhead: {max concurrent calls: 1}"
    fails = "faults: {down: {at: 0s, for: 500ms, errors: a, share: 100%}}"
    # a probe at 1.5 s holds the bulkhead until 3.5 s; what comes meanwhile is stopped by the breaker, half-open
    record = play(link(policies, "{work: 2s}", "arrivals: at 0s 1500ms 2s 4s", more=fails))
    assert [(row[1], row[3], row[4]) for row in tries(record)] == [
        (0.0, "error", "injected errors"), (1.5, "ok", ""), (2.0, "short-circuited", "breaker open"), (4.0, "ok", ""),
    ]  # fmt: skip


# --- cache ------------------------------------------------------------------------------------------------------


def test_a_cache_answers_the_second_call_for_a_key_until_it_expires() -> None:
    client = "arrivals: at 0s 2s 3s 4s, keys: uniform 1"
    record = play(link("cache: {expire after: 2s}", client=client))
    assert [at for at, kind, _ in marks(record) if kind == "cache hit"] == [2.0, 4.0]
    assert [row[1] for row in tries(record)] == [0.0, 3.0]  # kept at 1 s, too old at 3 s
    assert requests(record, "ended_at attempts") == [(1.0, 1), (2.0, 0), (4.0, 1), (4.0, 0)]
    assert measured(record, "cache hit ratio") == 0.5


def test_calls_for_the_same_key_can_wait_for_one_answer() -> None:
    client = "arrivals: at 0s 250ms 500ms, keys: uniform 1"
    alone = play(link("cache: {}", client=client))
    assert len(tries(alone)) == 3
    batched = play(link("cache: {coalesce: true}", client=client))
    assert [row[1] for row in tries(batched)] == [0.0]
    assert requests(batched, "ended_at outcome") == [(1.0, "ok")] * 3
    failed = play(link("cache: {coalesce: true}", "{work: 1s}, {fail: 100%}", client))
    assert requests(failed, "ended_at outcome") == [(1.0, "error")] * 3


def test_the_next_in_line_fetches_when_the_first_leaves() -> None:
    client = "arrivals: at 0s 250ms, keys: uniform 1, deadline: 500ms"
    record = play(link("cache: {coalesce: true}", client=client))
    assert [row[1] for row in tries(record)] == [0.0, 0.5]


def test_a_hit_ratio_is_a_coin() -> None:
    record = play(link("cache: {hit ratio: 80%}", "{fail: 0%}", "rate: 100/s"), duration="100s")
    assert measured(record, "cache hit ratio") == pytest.approx(0.8, abs=0.02)


def test_a_crash_empties_the_caches_in_the_crashed_callers() -> None:
    body = """
workload: {c: {calls: a.x, arrivals: at 0s 1s 4s, keys: uniform 1}}
services: {a: {operations: {x: [{call: b.y}]}}, b: {operations: {y: [{work: 125ms}]}}}
links: {a -> b: {cache: {scope: SCOPE}}}
faults: {down: {at: 2s, for: 1s, crash: a, mode: refuse}}"""
    of_caller, of_link = (play(body.replace("SCOPE", scope)) for scope in ("caller", "link"))
    assert [kind for _, kind, _ in marks(of_caller)] == ["cache miss", "cache hit", "cache miss"]
    assert [kind for _, kind, _ in marks(of_link)] == ["cache miss", "cache hit", "cache hit"]


# --- time -------------------------------------------------------------------------------------------------------


def deep(policies: str, client: str = "arrivals: at 0s, deadline: 1s") -> str:
    """Two calls in a row below a client with a deadline."""
    return f"""
workload: {{c: {{calls: a.x, {client}}}}}
services:
  a: {{operations: {{x: [{{work: 750ms}}, {{call: b.y}}]}}}}
  b: {{operations: {{y: [{{work: 500ms}}]}}}}
links: {{c -> a: {{{policies}}}, a -> b: {{timeout: 2s, {policies}}}}}"""


def test_a_propagated_deadline_shortens_the_calls_below() -> None:
    plain = play(deep("retry: {max attempts: 2}"))
    assert attempts(plain, "sent_at ended_at outcome", "a -> b") == [(0.75, 1.25, "ok")]
    told = play(deep("propagate deadline: true, retry: {max attempts: 2}"))
    assert attempts(told, "sent_at ended_at outcome why", "a -> b") == [(0.75, 1.0, "timeout", "deadline")]


def test_nothing_is_sent_when_the_time_is_over() -> None:
    late = deep("propagate deadline: true", "arrivals: at 0s, deadline: 500ms")
    record = play(late)
    assert attempts(record, "sent_at outcome why", "a -> b") == [(0.75, "short-circuited", "out of time")]
    assert measured(record, "stopped by deadline", "a -> b") == 1


def test_nothing_is_sent_when_the_time_was_over_before_the_token_was_there() -> None:
    body = deep("propagate deadline: true", "arrivals: at 0s 0s, deadline: 1s").replace(
        "timeout: 2s,", "timeout: 2s, limit: {rate: 1/s, burst: 1, when full: wait},").replace(
        "a: {operations", "a: {workers: 2, operations")  # fmt: skip
    assert attempts(play(body), "sent_at ended_at outcome why", "a -> b") == [
        (0.75, 1.0, "timeout", "deadline"), (1.75, 1.75, "short-circuited", "out of time"),
    ]  # fmt: skip


def test_nothing_is_tried_again_beyond_the_time_that_is_left() -> None:
    policies = "propagate deadline: true, retry: {max attempts: 5, backoff: 400ms}"
    record = play(link(policies, "{fail: 100%}", "arrivals: at 0s, deadline: 1s"))
    assert [row[1] for row in tries(record)] == [0.0, 0.4, 0.8]
    assert requests(record) == [(0.0, 0.8, "error", "fail step")]  # no use in waiting for 1.2 s


@pytest.mark.parametrize(
    "how, left, wasted",
    [("continue", [3.0, 6.0], 5.0), ("drop queued", [3.0, 1.5], 2.0), ("cancel", [1.0, 1.5], 0.0)],
)
def test_what_nobody_waits_for_goes_on_is_dropped_or_cancelled(how: str, left: list[float], wasted: float) -> None:
    record = play(link(f"timeout: 1s, on abandon: {how}", "{work: 3s}", "arrivals: at 0s 500ms", "workers: 1"))
    assert [row[0] for row in attempts(record, "left_at")] == left
    assert measured(record, "wasted work", "a") == wasted


def test_a_cancelled_call_cancels_what_it_waits_for() -> None:
    record = play(deep("timeout: 1s, on abandon: cancel".replace("timeout: 1s, ", ""), "arrivals: at 0s, deadline: 1s"))
    assert attempts(record, "left_at outcome", "c -> a") == [(1.0, "timeout")]
    assert attempts(record, "left_at", "a -> b") == [(1.0,)]


@pytest.mark.parametrize("policies", [
    "retry: {max attempts: 1, budget: {per try: 1}}", "propagate deadline: true", "on abandon: drop queued",
    "bulkhead: {max concurrent calls: 1000}", "limit: {rate: 1000/s, burst: 1000}", "hedge: {after: 60s}",
    "breaker: {failure rate: 100%, minimum calls: 1000}", "throttle: {factor: 100x}",
])  # fmt: skip
def test_a_defence_that_never_acts_changes_nothing(policies: str) -> None:
    client = "rate: 20/s, keys: uniform 5"
    with_, without = (play(link(p, "{work: exponential 20ms}", client, "workers: 1")) for p in (policies, ""))
    assert requests(with_) == requests(without)
    assert [row[1:3] for row in tries(with_)] == [row[1:3] for row in tries(without)]
