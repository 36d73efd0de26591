"""Text whose terms are explained in place, on hover, on focus and on touch; meanings come from the glossary.

Texts are plain words with ``**strong**`` and `` `code` ``; they reach the browser as data and are never markup.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Iterable

import streamlit as st

from sim.lab.glossary import GLOSSARY

Piece = dict[str, object]
_FOLDER = files("sim.lab") / "learn"
_MARKED = re.compile(r"\*\*(?P<strong>[^*]+)\*\*|`(?P<code>[^`]+)`")
_UNIT = re.compile(r"(?<=\d) (?=(?:%|ms|s)(?!\w))")
"""The space between a number and its unit, where no line may break."""
COMMON = (
    "answered", "call", "claim", "done", "drain", "effect", "fault", "line", "load", "message", "missing", "operation",
    "request", "scenario", "seed", "service", "switch", "visit", "worker",
)  # fmt: skip
"""Terms that are everyday words as well: explained in the glossary, and not underlined."""


@cache
def _terms() -> re.Pattern[str]:
    names = sorted((name for name in GLOSSARY if name not in COMMON), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, names))})(?:e?s)?(?![\w-])", re.IGNORECASE)


def pieces(paragraph: str, met: set[str] | None = None) -> list[Piece]:
    """Return a paragraph in pieces of text, some strong, code, or a term with what it means, at its first place.

    *met* collects the terms that were underlined, so that a page underlines each once.
    """
    met = set() if met is None else met
    found: list[Piece] = []
    at = 0
    text = _UNIT.sub("\u00a0", " ".join(paragraph.split()))
    for mark in _MARKED.finditer(text):
        found += _with_terms(text[at : mark.start()], met)
        kind = "strong" if mark["strong"] else "code"
        found.append({"text": mark[kind], kind: True})
        at = mark.end()
    return found + _with_terms(text[at:], met)


def _with_terms(text: str, met: set[str]) -> list[Piece]:
    found: list[Piece] = []
    at = 0
    for mark in _terms().finditer(text):
        name = mark[1].lower()
        if name in met:
            continue
        met.add(name)
        if mark.start() > at:
            found.append({"text": text[at : mark.start()]})
        found.append({"text": mark[0], "about": GLOSSARY[name]})
        at = mark.end()
    return [*found, {"text": text[at:]}] if at < len(text) else found


@cache
def _files() -> tuple[str, ...]:
    return tuple((_FOLDER / name).read_text(encoding="utf-8") for name in ("prose.css", "prose.js"))


def prose(text: str | Iterable[str], key: str, *, look: str = "", as_list: bool = False) -> None:
    """Draw paragraphs with their terms explained; *look* ``ask`` for a question."""
    css, js = _files()
    mount = st.components.v2.component("pileup.prose", html="<div class='prose'></div>", css=css, js=js)
    met: set[str] = set()
    paragraphs = re.split(r"\n\s*\n", text.strip()) if isinstance(text, str) else list(text)
    mount(key=key, data={"paragraphs": [pieces(one, met) for one in paragraphs], "look": look, "list": as_list})
