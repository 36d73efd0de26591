"""The figures of a run and of a comparison: which values are drawn, and the words of the captions.

Curves over time are of one replication, the first. Numbers in the system's picture and next to compared variants are
means over all replications. ``sim.plots`` draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Sequence

import numpy as np

from sim.diagram.system import MEASURES, drawing_of
from sim.number_words import percent
from sim.plots import over_time, style
from sim.plots.compare import Side, comparison
from sim.plots.records import columns_of, outcome_counts
from sim.plots.system import system_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.record.record import Record

HEADLINES = (("answered ratio", "answered"), ("done ratio", "done"), ("goodput ratio", "both"))


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as its figures show it: the first replication's *record*, and the measures over all *replications*."""

    record: Record
    rows: Sequence[Mapping[str, Any]]
    seed: int
    replications: int
    cut_off: str


def figures(run: RunView, dark: bool = False) -> dict[str, Figure]:
    """Return every figure that *run* has something to show in, by name.

    Names: ``system``, ``answered and done``, ``services``, ``queues``, ``breakers``, ``outcomes``.
    """
    look, record, columns = style.theme(dark), run.record, columns_of(run.record)
    caption, windows, workloads = _caption(run), _spans(record), record.workloads
    drawn = {
        "system": _system(run, look),
        "answered and done": over_time.workload_figure(columns, workloads, windows, caption, look),
        "services": over_time.service_figure(columns, record.services, windows, caption, look),
        "queues": over_time.queue_figure(columns, record.queues, windows, caption, look),
        "breakers": over_time.breaker_figure(columns, list(record.scenario.links), windows, caption, look),
        "outcomes": over_time.outcome_figure(columns, workloads, outcome_counts(record), windows, caption, look),
    }
    return {name: figure for name, figure in drawn.items() if figure is not None}


def _spans(record: Any) -> list[style.Window]:
    """Return the windows of faults and actions, which figures mark."""
    acted = [style.ActionSpan(name, *span) for name, spans in record.actions.items() for span in spans]
    return [*record.windows, *acted]


def comparison_figure(runs: Mapping[str, RunView], dark: bool = False) -> Figure:
    """Return *runs* on shared axes, the baseline first, a row for each, with their headline numbers and intervals."""
    first = next(iter(runs.values()))
    sides = [Side(name, columns_of(run.record), _spans(run.record), _headlines(run)) for name, run in runs.items()]
    workloads = list(dict.fromkeys(workload for run in runs.values() for workload in run.record.workloads))
    title = f"{first.record.scenario.title}: what changes"
    return comparison(sides, workloads, title, _caption(first, which=False), style.theme(dark))


def _caption(run: RunView, which: bool = True) -> str:
    record = run.record
    n = int(np.count_nonzero(record.requests["arrived_at"] >= record.warmup_s))
    more = _played(run) if which else []
    if run.replications > 1:
        more.append(f"curves: replication 1 of {run.replications}")
    if run.cut_off:
        more.append(f"cut off: {run.cut_off}")
    return style.caption_text(run.seed, n, "requests after warm-up", *more)


def _played(run: RunView) -> list[str]:
    """Return which combination was played, in words; nothing for a scenario without variants and toggles."""
    words = [word for word in (run.record.variant, ", ".join(run.record.toggles)) if word]
    return [" with ".join(words)] if words else []


def _during(run: RunView) -> str:
    """Return the window of the single numbers: the faults' where there are any."""
    return "fault" if run.record.windows else "all"


def _system(run: RunView, look: style.Theme) -> Figure:
    during = _during(run)
    rows = [row for row in run.rows if row["during"] == during]
    measured = {(row["measure"], row["of"]): row["mean"] for row in rows if row["measure"] in MEASURES}
    faults = list(dict.fromkeys(name for name, _, _ in run.record.windows))
    title = f"{run.record.scenario.title}: {'during the fault' if faults else 'the whole run'}"
    runs = run.replications
    counts = {(row["measure"], row["of"]): row["n"] for row in rows}
    more = [*_played(run), *([f"means of {runs} replications"] if runs > 1 else [])]
    caption = style.caption_text(run.seed, counts.get(("offered", "system"), 0), "requests", *more)
    return system_figure(drawing_of(run.record.scenario, measured, faults), title, caption, look)


def _headlines(run: RunView) -> dict[str, tuple[str, ...]]:
    """Return lines of text for each workload: shares during the faults, with 95 % intervals over replications."""
    during = _during(run)
    rows = {(row["measure"], row["of"]): row for row in run.rows if row["during"] == during}
    headlines = {}
    for workload in run.record.workloads:
        lines = ["in the fault:" if during == "fault" else "in all:"]
        for measure, words in HEADLINES:
            row: Mapping[str, Any] | None = rows.get((measure, workload))
            if row is not None and row["mean"] is not None:
                lines.append(f"{words} {percent(row['mean'])}{_spread(row)}")
        headlines[workload] = tuple(lines)
    return headlines


def _spread(row: Mapping[str, Any]) -> str:
    if row["low"] is None or row["high"] is None or row["runs"] < 2:
        return ""
    low, high = percent(max(0.0, row["low"])), percent(min(1.0, row["high"]))
    return "" if low == high else f" ({low[:-1]} to {high})"
