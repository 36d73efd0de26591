"""The frame of the lab: its pages, their order, and what every page has: style, link, projector mode."""

from __future__ import annotations

import streamlit as st

from sim.lab import state, theme
from sim.lab.words import HELP


def _start() -> None:
    from sim.lab.start import page

    page()


def _lab() -> None:
    from sim.lab.lab import page

    page()


def _compare() -> None:
    from sim.lab.compare import page

    page()


def _trace() -> None:
    from sim.lab.trace import page

    page()


def _compose() -> None:
    from sim.lab.compose import page

    page()


def _learn() -> None:
    from sim.lab.learn import page

    page()


def main() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="Pileup", page_icon=":material/stacked_line_chart:", layout="wide")
    pages = [
        st.Page(_start, title="Start", url_path="start", default=True),
        st.Page(_lab, title="Lab", url_path="lab"),
        st.Page(_compare, title="Compare", url_path="compare"),
        st.Page(_trace, title="Trace", url_path="trace"),
        st.Page(_compose, title="Compose", url_path="compose"),
        st.Page(_learn, title="Learn", url_path="learn"),
    ]
    chosen = st.navigation(pages, position="top")
    theme.style()
    state.choice()
    if problem := st.session_state.pop("link problem", ""):
        st.warning("This link could not be opened; the usual scenario is shown instead.", icon=":material/link_off:")
        st.code(problem, language=None)
    chosen.run()
    _footer()


def _footer() -> None:
    st.toggle("Large type for a projector", key="projector", help=HELP["projector"], persist_state="session")
