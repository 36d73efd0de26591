"""The first screen: the hero from a shipped recording. It stops at the fault and asks; then it answers, measured.

Nothing is played here, and nothing heavy is imported, so that the boxes move at once.
"""

from __future__ import annotations

import streamlit as st

from sim.lab import navigation
from sim.lab.selection import HERO, Selection
from sim.lab.server.hero_recording import OFF, ON, SWITCH, recording
from sim.lab.widgets import player

FAULT_AT_S = 60.0
HEALTHY_UNTIL_S = 59.95
"""Where the player stops: in the last frame before the fault, because the next one already shows who notices."""
BEGIN_AT_S = 36.0
ANSWERS = {
    "payers": "Only shoppers: they are the ones who pay",
    "all": "All of them, also browsers who never touch payments",
    "nobody": "Hardly any: it is only slow, and not down",
}
RIGHT = "all"
TOLD = {
    "payers": "Not only they. Browsers call `web` alone, and they failed as well.",
    "all": "Yes. And the browsers never touch payments.",
    "nobody": "Far from it. Slow is worse than down: it keeps its callers waiting.",
}
BECAUSE = (
    "Each call that waits for payments holds a worker of *orders*, and with it one of *web*. "
    "When all of them wait, *web* has no worker left to show a page."
)


def page() -> None:
    """Draw the first screen."""
    st.title("One service gets slow. Who notices?")
    answer = st.session_state.get("start answer")
    if answer is None:
        _healthy()
    else:
        _answered(str(answer))


def _healthy() -> None:
    st.header("A small shop on an ordinary day: shoppers pay, browsers only look")
    shown = player.show(
        recording()[OFF].timeline, "start player", begin_s=BEGIN_AT_S, stops=True, autoplay=True, speed=5,
        stopAt=HEALTHY_UNTIL_S, story=False, series=False,
    )  # fmt: skip
    if shown.stopped_at_s is not None:
        st.session_state["start stopped"] = True
    stopped = st.session_state.get("start stopped", False)
    if stopped:
        st.header("Payments becomes ten times slower. Who notices?")
    else:
        st.markdown("**In a moment payments becomes ten times slower. Who will notice?**")
    with st.container(horizontal=True):
        for name, words in ANSWERS.items():
            st.button(
                words, key=f"answer {name}", type="primary" if stopped else "secondary", on_click=_say, args=(name,)
            )


def _say(name: str) -> None:
    st.session_state["start answer"] = name


def _answered(answer: str) -> None:
    on = bool(st.session_state.get("start switch"))
    side = recording()[ON if on else OFF]
    st.header(TOLD[answer])
    st.markdown(BECAUSE)
    left, right, switch = st.columns([1, 1, 1.2], vertical_alignment="center")
    before = recording()[OFF].goodput
    for place, of, about in (
        (left, "shoppers", "They pay, so they need payments."),
        (right, "browsers", "They never touch payments."),
    ):
        change = round(100 * side.goodput[of]) - round(100 * before[of]) if on else 0
        place.metric(
            f"{of} well served in the fault", f"{100 * side.goodput[of]:.0f} %",
            f"{change:+d} points with the breaker" if change else None,
            border=True, help=f"Answered within 2 s and done as promised. {about} n = {side.n[of]:,}, one run.",
        )  # fmt: skip
    with switch:
        st.toggle(
            f"Switch on the {SWITCH}", key="start switch",
            help="After 5 failures in a row orders stops calling payments, and asks again after 30 s.",
        )  # fmt: skip
        st.caption(
            f"Measured in one run with seed 1: n = {side.n['shoppers']:,} shoppers and {side.n['browsers']:,} browsers "
            "who arrived in the 30 s of the fault."
        )
    player.show(
        side.timeline, "answer player", begin_s=FAULT_AT_S - 2, autoplay=True, speed=5, story=True, series=False,
        reveal=True,
    )  # fmt: skip
    st.markdown(
        "Shoppers are not saved by any switch on this call; what if payments were **behind a queue** instead? "
        "Or if the callers tried again?"
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        navigation.link("lab", "Open it in the Lab", ":material/science:", Selection(HERO))
        navigation.link("learn", "Continue with the lessons", ":material/school:")
        st.button("Ask me again", on_click=_again, icon=":material/replay:", type="tertiary")


def _again() -> None:
    for name in ("start answer", "start stopped"):
        st.session_state.pop(name, None)
