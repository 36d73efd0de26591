"""The report of a scenario as one page: the question, a replay, the numbers, the claims, the books, and what is true.

It is for a design review: who reads it needs neither this program nor a network, and can print it.
"""

from __future__ import annotations

from itertools import product
from typing import Any, Mapping

from sim.experiments.run import Run
from sim.export import tables
from sim.export.page import parts
from sim.export.page.fidelity import fidelity
from sim.export.page.material import Report, first_variant
from sim.replay import assets, embedded, timeline
from sim.results.headlines import row_name, with_worst
from sim.results.measures.registry import NAMES

SECTIONS = (
    ("Workloads", "workload", ("goodput ratio", "answered ratio", "done ratio", "latency p50", "latency p95")),
    ("Services", "services", ("utilisation", "waiting mean", "wait mean", "rejected", "wasted share")),
    ("Queues", "queues", ("backlog peak", "oldest age", "drain time", "dead-lettered", "lost")),
)  # fmt: skip
"""Tables of measures: heading, which part of the scenario, columns."""
COMPARED = ("goodput ratio", "answered ratio", "done ratio", "latency p95")


def report_page(report: Report) -> str:
    """Return the page: the same report gives the same bytes."""
    script, style = assets()
    scenario, run = report.scenario, report.run
    body = "\n".join([
        f"<header><p class='kind'>Pileup report</p><h1>{parts.text(scenario.title)}</h1>",
        parts.paragraph(scenario.question, "question"), parts.paragraph(scenario.lesson.strip(), "lesson"),
        parts.paragraph(_source(scenario), "source"), "</header><main>",
        parts.section("The run, replayed", _replay(report), name="replay"),
        parts.section("Before any run", *_arithmetic(run), name="before"),
        parts.section("What happened", _story(run), name="story"),
        parts.section("What was measured", _told(run), *_measures(run), *_figures(run), name="measured"),
        parts.section("Compared", *_comparison(report), name="compared"),
        parts.section("Claims", *_claims(report), name="claims"),
        parts.section("Books", *_books(report), name="books"),
        parts.section("Fidelity card", fidelity(run), name="fidelity"), "</main>",
    ])  # fmt: skip
    styles = (parts.own("page.css"), parts.own("report.css"), style)
    return parts.document(scenario.title, body, styles, f"{script}\n{parts.own('report.js')}", "report")


def _source(scenario: Any) -> str:
    return f"Source: {scenario.source}" if scenario.source else ""


def _replay(report: Report) -> str:
    """Return the player, and the other combinations to put beside it."""
    mine = timeline(report.run.record)
    others = {} if report.comparison is None else {
        label: timeline(run.record, label) for label, run in report.comparison.runs.items()
        if run.scenario.digest != report.run.scenario.digest
    }  # fmt: skip
    choice = ""
    if others:
        options = "".join(f"<option value='{i}'>{parts.text(label)}</option>" for i, label in enumerate(others))
        choice = (
            f'<p class="choice"><label for="beside">Beside <b>{parts.text(mine["label"])}</b> show </label>'
            f'<select id="beside"><option value="">nothing</option>{options}</select></p>'
        )
    return choice + embedded(mine, {"at": _first_moment(mine)}) + embedded_others(list(others.values()))


def _first_moment(data: Mapping[str, Any]) -> float:
    """Return the instant at which the page opens: soon after the first fault begins, or the beginning without one."""
    spans = [(fault["at_s"], fault["until_s"]) for fault in data["faults"]]
    return min((begin + min(10.0, (end - begin) / 2) for begin, end in spans), default=0.0)


def embedded_others(data: list[dict[str, Any]]) -> str:
    """Return further runs as data that the page's script takes when they are asked for."""
    from sim.replay.html import json_for_html

    return f'<script type="application/json" id="others">{json_for_html(data)}</script>'


def _arithmetic(run: Run) -> list[str]:
    from sim.topology import describe

    return [
        parts.paragraph("Offered load against capacity, worst cases and weak points, from the scenario alone."),
        parts.as_typed("\n".join(describe(run.scenario).lines()), "Arithmetic before the run"),
    ]


def _story(run: Run) -> str:
    rows = [(f"{told.at_s:.1f} s", told.text) for told in run.explain().sentences]
    inside = "".join(f"<li><b>{parts.text(at)}</b> {parts.text(words)}</li>" for at, words in rows)
    return f'<ol class="story">{inside}</ol>'


def _told(run: Run) -> str:
    times = len(run.replications)
    on = " with ".join(part for part in (run.variant, ", ".join(run.toggles)) if part) or "as written"
    what = f"means of {times} replications, with 95 % intervals" if times > 1 else "one run: one sample, not a fact"
    return parts.paragraph(f"{on}, seed {run.seed}: {what}. n counts the samples of the first column.")


def _measures(run: Run) -> list[str]:
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
        made.append(parts.table([heading, "during", *measures, "n"], rows))
    return made


def _figures(run: Run) -> list[str]:
    light, dark = run.plot(), run.plot(dark=True)
    return [parts.picture(light[name], dark[name], f"{name} of {run.scenario.title}, over time") for name in light]


def _comparison(report: Report) -> list[str]:
    compared = report.comparison
    if compared is None:
        return []
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
    told = f"{same}, {n} replication{'s' * (n != 1)}, paired."
    figure = parts.picture(compared.plot(), compared.plot(dark=True), "All combinations on shared axes")
    return [parts.paragraph(told), parts.table(header, rows), figure]


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


def _claims(report: Report) -> list[str]:
    if report.checked is None:
        why = "The scenario makes no claims." if not report.scenario.expect else "Not judged: values were changed."
        return [parts.paragraph(why)]
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
        mark = (MARKS[verdict.verdict], verdict.verdict.replace(" ", "-"))
        rows.append([name, mark, where, verdict.text, spread, len(told)])
    held = sum(verdict.verdict == "holds" for verdict in report.checked.verdicts.values())
    return [
        parts.paragraph(f"{held} of {len(rows)} claims hold."),
        parts.table(["Claim", "verdict", "combination", "says", "measured", "runs"], rows),
    ]


def _range(values: list[float], unit: str) -> str:
    """Return the smallest and the largest of *values* with their unit; one number where they look the same."""
    if not values:
        return "no value"
    low, high = tables.number(min(values), unit), tables.number(max(values), unit)
    return low if low == high else f"{low} to {high}"


def _books(report: Report) -> list[str]:
    held = dict(report.run.identities)
    for name, holds in (report.checked.identities if report.checked else {}).items():
        held[name] = held.get(name, True) and holds
    cut = parts.paragraph(f"Cut off: {report.cut_off}", "fails") if report.cut_off else ""
    told = parts.paragraph("Counted by two roads in every replication of every run on this page:")
    return [told, parts.bullets([f"✓ {name}" if holds else f"✕ {name}" for name, holds in held.items()], "books"), cut]
