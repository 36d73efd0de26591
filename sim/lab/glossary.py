"""The lab's words: the meaning of each term, from the glossary, and the help next to each control."""

from __future__ import annotations

from sim.glossary import TERMS

GLOSSARY: dict[str, str] = {name: term.meaning for name, term in TERMS.items()}
"""Every term of the lab's pages, in plain language."""

HELP: dict[str, str] = {
    "scenario": "Which system to play. Each comes with a question, and with claims that are checked.",
    "variant": GLOSSARY["variant"],
    "seed": GLOSSARY["seed"] + " Change it to see how much is chance.",
    "load": GLOSSARY["load"] + " 1.0 is the scenario as written.",
    "replications": "How many independent runs. More of them make the interval narrower, and take longer.",
    "faults": "What breaks, when, and for how long. Times are on the scenario's clock.",
    "projector": "Larger type, for a room.",
}


def term(name: str) -> str:
    """Return a term with its meaning to hover over, as Markdown text safe to show; unknown terms as they are."""
    meaning = GLOSSARY.get(name)
    return name if meaning is None else f"{name} — {meaning}"


def plain(text: object) -> str:
    r"""Return *text* so that Markdown shows it as it is: names come from files, and may hold markup.

    >>> plain("<b>*x*</b> [a](b) :red[c] $d$")
    '&lt;b&gt;\\*x\\*&lt;/b&gt; \\[a\\]\\(b\\) \\:red\\[c\\] \\$d\\$'
    """
    found = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+!|$~:" else letter for letter in found)
