"""The tasks of a worker of the lab: play, compare, ablate, try all faults, report, read the gallery.

Each calls the function of its room, with the lab's budgets: one file must not hold a page for minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

from sim.results.blast import BlastRadius
from sim.results.series import Series
from sim.results.story.story import Story

Progress = Callable[[float], None]

MOST_EVENTS = 5_000_000
MOST_RECORDS = "1.5GB"
WINDOWS = ("all", "before", "fault", "after")
DIFFERENCES = ("goodput ratio", "answered ratio", "latency p95", "done latency p50", "amplification")
"""The measures of a comparison of two designs."""
LEDGER = ("due", "applied once", "duplicated", "missing", "undecided", "ghost")
CARDS = ("goodput ratio", "answered ratio", "latency p50", "latency p95", *LEDGER)
"""The measures of a run that the pages show, with those of its claims."""
SMALLEST = """
version: 1
title: Nothing much
duration: 10s
workload: {ones: {calls: web.get, rate: 5/s, deadline: 1s}}
services: {web: {workers: 2, waiting: 4, operations: {get: [{work: 10ms}]}}}
faults: {slow: {slow: web, by: 10x, at: 5s, for: 2s}}
"""
"""What a worker plays before its first task."""


@dataclass(frozen=True, slots=True)
class Played:
    """One combination, played and looked at, ready to be shown."""

    run: Any
    """The ``sim.Run``, with the complete record of its first replication."""
    story: Story
    blast: BlastRadius
    series: tuple[Series, ...]
    timeline: dict[str, Any]
    """The player's data."""


def get_ready() -> None:
    """Play almost nothing, so that what a run imports is there before the first task: a third of a second."""
    from sim.scenario.loading import loads

    play(loads(SMALLEST).resolve())


def play(
    scenario: Any, seed: int | None = None, replications: int = 1, progress: Progress | None = None,
    during: tuple[str, ...] = (),
) -> Played:  # fmt: skip
    """Play a resolved scenario, and prepare what the pages show; *during* are windows next to its claims'."""
    from sim.experiments.run import run_resolved
    from sim.replay import timeline
    from sim.results.blast import blast_radius
    from sim.results.book import Book
    from sim.results.series import series
    from sim.results.story.story import explain
    from sim.results.wanted import Wanted

    wanted = Wanted(during=during)
    if replications == 1:  # the record is at hand, so what else is asked for can be measured then
        wanted = Wanted.of(CARDS, WINDOWS) | Wanted.for_claims(scenario.expect.values()) | Wanted((), during)
    run = run_resolved(bounded(scenario), seed, replications, 1, progress, wanted=wanted)
    book = Book(run.record)
    return Played(run, explain(book), blast_radius(book), tuple(series(book)), timeline(book))


def pair(
    scenario: Any, other: Any, labels: tuple[str, str], seed: int, replications: int, progress: Progress | None = None
) -> Any:
    """Play two resolved scenarios on the same seeds, and return their ``Comparison``; *scenario* is the baseline."""
    from sim.experiments.compare import Comparison
    from sim.experiments.pool import Pool
    from sim.experiments.run import planned, run_all
    from sim.results.wanted import Wanted

    wanted, sides = Wanted.of(DIFFERENCES, WINDOWS), (scenario, other)
    plans = [planned(bounded(one), seed, replications, wanted=wanted, sides=sides) for one in sides]
    return slim(Comparison(dict(zip(labels, run_all(plans, Pool(1), progress), strict=True))))


def compare(scenario: Any, progress: Progress | None = None, **options: Any) -> Any:
    """Play combinations side by side; *options* as ``sim.compare``."""
    from sim.experiments.compare import compare as compare_all

    return slim(compare_all(bounded(scenario), workers=1, progress=progress, **options))


def ablate(scenario: Any, progress: Progress | None = None, **options: Any) -> Any:
    """Play every combination of toggles; *options* as ``sim.ablate``."""
    from sim.experiments.ablation.ablate import ablate as ablate_all
    from sim.results.wanted import Wanted

    wanted = Wanted.of(["goodput ratio"], WINDOWS)
    return slim(ablate_all(bounded(scenario), workers=1, progress=progress, wanted=wanted, **options))


def matrix(scenario: Any, progress: Progress | None = None, **options: Any) -> Any:
    """Try every fault on every part; *options* as ``sim.experiments.fault_matrix.matrix.matrix``."""
    from sim.experiments.fault_matrix.matrix import matrix as try_all

    return try_all(bounded(scenario), workers=1, progress=progress, **options)


def report(scenario: Any, progress: Progress | None = None, **options: Any) -> str:
    """Play what a report shows and return its page; *options* as ``sim.export.page.play``."""
    from sim.export.page import play as play_all
    from sim.export.page import report_page

    return report_page(play_all(bounded(scenario), workers=1, progress=progress, **options))


def gallery(folder: str, stamp: tuple[int, ...], progress: Progress | None = None) -> Any:
    """Read what scenarios *folder* holds; *stamp* is when each file was changed, so that a change is read again."""
    from sim.scenario.catalogue import catalogue

    return [one for one in catalogue(folder) if not one.problem]


TASKS: dict[str, Callable[..., Any]] = {
    "play": play, "pair": pair, "compare": compare, "ablate": ablate, "matrix": matrix, "report": report,
    "gallery": gallery,
}  # fmt: skip


def bounded(scenario: Any) -> Any:
    """Return the scenario with no larger budgets than the lab's."""
    from sim.quantities import parse_size

    if scenario.max_events > MOST_EVENTS:
        scenario = scenario.set("max events", MOST_EVENTS)
    if scenario.max_memory > parse_size(MOST_RECORDS):
        scenario = scenario.set("max memory", MOST_RECORDS)
    return scenario


def slim(many: Any) -> Any:
    """Return a comparison or an ablation whose records are without their rows: its measures are taken already."""
    from dataclasses import replace

    for run in many.runs.values():
        record = run.record
        empty = {name: column[:0] for name, column in record.attempts.items()}
        run.record, run.record_is_whole = replace(record, attempts=empty), False
    return many
