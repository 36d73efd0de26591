"""A room: the lab on the local network, on purpose, for one workshop. ``pileup lab --room`` opens it.

Who has the join code takes part: everything but Compose and uploads. Who opens the trainer's address leads. Where no
room was opened, everybody on this machine may do everything.
"""

from __future__ import annotations

import os
import time
from functools import cache

import streamlit as st

from sim.lab.room.board import Board
from sim.lab.room.gate import OPEN, WAIT, WINDOW_S, Gate

CODE, KEY, ADDRESS = "PILEUP_ROOM_CODE", "PILEUP_ROOM_KEY", "PILEUP_ROOM_ADDRESS"
"""Environment variables by which the command that opens a room tells the server; unset: no room."""

_ROLE = "room role"
_TRAINER, _PARTICIPANT = "trainer", "participant"


def is_open() -> bool:
    """Whether this server was opened as a room."""
    return bool(os.environ.get(CODE))


def is_trainer() -> bool:
    """Whether this session leads: in a room who came by the trainer's address, else everybody."""
    return not is_open() or st.session_state.get(_ROLE) == _TRAINER


def composing_is_open() -> bool:
    """Whether this session may compose scenarios of its own."""
    return is_trainer()


@cache
def gate() -> Gate:
    """Return the server's one door."""
    return Gate(os.environ[CODE], os.environ[KEY])


@cache
def board() -> Board:
    """Return the server's one board."""
    return Board()


def admitted() -> bool:
    """Whether this session may see the pages; where not, draw the door instead. Call it before anything else."""
    if not is_open() or st.session_state.get(_ROLE):
        return True
    if _came_by_link():
        return True
    _door()
    return False


def _came_by_link() -> bool:
    """Let in who comes by the trainer's address or by one with the join code; both go out of the address."""
    key, code = st.query_params.pop("trainer", ""), st.query_params.pop("join", "")
    if key and gate().is_trainer(key):
        st.session_state[_ROLE] = _TRAINER
    elif code:
        _try(code)
    return bool(st.session_state.get(_ROLE))


def _try(code: str) -> str:
    from sim.lab import state

    address = st.context.ip_address
    found = gate().enter(code, address if isinstance(address, str) else "this machine", time.monotonic())
    if found == OPEN:
        st.session_state[_ROLE] = _PARTICIPANT
        board().arrive(state.user())
    return found


def _door() -> None:
    st.title("Pileup: join the room")
    with st.form("door"):
        code = st.text_input("Join code", max_chars=12, autocomplete="off", help="It stands on the trainer's screen.")
        sent = st.form_submit_button("Join", type="primary")
    st.caption("No account, no name; nothing that you do here is stored.")
    if not sent:
        return
    found = _try(code)
    if found == OPEN:
        st.rerun()
    elif found == WAIT:
        st.error(f"Too many wrong codes came in. Wait {WINDOW_S:g} seconds, then try again.")
    else:
        st.error("This is not the code of this room. Look at the trainer's screen again.")


def live_bars() -> None:
    """Draw how many of the room have answered, as they do, and the votes when the question is closed."""
    from sim.lab.room.view import live_bars as draw

    draw()


def page() -> None:
    """Draw the page Room."""
    from sim.lab.room.view import page as draw

    draw()
