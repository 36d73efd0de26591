"""Symptoms, reach and waste as data: what the story tells, in frames and measures."""

from __future__ import annotations

import math

import pytest

import sim
from sim.results import frames
from sim.results.book import Book
from sim.results.measures.registry import measures
from sim.results.symptoms import KINDS, symptoms
from tests.engine._play import play

CHAIN = """
workload: {{users: {{calls: front.buy, rate: 8/s, arrivals: regular, deadline: 2s}}}}
services:
  front: {{workers: 4, waiting: unlimited, operations: {{buy: [{{call: back.charge}}]}}}}
  back: {{workers: 1, waiting: unlimited, operations: {{charge: [{{work: 62500us}}, {{effect: charged}}]}}}}
  aside: {{operations: {{rest: [{{work: 1s}}]}}}}
links: {{front -> back: {{timeout: 1s}}}}
{faults}"""
SLOW = "faults: {back slow: {slow: back, by: 16x, at: 8s, for: 4s}}"


def rows(body: str) -> dict[tuple[str, str, str], float | None]:
    return {(row.measure, row.of, row.during): row.value for row in measures(play(body, "32s"))}


def test_the_reach_and_each_first_symptom_are_measures() -> None:
    found = rows(CHAIN.format(faults=SLOW))
    assert (found["nodes hit", "system", "all"], found["blast radius", "system", "all"]) == (3, 2)
    first = {node: found["first symptom", node, "all"] for node in ("back", "front", "users", "aside", "system")}
    assert first["aside"] is None and first["back"] is not None and first["front"] is not None
    assert 0 <= first["back"] < first["front"] < (first["users"] or 0.0) and first["system"] == first["back"]


def test_without_a_fault_or_without_harm_nothing_is_reached() -> None:
    assert not [key for key in rows(CHAIN.format(faults="")) if key[0] in ("nodes hit", "first symptom")]
    calm = rows(CHAIN.format(faults=SLOW.replace("16x", "1x")))
    assert (calm["nodes hit", "system", "all"], calm["blast radius", "system", "all"]) == (0, None)
    assert calm["first symptom", "back", "all"] is None


def test_the_frame_has_every_symptom_in_order_and_numbers_the_parts() -> None:
    record = play(CHAIN.format(faults=SLOW), "32s")
    frame, found = frames.symptoms(record), symptoms(Book(record))
    assert list(zip(frame["at"], frame["kind"], frame["of"])) == [(one.at_s, one.kind, one.of) for one in found]
    assert frame["at"].is_monotonic_increasing and set(frame["kind"]) <= set(KINDS)
    firsts = frame[frame["first"]]
    assert list(firsts["order"]) == list(range(1, frame["of"].nunique() + 1)) and firsts["of"].is_unique
    assert frame.groupby("of")["order"].nunique().max() == 1
    assert firsts["of"].iloc[0] == "back" and math.isnan(frame["from_at"].iloc[0])
    assert frame.attrs["units"]["until_at"] == "s"
    assert len(frames.symptoms(play(CHAIN.format(faults=""), "8s"))) == 0


def test_the_links_into_a_service_share_its_wasted_work() -> None:
    body = CHAIN.format(faults=SLOW).replace(
        "workload: {users:",
        "workload: {others: {calls: back.charge, rate: 1/s, arrivals: regular, deadline: 500ms}, users:",
    )
    found = rows(body)
    for during in ("all", "before", "fault", "after"):
        into = [found["wasted work", link, during] or 0.0 for link in ("front -> back", "others -> back")]
        assert math.fsum(into) == pytest.approx(found["wasted work", "back", during])
        assert during == "before" or min(into) > 0
    share = found["wasted share", "front -> back", "fault"]
    assert share is not None and 0 < share <= 1 and found["wasted work", "users -> front", "all"] == 0


def test_the_waste_is_told_by_link_and_reason_and_adds_up() -> None:
    record = play(CHAIN.format(faults=SLOW), "32s")
    frame = frames.waste(record)
    _, wasted, _ = Book(record).work
    assert frame["wasted_s"].sum() == pytest.approx(math.fsum(wasted.tolist())) and frame["wasted_s"].min() > 0
    assert frame["wasted_s"].is_monotonic_decreasing
    assert (frame["link"].iloc[0], frame["outcome"].iloc[0]) == ("front -> back", "timeout")
    assert len(frames.waste(play(CHAIN.format(faults=""), "8s"))) == 0


def test_a_run_offers_them() -> None:
    scenario = sim.loads("version: 1\ntitle: T\nduration: 32s\n" + CHAIN.format(faults=SLOW))
    run = sim.run(scenario)
    assert run.blast_radius.struck == ("back",) and run.blast_radius.radius == 2
    assert run.symptoms["of"].iloc[0] == run.blast_radius.hit[0].node == "back"
    assert run.waste["wasted_s"].iloc[0] > 1 and run.value("nodes hit") == 3
