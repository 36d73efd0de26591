"""The page Lab: a question, a prediction, a run, its replay, and switches that answer at once."""

from __future__ import annotations

from typing import Any, Callable

import streamlit as st

from sim.errors import LabError
from sim.lab import selected
from sim.lab.glossary import plain
from sim.lab.pages import learn
from sim.lab.selection import Selection
from sim.lab.server import jobs
from sim.lab.widgets import cards, downloads, faults, gallery, panels, player, prediction, switches, theme, waiting

BELOW = "below"
"""The key of the tabs below the replay."""


def page() -> None:
    """Draw the page."""
    chosen = selected.current()
    try:
        scenario = selected.scenario_of(chosen)
    except LabError as error:
        st.title("Lab")
        st.error("This scenario cannot be opened.", icon=":material/error:")
        st.code(str(error), language=None)
        gallery.gallery()
        return
    if chosen != Selection():
        selected.write_link()  # before anything is played, so that a reload meanwhile finds it again
    st.title(plain(scenario.title))
    _gallery()
    st.header(plain(scenario.question) or "What happens here?")
    if not selected.is_running():
        _before(scenario)
        return
    _after(scenario)
    selected.write_link()


def _gallery() -> None:
    """Draw the gallery, folded; its cards take longer than all the rest, so they are drawn only while it is open."""
    fold = st.expander("Choose another scenario", icon=":material/menu_book:", key=gallery.FOLD, on_change="rerun")
    if fold.open:
        with fold:
            gallery.gallery()


def _before(scenario: Any) -> None:
    """Draw the question and the prediction, and nothing that gives it away."""
    left, right = st.columns([3, 2])
    with left:
        prediction.ask(scenario)
        st.button(
            "Run", type="primary", icon=":material/play_arrow:", on_click=selected.set_running, args=(True,), key="run",
            help="Plays the scenario as written; then every switch answers at once.",
        )  # fmt: skip
    with right, st.container(border=True):
        st.markdown("**The system**")
        for name, workload in scenario.workload.items():
            load = f"{workload.rate.text}" if workload.rate is not None else f"{workload.users} users"
            st.markdown(f"- {plain(name)}: {plain(load)}")
        st.markdown(f"- services: {', '.join(plain(name) for name in scenario.services)}")
        for name in scenario.faults:
            st.markdown(f"- what breaks: {plain(name)}")


def _after(scenario: Any) -> None:
    left, right = st.columns([1, 3], gap="medium")
    with left:
        st.toggle(
            "Show the switches and faults", key=theme.UNFOLD, persist_state="session",
            help="On a narrow screen they are folded, so that the result comes first.",
        )  # fmt: skip
    with left, st.container(key="switches"):
        chosen = switches.switches(scenario)
    try:
        resolved = selected.resolved(chosen)
    except LabError as error:
        with right:
            st.error("These switches cannot be played together.", icon=":material/error:")
            st.code(str(error), language=None)
        return
    with (
        left,
        st.container(key="faults"),
        st.expander("Faults", icon=":material/bolt:", expanded=chosen.faults is not None),
    ):
        faults.editor(resolved)
    base = Selection(chosen.scenario, seed=chosen.seed, text=chosen.text)
    with right:
        also = None if chosen == base else jobs.submit(jobs.play_spec(base))
        played = waiting.played(jobs.play_spec(chosen), f"Playing {plain(scenario.title)}")
        baseline = None if also is None or played is None else waiting.show(also, "Playing the baseline")
        if played is None:
            st.button("Run again", key="run again", icon=":material/replay:")
            return
        panels.cut_off(played)
        prediction.told(played)
        cards.cards(played, baseline)
        _replay(chosen, resolved, played, baseline)
        _below(chosen, scenario, resolved, played, baseline)


def _replay(chosen: Selection, resolved: Any, played: Any, baseline: Any | None) -> None:
    """Draw the replay, alone or next to the baseline's, and what was chosen in it."""
    from sim.replay import beside

    side_by_side = baseline is not None and st.toggle(
        "The baseline next to it", False, key="beside", help="Both runs on one clock: same arrivals, same faults.",
        persist_state="session",
    )  # fmt: skip
    data = beside(played.timeline, baseline.timeline) if side_by_side and baseline is not None else played.timeline
    first = min((begin for _, begin, _ in played.run.record.windows), default=played.run.record.warmup_s)
    shown = player.show(
        data, f"lab player {chosen.scenario}", begin_s=max(0.0, first - 3.0),
        at_s=st.session_state.pop("resume at", None), select=True, autoplay=True, speed=5, series="main", reveal=True,
    )  # fmt: skip
    faults.told()
    if shown.node is not None:
        faults.break_it_here(resolved, shown.node, shown.at_s)
    else:
        st.caption("Choose a box or a link in the replay to see its numbers, and to break it at the time shown.")


@st.fragment
def _below(chosen: Selection, scenario: Any, resolved: Any, played: Any, baseline: Any | None) -> None:
    """Draw what lies below the replay: only the tab that is open, and a choice in it redraws nothing else."""
    parts: dict[str, Callable[[], None]] = {
        "Over time": lambda: panels.series(played, baseline),
        "Ledger and lesson": lambda: _books(chosen, scenario, resolved, played),
        "Is it chance?": lambda: panels.difference(chosen, scenario),
        "Which defence?": lambda: panels.defences(chosen, scenario),
        "Share and download": lambda: downloads.downloads(chosen, resolved, played),
    }
    for tab, draw in zip(st.tabs(list(parts), key=BELOW, on_change="rerun"), parts.values()):
        if tab.open:
            with tab:
                draw()


def _books(chosen: Selection, scenario: Any, resolved: Any, played: Any) -> None:
    panels.ledger(played)
    if scenario.lesson:
        st.subheader("What it teaches")
        st.markdown(plain(scenario.lesson))
    learn.offer(chosen.scenario)
    for line in resolved.assumptions:
        st.caption(f"Assumed: {plain(line)}")
