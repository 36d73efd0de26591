"""The report and the pocket page in a real browser: they open from a file, ask for nothing, and answer at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.export.page import Pocket, play, pocket_page, pre_run, report_page
from tests.browser._chromium import Watched, chromium, violations

pytestmark = pytest.mark.browser

SHOP = """
version: 1
title: Two tills
question: Which of them helps?
lesson: Neither does, for long.
duration: 20s
warmup: 2s
replications: 3
workload:
  customers: {calls: till.pay, rate: 60/s, deadline: 1s}
  guests: {calls: door.look, rate: 20/s, deadline: 1s}
services:
  till: {workers: 2, waiting: 30, operations: {pay: [{work: exponential 20ms}]}}
  door: {workers: 2, operations: {look: [{work: 2ms}]}}
faults: {slow till: {slow: till, by: 8x, at: 8s, for: 6s}}
variants: {as it is: {}, two workers more: {services: {till: {workers: 4}}}}
toggles:
  short line: {about: Fewer places, patch: {services: {till: {waiting: 2}}}}
  long line: {about: More places, patch: {services: {till: {waiting: 90}}}}
  patience: {about: They wait longer, for: [as it is], patch: {workload: {customers: {deadline: 3s}}}}
expect:
  guests notice nothing: {measure: goodput ratio, of: guests, during: fault, above: 99%}
"""
SIZES = pytest.mark.parametrize("width, theme", [(390, "dark"), (768, "light"), (1280, "dark"), (1280, "light")])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pocket() -> Pocket:
    return pre_run(sim.loads(SHOP))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, pocket: Pocket) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {"report": report_page(play(sim.loads(SHOP))), "pocket": pocket_page(pocket)}
    for name, text in made.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in made}


@pytest.fixture
def opened(browser: Any, files: dict[str, Path]) -> Iterator[Any]:
    seen: list[Watched] = []

    def open_(name: str, **more: Any) -> Any:
        seen.append(Watched(browser, files[name], **more))
        return seen[-1].page

    yield open_
    for one in seen:
        assert one.is_quiet()
        one.context.close()


@SIZES
def test_the_report_fits_and_axe_finds_nothing(opened: Any, width: int, theme: str) -> None:
    page = opened("report", width=width, theme=theme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []


def test_the_report_plays_another_run_beside_its_own(opened: Any) -> None:
    page = opened("report")
    assert page.locator(".pp-stage").count() == 1
    page.get_by_label("Beside").select_option("two workers more")
    assert page.locator(".pp-stage h3, .pp-stage h4").all_inner_texts() == ["as it is", "two workers more"]
    page.get_by_label("Beside").select_option("nothing")
    assert page.locator(".pp-stage").count() == 1


def test_every_figure_of_the_report_is_a_picture_that_can_be_seen(opened: Any) -> None:
    for theme in ("light", "dark"):
        page = opened("report", theme=theme)
        pictures = page.locator("figure img")
        for i in range(pictures.count()):
            pictures.nth(i).scroll_into_view_if_needed()
            page.wait_for_timeout(50)
            assert pictures.nth(i).evaluate("image => image.complete && image.naturalWidth") > 600
            shown = pictures.nth(i).evaluate("image => image.currentSrc === image.src")
            assert shown == (theme == "light")


def test_the_report_prints(opened: Any) -> None:
    page = opened("report")
    page.emulate_media(media="print")
    assert not page.locator(".pp-bar").is_visible() and not page.locator(".choice").is_visible()
    assert len(page.pdf(format="A4")) > 20_000


@SIZES
def test_the_pocket_page_fits_before_and_after_the_prediction(opened: Any, width: int, theme: str) -> None:
    page = opened("pocket", width=width, theme=theme)
    assert violations(page) == []
    page.get_by_role("button", name="Show what happens").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []


def test_the_prediction_comes_first_and_is_answered(opened: Any, pocket: Pocket) -> None:
    page = opened("pocket", width=390)
    assert page.locator(".number, .pp").count() == 0
    groups = page.get_by_role("group", name="How many")
    assert groups.count() == 2
    groups.nth(0).get_by_role("radio", name="nearly all").check()
    groups.nth(1).get_by_role("radio", name="nearly all").check()
    page.get_by_role("button", name="Show what happens").click()
    customers, guests = page.locator(".number").all_inner_texts()
    assert "✕ You said nearly all." in customers and "✓ You said nearly all." in guests
    first = pocket.entries[0]["numbers"][0]
    assert f"n = {first['n']:,}" in customers and f"{100 * first['mean']:.0f}" in customers


def test_every_flip_shows_its_own_numbers_within_a_tenth_of_a_second(opened: Any, pocket: Pocket) -> None:
    page = opened("pocket", width=390)
    page.get_by_role("button", name="Show what happens").click()
    spans = page.evaluate("""async () => {
      const box = document.querySelector('.switch input'), spans = [];
      for (let i = 0; i < 12; i++) {
        const began = performance.now();
        box.click();
        await new Promise(done => requestAnimationFrame(() => { document.body.offsetHeight; done(); }));
        spans.push(performance.now() - began);
      }
      return spans.sort((a, b) => a - b);
    }""")
    assert spans[6] < 100, spans
    page.get_by_label("short line").check()
    entry = next(one for one in pocket.entries if (one["variant"], one["toggles"]) == ("as it is", ["short line"]))
    assert f"{100 * entry['numbers'][0]['mean']:.0f}" in page.locator(".number").first.inner_text()
    assert page.get_by_label("long line").is_disabled()
    assert "Not played together with what is on." in page.locator(".switch").nth(1).inner_text()


def test_a_switch_of_another_design_is_greyed_with_its_reason(opened: Any) -> None:
    page = opened("pocket", width=390)
    page.get_by_role("button", name="Show what happens").click()
    page.get_by_label("patience").check()
    page.get_by_role("radio", name="two workers more").check()
    assert page.get_by_label("patience").is_disabled() and not page.get_by_label("patience").is_checked()
    assert "Only as it is." in page.locator(".switch").nth(2).inner_text()
