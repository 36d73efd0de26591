"""Compose in a real browser: a mistake is marked where it is, keys are explained and completed, the text is played."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser._chromium import chromium, violations
from tests.browser._served import lab, settle

pytestmark = pytest.mark.browser

WITHOUT_CODEMIRROR = """Object.defineProperty(globalThis, Symbol.for('pileup.code-field'), {
  get() { return undefined; }, set() {},
});"""
"""Run before the page: as if CodeMirror's component never came."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with lab() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 1400})
    found = context.new_page()
    problems: list[str] = []
    found.on("pageerror", lambda error: problems.append(str(error)))
    found.goto(f"{address}/compose")
    found.locator(".cm-content").wait_for(timeout=60_000)
    found.locator(".state", has_text="valid").wait_for()
    yield found
    assert problems == []
    context.close()


def text_of(page: Any) -> str:
    """Return the text in the editor; it is short enough for all its lines to be drawn."""
    lines: list[str] = page.locator(".cm-line").evaluate_all("lines => lines.map((line) => line.textContent)")
    return "\n".join(lines)


def wait_for_text(page: Any, words: str, there: bool = True) -> None:
    """Wait until *words* are in the editor, or are not, at most 10 s."""
    for _ in range(100):
        if (words in text_of(page)) == there:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"waited 10 s in vain for {words!r}: {text_of(page)}")


def replace(page: Any, old: str, new: str) -> None:
    """Find the first *old* in the editor and type *new* over it, as a person would."""
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+f")
    page.keyboard.type(old)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.type(new)


def test_a_mistake_is_marked_at_its_line_and_column_and_goes_with_it(page: Any) -> None:
    replace(page, "timeout: 1s", "timeuot: 1s")
    page.locator(".state", has_text="1 problem").wait_for(timeout=10_000)
    lines = text_of(page).splitlines()
    line = next(i for i, one in enumerate(lines, 1) if "timeuot" in one)
    marker, number = page.locator(".cm-lint-marker-error"), page.locator(".cm-lineNumbers .cm-gutterElement")
    assert marker.count() == 1
    row = next(one for one in number.all() if one.inner_text() == str(line))
    assert row.bounding_box()["y"] <= marker.bounding_box()["y"] < row.bounding_box()["y"] + 20
    assert page.locator(".cm-lintRange-error").all_inner_texts() == ["timeuot"]
    told = page.locator(".problems").inner_text()
    assert told.startswith(f"✕ {line}:{lines[line - 1].index('timeuot') + 1} ") and "did you mean 'timeout'?" in told
    assert page.get_by_role("button", name="Run", exact=True).count() == 0
    replace(page, "timeuot", "timeout")
    page.locator(".state", has_text="✓ valid").wait_for(timeout=10_000)
    page.get_by_role("button", name="Run", exact=True).wait_for()


def test_a_draft_and_a_system_of_ones_own_in_the_lab_survive_a_reload(page: Any) -> None:
    replace(page, "web to payments", "My own shop")
    page.wait_for_timeout(500)
    page.reload()
    page.locator(".cm-content").wait_for(timeout=60_000)
    wait_for_text(page, "My own shop")
    page.locator(".state", has_text="valid").wait_for()
    settle(page)
    page.get_by_role("button", name="Open in the Lab").click()
    page.get_by_role("heading", name="My own shop", level=1).wait_for(timeout=60_000)
    page.wait_for_url("**/lab?*yaml=*")
    page.reload()
    page.get_by_role("heading", name="My own shop", level=1).wait_for(timeout=60_000)
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url("**run=1*")
    page.reload()
    page.get_by_role("heading", name="My own shop", level=1).wait_for(timeout=60_000)
    page.get_by_test_id("stMetric").first.wait_for(timeout=60_000)


def test_a_template_takes_the_place_of_the_draft(page: Any) -> None:
    replace(page, "web to payments", "My own shop")
    page.wait_for_timeout(800)
    page.get_by_text("Begin with a template").click()
    page.get_by_role("button", name="Use the template").click()
    wait_for_text(page, "My own shop", there=False)
    settle(page)
    page.reload()
    page.locator(".cm-content").wait_for(timeout=60_000)
    settle(page)
    assert "My own shop" not in text_of(page)


def test_what_replaced_the_text_can_be_undone(page: Any) -> None:
    replace(page, "web to payments", "My own shop")
    page.locator(".state", has_text="✓ valid").wait_for(timeout=10_000)
    page.get_by_text("Begin with a template").click()
    page.get_by_role("button", name="Use the template").click()
    wait_for_text(page, "My own shop", there=False)
    settle(page)
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+z")
    wait_for_text(page, "My own shop")
    page.keyboard.press("Control+z")
    wait_for_text(page, "web to payments")
    page.locator(".state", has_text="✓ valid").wait_for(timeout=10_000)


