"""Compose in a real browser: a mistake is marked where it is, keys are explained and completed, the text is played."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser._chromium import chromium, violations
from tests.browser._served import lab, settle

pytestmark = pytest.mark.browser

SELECT = """([from, to]) => {
  const hosts = [...document.querySelectorAll('*')].filter((one) => one.shadowRoot);
  const area = hosts.map((one) => one.shadowRoot.querySelector('textarea')).find(Boolean);
  area.focus();
  area.setSelectionRange(from, to);
}"""


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
    found.locator("textarea").wait_for(timeout=60_000)
    found.locator(".state", has_text="valid").wait_for()
    yield found
    assert problems == []
    context.close()


def replace(page: Any, old: str, new: str) -> None:
    """Select the first *old* in the editor and type *new* over it, as a person would."""
    text = page.locator("textarea").input_value()
    at = text.index(old)
    page.evaluate(SELECT, [at, at + len(old)])
    page.keyboard.type(new)


def test_a_mistake_is_marked_at_its_line_and_column_and_goes_with_it(page: Any) -> None:
    replace(page, "timeout: 1s", "timeuot: 1s")
    page.locator(".state", has_text="1 problem").wait_for(timeout=10_000)
    lines = page.locator("textarea").input_value().splitlines()
    line = next(i for i, one in enumerate(lines, 1) if "timeuot" in one)
    assert page.locator(".gutter .bad").all_inner_texts() == [f"✕ {line}"]
    assert page.locator(".paint .bad").all_inner_texts() == ["timeuot"]
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
    page.locator("textarea").wait_for(timeout=60_000)
    for _ in range(100):
        if "My own shop" in page.locator("textarea").input_value():
            break
        page.wait_for_timeout(100)
    assert "My own shop" in page.locator("textarea").input_value()
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
    for _ in range(100):
        if "My own shop" not in page.locator("textarea").input_value():
            break
        page.wait_for_timeout(100)
    settle(page)
    page.reload()
    page.locator("textarea").wait_for(timeout=60_000)
    settle(page)
    assert "My own shop" not in page.locator("textarea").input_value()


def test_a_key_is_completed_and_explained(page: Any) -> None:
    replace(page, "workers: 12", "max")
    assert page.locator(".offers li").all_inner_texts() == ["max wait"]
    page.keyboard.press("Enter")
    page.keyboard.type("250ms, workers: 12")
    page.locator(".state", has_text="✓ valid").wait_for(timeout=10_000)
    assert "{max wait: 250ms, workers: 12, waiting: 64" in page.locator("textarea").input_value()
    at = page.locator("textarea").input_value().index("max wait") + 2
    page.evaluate(SELECT, [at, at])
    page.keyboard.press("ArrowRight")
    assert "services › web › max wait" in page.locator(".help").inner_text()
    assert "withdrawn" in page.locator(".help").inner_text()


def test_the_keyboard_indents_comments_finds_and_gets_out_again(page: Any) -> None:
    replace(page, "duration: 120s", "duration: 120s\nlesson: >\ntold")
    page.keyboard.press("Control+/")
    page.keyboard.press("Control+/")
    page.locator(".state", has_text="✓ valid").wait_for(timeout=10_000)
    assert "lesson: >\n  told" in page.locator("textarea").input_value()
    page.keyboard.press("Control+f")
    page.keyboard.type("timeout")
    assert page.locator(".find span").inner_text() == "2 found"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.shadowRoot?.activeElement?.tagName ?? ''") != "TEXTAREA"


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
    again.locator("textarea").wait_for(timeout=60_000)
    again.locator(".state", has_text="valid").wait_for()
    assert again.locator("textarea").input_value() == page.locator("textarea").input_value()
    again.close()


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (768, "light"), (1280, "light"), (1280, "dark")])
def test_it_fits_and_axe_finds_nothing(browser: Any, address: str, width: int, theme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    page.goto(f"{address}/compose")
    page.locator(".state", has_text="valid").wait_for(timeout=60_000)
    page.get_by_role("button", name="Run", exact=True).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    settle(page)
    assert violations(page) == []
    context.close()
