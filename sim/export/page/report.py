"""The report of a scenario as one page: question, replay, numbers, claims, identities, and the limits of the model.

It is for a design review: it opens without this program or a network, and can be printed.
"""

from __future__ import annotations

from itertools import product
from typing import Any, Mapping

from sim.experiments.run import Run
from sim.export import tables
from sim.export.page import parts
from sim.export.page.fidelity import fidelity
from sim.export.page.material import Report, first_variant
from sim.replay import embedded, timeline
from sim.replay.html import json_for_html
from sim.results.headlines import row_name, with_worst
from sim.results.measures.registry import NAMES
from sim.topology import describe

SECTIONS = (
    ("Workloads", "workload", ("goodput ratio", "answered ratio", "done ratio", "latency p50", "latency p95")),
    ("Services", "services", ("utilisation", "waiting mean", "wait mean", "rejected", "wasted share")),
    ("Queues", "queues", ("backlog peak", "oldest age", "drain time", "dead-lettered", "lost")),
)  # fmt: skip
"""Tables of measures: heading, part of the scenario, columns."""
COMPARED = ("goodput ratio", "answered ratio", "done ratio", "latency p95")


def report_page(report: Report) -> str:
    """Return the page: the same report gives the same bytes."""
    run = report.run
    return parts.filled(
        "report.html", ["page.css", "report.css"], "report.js", title=report.scenario.title, scenario=report.scenario,
        replay=_replay(report), arithmetic="\n".join(describe(run.scenario).lines()), story=run.explain().sentences,
        played=_played(run), measured=_measures(run), figures=_figures(run), comparison=_comparison(report),
        claims=_claims(report), books=_books(report), cut_off=report.cut_off, fidelity=fidelity(run),
    )  # fmt: skip


def _replay(report: Report) -> dict[str, object]:
    """Return the player, and the other combinations that a reader can put next to it."""
    mine = timeline(report.run.record)
    others = {} if report.comparison is None else {
        label: timeline(run.record, label) for label, run in report.comparison.runs.items()
        if run.scenario.digest != report.run.scenario.digest
    }  # fmt: skip
    player = embedded(mine, {"at": _first_moment(mine)})
    return {
        "label": mine["label"], "player": player,
        "beside": list(others), "others": json_for_html(list(others.values())),
    }  # fmt: skip


def _first_moment(data: Mapping[str, Any]) -> float:
    """Return the instant at which the page opens: soon after the first fault begins, or zero without a fault."""
    spans = [(fault["at_s"], fault["until_s"]) for fault in data["faults"]]
    return min((begin + min(10.0, (end - begin) / 2) for begin, end in spans), default=0.0)


def _played(run: Run) -> str:
    times = len(run.replications)
    on = " with ".join(part for part in (run.variant, ", ".join(run.toggles)) if part) or "as written"
    what = f"means of {times} replications, with 95 % intervals" if times > 1 else "one run: one sample, not a fact"
    return f"{on}, seed {run.seed}: {what}. n counts the samples of the first column."


def _measures(run: Run) -> list[parts.Table]:
    index = {(row["measure"], row["of"], row["during"]): row for row in run.rows}
    windows = ["before", "fault", "after"] if run.record.windows else ["all"]
    made = []
    for heading, where, measures in SECTIONS:
        rows = []
        names = getattr(run.scenario, where)
        for name in with_worst([run.rows], names, windows[-2:]) if where == "workload" else names:
            for window in windows:
                found = [index.get((measure, name, window)) for measure in measures]
                if any(row is not None and row["mean"] is not None for row in found):
                    n = next((row["n"] for row in found if row is not None), 0)
                    rows.append(
                        [row_name(name), window, *(parts.interval(row, tables.number) for row in found), f"{n:,}"]
                    )
        made.append(parts.Table.of([heading, "during", *measures, "n"], rows))
    return made


