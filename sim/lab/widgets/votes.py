"""The votes of a room: how many have answered the open question, and, once it is closed, how they voted."""

from __future__ import annotations

import streamlit as st

from sim.lab.glossary import plain
from sim.lab.server import room
from sim.lab.server.poll import Question
from sim.markup import render

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
    return str(render("sim.lab.widgets", "answered.html", words=words, share=f"{share:.0%}"))


def bars_html(asked: Question, counts: dict[str, int]) -> str:
    """Return the votes as bars: a table with counts, so that it is read aloud as well; names are written as text."""
    total = sum(counts.values())
    rows = [
        {"option": option, "count": count, "share": f"{count / (total or 1):.0%}", "is_right": asked.right == option}
        for option, count in counts.items()
    ]
    values = {"votes": rows, "total": total, "is_open": asked.is_open, "answer": asked.answer}
    return str(render("sim.lab.widgets", "votes.html", **values))
