"""The form at the entrance of a room: it asks for the join code, unless the address has it or the trainer's key."""

from __future__ import annotations

import time

import streamlit as st

from sim.lab import session
from sim.lab.server import room
from sim.lab.server.join_code import OPEN, WAIT, WINDOW_S


def admitted() -> bool:
    """Whether this session may see the pages; where not, draw the form instead. Call it before anything else."""
    if session.is_admitted():
        return True
    _admit_by_address()
    if session.is_admitted():
        return True
    _form()
    return False


def _admit_by_address() -> None:
    """Admit a session whose address has the trainer's key or the join code, and take both out of the address."""
    key, code = st.query_params.pop("trainer", ""), st.query_params.pop("join", "")
    if key and room.join_code().is_trainer(key):
        session.admit(session.TRAINER)
    elif code:
        _try(code)


def _try(code: str) -> str:
    address = st.context.ip_address
    verdict = room.join_code().check(
        code, address if isinstance(address, str) else "this machine", time.monotonic()
    )  # fmt: skip
    if verdict == OPEN:
        session.admit(session.PARTICIPANT)
        room.poll().join(session.user())
    return verdict


def _form() -> None:
    st.title("Pileup: join the room")
    with st.form("join"):
        code = st.text_input("Join code", max_chars=12, autocomplete="off", help="It stands on the trainer's screen.")
        sent = st.form_submit_button("Join", type="primary")
    st.caption("No account, no name; nothing that you do here is stored.")
    if not sent:
        return
    verdict = _try(code)
    if verdict == OPEN:
        st.rerun()
    elif verdict == WAIT:
        st.error(f"Too many wrong codes came in. Wait {WINDOW_S:g} seconds, then try again.")
    else:
        st.error("This is not the code of this room. Look at the trainer's screen again.")
