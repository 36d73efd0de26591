"""A replay shows measured values: its series agree with those of the results, and equal runs give equal replays."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

import sim
from sim.replay import beside, timeline, to_json
from sim.replay.clock import MOST_COUNTS, MOST_LEVELS, Clock, rounded, step_for
from sim.results.book import Book
from sim.results.series import series

SHOP = """
version: 1
title: A slow till
question: Who notices?
duration: 40s
warmup: 5s
workload: {customers: {calls: shop.buy, rate: 40/s, deadline: 1s, keys: uniform 50}}
services:
  shop: {workers: 8, waiting: 8, operations: {buy: [{work: 5ms}, {call: till.pay}, {send: mails}]}}
  till: {workers: 2, waiting: 16, operations: {pay: [{work: exponential 20ms}, {effect: paid}]}}
  post: {operations: {mail: [{work: 10ms}, {branch: key 7, then: [{fail: 100%}]}]}, consumes: {mails: mail}}
queues: {mails: {max deliveries: 2, dead letters: dead}, dead: {}}
links:
  shop -> till: {latency: 1ms, timeout: 300ms, retry: {max attempts: 2}, breaker: {failures: 5, open for: 2s}}
faults:
  slow till: {slow: till, by: 10x, at: 10s, for: 10s}
  post down: {crash: post, mode: silent, at: 12s, for: 4s}
