"""What the Lab shows of a run: headline numbers, series below the replay, the ledger, differences and defences."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from sim.lab import charts, state
from sim.lab.choice import Choice, resolve, settings
from sim.lab.runs import Order
from sim.lab.words import GLOSSARY, HELP, plain
from sim.results.measures import NAMES
from sim.results.wording import number, seconds, share

SERIES = ("goodput", "utilisation", "waiting", "backlog", "attempts", "in flight", "oldest age", "breaker state")
"""What can be drawn over time, in the order in which it is offered; the first that exist are drawn."""
DRAWN_FIRST = 2
LEDGER = ("due", "applied once", "duplicated", "missing", "ghost")
HEADLINES = ("goodput ratio", "answered ratio", "latency p95", "amplification")
"""The measures of a paired difference."""


def window_of(run: Any) -> str:
    """Return the window that matters: the fault's, or the whole run where nothing is injected."""
    return "fault" if run.record.windows else "all"


def value_text(value: float | None, unit: str) -> str:
    """Return a measure's value with its unit; a dash where it cannot be told.

    >>> value_text(0.0437, "ratio"), value_text(1.5, "s"), value_text(None, "s")
    ('4.4 %', '1.5 s', '–')
    """
    if value is None:
        return "–"
    return share(value) if unit == "ratio" else f"{number(value)} {unit}".strip()


def headlines(played: Any, baseline: Any | None) -> None:
    """Draw each workload's goodput in the window that matters, beside the baseline's, with n."""
    run = played.run
    window = window_of(run)
    rows = {row["of"]: row for row in run.rows if (row["measure"], row["during"]) == ("goodput ratio", window)}
    names = [name for name in run.record.workloads if name in rows]
    when = "during the fault" if window == "fault" else "in all"
    for place, name in zip(st.columns(max(len(names), 2)), names):
        row = rows[name]
        before = None if baseline is None else before_of(baseline.run, name, window)
        change = None if before is None or row["mean"] is None else 100 * (row["mean"] - before)
        place.metric(
            f"{plain(name)} well served", value_text(row["mean"], "ratio"),
            None if change is None else f"{change:+.1f} points against the baseline", border=True,
            help=f"{GLOSSARY['goodput']} n = {row['n']:,}, one run with seed {run.seed}.",
        )  # fmt: skip
    n = sum(rows[name]["n"] for name in names)
    st.caption(
        f"Goodput ratio, n = {n:,} requests that arrived {when}, seed {run.seed}, one run; "
        "*Is it chance?* below gives intervals."
    )


def before_of(run: Any, of: str, window: str) -> float | None:
    """Return the baseline's goodput in a window; None where it has none such, because nothing is broken in it."""
    return run.value("goodput ratio", of, window) if ("goodput ratio", of, window) in run.values else None


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
        key=f"series {state.choice().scenario}",
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
    st.subheader("The ledger", help="What the business sees, against what callers were told.")
    window = window_of(run)
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


def difference(chosen: Choice, scenario: Any) -> None:
    """Play baseline and choice on several seeds, and draw the paired differences with their intervals."""
    base = Choice(chosen.scenario, seed=chosen.seed, text=chosen.text)
    if chosen == base:
        st.caption(
            "This is the baseline. Flip a switch or choose a variant, and its effect can be told from chance here."
        )
        return
    n = st.select_slider("Seeds", [3, 5, 10, 20], 5, key="difference seeds", help=HELP["replications"])
    if not wanted(f"difference {chosen} {n}", "Is it chance? Play both on the same seeds", ":material/casino:"):
        return
    seed = scenario.seed if chosen.seed is None else chosen.seed
    order = Order("pair", resolve(base, scenario), {
        "other": resolve(chosen, scenario), "labels": ("baseline", "this choice"), "seed": seed, "replications": n,
    })  # fmt: skip
    compared = state.played(order, f"Playing both {n} times")
    if compared is not None:
        differences(compared, n)


