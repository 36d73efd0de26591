"""Figures of runs and comparisons, as matplotlib figures that belong to no window and no global state.

Each drawing function takes plain columns and can be used alone (``over_time``, ``system``, ``compare``); here they
are given what a run or a comparison holds. Over time one replication is drawn, the first; numbers in the system's
picture and beside compared variants are means over all of them. matplotlib is imported on first use.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.diagram.system import MEASURES, drawing_of
from sim.plots import over_time, style
from sim.plots.compare import Side, comparison
from sim.plots.over_time import Series
from sim.plots.system import system_figure
from sim.results.story.numbers import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.experiments.compare import Comparison
    from sim.experiments.run import Run
    from sim.record.record import Record

__all__ = ["comparison_figure", "figures"]

SHORT_DRAIN_S = 5.0
"""A run that drains within this time is drawn until its arrivals stop: what follows is no failure."""

HEADLINES = (("answered ratio", "answered"), ("done ratio", "done"), ("goodput ratio", "both"))


def figures(run: Run, dark: bool = False) -> dict[str, Figure]:
    """Return every figure that *run* has something to show in, by name.

    Names: ``system``, ``answered and done``, ``services``, ``queues``, ``breakers``, ``outcomes``.
    """
    look, record, columns = style.theme(dark), run.record, columns_of(run.record)
    told, windows = _caption(run), record.windows
    workloads, queues = record.workloads, record.queues
    found = {
        "system": _system(run, look),
        "answered and done": over_time.workload_figure(columns, workloads, windows, told, look),
        "services": over_time.service_figure(columns, record.services, windows, told, look),
        "queues": over_time.queue_figure(columns, queues, windows, told, look),
        "breakers": over_time.breaker_figure(columns, list(record.scenario.links), windows, told, look),
        "outcomes": over_time.outcome_figure(columns, workloads, outcome_counts(record), windows, told, look),
    }
    return {name: figure for name, figure in found.items() if figure is not None}


def comparison_figure(compared: Comparison, dark: bool = False) -> Figure:
    """Return all runs of *compared* on shared axes, a row for each, with their headline numbers and intervals."""
    runs = compared.runs
    first = runs[compared.baseline]
    sides = [Side(name, columns_of(run.record), run.record.windows, _headlines(run)) for name, run in runs.items()]
    workloads = list(dict.fromkeys(workload for run in runs.values() for workload in run.record.workloads))
    title = f"{first.scenario.title}: what changes"
    return comparison(sides, workloads, title, _caption(first, which=False), style.theme(dark))


def columns_of(record: Record) -> Series:
    """Return the series of *record* as the drawing functions take them: whole seconds, and no short drain."""
    from sim.results.series import series

    end = record.ended_at if record.ended_at > record.duration_s + SHORT_DRAIN_S else record.duration_s
    whole = max(1, math.floor(end))  # a second that is cut short would look like a fall
    times = np.arange(whole, dtype=np.float64)
    return {(one.of, one.name): (times[: len(one.values)], one.values[:whole]) for one in series(record)}


def outcome_counts(record: Record) -> dict[tuple[str, str, str], int]:
    """Return how many requests after warm-up ended how, where and why."""
    from sim.record.record import OUTCOMES, REASONS

    table = record.requests
    measured = table["arrived_at"] >= record.warmup_s
    codes = zip(*(table[name][measured].tolist() for name in ("outcome", "where", "why")))
    return {
        (OUTCOMES[outcome], record.places[where] if where >= 0 else "", REASONS[why]): n
        for (outcome, where, why), n in Counter(codes).items()
    }


def _caption(run: Run, which: bool = True) -> str:
    record = run.record
    n = int(np.count_nonzero(record.requests["arrived_at"] >= record.warmup_s))
    more = _played(run) if which else []
    if len(run.replications) > 1:
        more.append(f"curves: replication 1 of {len(run.replications)}")
    if run.cut_off:
        more.append(f"cut off: {run.cut_off}")
    return style.caption_text(run.seed, n, "requests after warm-up", *more)


def _played(run: Run) -> list[str]:
    """Return which combination was played, in words; nothing for a scenario without variants and toggles."""
    words = [word for word in (run.variant, ", ".join(run.toggles)) if word]
    return [" with ".join(words)] if words else []


def _during(run: Run) -> str:
    """Return the window that the single numbers speak of: the faults' where there are any."""
    return "fault" if run.record.windows else "all"


def _system(run: Run, look: style.Theme) -> Figure:
    during = _during(run)
    measured = {
        (measure, of): run.value(measure, of, during)
        for measure, of, window in run.values
        if window == during and measure in MEASURES
    }
    faults = list(dict.fromkeys(name for name, _, _ in run.record.windows))
    title = f"{run.scenario.title}: {'during the fault' if faults else 'the whole run'}"
    runs = len(run.replications)
    counts = {(row["measure"], row["of"], row["during"]): row["n"] for row in run.rows}
    more = [*_played(run), *([f"means of {runs} replications"] if runs > 1 else [])]
    told = style.caption_text(run.seed, counts.get(("offered", "system", during), 0), "requests", *more)
    return system_figure(drawing_of(run.scenario, measured, faults), title, told, look)


def _headlines(run: Run) -> dict[str, tuple[str, ...]]:
    """Return lines of text for each workload: shares during the faults, with 95 % intervals over replications."""
    during = _during(run)
    rows = {(row["measure"], row["of"]): row for row in run.rows if row["during"] == during}
    found = {}
    for workload in run.record.workloads:
        lines = ["in the fault:" if during == "fault" else "in all:"]
        for measure, words in HEADLINES:
            row: dict[str, Any] | None = rows.get((measure, workload))
            if row is not None and row["mean"] is not None:
                lines.append(f"{words} {percent(row['mean'])}{_spread(row)}")
        found[workload] = tuple(lines)
    return found


def _spread(row: dict[str, Any]) -> str:
    if row["low"] is None or row["high"] is None or row["runs"] < 2:
        return ""
    low, high = percent(max(0.0, row["low"])), percent(min(1.0, row["high"]))
    return "" if low == high else f" ({low[:-1]} to {high})"
