"""Learn in a real browser: a lesson from its first question to its end, terms on hover and on focus, and a room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser._chromium import chromium, violations
from tests.browser._served import lab, room, settle

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with lab() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def opened(browser: Any, address: str, width: int = 1280, theme: str = "light") -> Any:
    page = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=theme).new_page()
    page.goto(address)
    return page


def test_a_lesson_is_done_to_its_end(browser: Any, address: str) -> None:
    page = opened(browser, f"{address}/learn?lesson=30_poison_message")
    page.get_by_text("One in ten").click(timeout=60_000)
    page.get_by_role("button", name="Predict, then run").click()
    page.get_by_text("Not this time").wait_for(timeout=60_000)
    page.get_by_text("kept in the dead-letter queue", exact=False).or_(
        page.get_by_text("dead-letter queue")
    ).first.wait_for()
    number = page.get_by_role("spinbutton")
    assert number.input_value() == ""
    page.get_by_role("button", name="Predict, then run").click()
    page.get_by_text("Choose an answer first").wait_for()
    assert page.get_by_text("You predicted it").count() == 0, "nothing was predicted yet"
    number.fill("100")
    number.press("Tab")
    page.wait_for_timeout(800)
    page.get_by_role("button", name="Predict, then run").click()
    page.get_by_text("You predicted it").wait_for(timeout=60_000)
    page.get_by_role("combobox").last.click()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    page.wait_for_timeout(800)
    page.get_by_role("button", name="Run what you chose").click()
    page.get_by_text("Met, nothing is old", exact=False).wait_for(timeout=60_000)
    page.get_by_text("Met, poison is kept", exact=False).wait_for()
    page.get_by_role("button", name="All lessons").click()
    page.get_by_text("3 of 3 done").wait_for()
    page.context.close()


def test_a_term_is_explained_on_hover_on_focus_and_leaves_on_escape(browser: Any, address: str) -> None:
    page = opened(browser, f"{address}/learn?lesson=10_cascade_or_backlog")
    term = page.get_by_role("button", name="queue", exact=True).first
    term.wait_for(timeout=60_000)
    note = page.get_by_role("tooltip").first
    term.hover()
    note.wait_for(state="visible")
    assert "Keeps messages until a consumer takes them" in note.inner_text()
    page.mouse.move(5, 5)
    note.wait_for(state="hidden")
    term.focus()
    note.wait_for(state="visible")
    page.keyboard.press("Escape")
    note.wait_for(state="hidden")
    page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_list_of_lessons(browser: Any, address: str, theme: str) -> None:
    page = opened(browser, f"{address}/learn", theme=theme)
    page.get_by_role("button", name="Begin: Cascade or backlog").wait_for(timeout=60_000)
    settle(page)
    assert violations(page) == []
    page.context.close()


@pytest.mark.parametrize("width, theme", [(390, "light"), (768, "light"), (1280, "light"), (1280, "dark")])
def test_it_fits_and_axe_finds_nothing(browser: Any, address: str, width: int, theme: str) -> None:
    page = opened(browser, f"{address}/learn?lesson=10_cascade_or_backlog", width, theme)
    page.get_by_role("button", name="Predict, then run").wait_for(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    settle(page)
    assert violations(page) == []
    page.context.close()


def test_a_room_lets_in_who_has_the_code_and_counts_what_they_predict(browser: Any) -> None:
    with room() as (address, code, leading):
        stranger = opened(browser, f"{address}/room")
        stranger.get_by_text("join the room").wait_for(timeout=60_000)
        stranger.get_by_role("textbox").fill("WRONG2")
        stranger.get_by_role("button", name="Join", exact=True).click()
        stranger.get_by_text("not the code").wait_for()
        trainer = opened(browser, leading.replace("/?", "/room?"))
        trainer.get_by_text(code).wait_for(timeout=60_000)
        assert "trainer=" not in trainer.url
        trainer.get_by_text("Ask a question of your own").click()
        trainer.get_by_role("textbox", name="Question").fill("Who fails first?")
        trainer.get_by_role("textbox", name="Answers").fill("web\npayments")
        trainer.get_by_role("button", name="Ask the room").click()
        participant = opened(browser, f"{address}/room?join={code}", 390, "dark")
        participant.get_by_text("payments").click(timeout=60_000)
        participant.get_by_text("Sent:").wait_for()
        trainer.get_by_text("1 of 1 answered").wait_for(timeout=15_000)
        assert trainer.get_by_role("rowheader", name="payments").count() == 0, "bars wait until the question is closed"
        notes = opened(browser, leading.replace("/?", "/notes?"))
        notes.get_by_text("1 prediction, open").wait_for(timeout=60_000)
        trainer.get_by_role("button", name="Take no more predictions").click()
        trainer.get_by_text("1 prediction, closed").wait_for(timeout=15_000)
        participant.get_by_text("1 prediction, closed").wait_for(timeout=15_000)
        notes.context.close()
        participant.goto(f"{address}/compose?join={code}")
        participant.get_by_text("only the trainer composes").wait_for(timeout=60_000)
        for page in (stranger, trainer, participant):
            page.context.close()
