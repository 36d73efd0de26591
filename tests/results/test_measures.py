"""The measures of two records made by hand, against values worked out on paper."""

from typing import Any

import pytest

from sim.errors import ParameterError
from sim.record.record import OK, TIMEOUT, Record, Site
from sim.results.measures import (
    autoscaling,
    balancing,
    batches,
    link_defences,
    outliers,
    overload,
    processors,
    queues,
    stores,
)
from sim.results.measures.registry import FAMILIES, NAMES, measures
from sim.results.rows import needed
from tests.results.records import NAN, SHOP, post, record, shop, visit


def values(played: Record, of: str, during: str = "all") -> dict[str, Any]:
    return {row.measure: row.value for row in measures(played) if (row.of, row.during) == (of, during)}


def expect(found: dict[str, Any], **wanted: Any) -> None:
    for name, value in wanted.items():
        assert found[name.replace("_", " ").replace("dead lettered", "dead-lettered")] == value, name


def test_requests_are_judged_on_both_clocks():
    found = values(shop(), "shoppers")
    expect(found, offered=8, answered_ratio=5 / 8, done_ratio=3 / 8, goodput_ratio=3 / 8, failure_ratio=3 / 8)
    expect(found, throughput=5 / 32, goodput=3 / 32, requests_in_flight_mean=15 / 32, attempts_per_request=1)
    expect(found, ok_ratio=4 / 8, degraded_ratio=1 / 8, timeout_ratio=2 / 8, rejected_ratio=1 / 8, open_ratio=0)
    del found["first symptom"]  # of the workload, that is, not of any part
    system = values(shop(), "system")
    assert found == {name: system[name] for name in found}


def test_latency_counts_successes_and_time_to_outcome_everyone():
    found = values(shop(), "shoppers")
    expect(found, latency_mean=1.4, latency_max=3.75, time_to_outcome_mean=15 / 8, done_latency_mean=1.75)
    assert found["latency p50"] is None  # five samples tell no median


def test_requests_belong_to_the_window_they_arrive_in():
    expect(values(shop(), "shoppers", "before"), offered=2, goodput_ratio=1, goodput=2 / 8)
    expect(values(shop(), "shoppers", "fault"), offered=4, answered_ratio=1 / 4, goodput=1 / 8, timeout_ratio=2 / 4)
    expect(values(shop(), "shoppers", "after"), offered=2, answered_ratio=1, done_ratio=0, throughput=2 / 16)
    assert values(shop(), "shoppers", "back slow") == values(shop(), "shoppers", "fault")


def test_a_station_tells_waits_levels_and_rejections():
    found = values(shop(), "front")
    expect(found, arrivals_rate=8 / 32, throughput=7 / 32, rejected=1, withdrawn=0, wait_mean=3 / 7)
    expect(found, sojourn_mean=16.5 / 7, waiting_mean=3 / 32, in_service_mean=13.5 / 32, in_system_mean=16.5 / 32)
    expect(found, utilisation=13.5 / 64)
    assert values(shop(), "front", "fault")["utilisation"] == (5 + 4.5 + 0.75) / 16


def test_work_for_callers_that_left_is_wasted_from_then_on():
    # charged after 12 s (1 s), wholly after 13 s (0.5 s), and after its own timeout (0.25 s)
    found = values(shop(), "back")
    assert found["wasted work"] == 1.75
    assert found["useful work"] == 5.0
    assert found["wasted share"] == pytest.approx(1.75 / 6.75)
    found = values(shop(), "front")
    expect(found, useful_work=3.25, wasted_work=0, held_waiting=10.25)


def test_work_after_the_caller_left_excludes_waiting_for_callees():
    late = {"outcome": TIMEOUT, "ended_at": 2.0}
    played = record(
        SHOP,
        sites=(Site("call", "shoppers", "front", "buy"), Site("call", "front", "back", "charge")),
        requests=[{"id": 0, "arrived_at": 0.0, "ended_at": 2.0, "outcome": TIMEOUT}],
        attempts=[
            visit(0, 0, 0, 0.0, 0.0, 8.0, worked_s=3.0) | late,
            # two tries with half a second between them, then two parallel calls: 1.0 .. 4.5 and 5.0 .. 7.0 in all
            visit(1, 0, 1, 1.0, 1.0, 3.0, parent=0, outcome=TIMEOUT),
            visit(2, 0, 1, 3.5, 3.5, 4.5, parent=0, number=2),
            visit(3, 0, 1, 5.0, 5.0, 6.0, parent=0),
            visit(4, 0, 1, 5.5, 5.5, 7.0, parent=0),
        ],
    )
    # of the 6 s after 2.0 it waited 2.5 + 2.0
    assert values(played, "front")["wasted work"] == 1.5


def test_amplification_compounds_over_layers():
    found = values(shop(), "front -> back")
    expect(found, attempts=7, attempts_rate=7 / 32, amplification=7 / 6, attempt_ok_ratio=6 / 7, timeouts=1)
    assert values(shop(), "system")["amplification"] == 15 / 14
    attempts = [visit(i, 0, 0, float(i), NAN, NAN, number=i + 1) | {"ended_at": i + 1.0} for i in range(4)]
    for i in range(4):
        attempts += [visit(10 + 4 * i + j, 0, 1, float(i), NAN, NAN, parent=i, number=j + 1) for j in range(4)]
    sites = (Site("call", "shoppers", "front", "buy"), Site("call", "front", "back", "charge"))
    requests = [{"id": 0, "arrived_at": 0.0, "ended_at": 4.0, "attempts": 4}]
    played = record(SHOP, sites=sites, requests=requests, attempts=attempts)
    assert values(played, "shoppers -> front")["amplification"] == 4
    assert values(played, "front -> back")["amplification"] == 16


