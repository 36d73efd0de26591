"""This browser session: its role in a room, and a name for its runs.

A room is the lab on the local network, opened on purpose for one workshop by ``pileup lab --room``. A session that
enters the join code is a participant: everything but Compose and uploads is open to it. A session that opens the
trainer's address leads. Where no room was opened, every session on this machine may do everything.
"""

from __future__ import annotations

import os
from uuid import uuid4

import streamlit as st

CODE, KEY, ADDRESS = "PILEUP_ROOM_CODE", "PILEUP_ROOM_KEY", "PILEUP_ROOM_ADDRESS"
"""Environment variables by which the command that opens a room configures the server; unset: no room."""
TRAINER, PARTICIPANT = "trainer", "participant"

_ROLE, _USER = "room role", "user"


def room_is_open() -> bool:
    """Whether this server was opened as a room."""
    return bool(os.environ.get(CODE))


def is_admitted() -> bool:
    """Whether this session may see the pages."""
    return not room_is_open() or bool(st.session_state.get(_ROLE))


def admit(role: str) -> None:
    """Let this session in as ``TRAINER`` or ``PARTICIPANT``."""
    st.session_state[_ROLE] = role


def is_trainer() -> bool:
    """Whether this session leads: in a room the one that came by the trainer's address, else every session."""
    return not room_is_open() or st.session_state.get(_ROLE) == TRAINER


def may_compose() -> bool:
    """Whether this session may play scenarios of its own."""
    return is_trainer()


def user() -> str:
    """Return a name for this session, by which its runs are bounded; it identifies no person."""
    if _USER not in st.session_state:
        st.session_state[_USER] = uuid4().hex
    return str(st.session_state[_USER])
