"""The lab in a real browser: the first screen, a run, switches, links, a trace, and who can use it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser._chromium import violations

pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
HERO = "scenario=cascade_vs_backlog&run=1"
FOCUSED = """() => {
    let found = document.activeElement;
    while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
    return (found?.innerText || found?.getAttribute('aria-label') || '').trim().slice(0, 40);
}"""
KNOWN: set[str] = set()
"""Rules of axe that Streamlit's own parts break and no page here can mend."""


def now(page: Any) -> float:
    return float(page.get_by_role("slider", name="Time").first.get_attribute("aria-valuenow"))


def wait(page: Any, is_so: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "still not so"
        page.wait_for_timeout(50)


def numbers(page: Any, many: int = 4) -> list[str]:
    """The numbers on the cards: each workload's share in the fault and after it; two in all on the first page."""
    found: list[str] = []

    def are_there() -> bool:
        found[:] = page.get_by_test_id("stMetricValue").all_inner_texts()
        return len(found) == many

    wait(page, are_there, 60)
    return found


def settle(page: Any) -> None:
    """Wait until the page has run to its end."""
    page.wait_for_timeout(400)
    page.wait_for_function("() => !document.querySelector('[data-testid=stStatusWidget]')", timeout=60_000)


def flip(page: Any, label: str) -> None:
    page.get_by_test_id("stCheckbox").filter(has_text=label).first.locator("label").first.click()


def test_the_first_screen_moves_stops_at_the_fault_and_asks(visit: Visit) -> None:
    page = visit()
    began = now(page)
    wait(page, lambda: now(page) > began + 1)
    page.get_by_text("Payments becomes ten times slower. Who notices?").wait_for()
    assert now(page) == pytest.approx(60.0, abs=0.3)
    assert page.get_by_test_id("stSidebar").count() == 0
    page.get_by_role("button", name="All of them, also browsers").click()
    assert numbers(page, 2) == ["2 %", "6 %"]
    flip(page, "Switch on the circuit breaker")
    wait(page, lambda: numbers(page, 2)[1] != "6 %")
    assert int(numbers(page, 2)[1].rstrip(" %")) > 85


def test_predict_run_flip_the_breaker_and_scrub(visit: Visit) -> None:
    page = visit("lab")
    page.get_by_role("button", name="Run", exact=False).first.click()
    before = numbers(page)
    settle(page)
    flip(page, "circuit breaker")
    wait(page, lambda: numbers(page)[2] != before[2])
    settle(page)
    slider = page.get_by_role("slider", name="Time").first
    slider.focus()
    page.keyboard.press("Home")
    assert now(page) == 0
    page.keyboard.press("End")
    assert now(page) == 180


def test_a_link_opened_again_gives_the_same_numbers(visit: Visit) -> None:
    page = visit(f"lab?{HERO}&with=retries&seed=7")
    settle(page)
    first = numbers(page)
    query = page.url.partition("?")[2]
    assert "with=retries" in query and "seed=7" in query
    again = visit(f"lab?{query}")
    settle(again)
    assert numbers(again) == first


def test_break_it_here_adds_a_fault_where_and_when_it_was_chosen(visit: Visit) -> None:
    page = visit(f"lab?{HERO}")
    settle(page)
    page.get_by_role("button", name="Pause").click()
    page.locator("[data-node=web]").first.click()
    page.get_by_text("Break it here: web").wait_for()
    page.get_by_role("button", name="Break it, and play on from here").click()
    page.get_by_text("In a scenario file it is").wait_for()
    added = page.get_by_test_id("stCode").filter(has_text="web slow").first.inner_text()
    assert re.search(r"web slow: \{slow: web, by: 10x, at: \d+s, for: 20s\}", added)


def test_a_link_can_be_chosen_and_broken_and_its_series_move_without_asking_the_server(visit: Visit) -> None:
    page = visit(f"lab?{HERO}")
    settle(page)
    page.get_by_role("button", name="Pause").click()
    plot = page.locator(".pp-series .pp-plot").first
    asked: list[str] = []
    page.on("websocket", lambda _: asked.append("a new connection"))
    plot.click(position={"x": plot.bounding_box()["width"] * 0.75, "y": 20})
    assert now(page) == pytest.approx(135, abs=1.5)
    box, line = plot.bounding_box(), plot.locator(".pp-head-line").bounding_box()
    assert (line["x"] + 1 - box["x"]) / box["width"] == pytest.approx(0.75, abs=0.01)
    page.locator("[data-part='web -> orders']").click()
    page.get_by_text(re.compile(r"Break it here: web (->|→) orders at 13[456] s")).wait_for()
    page.get_by_role("button", name="Break it, and play on from here").click()
    page.get_by_text("In a scenario file it is").wait_for()
    assert "web -> orders" in page.get_by_test_id("stCode").filter(has_text="web to orders").first.inner_text()
    assert asked == []


def test_a_sentence_of_the_story_leads_to_its_moment(visit: Visit) -> None:
    page = visit(f"lab?{HERO}&with=circuit+breaker")
    settle(page)
    page.get_by_role("button", name="the circuit breaker opens").first.click()
    assert 60 < now(page) < 70


def test_the_trace_names_where_a_request_failed(visit: Visit) -> None:
    page = visit(f"trace?{HERO}&with=retries")
    page.get_by_text("What went wrong, in order").wait_for()
    assert page.locator("ol li").first.inner_text().startswith("deadline at ")
    page.get_by_role("radio", name="a typical one").or_(page.get_by_role("button", name="a typical one")).first.click()
    page.get_by_text("Nothing failed on its way").wait_for()


def test_charts_have_words_for_who_cannot_see_them(visit: Visit) -> None:
    page = visit(f"lab?{HERO}")
    settle(page)
    chart = page.get_by_test_id("stVegaLiteChart").first
    chart.scroll_into_view_if_needed()
    words = chart.evaluate("node => node.outerHTML")
    assert "has its peak of" in words


def test_markup_in_names_stays_text(visit: Visit) -> None:
    from sim.lab.selection import pack

    own = (
        'version: 1\ntitle: "x <img src=x onerror=document.title=1> **b**"\nduration: 10s\n'
        "workload: {ones: {calls: web.get, rate: 5/s}}\n"
        "services: {web: {workers: 2, waiting: 4, operations: {get: [{work: 10ms}]}}}\n"
    )
    page = visit(f"lab?scenario=own&yaml={pack(own)}&run=1")
    settle(page)
    assert "<img src=x" in page.locator("h1").first.inner_text()
    assert page.locator("h1 img, h1 strong").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "lab", f"lab?{HERO}&with=circuit+breaker", f"trace?{HERO}", "compare"])