def test_the_ledger_books_every_effect_once():
    expect(values(shop(), "charged"), due=5, applied_once=3, duplicated=1, missing=1, ghost=2, not_due=1)
    expect(values(shop(), "shoppers", "fault"), due=1, applied_once=1, duplicated=0, missing=0, ghost=2, not_due=1)


def test_recovery_waits_for_ten_good_seconds_in_a_row():
    assert values(shop(), "shoppers")["recovery time"] is None  # the last bad one is 8 s after, arrivals end 7 s later
    longer = shop()
    longer.duration_s = 35.0
    assert values(longer, "shoppers")["recovery time"] == 9
    longer.requests["outcome"][6:] = OK
    longer.expected_effects = ()
    longer.effects = {name: column[:0] for name, column in longer.effects.items()}
    assert values(longer, "shoppers")["recovery time"] == 0


def test_a_queue_tells_backlog_age_and_drain():
    found = values(post(), "jobs")
    expect(found, published=5, deliveries=6, deliveries_per_message=6 / 5, backlog_mean=8 / 16, backlog_peak=2)
    expect(found, oldest_age=4, drain_time=1, done=3, dead_lettered=1, lost=0, in_queue_at_end=1)
    assert found["message latency mean"] == (1 + 4 + 4.5) / 3
    expect(values(post(), "jobs", "before"), backlog_mean=1 / 4, backlog_peak=1, oldest_age=2, published=2)
    expect(values(post(), "dead"), published=1, backlog_mean=9 / 16, backlog_peak=1, oldest_age=9, drain_time=None)


def test_deliveries_are_told_apart_from_first_tries():
    expect(values(post(), "jobs -> worker"), attempts=6, amplification=6 / 5, attempt_ok_ratio=3 / 6, timeouts=1)
    assert values(post(), "system")["amplification"] == 1


def test_work_after_visibility_has_ended_is_wasted():
    expect(values(post(), "worker"), wasted_work=0.5)


def test_asynchronous_effects_are_due_when_the_request_is_answered():
    found = values(post(), "users")
    # the last is in flight when the run ends
    expect(found, due=5, applied_once=3, duplicated=1, missing=0, undecided=1, answered_ratio=1, done_ratio=3 / 5)
    assert found["done latency mean"] == (1 + 3.25 + 4.5) / 3


def test_a_written_window_is_measured_when_asked_for():
    rows = [row for row in measures(shop(), ["8s to 10s"]) if row.during == "8s to 10s"]
    assert {row.measure: row.value for row in rows if row.of == "shoppers"}["offered"] == 2
    with pytest.raises(ParameterError, match="did you mean 'fault'"):
        measures(shop(), ["falt"])  # codespell:ignore falt


def test_a_run_without_faults_has_one_window_and_no_recovery():
    played = shop()
    played.windows, played.scenario = [], played.scenario.model_copy(update={"faults": {}})
    rows = measures(played)
    assert {row.during for row in rows} == {"all"}
    assert not {"recovery time", "drain time"} & {row.measure for row in rows}


def test_an_empty_window_tells_nothing():
    played = shop()
    played.windows = [("back slow", 0.0, 32.0)]
    before = [row for row in measures(played) if row.during in ("before", "after")]
    assert before and all(row.value is None for row in before)


def test_a_run_without_requests_tells_nothing_and_does_not_fail():
    rows = measures(record(SHOP, windows=[("back slow", 8.0, 16.0)]))
    assert {row.value for row in rows if row.measure == "goodput ratio"} == {None}
    assert {row.value for row in rows if row.measure == "goodput"} == {0.0}


def test_every_measure_is_declared_once_and_every_declared_one_is_measured():
    found = {row.measure for played in (shop(), post()) for row in measures(played)}
    assert found <= set(NAMES)
    # neither record has a breaker or another defence; the engine's own tests measure those
    elsewhere = {"breaker open share", *link_defences.NAMES, *overload.NAMES, *autoscaling.NAMES, *stores.NAMES}
    elsewhere |= {*outliers.NAMES, *balancing.NAMES, *batches.NAMES, *processors.NAMES}
    elsewhere |= {name for name, about in queues.NAMES.items() if about.of[0].whose}
    assert set(NAMES) - found == elsewhere - found
    for name, about in NAMES.items():
        families = [names[name] for names, _ in FAMILIES if name in names]
        assert {(one.unit, one.meaning, one.during) for one in families} == {(about.unit, about.meaning, about.during)}
        assert about.of == tuple(of for one in families for of in one.of)


def test_percentiles_need_ten_samples_beyond_them():
    assert [needed(quantile) for quantile in (0.5, 0.95, 0.99)] == [20, 200, 1000]


def test_the_breaker_is_open_from_its_event_to_the_next():
    scenario = SHOP | {"links": {"front -> back": {"timeout": "5s", "breaker": {}}}}
    events = [(4.0, "breaker open", "front -> back", ""), (8.0, "breaker half-open", "front -> back", "")]
    events += [(8.5, "breaker open", "front -> back", ""), (12.5, "breaker closed", "front -> back", "")]
    sites = (Site("call", "front", "back", "charge"),)
    assert values(record(scenario, events=events, sites=sites), "front -> back")["breaker open share"] == 8 / 32