def _figures(run: Run) -> list[parts.Picture]:
    light, dark = run.plot(), run.plot(dark=True)
    return [parts.Picture.of(light[name], dark[name], f"{name} of {run.scenario.title}, over time") for name in light]


def _comparison(report: Report) -> dict[str, object] | None:
    compared = report.comparison
    if compared is None:
        return None
    windows = ("fault", "after") if any(run.has_faults for run in compared.runs.values()) else ("all",)
    differences = {(row["combination"], row["measure"], row["of"], row["during"]): row for row in compared.rows}
    rows: list[list[object]] = []
    shown = with_worst((run.rows for run in compared.runs.values()), report.scenario.workload, windows)
    indices = {
        label: {(row["measure"], row["of"], row["during"]): row for row in run.rows}
        for label, run in compared.runs.items()
    }
    for name, window, (label, index) in product(shown, windows, indices.items()):
        cells: list[object] = [parts.interval(index.get((m, name, window)), tables.number) for m in COMPARED]
        change = differences.get((label, "goodput ratio", name, window))
        rows.append([row_name(name), window, label, *cells, _change(change, label == compared.baseline)])
    header = ["Workload", "during", "combination", *COMPARED, f"goodput ratio less that of {compared.baseline}"]
    first = next(iter(compared.runs.values()))
    n = len(first.replications)
    same = "The same arrivals and the same stretch of the clock for all"
    words = f"{same}, {n} replication{'s' * (n != 1)}, paired."
    figure = parts.Picture.of(compared.plot(), compared.plot(dark=True), "All combinations on shared axes")
    return {"words": words, "table": parts.Table.of(header, rows), "figure": figure}


def _change(row: Mapping[str, Any] | None, is_baseline: bool) -> str:
    if is_baseline:
        return "baseline"
    if row is None or row["difference"] is None:
        return "–"
    words = f"{row['difference'] * 100:+.1f} points"
    if row["low"] is None:
        return words
    spread = f"{row['low'] * 100:+.1f} to {row['high'] * 100:+.1f}"
    return f"{words}\n{spread}" + ("" if row["distinguishable"] else ", not distinguishable")


MARKS = {"holds": "✓ holds", "fails": "✕ fails", "cannot tell": "? cannot tell"}


def _claims(report: Report) -> dict[str, object]:
    if report.checked is None:
        why = "The scenario makes no claims." if not report.scenario.expect else "Not judged: values were changed."
        return {"words": why, "table": parts.Table([], [])}
    rows = []
    for name, verdict in report.checked.verdicts.items():
        claim, told = report.scenario.expect[name], [value for value in verdict.values if value is not None]
        where = " with ".join(
            [
                claim.variant or first_variant(report.scenario) or "as written",
                *([", ".join(claim.with_)] if claim.with_ else []),
            ]
        )
        spread = _range(told, NAMES[claim.measure][0])
        mark = parts.Cell(MARKS[verdict.verdict], verdict.verdict.replace(" ", "-"))
        rows.append([name, mark, where, verdict.text, spread, len(told)])
    held = sum(verdict.verdict == "holds" for verdict in report.checked.verdicts.values())
    header = ["Claim", "verdict", "combination", "says", "measured", "runs"]
    return {"words": f"{held} of {len(rows)} claims hold.", "table": parts.Table.of(header, rows)}


def _range(values: list[float], unit: str) -> str:
    """Return the smallest and the largest of *values* with their unit; one number if they are equal as shown."""
    if not values:
        return "no value"
    low, high = tables.number(min(values), unit), tables.number(max(values), unit)
    return low if low == high else f"{low} to {high}"


def _books(report: Report) -> list[str]:
    held = dict(report.run.identities)
    for name, holds in (report.checked.identities if report.checked else {}).items():
        held[name] = held.get(name, True) and holds
    return [f"✓ {name}" if holds else f"✕ {name}" for name, holds in held.items()]
