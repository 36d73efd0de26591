"""Many runs of many scenarios, each reduced to a few values as soon as it has been played.

Where a ``Run`` keeps the measures of few combinations, this keeps a few numbers of hundreds. The books of every run are
checked all the same. Not modelled: data frames of single runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Callable, Sequence, TypeVar

from sim.engine.run import play
from sim.experiments.pool import Pool, Progress
from sim.results.audit.identities import verify
from sim.results.book import Book

Result = TypeVar("Result")
Extract = Callable[[Book], Result]
"""Takes values from a run; for other processes it must be a function of a module, or a ``partial`` of one."""


@dataclass(frozen=True, slots=True)
class Task:
    """One run to be played: a resolved scenario, its seed and the number of the replication."""

    scenario: Any
    seed: int
    number: int


def run_task(task: Task, progress: Progress | None = None, *, extract: Extract[Result]) -> Result:
    """Play *task*, check its books and return the values that *extract* takes from it.

    Raises ``ModelError`` if the books do not balance.
    """
    book = Book(play(task.scenario, task.seed, task.number, progress))
    verify(book)
    return extract(book)


def run_each(
    pool: Pool, scenarios: Sequence[Any], seed: int, replications: int, extract: Extract[Result],
    progress: Progress | None = None,
) -> list[list[Result]]:  # fmt: skip
    """Return the values that *extract* takes from the replications of each of *scenarios*, in their order."""
    systems = [scenario.plain for scenario in scenarios]
    tasks = [Task(scenario, seed, number) for scenario in systems for number in range(replications)]
    results = pool.play(tasks, partial(run_task, extract=extract), progress=progress)
    return [results[i : i + replications] for i in range(0, len(results), replications)]
