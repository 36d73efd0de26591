"""The identities: equations that hold for every run of every system, checked after each run ("the books balance").

Each identity compares two numbers that were counted in different ways, and reports its first violation with time and
component. A broken identity is a bug in Pileup, never a property of the simulated system.
"""

from __future__ import annotations

from typing import Callable

from sim.errors import ModelError
from sim.record.record import Record
from sim.results.audit import counts as audit_counts
from sim.results.audit import processors as audit_processors
from sim.results.audit import time as audit_levels
from sim.results.audit.violation import Breach
from sim.results.book import Book

IDENTITIES: dict[str, Callable[[Book], Breach | None]] = {
    "requests offered = sum over outcomes": audit_counts.requests,
    "attempts belong to requests and parents": audit_counts.attempts,
    "attempts on links = sum over outcomes": audit_counts.links,
    "messages published = sum over ends": audit_counts.messages,
    "dead letters arrive once": audit_counts.dead_letters,
    "effects due = applied once + duplicated + missing + undecided": audit_counts.effects,
    "instants in order, finite and not negative": audit_levels.instants,
    "levels within workers and waiting places": audit_levels.limits,
    "worker-seconds = useful + wasted + held + idle + down": audit_levels.worker_seconds,
    "Little's law": audit_levels.little,
    "census = levels of the rows": audit_levels.census,
}
"""Every identity by name; a function returns its first violation, or None."""
WITH_PROCESSORS: dict[str, Callable[[Book], Breach | None]] = {
    "core-seconds used = work done": audit_processors.core_seconds,
}
"""Those of runs in which cores are shared."""


def breaches(book: Book) -> dict[str, Breach | None]:
    """Return the first violation of every identity, None if it holds.

    A record on which a check cannot be computed violates that check.
    """
    found: dict[str, Breach | None] = {}
    asked = IDENTITIES | WITH_PROCESSORS if book.record.processors else IDENTITIES
    for name, identity in asked.items():
        try:
            found[name] = identity(book)
        except (IndexError, KeyError, ValueError) as error:
            found[name] = Breach("the record", "be whole enough to check", f"{type(error).__name__}: {error}")
        book.release()
    return found


def check(record: Record | Book) -> dict[str, bool]:
    """Return, for every identity, whether it holds; raises nothing."""
    return {name: breach is None for name, breach in breaches(_book(record)).items()}


def verify(record: Record | Book) -> dict[str, bool]:
    """Return the result of ``check`` if all hold; else raise ModelError with component, time and both numbers."""
    found = breaches(_book(record))
    broken = [f"{name}: {breach}" for name, breach in found.items() if breach is not None]
    if broken:
        raise ModelError("\n".join(broken))
    return dict.fromkeys(found, True)


def _book(record: Record | Book) -> Book:
    return record if isinstance(record, Book) else Book(record)
