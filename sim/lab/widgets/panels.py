"""The parts of the page Lab that show a run: series below the replay, the ledger, differences and defences."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from sim.lab import selected
from sim.lab.glossary import GLOSSARY, HELP, plain
from sim.lab.selection import Selection, resolve, settings
from sim.lab.server.job_queue import JobSpec
from sim.lab.server.worker_tasks import DIFFERENCES, LEDGER
from sim.lab.widgets import charts, waiting
from sim.lab.widgets.cards import WHEN
from sim.number_words import number, seconds, share
from sim.results.headlines import row_name, with_worst
from sim.results.measures.registry import NAMES

SERIES = ("goodput", "utilisation", "waiting", "backlog", "attempts", "in flight", "oldest age", "breaker state")
"""What can be drawn over time, in the order in which it is offered; the first that exist are drawn."""
DRAWN_FIRST = 2
"""The measures of a paired difference."""


def windows_of(run: Any) -> tuple[str, ...]:
    """Return the windows to show: in the fault and after it, or the whole run where nothing is injected."""
    return ("fault", "after") if run.has_faults else ("all",)


def value_text(value: float | None, unit: str) -> str:
    """Return a measure's value with its unit; a dash where it is unknown.

    >>> value_text(0.0437, "ratio"), value_text(1.5, "s"), value_text(None, "s")
    ('4.4 %', '1.5 s', '–')
    """
    if value is None:
        return "–"
    return share(value) if unit == "ratio" else f"{number(value)} {unit}".strip()


def cut_off(played: Any) -> None:
    """Say that a run was ended by a budget, if it was."""
    if played.run.cut_off:
        st.warning(
            f"Too much for the lab: {plain(played.run.cut_off)}. What is shown ends there. "
            "Make the scenario shorter, lower the load, or play it at the command line.", icon=":material/content_cut:",
        )  # fmt: skip


def series(played: Any, baseline: Any | None) -> None:
    """Draw series below each other on one clock, fault windows shaded; the baseline is dashed."""
    record = played.run.record
    sides = {"this run": played.series} | ({"baseline": baseline.series} if baseline is not None else {})
    present = [name for name in SERIES if any(one.name == name and one.values.any() for one in played.series)]
    chosen = st.pills(
        "Over time", present, selection_mode="multi", default=present[:DRAWN_FIRST],
        format_func=lambda name: charts.TITLES.get(name, name),
        key=f"series {selected.current().scenario}",
        help="Each on the scenario's clock, one value a second; the shaded stretch is the fault.",
    )  # fmt: skip
    for name in [name for name in present if name in chosen]:
        draw = partial(charts.over_time, name, sides, record.windows, record.duration_s)
        charts.show((name, *(one.timeline["id"] for one in (played, baseline) if one is not None)), draw)
    if record.duration_s > charts.MOST_POINTS:
        st.caption("Long runs are thinned to their lowest and highest values a stretch; the CSV has every second.")


def ledger(played: Any) -> None:
    """Draw what was due, done, done twice, never done, or done behind the caller's back."""
    run = played.run
    effects = list(dict.fromkeys(site.effect for site in run.record.effect_sites))
    if not effects:
        return
    st.subheader("The ledger", help="What the business sees, against what callers were answered.")
    window = windows_of(run)[0]
    rows = []
    for effect in effects:
        for when in dict.fromkeys((window, "all")):
            found = {name: run.value(name, effect, when) for name in LEDGER if (name, effect, when) in run.values}
            rows.append(
                {"effect": effect, "requests that arrived": "in the fault" if when == "fault" else "in all"} | found
            )
    config = {name: st.column_config.NumberColumn(help=NAMES[name][1], format="%d") for name in LEDGER}
    st.dataframe(rows, hide_index=True, column_config=config, alt="The ledger of effects")
    worst = rows[0]
    told = [
        f"{number(worst[name])} {GLOSSARY[name].rstrip('.').lower()}" for name in ("duplicated", "missing", "ghost")
        if worst.get(name)
    ]  # fmt: skip
    st.caption(f"{plain(effects[0])}: {'; '.join(told)}." if told else "Everything that was promised happened, once.")


def difference(chosen: Selection, scenario: Any) -> None:
    """Play baseline and choice on several seeds, and draw the paired differences with their intervals."""
    base = Selection(chosen.scenario, seed=chosen.seed, text=chosen.text)
    if chosen == base:
        st.caption(
            "This is the baseline. Flip a switch or choose a variant, and its effect is compared with chance here."
        )
        return
    n = st.select_slider("Seeds", [3, 5, 10, 20], 5, key="difference seeds", help=HELP["replications"])
    if not wanted(f"difference {chosen} {n}", "Is it chance? Play both on the same seeds", ":material/casino:"):
        return
    seed = scenario.seed if chosen.seed is None else chosen.seed
    spec = JobSpec("pair", resolve(base, scenario), {
        "other": resolve(chosen, scenario), "labels": ("baseline", "this choice"), "seed": seed, "replications": n,
    })  # fmt: skip
    compared = waiting.played(spec, f"Playing both {n} times")
    if compared is not None:
        differences(compared, n)


