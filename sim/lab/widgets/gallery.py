"""The gallery: every shipped scenario with its question, grouped by topic, and a search over all its words."""

from __future__ import annotations

import re

import streamlit as st

from sim.lab import selected
from sim.lab.glossary import plain
from sim.lab.selection import Selection
from sim.lab.server import jobs
from sim.lab.widgets import waiting
from sim.scenario.catalogue import Summary

TOPICS: dict[str, tuple[str, ...]] = {
    "waiting and cascades": ("timeout", "cascad", "slow", "synchronous", "bulkhead", "waits"),
    "retries": ("retr", "backoff", "jitter", "herd", "hedg", "again", "contended"),
    "breakers and fallbacks": ("breaker", "fallback", "probe"),
    "queues": ("queue", "backlog", "message", "poison", "dead-letter", "back-pressure"),
    "too much load": (
        "overload",
        "shed",
        "priorit",
        "crowd",
        "launch",
        "limit",
        "autoscal",
        "deadline",
        "metastable",
        "cache",
    ),
    "sick parts": ("replica", "host", "gray", "deploy", "network", "version", "side", "leak"),
}
"""Topics and the beginnings of words by which a scenario belongs to them."""
OTHERS = "others"
FOLD = "gallery fold"
"""The key of the fold in the Lab that holds the gallery."""


def words_of(one: Summary) -> str:
    """Return all that can be searched of a scenario, in lower case."""
    return " ".join([one.name, one.title, one.question, one.lesson, *one.variants, *one.toggles]).lower()


def topic_of(one: Summary) -> str:
    """Return what a scenario is about: the topic with most of its words, those of the title counted five times.

    >>> from pathlib import Path
    >>> topic_of(Summary(Path("x.yaml"), "Retry storm", "Is the slow part to blame?"))
    'retries'
    >>> topic_of(Summary(Path("x.yaml"), "Untold"))
    'others'
    """
    text = " ".join([*[f"{one.name} {one.title}".lower().replace("_", " ")] * 5, one.question, one.lesson]).lower()
    count = {topic: sum(len(re.findall(rf"\b{stem}", text)) for stem in stems) for topic, stems in TOPICS.items()}
    best = max(count, key=lambda topic: count[topic])
    return best if count[best] else OTHERS


def groups(scenarios: list[Summary], search: str = "") -> dict[str, list[Summary]]:
    """Return the scenarios that hold every word of *search*, by topic, each in one; topics without any are left out."""
    wanted = search.lower().split()
    there = [(topic_of(one), one) for one in scenarios if all(word in words_of(one) for word in wanted)]
    found = {topic: [one for of, one in there if of == topic] for topic in (*TOPICS, OTHERS)}
    return {topic: ones for topic, ones in found.items() if ones}


def scenarios() -> list[Summary]:
    """Return the shipped scenarios that can be read."""
    read: list[Summary] | None = waiting.played(jobs.gallery_spec(), "Reading the scenarios")
    return read or []


def gallery() -> None:
    """Draw the search, the topics and the cards; a card's button chooses its scenario."""
    every = scenarios()
    left, right = st.columns([1, 2])
    search = left.text_input("Search scenarios", placeholder="for example: retries, queue, checkout", key="search")
    with right:
        topic = st.pills("What about", list(groups(every)), key="topic")
    found = groups(every, search)
    found = {name: ones for name, ones in found.items() if topic in (None, name)}
    if not found:
        st.info(
            "No scenario has all these words. Take one away, or choose another topic.", icon=":material/search_off:"
        )
    for name, ones in found.items():
        st.markdown(f"**{name.capitalize()}** · {len(ones)}")
        for i in range(0, len(ones), 3):
            for place, one in zip(st.columns(3), ones[i : i + 3]):
                with place.container(border=True, height="stretch"):
                    _card(one)


def _card(one: Summary) -> None:
    about = [f"{len(one.variants)} variants" if len(one.variants) > 1 else "", f"{len(one.toggles)} switches"]
    told = " · ".join(word for word in about if word and not word.startswith("0")) or "one design"
    st.markdown(f"**{plain(one.title)}**  \n{plain(one.question)}")
    chosen = selected.current().scenario == one.name
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Chosen" if chosen else "Choose", key=f"choose {one.name}", on_click=_choose, args=(one.name,),
            disabled=chosen,
        )  # fmt: skip
        st.caption(told)


def _choose(name: str) -> None:
    selected.select(Selection(name), redraw=True)
    st.session_state[FOLD] = False
