"""Results as text tables with units, n and intervals; only measured values."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Sequence

from sim.results.claims import Verdict
from sim.results.headlines import row_name, with_worst
from sim.results.measures import autoscaling, link_defences, overload
from sim.results.measures.registry import NAMES
from sim.results.wanted import Wanted

if TYPE_CHECKING:
    from sim.experiments.check import Checked
    from sim.experiments.compare import Comparison
    from sim.experiments.rows import DifferenceRow, MeasureRow
    from sim.experiments.run import Run

_WORKLOAD = ("goodput ratio", "answered ratio", "done ratio", "latency p50", "latency p95", "done latency p95")
_SERVICE = ("utilisation", "wait mean", "waiting mean", "rejected", "wasted work")
_QUEUE = ("backlog peak", "oldest age", "drain time", "deliveries", "dead-lettered", "lost")
_LINK = ("attempts", "amplification", "timeouts", "short-circuited", "breaker open share")
_EFFECT = ("due", "applied once", "duplicated", "missing", "undecided", "ghost")
COMPARED = Wanted.of([*_WORKLOAD, *_EFFECT], ["fault", "after", "all"]) | Wanted.of(["undecided ratio"], ["all"])
"""The measures that the text of a comparison needs."""
_MARKS = {"holds": "holds", "fails": "FAILS", "cannot tell": "cannot tell"}


_NOTHING = 1e-10
"""A value below this is a rounding error of a difference of instants, not a measurement."""


def number(value: float | None, unit: str) -> str:
    """Return *value* with its unit, in three digits; a dash for None.

    >>> number(0.01234, "s"), number(0.5, "ratio"), number(None, "s")
    ('12.3 ms', '50.0 %', '-')
    >>> number(1.35e-13, "worker s"), number(1.35e-6, "worker s")
    ('0', '1.35e-06')
    """
    if value is None:
        return "-"
    if abs(value) < _NOTHING:
        value = 0.0
    if unit in ("ratio", "share"):
        return f"{value * 100:.1f} %"
    if unit == "s":
        if abs(value) < 1 and value != 0:
            return f"{value * 1000:.3g} ms"
        return f"{value:.3g} s" if abs(value) < 1000 else f"{value:.0f} s"
    text = f"{value:.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.3g}"
    return f"{text} {unit}" if unit in ("/s", "x") else text


def signed(value: float, unit: str) -> str:
    """Return a difference with its sign.

    >>> signed(12.0, ""), signed(-0.5, "ratio"), signed(0.0, "")
    ('+12', '-50.0 %', '0')
    """
    return ("+" if value > 0 else "") + number(value, unit)


def points(value: float, low: float | None = None, high: float | None = None) -> str:
    """Return a difference of two shares in percentage points, with its interval, cut to what is possible.

    >>> points(0.374, 0.349, 0.399), points(-0.838, -1.022, -0.654), points(0.0)
    ('+37.4 [+34.9, +39.9]', '-83.8 [-100.0, -65.4]', '0.0')
    """

    def one(share: float) -> str:
        text = f"{min(max(share, -1.0), 1.0) * 100:+.1f}"
        return "0.0" if float(text) == 0 else text

    return one(value) if low is None or high is None or low == high else f"{one(value)} [{one(low)}, {one(high)}]"


def table(rows: Sequence[Sequence[str]], header: Sequence[str]) -> str:
    """Return an aligned table, the first column to the left and the others to the right."""
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = []
    for row in cells:
        first = row[0].ljust(widths[0])
        lines.append("  ".join([first, *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]).rstrip())
    lines.insert(1, "-" * max(len(line) for line in lines))
    return "\n".join(lines)


def of_run(run: Run, verdicts: Mapping[str, Verdict], during: Iterable[str] = ()) -> str:
    """Return the story of a run in tables; *during* are windows to show in addition to its own."""
    scenario = run.scenario
    on = f", with {', '.join(run.toggles)}" if run.toggles else ""
    times = len(run.replications)
    parts = [
        f"{scenario.title}: {run.variant or 'as written'}{on}",
        f"seed {run.seed}, {times} replication{'s' if times > 1 else ''}; "
        + ("means over the replications, ± half a 95 % interval" if times > 1 else "one run: one sample, not a fact"),
    ]
    index = {(row["measure"], row["of"], row["during"]): row for row in run.rows}
    windows = [w for w in ("all", "before", "fault", "after") if any(key[2] == w for key in index)]
    if len(windows) == 1 or not scenario.faults:
        windows = ["all"]
    workloads = with_worst([run.rows], scenario.workload, ("fault", "after") if "fault" in windows else windows)
    windows = list(dict.fromkeys([*windows, *during]))
    for heading, names, measures in (
        ("Workloads", workloads, _WORKLOAD), ("Services", scenario.services, _SERVICE),
        ("Links", _links(run), _LINK), ("Queues", scenario.queues, _QUEUE), ("Effects", _effects(run), _EFFECT),
    ):  # fmt: skip
        body = _section(names, measures, windows, index)
        if body:
            parts.append(table(body, [heading, "during", *map(_titled, measures)]))
    if decided := _decided(windows, index):
        parts.append(table(decided, ["What defences did", "measure", *windows]))
    parts.append(of_claims(verdicts) if verdicts else "No claims speak of this combination.")
    parts += [f"note: {note}" for note in (*run.notes, *undecided_notes(run))]
    parts.append(f"Books: {len(run.identities)} identities hold in every replication.")
    if run.cut_off:
        parts.append(f"CUT OFF: {run.cut_off}")
    return "\n\n".join(parts)


def _titled(measure: str) -> str:
    """Return the title of a measure's column, with its unit if the values do not show it."""
    return f"{measure} (worker s)" if NAMES[measure][0] == "worker s" else measure


