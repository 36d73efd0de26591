"""A run or a comparison as a Markdown page: question, tables, claims, identities, figures and assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping, Sequence

from sim.export import tables
from sim.results.claims import Verdict

if TYPE_CHECKING:
    from sim.experiments.compare import Comparison
    from sim.experiments.run import Run
    from sim.scenario.scenario_file import ScenarioFile


def of_run(run: Run, verdicts: Mapping[str, Verdict], figures: Sequence[str]) -> str:
    """Return the page of a run; *figures* are paths relative to the page."""
    return page(run, tables.of_run(run, verdicts), figures)


def of_comparison(comparison: Comparison, figures: Sequence[str]) -> str:
    """Return the page of a comparison."""
    first = next(iter(comparison.runs.values()))
    return page(first, tables.of_comparison(comparison), figures)


def page(run: Run, text: str, figures: Sequence[str]) -> str:
    """Return the page around *text* about the system that *run* played."""
    return page_of(run.scenario, run.seed, text, figures)


def page_of(scenario: ScenarioFile, seed: int, text: str, figures: Sequence[str]) -> str:
    """Return the page around *text*: question and lesson before it, figures and assumptions after it."""
    parts = [f"# {scenario.title}"]
    parts += [f"**{scenario.question}**"] if scenario.question else []
    parts += [scenario.lesson.strip()] if scenario.lesson else []
    parts += [f"```text\n{text}\n```"]
    parts += [f"![{path}]({path})" for path in figures]
    if scenario.assumptions:
        parts.append("## What is assumed\n\n" + "\n".join(f"- {line}" for line in scenario.assumptions))
    parts += [f"Source: {scenario.source}"] if scenario.source else []
    parts.append(f"Every number here follows from the scenario with digest `{scenario.digest}` and seed {seed}.")
    return "\n\n".join(parts) + "\n"
