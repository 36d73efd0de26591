"""The lab's pages by name, and links between them that carry a selection."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Callable

import streamlit as st

from sim.lab import session
from sim.lab.selection import Selection, to_query

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#0072B2"/>'
    '<path d="M5 24h5v-5h6v-6h6V7h5" fill="none" stroke="#fff" stroke-width="3"/></svg>'
)
"""The mark in the browser's tab, drawn here: an icon by name would be fetched from elsewhere."""

TITLES = {
    "start": "Start", "lab": "Lab", "compare": "Compare", "trace": "Trace", "compose": "Compose", "learn": "Learn",
}  # fmt: skip
"""Every page: the last part of its address, which is its module's name in ``sim.lab.pages``, to its title."""

NOTES = "notes"
"""The trainer's own window; it is in no menu, because menus are on the page that is projected."""


def all_pages(first: str = "start") -> dict[str, Any]:
    """Return the pages for ``st.navigation``; a page's module is imported when the page is drawn."""
    titles = TITLES | ({"room": "Room"} if session.room_is_open() else {})
    pages = {
        name: st.Page(_draws(name), title=title, url_path=name, default=name == first) for name, title in titles.items()
    }
    notes = st.Page(_draws(NOTES), title="Notes", url_path=NOTES, visibility="hidden")
    pages[NOTES] = notes
    st.session_state["pages"] = pages
    return pages


def _draws(name: str) -> Callable[[], None]:
    def draw() -> None:
        import_module(f"sim.lab.pages.{name}").page()

    draw.__name__ = name
    return draw


def link(name: str, label: str, icon: str, selection: Selection | None = None, help_: str | None = None) -> None:
    """Draw a link to a page, with *selection* in its address."""
    params = None if selection is None else [(key, value) for key, value in _pairs(selection)]
    st.page_link(st.session_state["pages"][name], label=label, icon=icon, help=help_, query_params=params)


def go(name: str) -> None:
    """Leave for another page at once."""
    st.switch_page(st.session_state["pages"][name])


def _pairs(selection: Selection) -> list[tuple[str, str]]:
    found = []
    for name, value in to_query(selection).items():
        found += [(name, each) for each in ([value] if isinstance(value, str) else value)]
    return found
