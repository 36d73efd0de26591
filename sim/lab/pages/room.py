"""The page Room: the address, the join code and the votes for the trainer, the open question for participants.

Both are drawn again every few seconds; nothing else on the page changes.
"""

from __future__ import annotations

import os

import streamlit as st

from sim.lab import session
from sim.lab.glossary import plain
from sim.lab.server import room
from sim.lab.widgets.votes import TRAINER_EVERY_S, votes
from sim.markup import render

PARTICIPANT_EVERY_S = 3.0


def page() -> None:
    """Draw the page."""
    st.title("Room")
    if not session.room_is_open():
        st.info("No room is open. `pileup lab --room` opens one on the local network; it prints a join code.")
        return
    if session.is_trainer():
        _way_in()
        st.markdown(
            "Open a lesson in **Learn**, turn on the trainer's view, and press **Ask the room** at a question. Your "
            "notes are in a window of their own, which is not for the projector: the command printed its address."
        )
        _own_question()
        _trainer_poll()
    else:
        st.markdown("Questions that your trainer asks appear here. You can look around in the other pages meanwhile.")
        _participant_poll()


def join_address() -> str:
    """Return the address that a participant opens, with the code in it."""
    return f"{os.environ.get(session.ADDRESS, '')}/room?join={os.environ[session.CODE]}"


def _way_in() -> None:
    left, right = st.columns([1, 2])
    code = os.environ[session.CODE]
    with left:
        st.html(qr_html(join_address()))
    with right:
        st.markdown("### Join code")
        st.html(str(render("sim.lab.widgets", "join_code.html", code=code)))
        st.markdown("Address")
        st.code(os.environ.get(session.ADDRESS, ""), language=None)
        st.caption("Only on this network, not encrypted, for exercises only. The code ends with the server.")


def qr_html(address: str) -> str:
    """Return a QR code of *address* as an image, dark on white in either theme, described for screen readers."""
    import segno

    source = segno.make(address, micro=False).svg_data_uri(scale=6, border=4, dark="#000", light="#fff")
    alt = f"QR code of {address}"
    return str(render("sim.plots", "image.html", alt=alt, style="width:100%;max-width:260px", source=source))


def _own_question() -> None:
    with st.expander("Ask a question of your own"), st.form("own question", border=False, clear_on_submit=True):
        asked = st.text_input("Question", max_chars=200)
        options = st.text_area("Answers, one a line", max_chars=600, height=100)
        lines = tuple(dict.fromkeys(line.strip() for line in options.splitlines() if line.strip()))[:8]
        if st.form_submit_button("Ask the room"):
            if asked.strip() and len(lines) > 1:
                room.poll().ask(asked.strip(), lines)
            else:
                st.warning("A question needs at least two answers to choose from.")


@st.fragment(run_every=TRAINER_EVERY_S)
def _trainer_poll() -> None:
    poll = room.poll()
    st.caption(f"{poll.present} joined so far.")
    if poll.asked is None:
        st.info("Nothing is asked just now.")
        return
    votes()
    left, right = st.columns(2)
    if poll.asked.is_open:
        left.button("Take no more predictions", on_click=poll.close, width="stretch")
    right.button("Take the question away", on_click=poll.clear, width="stretch")


@st.fragment(run_every=PARTICIPANT_EVERY_S)
def _participant_poll() -> None:
    poll = room.poll()
    asked = poll.asked
    if asked is None:
        st.info("Nothing is asked just now.")
        return
    mine = poll.prediction(session.user())
    if not asked.is_open:
        votes()
        if mine:
            st.caption(plain(f"You predicted: {mine}."))
        return
    st.markdown(f"**{plain(asked.text)}**")
    chosen = st.radio("Your prediction", asked.options, index=None, key=f"vote {asked.number}", format_func=plain)
    if chosen is not None and chosen != mine:
        poll.predict(session.user(), asked.number, chosen)
        mine = chosen
    st.caption(
        plain(f"Sent: {mine}. You can change it until the trainer closes the question.") if mine else "Choose one."
    )
