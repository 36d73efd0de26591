"""The page Room: for the trainer the way in and the votes, for participants the question that is asked just now.

Both look again by themselves, every second or two; nothing else on the page moves.
"""

from __future__ import annotations

import html
import os

import streamlit as st

from sim.lab import room, state
from sim.lab.room.board import Asked
from sim.lab.words import plain

TRAINER_EVERY_S, PARTICIPANT_EVERY_S = 1.5, 3.0


def page() -> None:
    """Draw the page."""
    st.title("Room")
    if not room.is_open():
        st.info("No room is open. `pileup lab --room` opens one on the local network; it prints a join code.")
        return
    if room.is_trainer():
        _way_in()
        st.markdown(
            "Open a lesson in **Learn**, turn on the trainer's view, and press **Ask the room** at a question. Your "
            "notes are in a window of their own, which is not for the projector: the command printed its address."
        )
        _own_question()
        _trainer_board()
    else:
        st.markdown("Questions that your trainer asks appear here. You can look around in the other pages meanwhile.")
        _participant_board()


def join_address() -> str:
    """Return the address that a participant opens, with the code in it."""
    return f"{os.environ.get(room.ADDRESS, '')}/room?join={os.environ[room.CODE]}"


def _way_in() -> None:
    left, right = st.columns([1, 2])
    code = os.environ[room.CODE]
    with left:
        st.html(qr_html(join_address()))
    with right:
        st.markdown("### Join code")
        st.html(f'<p style="font:700 3rem/1.2 monospace;letter-spacing:.15em;margin:0">{html.escape(code)}</p>')
        st.markdown("Address")
        st.code(os.environ.get(room.ADDRESS, ""), language=None)
        st.caption("Only on this network, not encrypted, for exercises only. The code ends with the server.")


def qr_html(address: str) -> str:
    """Return a QR code of *address* as an image, dark on white in either theme, told in words to screen readers."""
    import segno

    source = segno.make(address, micro=False).svg_data_uri(scale=6, border=4, dark="#000", light="#fff")
    alt = html.escape(f"QR code of {address}", quote=True)
    return f'<img src="{source}" alt="{alt}" style="width:100%;max-width:260px">'


def _own_question() -> None:
    with st.expander("Ask a question of your own"), st.form("own question", border=False, clear_on_submit=True):
        asked = st.text_input("Question", max_chars=200)
        options = st.text_area("Answers, one a line", max_chars=600, height=100)
        lines = tuple(dict.fromkeys(line.strip() for line in options.splitlines() if line.strip()))[:8]
        if st.form_submit_button("Ask the room"):
            if asked.strip() and len(lines) > 1:
                room.board().ask(asked.strip(), lines)
            else:
                st.warning("A question needs at least two answers to choose from.")


@st.fragment(run_every=TRAINER_EVERY_S)
def _trainer_board() -> None:
    board = room.board()
    st.caption(f"{board.present} joined so far.")
    if board.asked is None:
        st.info("Nothing is asked just now.")
        return
    votes()
    left, right = st.columns(2)
    if board.asked.is_open:
        left.button("Take no more predictions", on_click=board.close, width="stretch")
    right.button("Take the question away", on_click=board.clear, width="stretch")


@st.fragment(run_every=TRAINER_EVERY_S)
def live_bars() -> None:
    """Draw how many have answered the question asked just now, and their votes when it is closed."""
    votes()


def votes(is_shown: bool = False) -> None:
    """Draw the question and its votes once; of an open one only how many there are, unless it *is_shown*.

    Who sees how the others vote follows them, so bars are kept back until nobody can vote any more.
    """
    board = room.board()
    asked, counts = board.asked, board.counts()
    if asked is None:
        return
    st.markdown(f"**{plain(asked.text)}**")
    if asked.is_open and not is_shown:
        st.html(answered_html(sum(counts.values()), board.present))
    else:
        st.html(bars_html(asked, counts))


def answered_html(answered: int, present: int) -> str:
    """Return how many of those who have joined have answered, as a grey bar with its number.

    >>> "32 of 50 answered" in answered_html(32, 50), "1 answered" in answered_html(1, 0)
    (True, True)
    """
    known = present >= answered and present > 0
    words = f"{answered} of {present} answered" if known else f"{answered} answered"
    share = answered / present if known else 0.0
    inside = f'<div style="height:1.3rem;width:{share:.0%};background:#808080;border-radius:3px"></div>'
    frame = "border:1px solid #808080;border-radius:4px"
    return f'<div style="{frame}">{inside}</div><p>{words}. The votes are shown when the question is closed.</p>'


def bars_html(asked: Asked, counts: dict[str, int]) -> str:
    """Return the votes as bars: a table with counts, so that it is read aloud as well; names are written as text."""
    total = sum(counts.values())
    rows = []
    for option, count in counts.items():
        share = count / total if total else 0.0
        mark = " ✓ measured" if asked.right == option else ""
        bar = f"height:1.3rem;width:{share:.0%};min-width:2px;background:#0072B2;border-radius:3px"
        head = f"text-align:left;font-weight:{700 if mark else 400};padding:.25rem .6rem .25rem 0;width:45%"
        rows.append(
            f'<tr><th scope="row" style="{head}">{html.escape(option)}{mark}</th>'
            f'<td style="width:45%"><div style="{bar}"></div></td>'
            f'<td style="text-align:right;padding-left:.6rem">{count}</td></tr>'
        )
    state_words = "open" if asked.is_open else "closed"
    answer = f" Measured: {html.escape(asked.answer)}." if asked.answer else ""
    return (
        f'<table style="width:100%;border-collapse:collapse">{"".join(rows)}</table>'
        f"<p>{total} prediction{'s' * (total != 1)}, {state_words}.{answer}</p>"
    )


@st.fragment(run_every=PARTICIPANT_EVERY_S)
def _participant_board() -> None:
    board = room.board()
    asked = board.asked
    if asked is None:
        st.info("Nothing is asked just now.")
        return
    mine = board.prediction(state.user())
    if not asked.is_open:
        votes()
        if mine:
            st.caption(plain(f"You predicted: {mine}."))
        return
    st.markdown(f"**{plain(asked.text)}**")
    chosen = st.radio("Your prediction", asked.options, index=None, key=f"vote {asked.number}", format_func=plain)
    if chosen is not None and chosen != mine:
        board.predict(state.user(), asked.number, chosen)
        mine = chosen
    st.caption(
        plain(f"Sent: {mine}. You can change it until the trainer closes the question.") if mine else "Choose one."
    )
