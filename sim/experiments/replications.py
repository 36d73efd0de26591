"""One replication of a combination of variant and toggles, from its own streams, played and measured.

A replication is a pure function of (scenario, seed, replication), so the process that plays it changes nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Sequence

from sim.engine.run import play
from sim.errors import ParameterError
from sim.experiments.pool import Progress
from sim.experiments.sides import fault_spans
from sim.quantities import MOST_REPLICATIONS
from sim.record.record import Record
from sim.results.audit.identities import verify
from sim.results.book import Book
from sim.results.measures.registry import measures_of
from sim.results.rows import Measure
from sim.results.wanted import ALL, Wanted


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


@dataclass(frozen=True, slots=True)
class Task:
    """One replication to be played: of a resolved *scenario*, measured for what is *wanted*.

    It is measured over the faults of the scenarios *against* too. *keeps_record*: its record is part of the result.
    """

    scenario: Any
    seed: int
    number: int
    wanted: Wanted = ALL
    against: Sequence[Any] = ()
    keeps_record: bool = False


class Played(NamedTuple):
    """The result of a task, its record if that is kept, and how many seconds it took."""

    replication: Replication
    record: Record | None
    seconds: float


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


def play_and_examine(task: Task, progress: Progress | None = None) -> Played:
    """Play one replication from beginning to end, measure it and check its books; *progress* takes the share done."""
    begun_at = time.perf_counter()
    record = play(task.scenario, task.seed, task.number, progress)
    replication = examine(record, task.wanted, task.against)
    return Played(replication, record if task.keeps_record else None, time.perf_counter() - begun_at)


def must_be_playable(replications: int) -> None:
    """Raise ``ParameterError`` for a number of replications that cannot be played."""
    if (
        isinstance(replications, bool)
        or not isinstance(replications, int)
        or not 1 <= replications <= MOST_REPLICATIONS
    ):
        rule = f"be a whole number from 1 to {MOST_REPLICATIONS}"
        raise ParameterError(rule, replications, place="replications")
