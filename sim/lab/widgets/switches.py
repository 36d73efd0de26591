"""The switches of the Lab: variant, toggles with the reason where one does not apply, load and seed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from sim.lab import selected
from sim.lab.glossary import HELP, plain
from sim.lab.selection import MOST_SEED, Selection

LOAD_STEPS = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 3.0, 4.0)


def why_not(scenario: Any, variant: str, toggle: str) -> str:
    """Return why a toggle cannot be switched on in a variant; empty where it can."""
    home = scenario.toggles[toggle].for_
    if home is None or variant in home:
        return ""
    return f"Not in *{plain(variant)}*: it belongs to {', '.join(plain(name) for name in home)}."


def switches(scenario: Any) -> Selection:
    """Draw the switches and return the choice that they make; it is also the participant's from now on."""
    chosen = selected.current()
    suffix = f"{chosen.scenario} {selected.generation()}"
    variants = list(scenario.variants)
    variant = chosen.variant or (variants[0] if variants else "")
    if len(variants) > 1:
        index = variants.index(variant) if variant in variants else 0
        variant = st.radio("Variant", variants, index, key=f"variant {suffix}", help=HELP["variant"])
    toggles = _toggles(scenario, variant, chosen, suffix)
    load = st.select_slider(
        "Load", _loads(chosen.load), chosen.load, format_func=lambda x: f"{x:g}x", key=f"load {suffix}",
        help=HELP["load"],
    )  # fmt: skip
    seed = scenario.seed if chosen.seed is None else chosen.seed
    seed = int(st.number_input("Seed", 0, MOST_SEED, seed, key=f"seed {suffix}", help=HELP["seed"]))
    found = replace(
        chosen, variant="" if not variants or variant == variants[0] else variant, toggles=toggles, load=float(load),
        seed=None if seed == scenario.seed else seed,
    )  # fmt: skip
    selected.select(found)
    return found


def _toggles(scenario: Any, variant: str, chosen: Selection, suffix: str) -> tuple[str, ...]:
    if not scenario.toggles:
        return ()
    st.markdown("**Switches**")
    on = []
    for name, toggle in scenario.toggles.items():
        reason = why_not(scenario, variant, name)
        value = st.toggle(
            plain(name),
            name in chosen.toggles,
            key=f"toggle {name} {suffix}",
            disabled=bool(reason),
            help=plain(toggle.about),
        )
        if reason:
            st.caption(reason)
        elif value:
            on.append(name)
    return tuple(on)


def _loads(load: float) -> list[float]:
    return sorted({*LOAD_STEPS, load})
