"""Pictures of the lab's pages at three widths in both themes: they fit, and look like the references beside this file.

They are taken where nothing moves, and kept in ``out/screenshots``. After a change that is meant, `make pictures` takes
the references anew; look at them before they are committed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser._likeness import cells, compare, unlike
from tests.browser.conftest import SHOTS

pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
REFERENCES = Path(__file__).parent / "pictures"
KEEP = os.environ.get("PILEUP_PICTURES") == "keep"
HIGH_PX = 1400
HERO = "scenario=cascade_vs_backlog&run=1"
STYLE = """css => {
  const roots = [document];
  const enter = root => root.querySelectorAll('*').forEach(one => {
    if (one.shadowRoot) { roots.push(one.shadowRoot); enter(one.shadowRoot); }
  });
  enter(document);
  for (const root of roots) {
    let style = root.querySelector('style.other');
    if (!style) {
      style = document.createElement('style');
      style.className = 'other';
      (root.head ?? root).append(style);
    }
    style.textContent = css;
  }
}"""
"""Gives every part of a page, components included, a style sheet of its own in place of the one given before."""


def stopped(page: Any) -> None:
    """Wait until the first screen has come to its fault by itself."""
    page.get_by_role("heading", name="Payments becomes ten times slower. Who notices?").wait_for()


def in_the_fault(page: Any) -> None:
    """Pause the replay at 81 s, and look at the page from its top."""
    page.get_by_test_id("stMetric").first.wait_for(timeout=60_000)
    page.get_by_role("button", name="Pause").first.click()
    page.get_by_role("slider", name="Time").first.focus()
    for key in ("Home", *["PageUp"] * 9):
        page.keyboard.press(key)
    page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")


def drawn(page: Any) -> None:
    """Wait for the waterfall."""
    page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first.wait_for(timeout=60_000)


def checked(page: Any) -> None:
    """Wait until the editor has judged its text."""
    page.locator(".state", has_text="valid").wait_for(timeout=60_000)
    page.locator(".cm-content").wait_for(timeout=60_000)


PAGES: dict[str, tuple[str, Callable[[Any], None]]] = {
    "start": ("", stopped),
    "lab": (f"lab?{HERO}&with=circuit+breaker", in_the_fault),
    "trace": (f"trace?{HERO}&with=retries", drawn),
    "compose": ("compose", checked),
}


def still(page: Any, name: str) -> bytes:
    """Return a screenshot of a page that has come to rest."""
    PAGES[name][1](page)
    page.wait_for_timeout(400)
    page.wait_for_function("() => !document.querySelector('[data-testid=stStatusWidget]')", timeout=60_000)
    page.wait_for_timeout(1_000)
    shot: bytes = page.screenshot()
    return shot


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 768, 390])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_at_each_width_in_each_theme_and_looks_as_it_did(
    visit: Visit, name: str, width: int, theme: str
) -> None:
    page = visit(PAGES[name][0], width=width, theme=theme, height=HIGH_PX)
    shot = still(page, name)
    SHOTS.mkdir(parents=True, exist_ok=True)
    (SHOTS / f"lab_{name}_{width}_{theme}.png").write_bytes(shot)
    wide = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= width, "the page must not scroll sideways"
    background = page.evaluate("() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    red = int(re.findall(r"\d+", background)[0])
    assert red > 200 if theme == "light" else red < 60
    assert compare(shot, REFERENCES / f"{name}_{width}_{theme}.png", KEEP) == ""


def test_a_panel_that_vanishes_is_missed_and_what_moves_a_little_is_not(visit: Visit) -> None:
    page = visit(PAGES["lab"][0], height=HIGH_PX)
    as_it_is = cells(still(page, "lab"))

    def told(css: str) -> str:
        page.evaluate(STYLE, css)
        page.wait_for_timeout(400)
        return unlike(cells(page.screenshot()), as_it_is)

    for harmless in (
        "", "[data-testid=stMainBlockContainer] {transform: translate(3px, 3px)}",
        "h1 {margin-bottom: 26px !important}", "* {letter-spacing: 0.15px !important}",
        "* {text-rendering: geometricPrecision; font-kerning: none}",
    ):  # fmt: skip
        assert told(harmless) == "", harmless
    for part in (
        ".pp", ".pp-stage", ".pp-stage svg", ".pp-bar", ".pp-series", ".pp-moment", "[data-testid=stMetric]",
        "[data-testid=stCheckbox]", "h1",
    ):  # fmt: skip
        assert "is gone" in told(f"{part} {{visibility: hidden}}"), part
    assert told(".pp-stage, .pp-series {background: #15181d}") != ""
