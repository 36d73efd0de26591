"""The selection of this session: read from the address, kept between page runs, written to the address."""

from __future__ import annotations

from typing import Any

import streamlit as st

from sim.errors import LabError, ParameterError
from sim.lab import session
from sim.lab.own_scenario import opened
from sim.lab.selection import OWN, Selection, from_query, resolve, to_query
from sim.scenario.loading import load
from sim.scenario.shipped import shipped_scenario

_SELECTION, _GENERATION, _LINK, _RUNNING = "choice", "generation", "link", "running"


def current() -> Selection:
    """Return the session's selection."""
    selection: Selection = st.session_state.setdefault(_SELECTION, Selection())
    return selection


def select(selection: Selection, *, redraw: bool = False) -> None:
    """Make *selection* the session's; with *redraw* the widgets take its values on the next page run."""
    st.session_state[_SELECTION] = selection
    if redraw:
        st.session_state[_GENERATION] = generation() + 1


def generation() -> int:
    """Return a number to put into widgets' keys: it grows when the selection was changed from outside of them."""
    return int(st.session_state.get(_GENERATION, 0))


def is_running() -> bool:
    """Whether the selected scenario was started: from then on each change is played at once."""
    return current().scenario in st.session_state.get(_RUNNING, ())


def set_running(on: bool) -> None:
    """Start the selected scenario, or return it to its question."""
    names = {name for name in st.session_state.get(_RUNNING, ()) if name != current().scenario}
    st.session_state[_RUNNING] = names | {current().scenario} if on else names


# --- the address --------------------------------------------------------------------------------------------


def read_link() -> None:
    """Take the selection out of an address that differs from it; say so where the address is not valid."""
    params = {name: st.query_params.get_all(name) for name in st.query_params}
    if "scenario" not in params or st.session_state.get(_LINK) == params:
        return
    st.session_state[_LINK] = params
    try:
        linked = from_query(params)
        resolve(linked, scenario_of(linked))
    except LabError as error:
        st.warning("This link could not be opened; the last choice is shown instead.", icon=":material/link_off:")
        st.code(str(error), language=None)
        return
    if linked != current():
        select(linked, redraw=True)
    if "run" in params:
        set_running(True)


def write_link() -> None:
    """Write the selection into the page's address, so that it can be shared and survives a reload.

    A scenario of one's own that is too long for an address is left out; Compose keeps its text in the browser.
    """
    try:
        query = to_query(current())
    except ParameterError:
        return
    wanted = _as_lists(query | ({"run": "1"} if is_running() else {}))
    st.session_state[_LINK] = wanted
    if {name: st.query_params.get_all(name) for name in st.query_params} != wanted:
        st.query_params.from_dict(wanted)


def _as_lists(query: dict[str, str | list[str]]) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else value for name, value in query.items()}


# --- the scenario -------------------------------------------------------------------------------------------


def scenario_of(selection: Selection) -> Any:
    """Return the scenario that is selected; raises ``LabError`` where it does not exist or is not valid."""
    if selection.scenario == OWN:
        if not session.may_compose():
            raise LabError("in a room only the trainer plays scenarios that are not shipped")
        return _own(selection.text)
    path = shipped_scenario(selection.scenario)
    if path is None:
        raise LabError(f"there is no scenario called {selection.scenario!r}")
    return _shipped(str(path), path.stat().st_mtime_ns)


@st.cache_resource(show_spinner=False, max_entries=64)
def _shipped(path: str, changed_at_ns: int) -> Any:
    return load(path)


@st.cache_resource(show_spinner=False, max_entries=64)
def _own(text: str) -> Any:
    return opened(text)


def resolved(selection: Selection | None = None) -> Any:
    """Return the combination that is selected, ready to be played; raises ``ScenarioError``."""
    selection = current() if selection is None else selection
    return _resolved(selection, _stamp(selection))


@st.cache_resource(show_spinner=False, max_entries=256)
def _resolved(selection: Selection, stamp: int) -> Any:
    return resolve(selection, scenario_of(selection))


def _stamp(selection: Selection) -> int:
    path = None if selection.scenario == OWN else shipped_scenario(selection.scenario)
    return path.stat().st_mtime_ns if path is not None else 0
