"""Many runs of many scenarios, each reduced to a few values as soon as it has been played.

Where ``replications`` keeps every measure of few combinations, a batch keeps a few numbers of hundreds. The books of
every run are checked all the same. Not modelled: data frames of single runs.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Sequence, TypeVar

from sim.engine.run import play
from sim.experiments.processes import Announce, open_pool, processors, submit_all, useful_processes
from sim.experiments.replications import Progress
from sim.results.audit.identities import verify
from sim.results.book import Book

if TYPE_CHECKING:
    from concurrent.futures import Executor

Result = TypeVar("Result")
Extract = Callable[[Book], Result]
"""Takes values from a run; for other processes it must be a function of a module, or a ``partial`` of one."""


@dataclass(frozen=True, slots=True)
class Task:
    """One run to be played: a resolved scenario, its seed and the number of the replication."""

    scenario: Any
    seed: int
    number: int


def run_task(task: Task, extract: Extract[Result]) -> tuple[Result, int]:
    """Play *task*, check its books and return the values that *extract* takes from it, and the number of events.

    Raises ``ModelError`` if the books do not balance.
    """
    record = play(task.scenario, task.seed, task.number)
    book = Book(record)
    verify(book)
    return extract(book), record.events_played


class Batch:
    """Plays *runs* tasks in all, in as many processes as pay; use it as a context, and ``run`` as often as wanted."""

    def __init__(
        self, runs: int, workers: int | None = 1, progress: Progress | None = None,
        announce: Announce | None = None,
    ) -> None:  # fmt: skip
        if announce is not None:
            at_once = max(1, min(processors() if workers is None else workers, runs - 1))
            announce(runs, 1 - (1 - runs) // at_once)
        self._runs, self._done = runs, 0
        self._workers, self._progress = workers, progress
        self._pool: Executor | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def run(self, tasks: Sequence[Task], extract: Extract[Result]) -> list[Result]:
        """Return the values that *extract* takes from the run of each of *tasks*, in their order."""
        results: list[Result] = []
        if self._done == 0 and tasks:  # the first run shows how long one takes
            result, events = run_task(tasks[0], extract)
            results.append(result)
            self._tick()
            remaining = self._runs - 1
            processes = useful_processes(self._workers, events * remaining, remaining)
            if processes > 1:
                self._pool = self._stack.enter_context(open_pool(processes))
        if self._pool is not None:
            return [*results, *self._run_in_pool(self._pool, tasks[len(results) :], extract)]
        for task in tasks[len(results) :]:
            results.append(run_task(task, extract)[0])
            self._tick()
        return results

    def run_each(
        self, scenarios: Sequence[Any], seed: int, replications: int, extract: Extract[Result]
    ) -> list[list[Result]]:
        """Return the values that *extract* takes from the replications of each of *scenarios*, in their order."""
        results = self.run(
            [Task(scenario, seed, number) for scenario in scenarios for number in range(replications)], extract
        )
        return [results[i : i + replications] for i in range(0, len(results), replications)]

    def _run_in_pool(self, pool: Executor, tasks: Sequence[Task], extract: Extract[Result]) -> list[Result]:
        from concurrent.futures import as_completed

        futures = submit_all(pool, run_task, [(task, extract) for task in tasks])
        for _ in as_completed(futures):
            self._tick()
        return [future.result()[0] for future in futures]

    def _tick(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(min(self._done / max(self._runs, 1), 1.0))