def differences(compared: Any, n: int) -> None:
    """Draw the rows of a comparison that matter, as intervals and as a table."""
    first = next(iter(compared.runs.values()))
    windows = windows_of(first)
    shown = with_worst((run.rows for run in compared.runs.values()), first.record.workloads, windows)
    told_of = [row for row in compared.rows if row["during"] in windows and row["of"] in shown]
    rows = [row for row in told_of if row["runs"]]  # what too few requests went well for (a p95) cannot be compared
    rows.sort(key=lambda row: (shown.index(row["of"]), windows.index(row["during"])))
    ratios = [
        in_points(row | {"mean": row["difference"]}, f"{row['combination']}: {row_name(row['of'])} {_when(row)}")
        for row in rows if row["measure"] == "goodput ratio"
    ]  # fmt: skip
    title = "difference in goodput (percentage points)"
    charts.show(("differences", str(ratios)), partial(charts.intervals, ratios, "what", title))
    st.caption(
        f"{GLOSSARY['paired difference']} n = {n} seeds, 95 % intervals; both sides over the same stretch of "
        "the clock, by when requests arrived."
    )
    st.dataframe([_difference_row(row) for row in rows if row["measure"] in DIFFERENCES], hide_index=True)


def in_points(row: dict[str, Any], what: str) -> dict[str, Any]:
    """Return what an interval's picture needs of a row of ratios, in percentage points."""
    ends = {name: None if row[name] is None else 100 * row[name] for name in ("mean", "low", "high")}
    return {"what": what, **ends}


def _difference_row(row: dict[str, Any]) -> dict[str, Any]:
    unit = row["unit"]
    told = {True: "yes", False: "no: it may be chance", None: "unknown from one run"}[row["distinguishable"]]
    if row["undecided"] and row["distinguishable"] is None and row["runs"] > 1:
        told = "undecided when the runs end"
    return {
        "design": row["combination"], "measure": row["measure"], "of": row_name(row["of"]), "when": _when(row),
        "baseline": _level(row["baseline"], unit), "here": _level(row["mean"], unit),
        "difference": _signed(row["difference"], unit),
        "95 % interval": f"{_signed(row['low'], unit)} to {_signed(row['high'], unit)}",
        "more than chance": told, "seeds": row["runs"],
    }  # fmt: skip


def _when(row: dict[str, Any]) -> str:
    return WHEN[row["during"]]


def _level(value: float | None, unit: str) -> str:
    return seconds(value) if unit == "s" and value is not None else value_text(value, unit)


def _signed(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "s":
        return f"{'-' if value < 0 else '+'}{seconds(abs(value))}"
    return f"{100 * value:+.1f} points" if unit == "ratio" else f"{value:+.3g} {unit}".strip()


def defences(chosen: Selection, scenario: Any) -> None:
    """Play every combination of switches, and say which did the work."""
    variant = chosen.variant or next(iter(scenario.variants), "")
    toggles = [name for name, one in scenario.toggles.items() if one.for_ is None or variant in one.for_]
    if not toggles:
        st.caption("This variant has no switches.")
        return
    count = 2 ** len(toggles) if len(toggles) <= 5 else 2 * len(toggles) + 2
    n = st.select_slider("Seeds", [1, 2, 3, 5], 2, key="ablation seeds", help=HELP["replications"])
    label = f"Which defence did the work? Play all {count} combinations, {n} times each"
    if not wanted(
        f"defences {chosen.scenario} {variant} {n} {chosen.load} {chosen.faults}", label, ":material/shield:"
    ):
        return
    options = {"variant": variant or None, "replications": n, "seed": chosen.seed, "set_": _sets(chosen, scenario)}
    done = waiting.played(JobSpec("ablate", scenario, options), f"Playing {count} combinations")
    if done is not None:
        ablation(done, n)


def ablation(done: Any, n: int) -> None:
    """Draw the effect of each switch, and every combination's goodput as a heat map."""
    from sim.experiments.ablation.ablate import label

    shown = done.shown
    met = done.meets()
    fewest = [label(on) for on in met.fewest]
    if fewest:
        st.success(
            f"Fewest switches that keep every workload above 95 %: **{plain(' or '.join(fewest))}**.",
            icon=":material/verified:",
        )
    else:
        st.info(
            "No combination of these switches keeps every workload above 95 %: what helps must be another design.",
            icon=":material/info:",
        )
    cells = [
        {"combination": label(on), "of": row_name(name), "goodput": run.value("goodput ratio", name, done.window)}
        for on, run in done.runs.items() for name in shown
    ]  # fmt: skip
    title = f"Goodput ratio by combination, {WHEN[done.window]}"
    charts.show(("combinations", str(cells)), partial(charts.heat, cells, "of", "combination", "goodput", title, True))
    effects = [
        in_points(row, f"{row['toggles'][0]}: {row_name(of)}")
        for of in shown for row in done.effects(of=of) if row["kind"] == "main"
    ]  # fmt: skip
    title = "mean effect of a switch on goodput (percentage points)"
    charts.show(("effects", str(effects)), partial(charts.intervals, effects, "what", title))
    st.caption(
        "A switch's effect is the mean, over all settings of the others, of the value with it minus the value without, "
        f"on the same seeds (n = {n}); intervals need two seeds or more."
    )
    for on, why in done.left_out.items():
        st.caption(f"Left out: {plain(label(on))}: {plain(why)}")


def _sets(chosen: Selection, scenario: Any) -> dict[str, object]:
    return settings(chosen, scenario)


def wanted(key: str, label: str, icon: str) -> bool:
    """Whether something that takes a while was asked for; draws the button that asks."""
    asked = st.session_state.setdefault("asked", set())
    if key in asked:
        return True
    return bool(st.button(label, icon=icon, on_click=asked.add, args=(key,), key=f"ask {key}"))
