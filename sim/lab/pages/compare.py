"""The page Compare: designs and switches side by side on the same seeds, with intervals; ablation; fault matrix."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from sim.errors import LabError
from sim.lab import navigation, selected
from sim.lab.glossary import GLOSSARY, HELP, plain
from sim.lab.selection import Selection, settings
from sim.lab.server.job_queue import JobSpec
from sim.lab.widgets import charts, gallery, matrix, panels, waiting
from sim.lab.widgets.cards import WHEN
from sim.number_words import seconds
from sim.results.headlines import row_name, with_worst

LATE_S = 1.0
"""Work of which half takes longer is called late."""
VARIANTS, SWITCHES = "variants", "switches, one by one"


def page() -> None:
    """Draw the page."""
    st.title("Compare")
    chosen = selected.current()
    try:
        scenario = selected.scenario_of(chosen)
    except LabError as error:
        st.error("This scenario cannot be opened.", icon=":material/error:")
        st.code(str(error), language=None)
        return
    _head(scenario, chosen)
    side_by_side, defence, faults = st.tabs(["Side by side", "Which defence did the work", "What hurts most"])
    with side_by_side:
        _side_by_side(chosen, scenario)
    with defence:
        panels.defences(chosen, scenario)
    with faults:
        matrix.matrix(chosen, scenario)
    selected.write_link()


def _head(scenario: Any, chosen: Selection) -> None:
    names = {one.name: one.title for one in gallery.scenarios()}
    if chosen.scenario not in names:
        names[chosen.scenario] = scenario.title
    picked = st.selectbox(
        "Scenario", list(names), list(names).index(chosen.scenario), format_func=lambda name: names[name],
        key=f"compare scenario {selected.generation()}", help=HELP["scenario"],
    )  # fmt: skip
    if picked != chosen.scenario:
        selected.select(Selection(picked), redraw=True)
        st.rerun()
    st.header(plain(scenario.question) or "Which design, under the same fault?")
    if chosen.load != 1.0 or chosen.faults is not None:
        st.caption("With the load and the faults that were set in the Lab.")
        navigation.link("lab", "Change them in the Lab", ":material/science:", chosen)


def _side_by_side(chosen: Selection, scenario: Any) -> None:
    ways = [way for way, there in ((VARIANTS, len(scenario.variants) > 1), (SWITCHES, bool(scenario.toggles))) if there]
    if not ways:
        st.info("This scenario has one design and no switches: there is nothing to compare.", icon=":material/info:")
        return
    left, right = st.columns(2)
    way = left.segmented_control("Compare", ways, default=ways[0], key=f"way {chosen.scenario}") or ways[0]
    n = right.select_slider("Seeds", [2, 3, 5, 10, 20], 5, key="compare seeds", help=HELP["replications"])
    options = _what(way, chosen, scenario)
    if options is None:
        return
    options |= {"seed": chosen.seed, "replications": n, "set_": settings(chosen, scenario)}
    many = len(options.get("variants") or options["toggle"]) + ("toggle" in options)
    key = f"compare {chosen.scenario} {options}"
    if not panels.wanted(key, f"Play {many} designs, {n} times each", ":material/play_arrow:"):
        return
    compared = waiting.played(JobSpec("compare", scenario, options), f"Playing {many} designs {n} times")
    if compared is None:
        st.button("Run again", key="run again", icon=":material/replay:")
        return
    _levels(compared, n)
    st.subheader(f"Against {plain(compared.baseline)}", help=GLOSSARY["paired difference"])
    panels.differences(compared, n)
    st.download_button(
        "Table (CSV)", lambda: compared.table.to_csv(index=False), f"{chosen.scenario}_comparison.csv", "text/csv",
        on_click="ignore", icon=":material/download:",
    )  # fmt: skip


def _what(way: str, chosen: Selection, scenario: Any) -> dict[str, Any] | None:
    if way == VARIANTS:
        names = st.pills(
            "Which variants", list(scenario.variants), selection_mode="multi", default=list(scenario.variants),
            key=f"variants {chosen.scenario}", help=HELP["variant"],
        )  # fmt: skip
        if len(names) < 2:
            st.info(
                "Choose two variants at least; the first is what the others are held against.", icon=":material/info:"
            )
            return None
        return {"variants": [name for name in scenario.variants if name in names]}
    variants = list(scenario.variants)
    variant = chosen.variant or (variants[0] if variants else "")
    if len(variants) > 1:
        variant = st.selectbox(
            "In which variant", variants, variants.index(variant), key=f"in variant {chosen.scenario}"
        )
    toggles = [name for name, one in scenario.toggles.items() if one.for_ is None or variant in one.for_]
    if not toggles:
        st.info("This variant has no switches of its own.", icon=":material/info:")
        return None
    picked = st.pills("Which switches", toggles, selection_mode="multi", default=toggles, key=f"switches {variant}")
    return {"toggle": list(picked), "variant": variant or None} if picked else None


def _levels(compared: Any, n: int) -> None:
    """Draw every design's goodput with its interval: for each workload, in the fault and after it."""
    first = next(iter(compared.runs.values()))
    windows = panels.windows_of(first)
    for of in with_worst((run.rows for run in compared.runs.values()), first.record.workloads, windows):
        for place, window in zip(st.columns(len(windows)), windows):
            rows = []
            for label, run in compared.runs.items():
                wanted = ("goodput ratio", of, window)
                found = [row for row in run.rows if (row["measure"], row["of"], row["during"]) == wanted]
                rows += [panels.in_points(row, label) for row in found]
            title = f"{row_name(of)}: goodput {WHEN[window]} (%)"
            draw = partial(charts.intervals, rows, "what", title, zero=False, domain=(0, 100))
            with place:
                charts.show(("levels", of, window, str(rows)), draw)
    _late(compared, windows[0])
    st.caption(
        f"{GLOSSARY['goodput']} Means of n = {n} seeds with 95 % intervals, by when requests arrived; all designs over "
        "the same stretch of the clock."
    )


def _late(compared: Any, window: str) -> None:
    """Say of every design within which time half of the work was done: to put it off is not free."""
    found = []
    for label, run in compared.runs.items():
        for of in run.record.workloads:
            took = run.values.get(("done latency p50", of, window)) and run.value("done latency p50", of, window)
            if took is not None and took >= LATE_S:
                found.append(f"{plain(label)}: half of the work for {plain(of)} is done after {seconds(took)}")
    if found:
        st.markdown("**Done late** " + WHEN[window] + ". " + "; ".join(found) + ".")