def test_axe_finds_nothing(visit: Visit, path: str, theme: str) -> None:
    page = visit(path, theme=theme)
    settle(page)
    page.wait_for_timeout(500)
    assert [one for one in violations(page) if one.partition(":")[0] not in KNOWN] == []


def test_large_type_for_a_projector_is_larger(visit: Visit) -> None:
    page = visit()
    settle(page)
    before = page.locator("h1").first.bounding_box()["height"]
    flip(page, "Large type for a projector")
    wait(page, lambda: page.locator("h1").first.bounding_box()["height"] > 1.15 * before)


@pytest.mark.parametrize("path", ["", "lab"])
def test_everything_can_be_reached_with_the_keyboard(visit: Visit, path: str) -> None:
    page = visit(path)
    settle(page)
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(page.evaluate(FOCUSED))
    wanted = {"": ("All of them, also browsers", "Pause"), "lab": ("Run", "Choose another scenario")}[path]
    for name in wanted:
        assert any(name in label for label in seen), (name, seen)


def test_on_a_phone_the_result_comes_first_and_the_switches_can_be_shown(visit: Visit) -> None:
    page = visit(f"lab?{HERO}", width=390)
    numbers(page)
    switch = page.get_by_test_id("stCheckbox").filter(has_text="circuit breaker").first
    switch.wait_for(state="attached")
    assert not switch.is_visible()
    assert page.get_by_test_id("stMetric").first.bounding_box()["y"] < 900
    flip(page, "Show the switches and faults")
    switch.wait_for(state="visible")
    wide = visit(f"lab?{HERO}")
    numbers(wide)
    wide.get_by_test_id("stCheckbox").filter(has_text="circuit breaker").first.wait_for(state="visible")
    wide.get_by_text("Show the switches and faults").wait_for(state="hidden")
