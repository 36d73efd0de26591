"""The books balance: the identities that hold for every run of every system, checked after each run.

Each identity compares two things that were counted by different roads, and finds the first breach with its time and
component. A broken identity is a bug of the laboratory, never a property of the system under study.
"""

from __future__ import annotations

from typing import Callable

from sim.errors import ModelError
from sim.record.record import Record
from sim.results.audit import counts as audit_counts
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
"""Every identity by name; a function returns its first breach, or None."""


def breaches(book: Book) -> dict[str, Breach | None]:
    """Return the first breach of every identity, None where it holds.

    A record so broken that a check cannot even be computed breaches that check.
    """
    found: dict[str, Breach | None] = {}
    for name, identity in IDENTITIES.items():
        try:
            found[name] = identity(book)
        except (IndexError, KeyError, ValueError) as error:
            found[name] = Breach("the record", "be whole enough to check", f"{type(error).__name__}: {error}")
    return found


def check(record: Record | Book) -> dict[str, bool]:
    """Return for every identity whether it holds; raises nothing."""
    return {name: breach is None for name, breach in breaches(_book(record)).items()}


def verify(record: Record | Book) -> dict[str, bool]:
    """Return what ``check`` does if all is well; else raise ModelError, with component, time and both numbers."""
    found = breaches(_book(record))
    broken = [f"{name}: {breach}" for name, breach in found.items() if breach is not None]
    if broken:
        raise ModelError("\n".join(broken))
    return dict.fromkeys(found, True)


def _book(record: Record | Book) -> Book:
    return record if isinstance(record, Book) else Book(record)
