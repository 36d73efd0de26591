"""One combination of variant and toggles, played several times, each replication from its own streams.

Replication 0 is played here, and shows how long one takes; the others go to worker processes when that saves time.
Every replication is a pure function of (scenario, seed, replication), so the process that plays it changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Iterable, Sequence

from sim.engine.run import play
from sim.errors import ParameterError
from sim.experiments.processes import open_pool, submit_all, useful_processes
from sim.experiments.sides import fault_spans, others
from sim.quantities import MOST_REPLICATIONS
from sim.record.record import Record
from sim.results.audit.identities import verify
from sim.results.book import Book
from sim.results.measures.registry import measures_of
from sim.results.rows import Measure
from sim.results.wanted import ALL, Wanted

if TYPE_CHECKING:
    from concurrent.futures import Executor

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Replication:
    """The result of one replication: its wanted measures, the identities that held, how far it came."""

    number: int
    measures: tuple[Measure, ...]
    identities: dict[str, bool] = field(default_factory=dict)
    cut_off: str = ""
    events_played: int = 0
    ended_at: float = 0.0
    has_faults: bool = False
    """Whether a fault is measured, here or in a run that it is compared with."""


def replicate(
    scenario: Any, seed: int, replications: int, wanted: Wanted = ALL, workers: int | None = None,
    progress: Progress | None = None, pool: Executor | None = None, sides: Iterable[Any] = (),
) -> tuple[list[Replication], Record]:  # fmt: skip
    """Return the outcome of every replication of a resolved *scenario*, and the record of the first.

    The *wanted* measures are computed; *sides* are the scenarios that it is held against, over whose faults it is
    measured too. *workers* is the number of processes (default: as many as there are processors, where it pays; 1: this
    process only), unless there is a *pool* of them already. *progress* is called with the share done. Raises
    ``ParameterError`` for a number of replications that cannot be played.
    """
    if (
        isinstance(replications, bool)
        or not isinstance(replications, int)
        or not 1 <= replications <= MOST_REPLICATIONS
    ):
        rule = f"be a whole number from 1 to {MOST_REPLICATIONS}"
        raise ParameterError(rule, replications, place="replications")
    against = others(scenario, sides)
    record = play(scenario, seed, 0, _part(progress, 0, replications))
    examined = [examine(record, wanted, against)]
    numbers = range(1, replications)
    processes = useful_processes(workers, examined[0].events_played * len(numbers), len(numbers))
    if pool is not None:
        examined += _in_pool(pool, scenario, seed, numbers, wanted, against, progress)
    elif processes > 1:
        with open_pool(processes) as new_pool:
            examined += _in_pool(new_pool, scenario, seed, numbers, wanted, against, progress)
    else:
        for number in numbers:
            later = play(scenario, seed, number, _part(progress, number, replications))
            examined.append(examine(later, wanted, against))
    return examined, record


def opened(record: Record, wanted: Wanted, against: Sequence[Any] = ()) -> Book:
    """Return the book of *record* with the windows that are *wanted*, and of the faults of the scenarios *against*."""
    return Book(record, wanted.windows, fault_spans(against, record.seed, record.replication))


def examine(record: Record, wanted: Wanted = ALL, against: Sequence[Any] = ()) -> Replication:
    """Measure what is *wanted* of a record, also over the faults of those that it is held *against*; check its books.

    A broken identity raises ``ModelError``.
    """
    book = opened(record, wanted, against)
    return Replication(
        record.replication, tuple(measures_of(book, wanted)), verify(book), record.cut_off, record.events_played,
        record.ended_at, bool(record.windows) or bool("fault" in book.windows and book.windows["fault"].spans),
    )  # fmt: skip


def play_and_examine(
    scenario: Any, seed: int, number: int, wanted: Wanted = ALL, against: Sequence[Any] = ()
) -> Replication:  # fmt: skip
    """One replication from beginning to end: what a worker process does."""
    return examine(play(scenario, seed, number), wanted, against)


def _part(progress: Progress | None, number: int, of: int) -> Progress | None:
    if progress is None:
        return None
    return lambda share: progress((number + share) / of)


def _in_pool(
    pool: Executor, scenario: Any, seed: int, numbers: Sequence[int], wanted: Wanted, against: Sequence[Any],
    progress: Progress | None,
) -> list[Replication]:  # fmt: skip
    """Spread replications over the processes of *pool*; results in order."""
    from concurrent.futures import as_completed

    futures = submit_all(pool, play_and_examine, [(scenario, seed, number, wanted, against) for number in numbers])
    for done, _ in enumerate(as_completed(futures), start=1):
        if progress is not None:
            progress((done + 1) / (len(numbers) + 1))
    return [future.result() for future in futures]
