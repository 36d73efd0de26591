"""The results of a run as a table, claims and the story, for the page Compose; the Lab shows the rest."""

from __future__ import annotations

from typing import Any

import streamlit as st

from sim.experiments.run import claims_of, judge_claims
from sim.lab.glossary import plain
from sim.number_words import percent

SHOWN = ("goodput ratio", "answered ratio", "latency p50", "latency p95")
_SIGNS = {"holds": "✓ holds", "fails": "✕ fails", "cannot tell": "? cannot tell"}
MOST_SENTENCES = 30


def headline(run: Any) -> list[dict[str, str]]:
    """Return a row for each workload and window of time, its measures in words; what is unknown is a dash."""
    found = []
    for workload in run.scenario.workload:
        for during in ("before", "fault", "after") if run.scenario.faults else ("all",):
            row = {"clients": workload, "when": during}
            row |= {measure: cell(run, measure, workload, during) for measure in SHOWN}
            row["n"] = f"{_count(run, workload, during):,}"
            found.append(row)
    return found


def cell(run: Any, measure: str, of: str, during: str) -> str:
    """Return one measure in words with its unit, or a dash where it is unknown."""
    one = run.row(measure, of, during)
    return "–" if one is None or one["mean"] is None else in_unit(one["mean"], one["unit"])


def in_unit(value: float, unit: str) -> str:
    """Return a value as people read it.

    >>> in_unit(0.0123, "ratio"), in_unit(0.25, "s"), in_unit(1200.0, "messages"), in_unit(25.0, "/s")
    ('1.2%', '250 ms', '1,200 messages', '25/s')
    """
    if unit == "ratio":
        return percent(value)
    if unit == "s":
        return f"{value * 1e3:.3g} ms" if 0 < value < 1 else f"{value:.3g} s"
    number = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
    return f"{number}{unit}" if unit in ("/s", "x") else f"{number} {unit}".strip()


def _count(run: Any, of: str, during: str) -> int:
    row = run.row("goodput ratio", of, during)
    return 0 if row is None else int(row["n"])


def show(played: Any) -> None:
    """Draw what came out: who was served, which claims hold, and what happened in order."""
    run = played.run
    if run.cut_off:
        st.warning(f"This run was cut off: {plain(run.cut_off)}. What follows is of the part that was played.")
    st.dataframe(headline(run), hide_index=True, width="stretch")
    books = "all books balance" if all(run.identities.values()) else "the books do not balance"
    st.caption(f"Seed {run.seed}, one run, {books}. A dash: too few requests to say. n counts requests.")
    _claims(run)
    if played.story.sentences:
        with st.expander("What happened, in order", expanded=True):
            lines = [f"- {plain(sentence.text)}" for sentence in played.story.sentences[:MOST_SENTENCES]]
            st.markdown("\n".join(lines))


def _claims(run: Any) -> None:
    claims = claims_of(run.scenario, run.variant, run.toggles)
    claims = {name: claim for name, claim in claims.items() if claim.than is None}
    if not claims:
        return
    verdicts = judge_claims(claims, run, lambda variant: run)
    found = [
        {"claim": name, "verdict": _SIGNS[one.verdict], "what it says": one.text} for name, one in verdicts.items()
    ]
    st.dataframe(found, hide_index=True, width="stretch")
