"""The form of a fault offers what the models have, and what stands in it at first is a fault that can be played."""

from typing import Any

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

import sim
from sim.fields.quantity import spaced
from sim.lab.selection import Selection, pack, resolve
from sim.lab.widgets import fault_form
from sim.lab.widgets.fault_form import fields, in_words, kinds_for, lines, read, targets
from sim.mechanisms.faults import FAULTS

TEXT = """
version: 1
title: Everything can break
duration: 60s
warmup: 5s
workload: {buyers: {calls: shop.buy, rate: 5/s, deadline: 5s, keys: uniform 100}}
services:
  shop: {replicas: 2, workers: 4, waiting: 20, operations: {buy: [{work: exponential 5ms}, {send: jobs}]}}
  store: {workers: 4, waiting: 20, consumes: {jobs: work}, operations: {work: [{work: exponential 5ms}]}}
queues: {jobs: {visibility timeout: 30s}}
links: {buyers -> shop: {latency: 1ms}}
hosts: {rack: [shop#0, store]}
"""


@pytest.fixture(scope="module")
def scenario() -> Any:
    return sim.loads(TEXT)


def test_every_kind_of_fault_is_offered_with_every_field_that_it_has(scenario: Any) -> None:
    assert kinds_for(scenario.resolve()) == list(FAULTS)
    for kind, model in FAULTS.items():
        assert {one.name for one in fields(kind)} | {kind} == {spaced(name) for name in model.model_fields}
        assert all(one.about for one in fields(kind))
        assert {spaced(name) for name, field in model.model_fields.items() if field.is_required()} <= {
            kind, *(one.name for one in fields(kind) if one.required)
        }  # fmt: skip


def test_a_link_can_be_broken_in_the_ways_of_links_only(scenario: Any) -> None:
    kinds = kinds_for(scenario.resolve(), "buyers -> shop")
    assert {"cut", "delay", "lose", "drip"} <= set(kinds)
    assert not {"crash", "slow", "partition", "spike"} & set(kinds)
    assert all(targets(scenario.resolve(), kind, "buyers -> shop") == ["buyers -> shop"] for kind in kinds)


@pytest.mark.parametrize("kind", FAULTS)
def test_what_stands_in_the_form_at_first_is_a_fault_that_the_loader_takes(scenario: Any, kind: str) -> None:
    for target in targets(scenario.resolve(), kind):
        one = read(kind, target, 10.0, "nothing typed")
        found = resolve(Selection().with_faults({"x": one}), scenario)
        assert list(found.faults) == ["x"] and in_words(one).startswith(kind)


@pytest.mark.parametrize("kind", FAULTS)
def test_the_lines_that_are_shown_are_the_fault(scenario: Any, kind: str) -> None:
    one = read(kind, targets(scenario.resolve(), kind)[-1], 10.0, "nothing typed")
    assert sim.loads(TEXT + lines("x y", one)).resolve().document["faults"]["x y"] == one


def test_a_node_is_struck_itself_and_through_its_links_operations_and_host(scenario: Any) -> None:
    resolved = scenario.resolve()
    assert targets(resolved, "slow", "store") == ["store", "rack"]
    assert targets(resolved, "poison", "store") == ["store.work"]
    assert targets(resolved, "cut", "jobs") == ["shop -> jobs", "jobs -> store"]
    assert "slow" not in kinds_for(resolved, "buyers") and "spike" in kinds_for(resolved, "buyers")
    assert targets(resolved, "partition", "shop") == ["shop"]


def test_each_kind_says_in_one_sentence_what_it_does() -> None:
    assert all(fault_form.about(kind).endswith(".") and len(fault_form.about(kind)) < 160 for kind in FAULTS)


# --- on the page --------------------------------------------------------------------------------------------


def opened(text: str = TEXT) -> AppTest:
    at = AppTest.from_string('from sim.lab.app import main\nmain("lab")\n', default_timeout=90)
    for name, value in {"scenario": "own", "yaml": pack(text), "run": "1"}.items():
        at.query_params[name] = value
    return at.run()


@pytest.mark.slow
def test_a_refused_fault_is_told_in_the_words_of_the_loader_and_changes_nothing() -> None:
    at = opened()
    at.selectbox(key="new kind").set_value("slow").run()
    at.text_input(key="new slow by").set_value("10").run()
    at.button(key="new add").click().run()
    assert not at.exception
    assert any("This fault cannot be added" in one.value for one in at.error)
    assert any("faults.shop slow.by must be" in one.value and "got 10" in one.value for one in at.code)
    assert "faults" not in at.query_params


@pytest.mark.slow
def test_a_fault_with_settings_that_it_may_have_is_added_and_played() -> None:
    at = opened()
    at.selectbox(key="new kind").set_value("crash loop").run()
    at.toggle(key="new crash loop more").set_value(True).run()
    at.text_input(key="new crash loop replicas").set_value("[1]").run()
    at.text_input(key="new crash loop times").set_value("2").run()
    at.button(key="new add").click().run()
    assert not at.exception and not at.error
    assert any("crash loop: shop" in one.value and "times: 2" in one.value for one in at.code)
    assert at.metric


@pytest.mark.slow
def test_a_partition_has_one_side_or_two_and_is_written_as_it_will_be_in_a_file() -> None:
    at = opened()
    at.selectbox(key="new kind").set_value("partition").run()
    first = at.multiselect[0].value[0]
    assert any(f"partition: {{parted: [{first}]}}" in one.value for one in at.code)
    at.multiselect[0].set_value(["shop"]).run()
    at.multiselect[1].set_value(["store", "jobs"]).run()
    assert not at.exception
    shown = next(one.value for one in at.code if "partition" in one.value)
    assert shown.startswith("faults:\n  shop and store parted: {partition: {here: [shop], there: [store, jobs]}")
    at.button(key="new add").click().run()
    assert not at.exception and not at.error and at.metric
    assert any(one.value == shown for one in at.code)


@pytest.mark.slow
def test_faults_that_come_and_go_or_follow_another_have_a_line() -> None:
    faults = (
        "faults: {flaky: {errors: store, share: 50%, up: 9s, down: 1s}, "
        "then: {slow: shop, by: 2x, at: 5s after later ends, for: 5s}, later: {pause: store, at: 30s, for: 5s}}\n"
    )
    at = opened(TEXT + faults)
    assert not at.exception
    told = "\n".join(one.value for one in at.markdown)
    assert "up 9s, down 1s" in told and "5s after later ends" in told
