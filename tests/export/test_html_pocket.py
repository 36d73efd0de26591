"""The pocket page: every combination that exists, its own numbers, and what was left out, said."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import sim
from sim.export.page import pocket_page, pre_run
from sim.export.page.pocket import combinations_of
from sim.replay import timeline

TILLS = """
version: 1
title: Two tills
question: Which of them helps?
duration: 8s
warmup: 2s
replications: 2
workload: {customers: {calls: till.pay, rate: 40/s, deadline: 1s}}
services: {till: {workers: 2, waiting: 20, operations: {pay: [{work: exponential 20ms}]}}}
faults: {slow till: {slow: till, by: 6x, at: 4s, for: 2s}}
variants: {as it is: {}, two workers more: {services: {till: {workers: 4}}}}
toggles:
  short line: {about: Fewer places, patch: {services: {till: {waiting: 2}}}}
  long line: {about: More places, patch: {services: {till: {waiting: 90}}}}
  patience: {about: They wait longer, for: [as it is], patch: {workload: {customers: {deadline: 3s}}}}
"""


@pytest.fixture(scope="module")
def pocket() -> Any:
    return pre_run(sim.loads(TILLS))


def embedded(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="pocket-data">(.*?)</script>', page)
    assert found is not None
    return json.loads(found[1])


def test_combinations_come_with_the_fewest_toggles_first_and_only_where_they_belong() -> None:
    found = combinations_of(sim.loads(TILLS))
    assert found[:4] == [
        ("as it is", ()),
        ("two workers more", ()),
        ("as it is", ("short line",)),
        ("as it is", ("long line",)),
    ]
    assert len(found) == 8 + 4 and not any("patience" in on for variant, on in found if variant != "as it is")


def test_toggles_that_contradict_each_other_are_told_once(pocket: Any) -> None:
    assert len(pocket.entries) == 12 - 3
    assert len(pocket.left_out) == 1 and pocket.left_out[0].startswith("short line with long line, which cannot")


def test_numbers_are_those_of_a_run(pocket: Any) -> None:
    entry = next(one for one in pocket.entries if one["toggles"] == ["short line"] and one["variant"] == "as it is")
    run = sim.run(sim.loads(TILLS), variant="as it is", with_=["short line"])
    expected = run.value("goodput ratio", "customers", "fault")
    assert entry["numbers"][0]["mean"] == pytest.approx(expected, abs=1e-5)
    assert "after" in entry["numbers"][0], "what follows the fault is told too: some switches help only there"
    assert (entry["numbers"][0]["runs"], entry["during"]) == (2, "fault")
    assert entry["replay"] == timeline(run.record)


def test_a_bound_leaves_out_those_with_the_most_switches_and_says_so() -> None:
    small = pre_run(sim.loads(TILLS), replications=1, most=4)
    assert [one["toggles"] for one in small.entries] == [[], [], ["short line"], ["long line"]]
    assert "5 combinations of the most switches: 4 are played." in small.left_out
    assert embedded(pocket_page(small))["left_out"] == small.left_out


def test_replays_that_do_not_fit_are_left_out_and_their_numbers_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.export.page.pocket.MOST_BYTES", 20_000)
    small = pre_run(sim.loads(TILLS), replications=1)
    bare = [one for one in small.entries if one["replay"] is None]
    assert bare and small.entries[0]["replay"] and all(one["numbers"] for one in bare)
    assert any(f"The replays of {len(bare)} combinations" in line for line in small.left_out)


def test_the_page_is_small_and_the_same_bytes_again(pocket: Any) -> None:
    page = pocket_page(pocket)
    assert len(page.encode()) < 3_000_000 and "default-src 'none'" in page
    assert pocket_page(pre_run(sim.loads(TILLS))) == page


def test_a_scenario_without_variants_and_toggles_still_has_a_page() -> None:
    plain = TILLS[: TILLS.index("variants:")]
    assert embedded(pocket_page(pre_run(sim.loads(plain), replications=1)))["variants"] == [""]


@pytest.mark.parametrize("name", ["up_and_down", "gray_failure", "contended_row"])
def test_the_fidelity_card_tells_of_what_any_scenario_is_made(name: str) -> None:
    from sim.export.page.fidelity import modelled
    from sim.scenario.shipped import shipped_scenario

    scenario = sim.load(shipped_scenario(name))
    scenario = scenario.resolve(None, ["health checks"] if name == "gray_failure" else [])
    found = " ".join(modelled(scenario))
    wanted = {"up_and_down": "again and again, up ", "gray_failure": "health checks at ", "contended_row": "1 store: "}
    assert wanted[name] in found
