"""What each request was owed and what it got: every effect is applied once, duplicated, missing, a ghost or not due.

An effect is due when its request was answered ok or degraded and the recipe promises it there. An entry stands for one
request (or, `once per: key`, one business key) and one effect step: applied as often as promised is *once*, more often
*duplicated*, less often *missing*; applied though nobody was told success is a *ghost*. Left out: undoing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.chance import coins
from sim.engine.record import Promise
from sim.results.columns import Bools, Floats, Ints, rows_of

if TYPE_CHECKING:
    from sim.results.book import Book

STATUSES = ("applied once", "duplicated", "missing", "ghost", "not due")
ONCE, DUPLICATED, MISSING, GHOST, NOT_DUE = range(len(STATUSES))


@dataclass(frozen=True, slots=True)
class Duties:
    """The ledger's entries as columns, and what follows for each request.

    *request* is the row that an entry is booked on: with `once per: key` the first that was answered with that key
    (or the first of all). *due* is how often it was to be applied, *count* how often it was, *too_often* whether that
    was more than the recipe promises, whatever the caller was told (a ghost can be charged twice). *kept* tells whether
    everything due to a request was applied exactly once (true for one that was answered and owed nothing), *owed*
    whether anything was due, *kept_at* when the last of it was applied (infinity where it was not kept, minus infinity
    where nothing was due).
    """

    site: Ints
    request: Ints
    status: Ints
    due: Ints
    count: Ints
    too_often: Bools
    kept: Bools
    owed: Bools
    kept_at: Floats


def duties(book: Book) -> Duties:
    """Return the ledger of *book*."""
    answered = book.succeeded
    kept, owed, kept_at = answered.copy(), np.zeros(len(answered), np.bool_), np.full(len(answered), -np.inf)
    effects = book.record.effects
    effect_row = rows_of(book.requests["id"], effects["request"])
    entries: list[tuple[NDArray[Any], ...]] = []
    for code, site in enumerate(book.record.effect_sites):
        mine = (effects["site"] == code) & (effect_row >= 0)
        owner = _owners(book, site.once_per == "key")
        applied = np.bincount(owner[effect_row[mine]], minlength=len(answered))
        last_at = np.full(len(answered), -np.inf)
        np.maximum.at(last_at, owner[effect_row[mine]], effects["at"][mine])
        promised, least, most = _promised(book, code)
        # what the owner of an entry is owed: the most that an answered request of its own is
        owner_least, owner_most = np.zeros_like(least), np.zeros_like(most)
        np.maximum.at(owner_least, owner[answered], least[answered])
        np.maximum.at(owner_most, owner[answered], most[answered])
        status = _judge(applied, owner_least, owner_most)
        booked = np.zeros(len(answered), np.bool_)
        booked[owner[promised]] = True
        booked |= applied > 0
        rows = np.flatnonzero(booked)
        due_count = np.clip(applied, owner_least, owner_most)
        if_answered = np.ones_like(most)
        np.maximum.at(if_answered, owner, most)
        booked_on = _book_on(book, owner)
        entries.append((
            np.full(len(rows), code), booked_on[rows], status[rows], due_count[rows], applied[rows],
            (applied > if_answered)[rows],
        ))  # fmt: skip
        due = answered & (most > 0) & (status[owner] <= MISSING)
        owed |= due
        kept &= ~due | (status[owner] == ONCE)
        np.maximum(kept_at, np.where(due, last_at[owner], -np.inf), out=kept_at)
    none = (*(np.zeros(0, np.int64),) * 5, np.zeros(0, np.bool_))
    site_of, request, status, to_apply, count, too_often = (
        np.concatenate(part) for part in zip(none, *entries, strict=True)
    )  # fmt: skip
    return Duties(site_of, request, status, to_apply, count, too_often, kept, owed, np.where(kept, kept_at, np.inf))


def _judge(applied: Ints, least: Ints, most: Ints) -> Ints:
    """Return the status of entries that were *applied* so often, where from *least* to *most* times are due."""
    conditions = [(most == 0) & (applied > 0), (least == 0) & (applied == 0), applied < least, applied > most]
    status: Ints = np.select(conditions, [GHOST, NOT_DUE, MISSING, DUPLICATED], ONCE)
    return status


def _owners(book: Book, per_key: bool) -> Ints:
    """Return the request row that stands for each request: itself, or the first in the table with the same key."""
    rows = np.arange(len(book.arrived_at))
    if not per_key:
        return rows
    keys = book.requests["key"]
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return np.where(keys >= 0, first[inverse], rows)


def _book_on(book: Book, owner: Ints) -> Ints:
    """Return for each owner the row it is booked on: the first to arrive of those answered, or of all."""
    order = np.lexsort((book.arrived_at, ~book.succeeded))[::-1]
    booked_on = np.arange(len(owner))
    booked_on[owner[order]] = order  # the last write wins, and that is the first in order
    return booked_on


def _promised(book: Book, site: int) -> tuple[Bools, Ints, Ints]:
    """Return which requests promise the effect of *site*, and how often at least and at most it is due if answered."""
    size = len(book.arrived_at)
    promised, least, most = np.zeros(size, np.bool_), np.zeros(size, np.int64), np.zeros(size, np.int64)
    for promise in book.record.promises:
        if promise.site != site or promise.root not in book.record.operations:
            continue
        asked = book.requests["operation"] == book.record.operations.index(promise.root)
        promised |= asked
        holds = asked & _conditions_hold(book, promise)
        most += promise.count * holds
        if ("taken",) not in promise.conditions:
            least += promise.count * holds
    return promised, least, most


def _conditions_hold(book: Book, promise: Promise) -> Bools:
    """Return for which requests the conditions of *promise* hold; ``taken`` may."""
    record, holds = book.record, np.ones(len(book.arrived_at), np.bool_)
    for kind, *details in promise.conditions:
        if kind == "share":
            branch_id, share, wanted = details
            tossed = coins(record.seed, record.replication, branch_id, book.requests["id"])
            holds &= (tossed < share) == wanted
        elif kind == "key":
            keys, wanted = details
            holds &= np.isin(book.requests["key"], np.array(keys, np.int64)) == wanted
    return holds
