"""The gallery: every shipped scenario with its question and lesson, by topic, and a search over all their words."""

from __future__ import annotations

import streamlit as st

from sim.lab import state
from sim.lab.choice import OWN, Choice
from sim.lab.words import plain
from sim.scenario import Summary

TOPICS: dict[str, tuple[str, ...]] = {
    "timeouts and retries": ("retr", "backoff", "timeout", "storm"),
    "breakers and limits": ("breaker", "bulkhead", "limit", "shed", "budget"),
    "queues and backlogs": ("queue", "backlog", "dead-letter", "message"),
    "lost or done twice": ("duplicate", "twice", "lost", "ghost", "idempoten", "exactly once"),
    "overload": ("overload", "capacity", "spike", "crowd", "launch", "saturat"),
}
"""Topics and the beginnings of words by which a scenario belongs to them."""


def words_of(one: Summary) -> str:
    """Return all that can be searched of a scenario, in lower case."""
    return " ".join([one.name, one.title, one.question, one.lesson, *one.variants, *one.toggles]).lower()


def found(scenarios: list[Summary], search: str, topic: str | None) -> list[Summary]:
    """Return the scenarios that hold every word of *search* and belong to *topic*."""
    wanted = search.lower().split()
    stems = TOPICS.get(topic or "", ("",))
    return [
        one for one in scenarios
        if all(word in words_of(one) for word in wanted) and any(stem in words_of(one) for stem in stems)
    ]  # fmt: skip


def gallery() -> None:
    """Draw the search, the topics and the cards; a card's button chooses its scenario."""
    left, right = st.columns([1, 2])
    search = left.text_input("Search scenarios", placeholder="for example: retries, queue, checkout", key="search")
    with right:
        topic = st.pills("What about", list(TOPICS), key="topic")
    cards = found(state.gallery(), search, topic)
    if not cards:
        st.info(
            "No scenario has all these words. Take one away, or choose another topic.", icon=":material/search_off:"
        )
    columns = st.columns(3)
    for i, one in enumerate(cards):
        with columns[i % 3], st.container(border=True):
            _card(one)


def _card(one: Summary) -> None:
    st.markdown(f"**{plain(one.title)}**")
    st.markdown(plain(one.question))
    about = [f"{len(one.variants)} variants" if len(one.variants) > 1 else "", f"{len(one.toggles)} switches"]
    st.caption(" · ".join(word for word in about if word and not word.startswith("0")) or "one design")
    chosen = state.choice().scenario == one.name
    st.button(
        "Chosen" if chosen else "Choose", key=f"choose {one.name}", on_click=_choose, args=(one.name,), disabled=chosen,
        help=one.lesson if state.choice().scenario == one.name and state.is_running() else None,
    )  # fmt: skip


def _choose(name: str) -> None:
    state.choose(Choice(name), redraw=True)
    st.session_state["gallery open"] = False


def own_is_chosen() -> bool:
    """Whether the participant's own scenario is chosen."""
    return state.choice().scenario == OWN
