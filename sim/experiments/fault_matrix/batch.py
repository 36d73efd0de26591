"""Many runs of many scenarios, looked at one by one: of each only what a look finds in its book comes back.

Where ``replications`` keeps every measure of few combinations, a batch keeps a handful of numbers of hundreds. The
books of every run are checked all the same. Left out: data frames of single runs.
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

Found = TypeVar("Found")
Look = Callable[[Book], Found]
"""What is taken from a run; for other processes it must be a function of a module, or a ``partial`` of one."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run to be played: a resolved scenario, its seed and the number of the replication."""

    scenario: Any
    seed: int
    number: int


def played(job: Job, look: Look[Found]) -> tuple[Found, int]:
    """Play *job*, check its books and return what *look* finds, and the number of events.

    Raises ``ModelError`` if the books do not balance.
    """
    record = play(job.scenario, job.seed, job.number)
    book = Book(record)
    verify(book)
    return look(book), record.events_played


class Batch:
    """Plays *runs* jobs in all, in as many processes as pay; use it as a context, and ``look`` as often as wanted."""

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

    def look(self, jobs: Sequence[Job], look: Look[Found]) -> list[Found]:
        """Return what *look* finds in each of *jobs*, in their order."""
        here: list[Found] = []
        if self._done == 0 and jobs:  # the first run tells how long one takes
            found, events = played(jobs[0], look)
            here.append(found)
            self._tick()
            left = self._runs - 1
            processes = useful_processes(self._workers, events * left, left)
            if processes > 1:
                self._pool = self._stack.enter_context(open_pool(processes))
        for job in () if self._pool else jobs[len(here) :]:
            here.append(played(job, look)[0])
            self._tick()
        return here if self._pool is None else [*here, *self._elsewhere(self._pool, jobs[len(here) :], look)]

    def _elsewhere(self, pool: Executor, jobs: Sequence[Job], look: Look[Found]) -> list[Found]:
        from concurrent.futures import as_completed

        futures = submit_all(pool, played, [(job, look) for job in jobs])
        for _ in as_completed(futures):
            self._tick()
        return [future.result()[0] for future in futures]

    def _tick(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(min(self._done / max(self._runs, 1), 1.0))