def _section(
    names: Iterable[str], measures: Sequence[str], windows: Sequence[str],
    index: Mapping[tuple[str, str, str], MeasureRow],
) -> list[list[str]]:  # fmt: skip
    body = []
    for name in names:
        for window in windows:
            rows = [index.get((measure, name, window)) for measure in measures]
            if any(row is not None and row["mean"] is not None for row in rows):
                body.append([row_name(name), window, *(_cell(row) for row in rows)])
    return body


def _cell(row: MeasureRow | None) -> str:
    if row is None:
        return "-"
    if row.get("undecided"):
        return undecided(row)
    text = number(row["mean"], row["unit"])
    if row["low"] is None or row["high"] is None or row["mean"] is None:
        return text
    half = max(row["high"] - row["mean"], row["mean"] - row["low"])  # one side may be cut where the unit ends
    if half <= abs(row["mean"]) * 0.005:
        return text
    spread, unit = number(half, row["unit"]), text.partition(" ")[2]
    return (
        f"{text} ±{spread.removesuffix(unit).rstrip()}" if unit and spread.endswith(f" {unit}") else f"{text} ±{spread}"
    )


def undecided(row: Mapping[str, Any]) -> str:
    """Return the bounds of a measure that is undecided when a run ends.

    >>> undecided({"least": 0.25, "most": 0.5, "unit": "ratio"}), undecided({"least": 9.0, "most": None, "unit": "s"})
    ('25.0 to 50.0 %', '9 s or more')
    """
    if row["least"] is None:
        return "undecided"
    least = number(row["least"], row["unit"])
    if row["most"] is None:
        return f"{least} or more"
    most = number(row["most"], row["unit"])
    unit = most.partition(" ")[2]
    return f"{least.removesuffix(unit).rstrip() if unit else least} to {most}"


def undecided_notes(run: Run) -> list[str]:
    """Return a line for each workload with undecided requests at the end of the runs."""
    shares = {row["of"]: row["mean"] for row in run.rows
              if (row["measure"], row["during"]) == ("undecided ratio", "all") and row["mean"]}  # fmt: skip
    return [
        f"{number(shares[name], 'ratio')} of the requests of {name} are undecided when the run ends: open, or a "
        "message, copy or attempt of theirs still waits or is at work; a longer drain decides"
        for name in run.record.workloads if name in shares
    ]  # fmt: skip


_DECIDED = tuple(
    name for name in (*link_defences.NAMES, *overload.NAMES, *autoscaling.NAMES) if name != "stopped by breaker"
)
"""Decisions of defences; calls that breakers stopped are in the table of links, as short-circuited."""


def _decided(windows: Sequence[str], index: Mapping[tuple[str, str, str], MeasureRow]) -> list[list[str]]:
    """Return a row for each kind of decision that occurred, by place."""
    places = dict.fromkeys((of, measure) for measure, of, _ in index if measure in _DECIDED)
    found = []
    for of, measure in places:
        rows = [index.get((measure, of, window)) for window in windows]
        if any(row is not None and row["mean"] for row in rows):
            found.append([of, measure, *map(_cell, rows)])
    return found


def _links(run: Run) -> list[str]:
    return list(dict.fromkeys(site.link for site in run.record.sites))


