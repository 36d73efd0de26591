"""What a worker of the lab can be told to do: play a combination, compare, ablate. Each is the room's own function.

The budget of events is the lab's, not the file's: a page must not be held by one scenario for minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

from sim.results.story import Story

Progress = Callable[[float], None]

MOST_EVENTS = 8_000_000
MOST_RECORDS = "1.5GB"


@dataclass(frozen=True, slots=True)
class Played:
    """One combination, played and looked at, ready to be shown."""

    run: Any
    """The ``sim.Run``, with the complete record of its first replication."""
    story: Story


def play(scenario: Any, seed: int | None = None, replications: int = 1, progress: Progress | None = None) -> Played:
    """Play a resolved scenario and tell its story."""
    from sim.experiments.run import run_resolved

    run = run_resolved(bounded(scenario), seed, replications, 1, progress)
    return Played(run, run.explain())


def compare(scenario: Any, progress: Progress | None = None, **options: Any) -> Any:
    """Play combinations side by side; *options* as ``sim.compare``."""
    from sim.experiments.compare import compare as compare_all

    return compare_all(bounded(scenario), workers=1, progress=progress, **options)


def ablate(scenario: Any, progress: Progress | None = None, **options: Any) -> Any:
    """Play every combination of toggles; *options* as ``sim.ablate``."""
    from sim.experiments.ablate import ablate as ablate_all

    return ablate_all(bounded(scenario), workers=1, progress=progress, **options)


TASKS: dict[str, Callable[..., Any]] = {"play": play, "compare": compare, "ablate": ablate}


def bounded(scenario: Any) -> Any:
    """Return the scenario with no larger budgets than the lab's."""
    from sim.quantities import parse_size

    if scenario.max_events > MOST_EVENTS:
        scenario = scenario.set("max events", MOST_EVENTS)
    if scenario.max_memory > parse_size(MOST_RECORDS):
        scenario = scenario.set("max memory", MOST_RECORDS)
    return scenario
