"""Series and frames of the two records made by hand."""

import numpy as np
import pytest

from sim.record.record import Record
from sim.results import frames
from sim.results.measures.registry import measures
from sim.results.series import NAMES, series
from tests.results.records import SHOP, post, record, shop


def one(played: Record, of: str, name: str) -> list[float]:
    return next(found.values.tolist() for found in series(played) if (found.of, found.name) == (of, name))


def nonzero(values: list[float]) -> dict[int, float]:
    return {second: value for second, value in enumerate(values) if value}


def test_counts_are_of_the_second_they_happen_in():
    assert nonzero(one(shop(), "shoppers", "arrivals")) == dict.fromkeys([0, 2, 8, 9, 10, 11, 20, 24], 1.0)
    assert nonzero(one(shop(), "shoppers", "timeout")) == {12: 1.0, 13: 1.0}
    assert nonzero(one(shop(), "shoppers", "answered")) == {1: 1.0, 2: 1.0, 13: 1.0, 21: 1.0, 24: 1.0}
    assert nonzero(one(shop(), "shoppers", "goodput")) == {1: 1.0, 2: 1.0, 13: 1.0}


def test_levels_are_means_over_the_second():
    assert nonzero(one(shop(), "back", "in service")) == {
        0: 0.5, 2: 0.25, 8: 0.5, 9: 1.0, 10: 1.0, 11: 1.0, 12: 1.0, 13: 0.75, 20: 0.5, 21: 0.25
    }  # fmt: skip
    assert nonzero(one(shop(), "front", "waiting")) == {10: 1.0, 11: 1.0, 12: 1.0}
    assert one(shop(), "front", "utilisation")[9:13] == [1.0] * 4


def test_a_queue_shows_backlog_flights_and_the_age_of_its_oldest():
    assert nonzero(one(post(), "jobs", "backlog")) == {3: 1, 4: 2, 5: 2, 6: 1, 7: 1, 8: 1}
    assert nonzero(one(post(), "jobs", "in flight")) == {
        0: 1, 2: 1, 5: 1, 6: 1, 9: 0.5, 12: 1, 13: 1, 14: 1, 15: 1, 16: 1, 17: 1, 18: 1, 19: 1
    }  # fmt: skip
    assert nonzero(one(post(), "jobs", "oldest age")) == {3: 1, 4: 2, 5: 1, 6: 1, 7: 2, 8: 3}
    assert nonzero(one(post(), "dead", "oldest age")) == {second: second - 7 for second in range(8, 20)}


def test_a_breakers_state_is_that_of_the_seconds_beginning():
    scenario = SHOP | {"links": {"front -> back": {"timeout": "5s", "breaker": {}}}}
    events = [(4.0, "breaker open", "front -> back", ""), (8.0, "breaker half-open", "front -> back", "")]
    events += [(9.5, "breaker closed", "front -> back", "")]
    found = one(record(scenario, events=events, sites=shop().sites), "front -> back", "breaker state")
    assert nonzero(found) == {4: 1, 5: 1, 6: 1, 7: 1, 8: 0.5, 9: 0.5}


@pytest.mark.parametrize("played", [shop, post])
def test_series_agree_with_measures(played):
    run = played()
    rows = {(row.measure, row.of): row.value for row in measures(run) if row.during == "all"}
    whole = int(run.duration_s)
    for found in series(run):
        assert found.name in NAMES and len(found.values) == int(run.ended_at)
        mean = rows.get((f"{found.name} mean", found.of))
        if mean is not None:
            assert found.values[:whole].mean() == pytest.approx(mean)
    shares = {found.of: found.values for found in series(run) if found.name == "utilisation"}
    assert all(values[:whole].mean() == pytest.approx(rows["utilisation", of]) for of, values in shares.items())


def test_frames_name_what_the_record_codes():
    requests = frames.requests(shop())
    assert requests["outcome"].tolist()[3:6] == ["timeout", "ok", "rejected"]
    assert requests["where"].tolist()[5] == "front"
    assert requests["why"].tolist()[2:6] == ["deadline", "deadline", "", "line full"]
    assert requests["good"].tolist() == [True, True, False, False, True, False, False, False]
    assert requests.attrs["units"]["latency_s"] == "s"
    attempts = frames.attempts(shop())
    assert attempts["link"].tolist()[:2] == ["shoppers -> front", "front -> back"]
    assert attempts["wasted_s"].sum() == 1.75
    assert frames.messages(post())["outcome"].tolist()[2:5] == ["dead-lettered", "done", "waiting"]
    assert frames.effects(shop())["workload"].tolist() == ["shoppers"] * 7
    assert frames.events(shop())["kind"].tolist() == ["fault begins", "fault ends"]


def test_failures_are_counted_by_place_and_reason():
    assert frames.failures(shop()).values.tolist() == [
        ["shoppers", "timeout", "shoppers", "deadline", 2],
        ["shoppers", "rejected", "front", "line full", 1],
    ]


def test_the_ledgers_frame_has_one_row_for_each_entry():
    found = frames.ledger(shop())
    assert found.groupby("status", observed=False).size().to_dict() == {
        "applied once": 3, "duplicated": 1, "missing": 1, "undecided": 0, "ghost": 2, "not due": 1, "open": 0
    }  # fmt: skip


def test_the_series_frame_is_long_and_in_order():
    found = frames.series(post())
    mine = found[(found["of"] == "jobs") & (found["name"] == "backlog")]
    assert mine["time_s"].tolist() == np.arange(20.0).tolist()
    assert mine["value"].tolist() == one(post(), "jobs", "backlog")
    assert set(mine["unit"]) == {"messages"}


def test_frames_of_a_run_without_rows_are_empty():
    empty = record(SHOP)
    for make in (frames.requests, frames.attempts, frames.messages, frames.effects, frames.events, frames.failures):
        assert len(make(empty)) == 0
    assert len(frames.measures(measures(empty))) > 0