def _effects(run: Run) -> list[str]:
    return list(dict.fromkeys(site.effect for site in run.record.effect_sites))


def of_claims(verdicts: Mapping[str, Verdict]) -> str:
    """Return one line for each claim."""
    rows = []
    for name, verdict in verdicts.items():
        told = [value for value in verdict.values if value is not None]
        spread = f"{min(told):.4g} to {max(told):.4g} in {len(told)}" if told else "no value"
        if any(verdict.between):
            least, most = (end(side) for end, side in zip((min, max), zip(*filter(None, verdict.between), strict=True)))
            spread += f", undecided: {least:.4g} " + ("or more" if math.isinf(most) else f"to {most:.4g}")
        rows.append([name, _MARKS[verdict.verdict], verdict.text, spread])
    return table(rows, ["Claim", "verdict", "says", "values"])


def of_check(file: str, checked: Checked) -> str:
    """Return one file's claims and a closing line."""
    held = sum(verdict.verdict == "holds" for verdict in checked.verdicts.values())
    lines = [f"{file}: {checked.scenario.title}"]
    if checked.verdicts:
        lines.append(of_claims(checked.verdicts))
    lines.append(f"{held} of {len(checked.verdicts)} claims hold; {len(checked.identities)} identities hold")
    if checked.cut_off:
        lines.append(f"CUT OFF: {checked.cut_off}")
    return "\n".join(lines)


def of_comparison(comparison: Comparison) -> str:
    """Return the headline measures of every combination side by side, with the paired difference to the baseline."""
    first = comparison.runs[comparison.baseline]
    times = len(first.replications)
    parts = [
        f"{first.scenario.title}: {' against '.join(comparison.runs)}",
        f"seed {first.seed}, {times} replication{'s' if times > 1 else ''}, the same arrivals and faults for all"
        + ("" if times > 1 else "; one run each: a difference has no interval"),
    ]
    differences = {(r["combination"], r["measure"], r["of"], r["during"]): r for r in comparison.rows}
    windows = ("fault", "after") if any(run.has_faults for run in comparison.runs.values()) else ("all",)
    scenarios = [run.scenario for run in comparison.runs.values()]
    workloads = list(dict.fromkeys(name for scenario in scenarios for name in scenario.workload))
    effects = list(dict.fromkeys(name for run in comparison.runs.values() for name in _effects(run)))
    shown = with_worst((run.rows for run in comparison.runs.values()), workloads, windows)
    indices = {
        label: {(r["measure"], r["of"], r["during"]): r for r in run.rows} for label, run in comparison.runs.items()
    }
    for heading, names, measures in (("Workloads", shown, _WORKLOAD), ("Effects", effects, _EFFECT)):
        body = []
        for name, window, (label, index) in product(names, windows, indices.items()):
            rows = [index.get((measure, name, window)) for measure in measures]
            if any(row is not None and row["mean"] is not None for row in rows):
                body.append([row_name(name), window, label, *(_cell(row) for row in rows)])
        if body:
            parts.append(table(body, [heading, "during", "combination", *measures]))
    for label, run in comparison.runs.items():
        parts += [f"note: {label}: {note}" for note in undecided_notes(run)]
    body = []
    for name, window, label in product(shown, windows, list(comparison.runs)[1:]):
        changes = [differences.get((label, measure, name, window)) for measure in _WORKLOAD[:3]]
        if any(row is not None for row in changes):
            body.append([label, *map(_difference, changes), row_name(name), window])
    parts.append(table(body, [f"Difference to {comparison.baseline}, in points", *_WORKLOAD[:3], "of", "during"]))
    if "fault" in windows and (told := _stretch(comparison)):
        parts.append(told)
    return "\n\n".join(parts)


def _stretch(comparison: Comparison) -> str:
    """Return a note if the combinations have different faults, or faults at different times."""
    runs = comparison.runs.values()
    if len({tuple(sorted(run.record.windows)) for run in runs}) == 1:
        return ""
    return "note: the faults differ; `fault` is the time of all of them together, for every combination"


def _difference(row: DifferenceRow | None) -> str:
    """Return a difference of shares, and whether it is distinguishable from zero."""
    if row is None or row["difference"] is None:
        return "-"
    if row["low"] == row["high"] == 0 and not row["undecided"]:
        return "none"
    text = points(row["difference"], row["low"], row["high"])
    if row["undecided"]:
        return f"{text} so far, undecided" if row["distinguishable"] is None else text
    return text if row["low"] is None or row["distinguishable"] else f"{text} not distinguishable"
