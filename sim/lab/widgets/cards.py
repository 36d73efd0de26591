"""The cards above the replay: each workload's share well served in the fault and after it, with the baseline's.

Both runs are measured over the same stretch of the clock, the faults of both, so that a fault that only one of them
has does not dilute its numbers.
"""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from sim.lab.glossary import GLOSSARY, plain
from sim.number_words import seconds, share
from sim.results.book import Book
from sim.results.headlines import Headline, headlines

WHEN = {"fault": "in the fault", "after": "after it", "all": "in all"}
"""The windows of a card in words."""
IN_A_ROW = 2
LATE = (
    "From arrival until the work was done that is put off until after the answer, of those who came in the fault "
    "(in all, where nothing breaks). An answer is not yet success."
)


def cards(played: Any, baseline: Any | None) -> None:
    """Draw a card for each workload, and for its worst operation if it has several, with the baseline's numbers."""
    mine = _told(played, baseline)
    theirs = {} if baseline is None else {one.of: one for one in _told(baseline, played)}
    groups: list[list[Headline]] = []
    for one in mine:
        if "/" in one.of:
            groups[-1].append(one)
        else:
            groups.append([one])
    for i in range(0, len(groups), IN_A_ROW):
        for place, group in zip(st.columns(min(IN_A_ROW, len(groups))), groups[i : i + IN_A_ROW]):
            with place.container(border=True, height="stretch", gap="xsmall", key=f"card {group[0].of}"):
                for one in group:
                    _card(one, theirs.get(one.of), baseline is not None)
    _caption(played, baseline, mine)


def _caption(played: Any, baseline: Any | None, mine: list[Headline]) -> None:
    n = sum(found[1] for one in mine if "/" not in one.of for found in list(one.shares.values())[:1])
    against = "" if baseline is None else ", in points against the baseline"
    when = "in all"
    if "fault" in mine[0].shares:
        when = f"{WHEN['fault']} ({_spans(played, baseline)})"
    st.caption(
        f"Goodput ratio{against}: n = {n:,} requests that arrived {when}, seed {played.run.seed}, one run; "
        "*Is it chance?* below gives intervals."
    )


def _spans(played: Any, baseline: Any | None) -> str:
    """Return the stretch of the clock that *in the fault* means, in words."""
    found = _book(played, baseline).windows["fault"].spans
    if len(found) > 3:
        return f"{len(found)} times from {found[0][0]:g} s to {found[-1][1]:g} s"
    return " and ".join(f"{begin:g} s to {end:g} s" for begin, end in found)


def _told(played: Any, other: Any | None) -> list[Headline]:
    """Return the headlines of one side, measured over the faults of both."""
    return _kept((played.timeline["id"], other and other.timeline["id"]), played, other)


@st.cache_resource(show_spinner=False, max_entries=200)
def _kept(key: tuple[object, ...], _played: Any, _other: Any | None) -> list[Headline]:
    return headlines(_book(_played, _other))


def _book(played: Any, other: Any | None) -> Book:
    return Book(played.run.record, compared=() if other is None else other.run.record.windows)


def _card(one: Headline, before: Headline | None, against: bool) -> None:
    """Draw the numbers of one workload or operation next to each other."""
    workload, _, operation = one.of.partition("/")
    st.markdown(f"of these, worst: **{plain(operation)}**" if operation else f"**{plain(workload)}** well served")
    places = st.columns(len(one.shares))
    for place, (during, (value, n)) in zip(places, one.shares.items()):
        was = None if before is None else before.shares[during][0]
        place.metric(
            WHEN[during], "–" if value is None else share(value), change_in_points(value, was),
            help=f"{GLOSSARY['goodput']} n = {n:,}, one run.",
        )  # fmt: skip
    if one.late_s is not None:
        late = "half of it never" if math.isinf(one.late_s) else f"half of it after {seconds(one.late_s)}"
        st.markdown(f":material/schedule: **Work done late**: {late}", help=LATE)
    told = [one.back, f"baseline: {before.back}" if against and before is not None and before.back != one.back else ""]
    if any(told):
        st.caption(" · ".join(filter(None, told)))


def change_in_points(value: float | None, was: float | None) -> str | None:
    """Return a change in percentage points; None where it is unknown, or where it rounds to nothing.

    >>> change_in_points(0.98, 0.02), change_in_points(0.5, 0.50004), change_in_points(None, 0.5)
    ('+96.0 points', None, None)
    """
    if value is None or was is None:
        return None
    text = f"{100 * (value - was):+.1f}"
    return f"{text} points" if float(text) else None
