"""The frame of the lab: its pages, their order, and what every page has: style, link, projector mode."""

from __future__ import annotations

import streamlit as st

from sim.lab import pages, room, state, theme
from sim.lab.words import HELP


def main(first: str = "start") -> None:
    """Draw the page that the address names; *first* where it names none."""
    st.set_page_config(page_title="Pileup", page_icon=pages.ICON, layout="wide")
    if not room.admitted():
        return
    chosen = st.navigation(list(pages.all_pages(first).values()), position="top")
    theme.style()
    state.read_link()
    chosen.run()
    _footer()


def _footer() -> None:
    st.toggle("Large type for a projector", key="projector", help=HELP["projector"], persist_state="session")
