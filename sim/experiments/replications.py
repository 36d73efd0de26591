"""Play a combination of variant and toggles several times, each replication from its own streams.

Replication 0 is played here, and tells how long one takes; the others go to worker processes when that pays. Every
replication is a pure function of (scenario, seed, replication), so where it was played changes nothing.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Sequence

from sim.engine.record import Record
from sim.engine.run import play
from sim.results.book import Book
from sim.results.identities import verify
from sim.results.measures import measures_of
from sim.results.rows import Measure

if TYPE_CHECKING:
    from concurrent.futures import Executor

Progress = Callable[[float], None]

EVENTS_WORTH_A_PROCESS = 1_500_000
"""Starting worker processes costs about as long as this many events take."""


@dataclass(frozen=True, slots=True)
class Replication:
    """What one replication came to: its measures, which identities held, how far it came."""

    number: int
    measures: tuple[Measure, ...]
    identities: dict[str, bool] = field(default_factory=dict)
    cut_off: str = ""
    events_played: int = 0
    ended_at: float = 0.0


def replicate(
    scenario: Any, seed: int, replications: int, during: Iterable[str] = (), workers: int | None = None,
    progress: Progress | None = None, pool: Executor | None = None,
) -> tuple[list[Replication], Record]:  # fmt: skip
    """Return the outcome of every replication of a resolved *scenario*, and the record of the first.

    *during* are further windows to measure. *workers* is the number of processes (default: as many as there are
    processors, where it pays; 1: this process only), unless there is a *pool* of them already. *progress* is told the
    share done.
    """
    windows = tuple(during)
    record = play(scenario, seed, 0, _part(progress, 0, replications))
    found = [examine(record, windows)]
    left = range(1, replications)
    processes = useful_processes(workers, found[0].events_played * len(left), len(left))
    if pool is not None:
        found += _in_pool(pool, scenario, seed, left, windows, progress)
    elif processes > 1:
        with open_pool(processes) as own:
            found += _in_pool(own, scenario, seed, left, windows, progress)
    else:
        for number in left:
            found.append(examine(play(scenario, seed, number, _part(progress, number, replications)), windows))
    return found, record


def examine(record: Record, during: Sequence[str]) -> Replication:
    """Measure a record and check its books; a broken identity raises ``ModelError``."""
    book = Book(record, during)
    return Replication(
        record.replication, tuple(measures_of(book)), verify(book), record.cut_off, record.events_played,
        record.ended_at,
    )  # fmt: skip


def play_and_examine(scenario: Any, seed: int, number: int, during: Sequence[str]) -> Replication:
    """One replication from beginning to end: what a worker process does."""
    return examine(play(scenario, seed, number), during)


def _part(progress: Progress | None, number: int, of: int) -> Progress | None:
    if progress is None:
        return None
    return lambda share: progress((number + share) / of)


def useful_processes(workers: int | None, events: int, runs: int) -> int:
    """Return in how many processes *runs* with so many *events* in all are played best; *workers* decides if given."""
    if workers is not None:
        return max(1, min(workers, runs or 1))
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if runs < 2 or processors < 2 or events < EVENTS_WORTH_A_PROCESS:
        return 1
    return min(processors, runs)


@contextmanager
def open_pool(processes: int) -> Iterator[Executor]:
    """Give worker processes (spawned: the same on every platform); after a failure what has not begun is dropped."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(processes, get_context("spawn"), _leave_interrupts_to_the_parent) as pool:
        try:
            yield pool
        except BaseException:
            _stop(pool)
            raise


def _stop(pool: Any) -> None:
    """Drop what has not begun and end what has (``terminate_workers``, which Python has from 3.14 on)."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


def _leave_interrupts_to_the_parent() -> None:
    """Ctrl-C reaches every process of a terminal; the one that the user started answers for all."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _in_pool(
    pool: Executor, scenario: Any, seed: int, numbers: Sequence[int], windows: Sequence[str], progress: Progress | None
) -> list[Replication]:  # fmt: skip
    """Spread replications over the processes of *pool*; results in order."""
    from concurrent.futures import as_completed

    futures = [pool.submit(play_and_examine, scenario, seed, number, windows) for number in numbers]
    for done, _ in enumerate(as_completed(futures), start=1):
        if progress is not None:
            progress((done + 1) / (len(numbers) + 1))
    return [future.result() for future in futures]
