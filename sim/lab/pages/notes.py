"""The page Notes: the trainer's own window, apart from the one that is projected; it follows the lesson shown there.

It has the minutes, the notes, and the votes as they come in: everything that would give a room the answer, or the
votes of others. The page is in no menu; ``/notes`` opens it. Not modelled: a clock that runs down.
"""

from __future__ import annotations

import streamlit as st

from sim.lab import session
from sim.lab.glossary import plain
from sim.lab.pages.learn.lessons import Lesson, lessons
from sim.lab.server import room
from sim.lab.widgets.glossary_text import prose

FOLLOWING = "the lesson shown in Learn"
EVERY_S = 1.5


def page() -> None:
    """Draw the page."""
    st.title("Notes")
    if not session.is_trainer():
        st.info("These are the trainer's notes. Open the address that the room's command printed for them.")
        return
    chosen = st.selectbox(
        "Lesson", [FOLLOWING, *lessons()], key="notes lesson",
        format_func=lambda name: name if name == FOLLOWING else lessons()[name].title,
    )  # fmt: skip
    _poll()
    _follow(chosen)


@st.fragment(run_every=EVERY_S)
def _poll() -> None:
    """Draw how the room votes just now, which the projected page keeps back until the question is closed."""
    from sim.lab.widgets.votes import votes

    poll = room.poll()
    if poll.asked is None:
        return
    with st.container(border=True):
        votes(is_shown=True)
        if poll.asked is not None and poll.asked.is_open:
            st.button("Take no more predictions", on_click=poll.close)


@st.fragment(run_every=EVERY_S)
def _follow(chosen: str) -> None:
    """Draw the notes of a lesson, or of the one that the trainer shows in another window."""
    name = room.poll().shown if chosen == FOLLOWING else chosen
    one = lessons().get(name)
    if one is None:
        st.info("Open a lesson in Learn with the trainer's view on: its notes appear here.")
        return
    notes(one)


def notes(lesson: Lesson) -> None:
    """Draw what the trainer should know of a lesson: minutes, what rooms say, and one way to the goals."""
    st.header(lesson.title)
    _part([f"{lesson.minutes:g} minutes in all.", *lesson.trainer], f"{lesson.name} notes")
    for i, step in enumerate(lesson.steps):
        st.subheader(f"{i + 1}. {plain(step.title)}")
        _part([f"{step.minutes:g} minutes.", *step.trainer], f"{lesson.name} {i} notes")
    st.subheader(f"{len(lesson.steps) + 1}. Try it")
    known = f"{lesson.attempt.minutes:g} minutes. One way: {lesson.attempt.known.words}."
    _part([known], f"{lesson.name} try notes")


def _part(lines: list[str], key: str) -> None:
    prose(lines, key, as_list=True)