"""


@cache
def record() -> Any:
    return sim.run(sim.loads(SHOP), replications=1).record


@cache
def data() -> dict[str, Any]:
    return timeline(record())


def entry(kind: str, name: str) -> dict[str, Any]:
    return next(one for one in data()[kind] if one["name"] == name)


def spread(values: Any, frames: int) -> np.ndarray[Any, Any]:
    return np.full(frames, values, float) if not isinstance(values, list) else np.array(values, float)


def per_second(values: Any, step_s: float) -> np.ndarray[Any, Any]:
    """Return the mean over each second of a series in shorter frames."""
    whole = round(data()["end_s"])
    return spread(values, round(whole / step_s)).reshape(whole, -1).mean(axis=1)


ASKED = [
    ("nodes", "customers", "rates", "offered", "arrivals"), ("nodes", "customers", "rates", "answered", "answered"),
    ("nodes", "customers", "rates", "done", "done"), ("nodes", "customers", "rates", "goodput", "goodput"),
    ("nodes", "customers", "levels", "in flight", "in flight"), ("nodes", "shop", "rates", "arrivals", "arrivals"),
    ("nodes", "till", "levels", "waiting", "waiting"), ("nodes", "mails", "levels", "backlog", "backlog"),
    ("nodes", "mails", "levels", "in flight", "in flight"), ("nodes", "mails", "rates", "published", "published"),
    ("nodes", "mails", "rates", "deliveries", "deliveries"), ("links", "shop -> till", "rates", "attempts", "attempts"),
]  # fmt: skip


@pytest.mark.parametrize("kind, of, family, name, measured", ASKED)
def test_each_series_agrees_with_that_of_the_results(kind: str, of: str, family: str, name: str, measured: str) -> None:
    step_s = data()["rate_s" if family == "rates" else "level_s"]
    assert step_s < 1  # the frames are finer than a second, and must add up to it
    found = per_second(entry(kind, of)[family][name], step_s)
    expected = next(one.values for one in series(record()) if (one.of, one.name) == (of, measured))
    assert found == pytest.approx(expected[: len(found)], abs=0.051)
    assert expected.max() > 0


def test_busy_workers_are_the_utilisation_of_the_results() -> None:
    for service, workers in (("shop", 8), ("till", 2)):
        found = per_second(entry("nodes", service)["levels"]["busy"], data()["level_s"])
        expected = next(one.values for one in series(record()) if (one.of, one.name) == (service, "utilisation"))
        assert found / workers == pytest.approx(expected[: len(found)], abs=0.01)


def test_the_share_of_those_arriving_adds_up_to_the_measured_goodput_ratio() -> None:
    run, customers = sim.run(sim.loads(SHOP), replications=1), entry("nodes", "customers")
    frames = round(data()["end_s"] / data()["rate_s"])
    offered, good = spread(customers["rates"]["offered"], frames), spread(customers["rates"]["good"], frames)
    here = np.arange(frames) * data()["rate_s"]
    window = (here >= 10 - 1e-9) & (here < 20 - 1e-9)
    share = (offered * good.clip(0))[window].sum() / 100 / offered[window].sum()
    assert share == pytest.approx(run.value("goodput ratio", "customers", "fault"), abs=0.002)


def test_failures_retries_and_short_circuits_are_counted_as_in_the_rows() -> None:
    link, book = entry("links", "shop -> till"), Book(record())
    frames = round(data()["end_s"] / data()["rate_s"])
    rows = book.attempts_by_link.rows(book.links.index("shop -> till"))
    counted = {
        "retries": int((book.tried & (book.attempts["number"] > 1))[rows].sum()),
        "short-circuited": int((~book.tried[rows]).sum()),
        "failures": int((book.failed & book.tried)[rows].sum()),
    }  # fmt: skip
    for name, expected in counted.items():
        assert spread(link["rates"][name], frames).sum() * data()["rate_s"] == pytest.approx(expected, abs=1.5), name
        assert expected > 0, name
    opened = [at for at, kind, of, _ in record().events if kind == "breaker open"]
    assert [at for at, state in link["breaker"] if state == 1] == pytest.approx(opened, abs=0.001)


def test_how_attempts_over_a_link_end_adds_up_to_those_that_were_sent() -> None:
    link, frames = entry("links", "shop -> till"), round(data()["end_s"] / data()["rate_s"])

    def count(name: str) -> float:
        return float(spread(link["rates"].get(name, 0), frames).sum() * data()["rate_s"])

    book = Book(record())
    rows = book.attempts_by_link.rows(book.links.index("shop -> till"))
    open_at_the_end = int(
        (book.tried & (book.sent_at < data()["end_s"]) & (book.ended_at >= data()["end_s"]))[rows].sum()
    )
    assert count("answered") + count("failures") == pytest.approx(count("attempts") - open_at_the_end, abs=0.5)
    assert count("timeout") + count("error") + count("rejected") == pytest.approx(count("failures"), abs=0.5)
    assert count("timeout") > 0 and "refused" not in link["rates"]
    assert link["decisions"] == ["stopped by breaker"]
    assert count("stopped by breaker") == count("short-circuited") > 0


def test_the_time_that_answers_took_and_attempts_in_flight_obey_little() -> None:
    link = entry("links", "customers -> shop")
    frames = {name: round(data()["end_s"] / data()[f"{name}_s"]) for name in ("rate", "level")}
    book = Book(record())
    rows = book.attempts_by_link.rows(book.links.index("customers -> shop"))
    good = rows[book.attempts["outcome"][rows] <= 1]
    took = spread(link["rates"]["took"], frames["rate"])
    n = spread(link["rates"]["answered"], frames["rate"]) * data()["rate_s"]
    mean_ms = (took[n > 0] * n[n > 0]).sum() / n.sum()
    assert mean_ms == pytest.approx(1e3 * (book.ended_at - book.sent_at)[good].mean(), rel=0.01)
    assert ((took < 0) == (n == 0)).all()
    in_flight = spread(link["levels"]["in flight"], frames["level"]).mean() * data()["end_s"]
    assert in_flight == pytest.approx((book.ended_at - book.sent_at)[rows].sum(), rel=0.01)


def test_what_is_overtaken_by_another_attempt_is_no_failure() -> None:
    hedged = SHOP.replace("timeout: 300ms, retry: {max attempts: 2}, breaker: {failures: 5, open for: 2s}",
                          "timeout: 900ms, hedge: {after: 30ms}")  # fmt: skip
    told = timeline(sim.run(sim.loads(hedged), replications=1).record)
    link = next(one for one in told["links"] if one["name"] == "shop -> till")
    frames = round(told["end_s"] / told["rate_s"])
    before = slice(0, round(10 / told["rate_s"]))
    assert "hedges" in link["decisions"]
    assert spread(link["rates"]["abandoned"], frames)[before].sum() > 0
    assert spread(link["rates"]["failures"], frames)[before].sum() == 0


def test_faults_say_whom_they_strike_and_a_crash_is_down_until_it_ends() -> None:
    faults = {fault["name"]: fault for fault in data()["faults"]}
    assert faults["slow till"]["on"] == [["till", "10x slower"]]
    assert (faults["slow till"]["at_s"], faults["slow till"]["until_s"]) == (10.0, 20.0)
    assert entry("nodes", "post")["down"] == [[12.0, 16.0]]
    there = spread(entry("nodes", "post")["levels"]["there"], round(data()["end_s"] / data()["level_s"]))
    frame = round(1 / data()["level_s"])
    assert (there[12 * frame - 1], there[12 * frame], there[16 * frame - 1], there[16 * frame]) == (1, 0, 0, 1)
    assert entry("nodes", "till")["levels"]["there"] == 2


def test_dead_letters_travel_over_their_own_link() -> None:
    link, frames = entry("links", "mails -> dead"), round(data()["end_s"] / data()["rate_s"])
    moved = [at for at, kind, _, _ in record().events if kind == "dead-lettered"]
    assert link["n"] == len(moved) > 0
    assert spread(link["rates"]["attempts"], frames).sum() * data()["rate_s"] == pytest.approx(len(moved), abs=0.1)


def test_the_story_is_the_one_of_the_results() -> None:
    told = sim.run(sim.loads(SHOP), replications=1).explain().sentences
    assert [line["text"] for line in data()["story"]] == [sentence.text for sentence in told]
    assert all(0 <= line["at_s"] <= data()["end_s"] for line in data()["story"])


def test_the_same_run_gives_the_same_bytes_and_another_seed_another_id() -> None:
    again = timeline(sim.run(sim.loads(SHOP), replications=1).record)
    assert to_json(again) == to_json(data())
    assert timeline(sim.run(sim.loads(SHOP), replications=1, seed=9).record)["id"] != data()["id"]


def test_every_series_has_its_number_of_frames_and_plain_numbers() -> None:
    frames = {"rates": round(data()["end_s"] / data()["rate_s"]), "levels": round(data()["end_s"] / data()["level_s"])}
    assert frames["rates"] <= MOST_COUNTS and frames["levels"] <= MOST_LEVELS
    for one in [*data()["nodes"], *data()["links"]]:
        for family, many in frames.items():
            for values in one.get(family, {}).values():
                assert not isinstance(values, list) or len(values) == many
    json.loads(to_json(data()), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_the_hero_is_small() -> None:
    scenario = sim.load("scenarios/cascade_vs_backlog.yaml")
    record = sim.run(scenario, variant="asynchronous", with_=["dead-letter queue"], replications=1).record
    assert len(to_json(timeline(record))) < 60_000


@pytest.mark.parametrize("end_s", [0.4, 7, 60, 181, 3600, 86_400, 3e7])
def test_frames_are_bounded_however_long_a_run_is(end_s: float) -> None:
    for most in (MOST_COUNTS, MOST_LEVELS):
        assert end_s / step_for(end_s, most) <= most + 1e-6


def test_a_run_of_no_length_still_has_a_clock() -> None:
    clock = Clock(0.05, 0.05, 0.05)
    assert clock.rates(np.array([0.01, np.inf])) == 20
    assert clock.shares(np.zeros(0), np.zeros(0)) == -1


def test_numbers_are_as_short_as_they_may_be() -> None:
    assert rounded(np.array([0.0, 0.0])) == 0
    assert rounded(np.array([1.0, 2.26])) == [1, 2.26]
    assert rounded(np.array([1.0, 1234.56])) == [1, 1235]


def test_two_runs_stand_beside_each_other_under_their_own_names() -> None:
    both = beside(data(), {**data(), "label": "again"})
    assert [side["label"] for side in both["sides"]] == ["as written", "again"]
    assert both["id"] == f"{data()['id']}-{data()['id']}"


def test_workers_of_replicas_that_an_autoscaler_adds_are_there_when_they_join() -> None:
    scaled = SHOP.replace(
        "till: {workers: 2, waiting: 16,",
        "till: {workers: 2, waiting: 16, autoscale: {target utilisation: 50%, max replicas: 3, every: 2s, boot: 1s},",
    )
    record = sim.run(sim.loads(scaled), replications=1).record
    till = next(node for node in timeline(record)["nodes"] if node["name"] == "till")
    there = per_second(till["levels"]["there"], data()["level_s"])
    expected = next(one.values for one in series(record) if (one.of, one.name) == ("till", "replicas"))
    assert till["workers"] == 6 and there[0] == 2 < max(there)
    assert there / 2 == pytest.approx(expected[: len(there)], abs=0.01)
