"""The votes of a room: how many have answered the open question, and, once it is closed, how they voted."""

from __future__ import annotations

import html

import streamlit as st

from sim.lab.glossary import plain
from sim.lab.server import room
from sim.lab.server.poll import Question

TRAINER_EVERY_S = 1.5


@st.fragment(run_every=TRAINER_EVERY_S)
def live_bars() -> None:
    """Draw how many have answered the open question, and the votes when it is closed."""
    votes()


def votes(is_shown: bool = False) -> None:
    """Draw the question and its votes once; of an open one only how many there are, unless it *is_shown*.

    A person who sees how others vote tends to follow them, so the bars are shown only when the question is closed.
    """
    poll = room.poll()
    asked, counts = poll.asked, poll.counts()
    if asked is None:
        return
    st.markdown(f"**{plain(asked.text)}**")
    if asked.is_open and not is_shown:
        st.html(answered_html(sum(counts.values()), poll.present))
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


def bars_html(asked: Question, counts: dict[str, int]) -> str:
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
