"""The participant's choice between page runs and in the address: one value, read from a link, written to the link."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import streamlit as st

from sim.errors import LabError, ParameterError
from sim.lab import room
from sim.lab.choice import OWN, Choice, from_query, resolve, to_query
from sim.lab.runs import SERVER, Job, Order, Players
from sim.scenario import Summary, load
from sim.scenario.shipped import shipped_folder, shipped_scenario

FIRST_WAIT_S, NEXT_WAIT_S = 1.0, 0.25
"""A page waits so long before it shows a bar, and between two looks at it: with fifty waiting, each look counts."""

_CHOICE, _GENERATION, _USER, _LINK, _RUNNING = "choice", "generation", "user", "link", "running"


def choice() -> Choice:
    """Return the participant's choice."""
    found: Choice = st.session_state.setdefault(_CHOICE, Choice())
    return found


def read_link() -> None:
    """Take the choice out of an address that differs from the choice; an address that nobody made here is told."""
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
    if linked != choice():
        choose(linked, redraw=True)
    if "run" in params:
        set_running(True)


def choose(chosen: Choice, *, redraw: bool = False) -> None:
    """Make *chosen* the participant's choice; with *redraw* the widgets take its values on the next page run."""
    st.session_state[_CHOICE] = chosen
    if redraw:
        st.session_state[_GENERATION] = generation() + 1


def generation() -> int:
    """Return a number to put into widgets' keys: it grows when the choice was changed from outside of them."""
    return int(st.session_state.get(_GENERATION, 0))


def is_running() -> bool:
    """Whether the chosen scenario was set going: from then on each change is played at once."""
    return choice().scenario in st.session_state.get(_RUNNING, ())


def set_running(on: bool) -> None:
    """Set the chosen scenario going, or back to its question."""
    names = {name for name in st.session_state.get(_RUNNING, ()) if name != choice().scenario}
    st.session_state[_RUNNING] = names | {choice().scenario} if on else names


def write_link() -> None:
    """Write the choice into the page's address, so that it can be shared and survives a reload.

    A scenario of one's own that is too long for an address is left out; Compose keeps its text in the browser.
    """
    try:
        query = to_query(choice())
    except ParameterError:
        return
    wanted = _as_lists(query | ({"run": "1"} if is_running() else {}))
    st.session_state[_LINK] = wanted
    if {name: st.query_params.get_all(name) for name in st.query_params} != wanted:
        st.query_params.from_dict(wanted)


def _as_lists(query: dict[str, str | list[str]]) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else value for name, value in query.items()}


def scenario_of(chosen: Choice) -> Any:
    """Return the scenario that is chosen; raises ``LabError`` where there is none such or it is not valid."""
    if chosen.scenario == OWN:
        if not room.composing_is_open():
            raise LabError("in a room only the trainer plays scenarios that are not shipped")
        return _own(chosen.text)
    path = shipped_scenario(chosen.scenario)
    if path is None:
        raise LabError(f"there is no scenario called {chosen.scenario!r}")
    return _shipped(str(path), path.stat().st_mtime_ns)


@st.cache_resource(show_spinner=False, max_entries=64)
def _shipped(path: str, changed_at_ns: int) -> Any:
    return load(path)


@st.cache_resource(show_spinner=False, max_entries=64)
def _own(text: str) -> Any:
    from sim.lab.compose.check import opened

    return opened(text)


def resolved(chosen: Choice | None = None) -> Any:
    """Return the combination that is chosen, ready to be played; raises ``ScenarioError``."""
    chosen = choice() if chosen is None else chosen
    return _resolved(chosen, _stamp(chosen))


@st.cache_resource(show_spinner=False, max_entries=256)
def _resolved(chosen: Choice, stamp: int) -> Any:
    return resolve(chosen, scenario_of(chosen))


def _stamp(chosen: Choice) -> int:
    path = None if chosen.scenario == OWN else shipped_scenario(chosen.scenario)
    return path.stat().st_mtime_ns if path is not None else 0


def gallery() -> list[Summary]:
    """Return the shipped scenarios that can be read; a worker reads them once, which takes a second or so."""
    found: list[Summary] | None = show(submit(_gallery_order()), "Reading the scenarios")
    return found or []


def _gallery_order() -> Order:
    folder = shipped_folder()
    stamp = tuple(path.stat().st_mtime_ns for path in sorted(folder.glob("*.yaml")))
    return Order("gallery", None, {"folder": str(folder), "stamp": stamp})


def user() -> str:
    """Return a name for this session, by which its runs are bounded; it says nothing about the person."""
    if _USER not in st.session_state:
        st.session_state[_USER] = uuid4().hex
    return str(st.session_state[_USER])


@st.cache_resource(show_spinner=False)
def players() -> Players:
    """Return the server's worker processes, started when they are first asked for."""
    return Players()


def order_for(chosen: Choice, replications: int = 1) -> Order:
    """Return the order that plays *chosen*."""
    scenario = resolved(chosen)
    seed = scenario.seed if chosen.seed is None else chosen.seed
    return Order("play", scenario, {"seed": seed, "replications": replications})


def played(order: Order, label: str) -> Any:
    """Return what *order* comes to: at once when it is kept, else after showing how far it is, with a way to cancel.

    None when it was cancelled or could not be played; the reason is then on the page. The page's own thread only
    waits, so no other participant's page is held up.
    """
    return show(submit(order), label)


def submit(order: Order) -> Job:
    """Return the job for an order of this session, begun or done; wait for it with ``show``."""
    return players().submit(order, user())


def play_first() -> None:
    """Play what most participants ask for first, while nobody waits for it."""
    players().submit(order_for(Choice()), SERVER)
    players().submit(_gallery_order(), SERVER)


def show(job: Job, label: str) -> Any:
    """Wait for a job on the page; see ``played``."""
    if not job.wait(FIRST_WAIT_S):
        place = st.empty()
        with place.container():
            bar = st.progress(0.0, label)
            st.button("Cancel", key=f"cancel {job.order.key}", on_click=players().cancel, args=(job, user()))
        shown, beat = 0.0, st.empty()
        while not job.wait(NEXT_WAIT_S):
            if job.progress >= shown + 0.02:
                shown = job.progress
                bar.progress(min(shown, 1.0), f"{label}: {shown:.0%}")
            else:
                beat.empty()  # a page that is no longer wanted ends here
        place.empty()
    try:
        return job.result()
    except LabError as error:
        st.warning(f"Not played: {error}", icon=":material/block:")
        return None
