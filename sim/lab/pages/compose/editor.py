"""The editor as two inline components: a small one that holds the text, and CodeMirror, which it takes when it arrives.

Streamlit sends a component's script with every change of its data. The small one changes with each word that is typed;
CodeMirror and the guide to the format, half a megabyte, never do, so a browser gets them once. Until then, and where
they never come, the text is in the browser's own text area. What a participant wrote goes to the browser as JSON and is
shown there as text, never as markup.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Callable

import streamlit as st

from sim.lab.own_scenario import MOST_LETTERS, Mark
from sim.lab.pages.compose.guide import guide

KEY = "compose editor"
_FOLDER = files("sim.lab") / "compose"


@cache
def _file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def code_mirror() -> None:
    """Bring CodeMirror into the page; it is outside of what runs again while someone types."""
    mount = st.components.v2.component("pileup.codemirror", js=_file("codemirror.js"))
    mount(key="compose codemirror", data={"guide": guide()})


def editor(
    text: str, revision: int, edit: int, marks: tuple[Mark, ...], changed: Callable[[], None], begins: bool = False
) -> None:  # fmt: skip
    """Draw the editor with *text* and its *marks*.

    The browser keeps what is written. Where a session *begins* with a text that the user did not choose, the
    draft that it has kept comes instead, as if it had just been typed; every other text takes the draft's place.

    A new *revision* puts *text* into the editor; within one, what is typed there counts, and *edit* says which of its
    states the marks are about. *changed* is called when something was typed; ``typed`` then returns it.
    """
    mount = st.components.v2.component(
        "pileup.editor", html="<div class='mount'></div>", css=_file("editor.css"), js=_file("editor.js")
    )
    mount(
        key=KEY,
        data={
            "text": text, "revision": revision, "edit": edit, "begins": begins,
            "problems": [{"line": m.line, "column": m.column, "text": m.text, "level": m.level} for m in marks],
        },
        on_code_change=changed,
    )  # fmt: skip


def typed(state: Any, revision: int) -> tuple[str, int] | None:
    """Return the text and the number of the edit in what the browser sent, or None where it is not of this *revision*.

    The browser is not trusted: anything but a text of bearable length is refused.
    """
    code = state.get("code") if isinstance(state, dict) else getattr(state, "code", None)
    if not isinstance(code, dict) or code.get("revision") != revision:
        return None
    text, edit = code.get("text"), code.get("edit")
    if not isinstance(text, str) or not isinstance(edit, int):
        return None
    return text[: MOST_LETTERS + 1], edit
