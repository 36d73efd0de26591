"""A prediction before the run, and its comparison with the measurement."""

from __future__ import annotations

from typing import Any

import streamlit as st

from sim.lab import selected
from sim.lab.glossary import plain
from sim.mechanisms.nodes import HOSTED, nodes_of
from sim.number_words import share
from sim.scenario.rules import recipes
from sim.scenario.yaml.nodes import node_of

NOBODY = "nobody else"
FATES = ("hardly notice it (95 % or more well served)", "are hit in part", "mostly fail (under 50 % well served)")


def fate(goodput: float) -> str:
    """Return in which of ``FATES`` a goodput ratio lies.

    >>> fate(0.99) == FATES[0], fate(0.7) == FATES[1], fate(0.1) == FATES[2]
    (True, True, True)
    """
    return FATES[0] if goodput >= 0.95 else FATES[1] if goodput >= 0.5 else FATES[2]


def first_hit(played: Any) -> str:
    """Return the first part that was hit beyond those that the fault struck itself."""
    struck = played.blast.struck
    return next((hit.node for hit in played.blast.hit if hit.node not in struck), NOBODY)


def can_be_hit(scenario: Any) -> list[str]:
    """Return the services and queues that no fault of *scenario* strikes itself; of a link both ends are struck."""
    struck: set[str] = set()
    for fault in scenario.faults.values():
        found = fault.targets(scenario)
        struck |= {*found.services, *found.queues, *(end for link in found.links for end in link.split(" -> "))}
    return [name for name in nodes_of(scenario, HOSTED) if name not in struck]


def ask(scenario: Any) -> None:
    """Ask what will happen, with the calls of the system; the answer stays with the participant."""
    st.markdown(f"**Who calls which service**: {who_asks_whom(scenario)}")
    st.markdown("**Your prediction** (only you see it)")
    nodes = can_be_hit(scenario)
    if nodes and scenario.faults:
        st.pills(
            "Which part is hit first, besides the one that the fault strikes?", [*nodes, NOBODY], key=_key("first"),
            persist_state="session",
        )  # fmt: skip
    for name in list(scenario.workload)[:3]:
        st.radio(
            f"What happens to {plain(name)}{' during the fault' if scenario.faults else ''}? They …", FATES, index=None,
            key=_key(name), persist_state="session",
        )  # fmt: skip


def who_asks_whom(scenario: Any) -> str:
    """Return the links of a scenario by who calls or sends, as Markdown."""
    found: dict[str, list[str]] = {}
    for link in recipes.links_used(node_of(scenario.document)):
        caller, _, callee = link.partition(" -> ")
        found.setdefault(caller, []).append(callee)
    return " · ".join(f"{plain(caller)} → {', '.join(map(plain, callees))}" for caller, callees in found.items())


def told(played: Any) -> None:
    """Say what was predicted and what was measured, if anything was predicted."""
    run, lines = played.run, []
    guess = st.session_state.get(_key("first"))
    if guess:
        measured = first_hit(played)
        lines.append((guess == measured, f"first hit: you said *{plain(guess)}*, it was *{plain(measured)}*"))
    window = "fault" if run.record.windows else "all"
    for name in run.record.workloads[:3]:
        said, value = st.session_state.get(_key(name)), run.value("goodput ratio", name, window)
        if said and value is not None:
            right = said == fate(value)
            lines.append((right, f"{plain(name)}: you said they {said}; {share(value)} were well served"))
    if lines:
        with st.container(border=True):
            st.markdown("**Your prediction and the run**")
            for right, line in lines:
                st.markdown(
                    f":material/{'check_circle' if right else 'cancel'}: {'Right' if right else 'Not so'}: {line}"
                )


def _key(what: str) -> str:
    return f"predicted {selected.current().scenario}: {what}"
