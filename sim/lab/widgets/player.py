"""The browser player on a page of the lab: it gets data and options, and reports the selected node."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import streamlit as st

from sim.lab.widgets import theme


@dataclass(frozen=True, slots=True)
class Shown:
    """What a participant did in a player: the node chosen, the scrub time then, and where it stopped by itself."""

    node: str | None = None
    at_s: float = 0.0
    stopped_at_s: float | None = None


@cache
def _component() -> Any:
    from sim.replay.html import assets

    script, sheet = assets()
    return st.components.v2.component("pileup_replay", js=script, css=sheet)


def show(
    data: dict[str, Any], key: str, begin_s: float = 0.0, at_s: float | None = None, select: bool = False,
    stops: bool = False, **options: Any,
) -> Shown:  # fmt: skip
    """Play *data* (``timeline`` or ``beside``) and return what was done in the player; *options* are the player's own.

    A player that is new on the page begins at *begin_s*; one that is there keeps its instant when other data comes,
    unless *at_s* moves it. With *select* a choice of a node, with *stops* the player's own stop runs the page again.
    """
    given: dict[str, Any] = {
        "theme": "dark" if theme.is_dark() else "light",
        "projector": bool(st.session_state.get("projector")),
        "begin": begin_s,
    }
    if at_s is not None:
        given["at"] = at_s
    calls: dict[str, Any] = {}
    if select:
        calls["on_selection_change"] = _nothing
    if stops:
        calls["on_stopped_change"] = _nothing
    result = _component()(key=key, data={"data": data, "options": {**given, **options}}, **calls)
    chosen = result.get("selection") or {}
    return Shown(chosen.get("node"), float(chosen.get("at_s") or 0.0), result.get("stopped"))


def _nothing() -> None:
    """A component's value is read where it is shown."""