def differences(compared: Any, n: int) -> None:
    """Draw the rows of a comparison that matter, as intervals and as a table."""
    first = next(iter(compared.runs.values()))
    window, workloads = window_of(first), first.record.workloads
    told_of = [row for row in compared.rows if row["during"] == window and row["of"] in workloads]
    rows = [row for row in told_of if row["runs"]]  # what too few requests went well for (a p95) cannot be compared
    ratios = [
        in_points(row | {"mean": row["difference"]}, f"{row['combination']}: {row['of']}")
        for row in rows if row["measure"] == "goodput ratio"
    ]  # fmt: skip
    title = "difference in goodput (percentage points)"
    charts.show(("differences", str(ratios)), partial(charts.intervals, ratios, "what", title))
    when = "in the fault" if window == "fault" else "in all"
    st.caption(f"{GLOSSARY['paired difference']} n = {n} seeds, 95 % intervals, requests that arrived {when}.")
    st.dataframe([_difference_row(row) for row in rows if row["measure"] in HEADLINES], hide_index=True)


def in_points(row: dict[str, Any], what: str) -> dict[str, Any]:
    """Return what an interval's picture needs of a row of ratios, in percentage points."""
    ends = {name: None if row[name] is None else 100 * row[name] for name in ("mean", "low", "high")}
    return {"what": what, **ends}


def _difference_row(row: dict[str, Any]) -> dict[str, Any]:
    unit = row["unit"]
    told = {True: "yes", False: "no: it may be chance", None: "cannot tell from one run"}[row["distinguishable"]]
    return {
        "design": row["combination"], "measure": row["measure"], "of": row["of"],
        "baseline": _level(row["baseline"], unit), "here": _level(row["mean"], unit),
        "difference": _signed(row["difference"], unit),
        "95 % interval": f"{_signed(row['low'], unit)} to {_signed(row['high'], unit)}",
        "more than chance": told, "seeds": row["runs"],
    }  # fmt: skip


def _level(value: float | None, unit: str) -> str:
    return seconds(value) if unit == "s" and value is not None else value_text(value, unit)


def _signed(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "s":
        return f"{'-' if value < 0 else '+'}{seconds(abs(value))}"
    return f"{100 * value:+.1f} points" if unit == "ratio" else f"{value:+.3g} {unit}".strip()


def defences(chosen: Choice, scenario: Any) -> None:
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
    done = state.played(Order("ablate", scenario, options), f"Playing {count} combinations")
    if done is not None:
        ablation(done, n)


def ablation(done: Any, n: int) -> None:
    """Draw the effect of each switch, and every combination's goodput as a heat map."""
    from sim.experiments.ablate import label

    workloads = done.baseline.record.workloads
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
        {"combination": label(on), "of": name, "goodput": run.value("goodput ratio", name, done.window)}
        for on, run in done.runs.items() for name in workloads
    ]  # fmt: skip
    title = "Goodput ratio by combination"
    charts.show(("combinations", str(cells)), partial(charts.heat, cells, "of", "combination", "goodput", title))
    effects = [
        in_points(row, f"{row['toggles'][0]}: {of}")
        for of in workloads for row in done.effects(of=of) if row["kind"] == "main"
    ]  # fmt: skip
    title = "mean effect of a switch on goodput (percentage points)"
    charts.show(("effects", str(effects)), partial(charts.intervals, effects, "what", title))
    st.caption(
        "A switch's effect is the mean, over all settings of the others, of the value with it minus the value without, "
        f"on the same seeds (n = {n}); intervals need two seeds or more."
    )
    for on, why in done.left_out.items():
        st.caption(f"Left out: {plain(label(on))}: {plain(why)}")


def _sets(chosen: Choice, scenario: Any) -> dict[str, object]:
    return settings(chosen, scenario)


def wanted(key: str, label: str, icon: str) -> bool:
    """Whether something that takes a while was asked for; draws the button that asks."""
    asked = st.session_state.setdefault("asked", set())
    if key in asked:
        return True
    return bool(st.button(label, icon=icon, on_click=asked.add, args=(key,), key=f"ask {key}"))
