"""The fault matrix on a page: every fault on every part of the selected design, one at a time."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from sim.lab.glossary import HELP, plain
from sim.lab.selection import Selection, scaled
from sim.lab.server.job_queue import JobSpec
from sim.lab.widgets import charts, panels, waiting
from sim.number_words import counted, number, seconds, share

SHOWN = 12
LEAST_HELP = 0.01
"""A switch that saves less than this share of what a fault costs does not help against it."""


def matrix(chosen: Selection, scenario: Any) -> None:
    """Ask for the matrix, play it, and draw it."""
    st.markdown(
        "Every fault that the lab knows, on every service, queue and link, one at a time: "
        "what would hurt *this* design most, and which switch would help?"
    )
    n = st.select_slider("Seeds", [1, 2, 3, 5], 1, key="matrix seeds", help=HELP["replications"])
    label = "Break every part, one at a time (takes a minute or so)"
    if not panels.wanted(f"matrix {chosen} {n}", label, ":material/grid_on:"):
        return
    options = {
        "variant": chosen.variant or None, "with_": chosen.toggles, "seed": chosen.seed, "replications": n, "worst": 3,
        "set_": scaled(scenario, chosen.load) if chosen.load != 1.0 else {},
    }  # fmt: skip
    found = waiting.played(JobSpec("matrix", scenario, options), "Breaking every part, one at a time")
    if found is not None:
        _draw(found, n)


def _draw(found: Any, n: int) -> None:
    worst = found.trials[0]
    begin, end = found.window
    st.markdown(
        f"The worst: **{plain(worst.name)}**. {counted(worst.lost.mean or 0, 'good request')} fewer, "
        f"{_percent(worst.share.mean)} of those in the window; {len(worst.hit)} of {found.nodes} nodes are hit."
    )
    cells = [
        {"on": one.fault.where, "fault": f"{one.fault.kind} {one.fault.size}".strip(), "missing": one.share.mean}
        for one in found.trials
    ]
    title = "Share of good requests missing while the fault lasts"
    charts.show(("matrix", str(cells)), partial(charts.heat, cells, "fault", "on", "missing", title, False))
    st.caption(
        f"Share of the good requests expected from {begin:g} s to {end:g} s that are missing, against the same "
        f"arrivals without the fault; n = {counted(n, 'seed')} each. The scenario's own faults are taken out."
    )
    if found.defences:
        _faced(found)
    rows = [_row(one) for one in found.trials[:SHOWN]]
    st.dataframe(rows, hide_index=True, alt="The faults that cost most")
    if found.cut_off:
        st.warning(f"Cut off: {plain(found.cut_off)}", icon=":material/content_cut:")


def _faced(found: Any) -> None:
    """Draw the worst faults with each switch; those that no switch makes better are named instead."""
    worst = [one for one in found.trials if one.name in found.defences[0].faced]
    helped = [one for one in worst if any(_helps(one, defence.faced[one.name]) for defence in found.defences)]
    title = "The worst faults, with each switch on"
    st.markdown(f"**{title}**")
    for one in worst:
        if one not in helped:
            st.markdown(
                f"- {plain(one.name)}: no switch helps ({_percent(one.share.mean)} missing without and with each)"
            )
    if not helped:
        return
    faced = [{"fault": one.name, "switch": "none", "missing": one.share.mean} for one in helped] + [
        {"fault": one.name, "switch": defence.name, "missing": defence.faced[one.name].share.mean}
        for defence in found.defences for one in helped
    ]  # fmt: skip
    charts.show(("switches", str(faced)), partial(charts.heat, faced, "switch", "fault", "missing", title, False))


def _helps(bare: Any, faced: Any) -> bool:
    """Whether a switch saves some of the good requests that a fault costs, more than a point, in the fault or after."""
    if bare.share.mean is None or faced.share.mean is None:
        return False
    return bool(
        bare.share.mean - faced.share.mean > LEAST_HELP
        or bare.lost.mean - faced.lost.mean > LEAST_HELP * bare.lost.mean
    )


def _row(one: Any) -> dict[str, Any]:
    row = one.row
    recovery = "never" if row["never recovered"] else "–" if row["recovery s"] is None else seconds(row["recovery s"])
    return {
        "fault": one.name, "good requests missing": number(row["lost"] or 0),
        "of those expected": _percent(row["lost share"]),
        "recovery": recovery, "nodes hit": row["nodes hit"], "who": row["hit"], "seeds": row["runs"],
    }  # fmt: skip


def _percent(value: float | None) -> str:
    return "–" if value is None else share(value)
