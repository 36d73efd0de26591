"""The tables of a system before any run, as text: titles with units, and rows.

A column for rate limits, cold caches or retry budgets exists only if the system has one.
"""

from __future__ import annotations

import math

from sim.topology.defences import Defence
from sim.topology.load import Fanout, ServiceLoad
from sim.topology.processors import ProcessorLoad
from sim.topology.risks import Amplification, SinglePoint

Table = tuple[list[str], list[list[str]]]
"""Titles, and rows of the same length."""


def _count(value: float) -> str:
    return "unlimited" if math.isinf(value) else f"{value:,.0f}" if value >= 999.5 else f"{value:.4g}"


def times(value: float) -> str:
    """Return a number of times."""
    return "any number" if math.isinf(value) else f"{value:,.4g}"


def load_table(loads: tuple[ServiceLoad, ...]) -> Table:
    """Return the offered load of each service against its capacity."""
    capped = any(load.let_in_per_s != load.arrivals_per_s for load in loads)
    cached = any(load.cold_per_s != load.let_in_per_s for load in loads)
    titles = ["service", "replicas x workers", "offered /s", *(["let in /s"] * capped), "capacity /s", "own work ms"]
    titles += ["held ms", "load by work", "load held", "peak held", *(["cold /s", "cold held"] * cached)]
    return titles, [
        [
            load.service, f"{load.replicas} x {_count(load.workers)}",
            f"{'at most ' * load.upper_bound}{_rate(load.arrivals_per_s)}",
            *([f"at most {_rate(load.let_in_per_s)}"] * capped), _count(load.capacity_per_s),
            _ms(load.own_s), _ms(load.held_s), f"{load.work_load:.1%}", f"{load.held_load:.1%}",
            f"{load.peak_held_load:.1%}", *([_rate(load.cold_per_s), f"{load.cold_held_load:.1%}"] * cached),
        ]
        for load in loads
    ]  # fmt: skip


def _ms(span_s: float) -> str:
    return f"{span_s * 1e3:,.0f}" if span_s >= 0.9995 else f"{span_s * 1e3:.3g}"


def _rate(value: float) -> str:
    return "unlimited" if math.isinf(value) else f"{value:.4g}"


def defence_table(found: tuple[Defence, ...]) -> Table:
    """Return the bound on the effect of each defence."""
    return ["where", "defence", "arithmetic"], [[one.where, one.defence, one.arithmetic] for one in found]


def processor_table(loads: tuple[ProcessorLoad, ...]) -> Table:
    """Return the processor time that is asked for, against the cores there are."""
    titles = ["part", "kind", "cores", "cores asked for", "load", "work takes"]
    return titles, [
        [
            load.part, load.kind, _count(load.cores), f"{load.asked:.3g}",
            "" if math.isinf(load.cores) else f"{load.load:.1%}",
            "" if load.stretch is None else f"{load.stretch:.3g} times as long",
        ]
        for load in loads
    ]  # fmt: skip


def fanout_table(rows: tuple[Fanout, ...]) -> Table:
    """Return the visits that one request causes."""
    titles = ["workload", "operation", "calls", "answer ms, empty", "most visits to one service"]
    shown = []
    for row in rows:
        busiest = max(row.visits, key=lambda visit: (visit[2], visit[1]), default=("", 0.0, 0))
        shown.append([row.workload, row.operation, f"{row.calls:.4g}", _ms(row.answer_s), f"{busiest[2]} {busiest[0]}"])
    return titles, shown


def points_table(points: tuple[SinglePoint, ...], operations: int) -> Table:
    """Return the single points of failure; there are *operations* kinds of requests."""
    rows = []
    for point in points:
        with_it = f" with all of {', '.join(point.takes)}" if point.kind == "host" else ""
        cuts = "everything" if len(point.cuts) == operations > 1 else ", ".join(point.cuts)
        rows.append([point.node, f"{point.kind}{with_it}", cuts])
    return ["part", "kind", "its loss cuts"], rows


def amplification_table(found: tuple[Amplification, ...]) -> Table:
    """Return the retry amplification of each link, if it is above one."""
    budgets = any(one.sustained != one.worst for one in found)
    rows = [
        [a.link, times(a.attempts), times(a.worst), *([times(a.sustained)] * budgets)] for a in found if a.worst > 1
    ]
    return ["link", "attempts", "worst case per request", *(["on average, budgets empty"] * budgets)], rows


def aligned(titles: list[str], rows: list[list[str]]) -> list[str]:
    """Return a table as lines of text, columns aligned."""
    widths = [max(len(row[i]) for row in [titles, *rows]) for i in range(len(titles))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [titles, *rows]
    ]
