"""The frame of the lab: its pages, their order, and what every page has: style, link, projector mode."""

from __future__ import annotations

import streamlit as st

from sim.lab import navigation, selected
from sim.lab.glossary import HELP
from sim.lab.widgets import entrance, theme


def main(first: str = "start") -> None:
    """Draw the page that the address names; *first* where it names none."""
    st.set_page_config(page_title="Pileup", page_icon=navigation.ICON, layout="wide")
    if not entrance.admitted():
        return
    chosen = st.navigation(list(navigation.all_pages(first).values()), position="top")
    theme.style()
    selected.read_link()
    chosen.run()
    _footer()


def _footer() -> None:
    st.toggle("Large type for a projector", key="projector", help=HELP["projector"], persist_state="session")
