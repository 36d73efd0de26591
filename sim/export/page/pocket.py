"""The pocket page: one scenario for a phone. Every combination was played beforehand, so a switch answers at once.

The question and a prediction come first. Parts that do not fit are omitted in a fixed order, and the page lists them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Callable, Mapping

from sim.errors import ScenarioError
from sim.experiments.pool import Pool
from sim.experiments.run import Run, run_resolved
from sim.export.page import parts
from sim.export.summary import versions
from sim.replay import timeline, to_json
from sim.replay.html import json_for_html
from sim.results.wanted import Wanted
from sim.scenario.loading import Settings
from sim.scenario.models import Scenario
from sim.scenario.scenario_file import ScenarioFile

SHOWN = Wanted.of(["goodput ratio"])
MOST_COMBINATIONS = 48
MOST_BYTES = 2_600_000
"""Limit on data, so that the page stays below 3 MB."""
Combination = tuple[str, tuple[str, ...]]


@dataclass(slots=True)
class Pocket:
    """The played combinations of a scenario, in order, and sentences about those that are left out."""

    scenario: ScenarioFile
    entries: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    replications: int = 1
    seed: int = 0
    cut_off: str = ""


def pre_run(
    scenario: ScenarioFile, set_: Settings = (), seed: int | None = None,
    replications: int | None = None, workers: int | None = 1, progress: Callable[[float], None] | None = None,
    most: int = MOST_COMBINATIONS,
) -> Pocket:  # fmt: skip
    """Play every variant with every set of its toggles, those with the fewest toggles first, at most *most* in all."""
    changes = dict(set_) if isinstance(set_, Mapping) else list(set_)
    pocket = Pocket(scenario)
    resolved = _resolved(scenario, changes, pocket)
    if len(resolved) > most:
        pocket.left_out.append(f"{len(resolved) - most} combinations of the most switches: {most} are played.")
    size = 0
    with Pool(workers) as pool:
        for i, one in enumerate(resolved[:most]):
            part = None if progress is None else _part(progress, i, min(most, len(resolved)))
            run = run_resolved(one, seed, replications, progress=part, pool=pool, wanted=SHOWN)
            entry = _entry(run)
            size += len(to_json(entry))
            if size > MOST_BYTES:
                entry["replay"] = None
            pocket.entries.append(entry)
            pocket.cut_off = pocket.cut_off or run.cut_off
            pocket.replications, pocket.seed = len(run.replications), run.seed
    bare = sum(entry["replay"] is None for entry in pocket.entries)
    if bare:
        pocket.left_out.append(f"The replays of {bare} combinations of the most switches; their numbers are here.")
    return pocket


def _part(progress: Callable[[float], None], i: int, of: int) -> Callable[[float], None]:
    return lambda share: progress((i + share) / of)


def combinations_of(scenario: Scenario) -> list[Combination]:
    """Return every variant with every set of its toggles, smallest sets first."""
    names = list(scenario.variants) or [""]
    belong = {
        name: [key for key, toggle in scenario.toggles.items() if not toggle.for_ or name in toggle.for_]
        for name in names
    }
    most = max(len(toggles) for toggles in belong.values())
    return [(name, on) for many in range(most + 1) for name in names for on in combinations(belong[name], many)]


def _resolved(scenario: ScenarioFile, set_: Settings, pocket: Pocket) -> list[ScenarioFile]:
    """Return the combinations that exist; pairs of toggles that contradict each other are reported once."""
    found = []
    told: dict[str, None] = {}
    for variant, on in combinations_of(scenario):
        try:
            found.append(scenario.resolve(variant or None, on, set_))
        except ScenarioError as error:
            if not on:
                raise
            if len(on) == 2:
                told[f"{on[0]} with {on[1]}, which cannot be played together: {_reason(error)}."] = None
    pocket.left_out += told
    return found


def _reason(error: Exception) -> str:
    return str(error).strip().splitlines()[0].removesuffix(".")


def _entry(run: Run) -> dict[str, Any]:
    """Return one combination: its share of well-served requests by workload, and its first replication."""
    during = "fault" if run.record.windows else "all"
    rows = {(row["of"], row["during"]): row for row in run.rows if row["measure"] == "goodput ratio"}
    numbers = []
    for workload in run.scenario.workload:
        row = rows.get((workload, during))
        if row is not None:
            kept = {key: row[key] for key in ("mean", "low", "high")}
            kept = {key: None if value is None else round(min(1.0, max(0.0, value)), 5) for key, value in kept.items()}
            after = rows.get((workload, "after"))
            told = None if after is None or after["mean"] is None else round(after["mean"], 5)
            numbers.append({"of": workload, **kept, "after": told, "n": row["n"], "runs": row["runs"]})
    return {
        "variant": run.variant, "toggles": list(run.toggles), "during": during, "numbers": numbers,
        "replay": timeline(run.record),
    }  # fmt: skip


def pocket_page(pocket: Pocket) -> str:
    """Return the page: the same pocket gives the same bytes."""
    scenario = pocket.scenario
    data = {
        "title": scenario.title, "question": scenario.question, "lesson": scenario.lesson.strip(),
        "variants": list(scenario.variants) or [""],
        "toggles": [
            {"name": name, "about": toggle.about, "for": list(toggle.for_ or [])}
            for name, toggle in scenario.toggles.items()
        ],
        "assumptions": list(scenario.assumptions), "left_out": pocket.left_out, "entries": pocket.entries,
        "seed": pocket.seed, "replications": pocket.replications, "version": versions()["pileup"],
    }  # fmt: skip
    values = {"title": scenario.title, "question": scenario.question, "data": json_for_html(data)}
    return parts.filled("pocket.html", ["page.css", "pocket.css"], "pocket.js", **values)