def test_a_key_is_completed_and_explained(page: Any) -> None:
    replace(page, "workers: 12", "max")
    page.locator(".cm-tooltip-autocomplete").wait_for()
    assert page.locator(".cm-completionLabel").all_inner_texts() == ["max wait"]
    page.wait_for_timeout(200)  # a list that has just opened takes no key, lest it take one that was meant for the text
    page.keyboard.press("Enter")
    page.keyboard.type("250ms, workers: 12")
    page.locator(".state", has_text="✓ valid").wait_for(timeout=10_000)
    assert "{max wait: 250ms, workers: 12, waiting: 64" in text_of(page)
    replace(page, "max wait", "max wait")
    told = page.locator(".help").inner_text()
    assert "services › web › max wait" in told and "withdrawn" in told
    page.locator(".cm-line", has_text="max wait").get_by_text("max wait").first.hover()
    assert "withdrawn" in page.locator(".cm-tooltip .about").inner_text()


def test_a_value_is_completed_by_the_words_that_the_format_has(page: Any) -> None:
    replace(page, "timeout: 1s", "breaker: {scope: ")
    page.keyboard.press("Control+Space")
    page.locator(".cm-tooltip-autocomplete").wait_for()
    assert page.locator(".cm-completionLabel").all_inner_texts() == ["link", "caller", "callee"]


def test_the_keyboard_indents_comments_finds_and_gets_out_again(page: Any) -> None:
    replace(page, "duration: 120s", "duration: 120s\nlesson: >\ntold")
    page.keyboard.press("Control+/")
    page.keyboard.press("Control+/")
    page.locator(".state", has_text="✓ valid").wait_for(timeout=10_000)
    assert "lesson: >\n  told" in text_of(page)
    page.keyboard.press("Control+f")
    page.keyboard.type("timeout")
    assert page.locator(".cm-searchMatch").count() == 2
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    focused = "document.activeElement.shadowRoot?.activeElement?.className ?? ''"
    assert "cm-content" not in page.evaluate(focused)
    assert "lesson: >\n  told" in text_of(page), "nothing was indented on the way out"


def test_markup_in_a_text_is_shown_as_text(page: Any) -> None:
    replace(page, "title: web to payments", 'title: "<img src=x onerror=window.hit=1>"')
    page.locator(".state", has_text="✓ valid").wait_for(timeout=10_000)
    page.get_by_role("button", name="Run", exact=True).wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate("window.hit") is None


def test_the_text_is_played_and_a_link_opens_it_again(page: Any, browser: Any) -> None:
    replace(page, "rate: 100/s", "rate: 70/s")
    page.locator(".state", has_text="✓ valid").wait_for(timeout=10_000)
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("all books balance").wait_for(timeout=60_000)
    page.get_by_role("button", name="Share by link").click()
    page.wait_for_url("**yaml=*")
    again = browser.new_page()
    again.goto(page.url)
    again.locator(".cm-content").wait_for(timeout=60_000)
    again.locator(".state", has_text="valid").wait_for()
    assert text_of(again) == text_of(page)
    again.close()


def test_without_codemirror_the_text_is_written_in_a_plain_text_area(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(WITHOUT_CODEMIRROR)
    page = context.new_page()
    page.goto(f"{address}/compose")
    page.locator(".state", has_text="valid").wait_for(timeout=60_000)
    settle(page)
    area = page.get_by_role("textbox", name="Scenario in YAML")
    area.fill(area.input_value().replace("timeout: 1s", "timeuot: 1s", 1))
    page.locator(".state", has_text="1 problem").wait_for(timeout=10_000)
    page.locator(".problems button").click()
    at = area.evaluate("area => area.value.slice(area.selectionStart).split(':')[0]")
    assert at == "timeuot" and page.locator(".cm-content, .help:visible").count() == 0
    assert violations(page) == []
    context.close()


@pytest.mark.parametrize("width, theme", [(390, "light"), (768, "light"), (1280, "light"), (1280, "dark")])
def test_it_fits_and_axe_finds_nothing(browser: Any, address: str, width: int, theme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    page.goto(f"{address}/compose")
    page.locator(".state", has_text="valid").wait_for(timeout=60_000)
    page.locator(".cm-content").wait_for()
    page.get_by_role("button", name="Run", exact=True).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    settle(page)
    assert violations(page) == []
    context.close()
