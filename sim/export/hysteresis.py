"""A hysteresis as text and as one JSON document: the steps up and down, the two knees, and the loop between them."""

from __future__ import annotations

from typing import Any

from sim.experiments.hysteresis import Hysteresis
from sim.experiments.rows import StepRow
from sim.export.summary import versions
from sim.export.tables import number, table, undecided_notes
from sim.results.statistics import Interval


def of_hysteresis(found: Hysteresis) -> str:
    """Return both directions side by side, a row for each load, then the knees."""
    run, times = found.run, len(found.run.replications)
    on = f", with {', '.join(run.toggles)}" if run.toggles else ""
    back = {row["rate"]: row for row in found.rows if row["way"] == "down"}
    body = [
        [number(row["rate"], "/s"), _share(row), _share(back.get(row["rate"]))]
        for row in found.rows if row["way"] == "up"
    ]  # fmt: skip
    return "\n\n".join([
        f"{run.scenario.title}: {run.variant or 'as written'}{on}, the load of {found.workload} stepped up, then down\n"
        f"seed {run.seed}, {times} replication{'s' if times > 1 else ''}, goodput in the second half of each step"
        + ("; 95 % intervals" if times > 1 else "; one run: no intervals"),
        table(body, ["Load", "on the way up", "on the way down"]),
        "\n".join([
            _knee("On the way up service is lost (below 95 %)", found.knee_up, found.knees_up, "never"),
            _knee("On the way down it is good again", found.knee_down, found.knees_down, "never"
                  if any(knee is not None for knee in found.knees_up) else "it never was otherwise"),
            f"The loop is {_rate(found.width)} wide." if found.width.mean else "There is no loop.",
        ]),
        *(f"note: {note}; they count as not good" for note in undecided_notes(run)),
        *([f"CUT OFF: {run.cut_off}"] if run.cut_off else []),
    ])  # fmt: skip


def _share(row: StepRow | None) -> str:
    if row is None:
        return ""
    text = number(row["goodput ratio"], "ratio")
    if row["low"] is None or row["high"] is None or row["low"] == row["high"]:
        return text
    return f"{text} [{number(max(row['low'], 0.0), 'ratio')}, {number(min(row['high'], 1.0), 'ratio')}]"


def _knee(words: str, found: Interval, knees: list[float | None], otherwise: str) -> str:
    """Return the load of a knee, and the number of replications without one."""
    if found.mean is None:
        return f"{words}: {otherwise}."
    missing = sum(knee is None for knee in knees)
    return f"{words} at {_rate(found)}" + (f"; in {missing} of {len(knees)}: {otherwise}." if missing else ".")


def _rate(found: Interval) -> str:
    text = number(found.mean, "/s")
    if found.low is None or found.high is None or found.low == found.high:
        return text
    return f"{text} [{number(found.low, '/s')}, {number(found.high, '/s')}]"


def hysteresis_document(found: Hysteresis) -> dict[str, Any]:
    """Return the document: every step with its goodput by replication, and the knees by replication."""
    run = found.run
    return {
        "scenario": run.scenario.title,
        "variant": run.variant or None,
        "toggles": list(run.toggles),
        "digest": run.scenario.digest,
        "workload": found.workload,
        "seed": run.seed,
        "replications": len(run.replications),
        "steps": [{**row, "values": list(step.goodput)} for row, step in zip(found.rows, found.steps, strict=True)],
        "knees up": found.knees_up,
        "knees down": found.knees_down,
        "loop": {"widths": found.widths, "mean": found.width.mean, "low": found.width.low, "high": found.width.high},
        "identities": run.identities,
        "cut off": run.cut_off or None,
        "versions": versions(),
    }
