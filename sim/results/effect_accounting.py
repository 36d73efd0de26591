"""The ledger of effects: expected against applied effects of each request, as far as the end of the run decides.

An effect is due if its request was answered ok or degraded and its operation is expected to apply it. An entry stands
for one request (or, `once per: key`, one business key) and one effect step. Applied as often as expected it is *once*,
more often *duplicated*, less often *missing*. Applied although the caller got no success, it is a *ghost*. An entry may
still change while something that may apply it is waiting or in progress (``prospects``), or while a request that would
make it due is open. An entry with more than one possible status is *undecided* if it is due, and *open* if it is not
due so far. A longer run can only decide an entry; it never changes a decided status.

Not modelled: effects that undo others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.chance import coins
from sim.record.record import OPEN as STILL_OPEN
from sim.record.record import ExpectedEffect
from sim.results.index.columns import Bools, Floats, Ints, rows_of
from sim.results.index.record_index import RecordIndex
from sim.results.prospects import may_apply

STATUSES = ("applied once", "duplicated", "missing", "undecided", "ghost", "not due", "open")
ONCE, DUPLICATED, MISSING, UNDECIDED, GHOST, NOT_DUE, OPEN = range(len(STATUSES))
DUE = UNDECIDED
"""The last of the statuses of a due effect."""


@dataclass(frozen=True, slots=True)
class EffectLedger:
    """The ledger's entries as columns, and the consequences for each request.

    *request* is the row that an entry is booked on: with `once per: key` the first that was answered with that key (or
    the first of all). *due* is the expected number of applications, *count* the actual one. *too_often*: more than
    expected, whatever the caller's outcome (a ghost can be charged twice). *may_be* is the set of possible statuses (a
    bit for each). *more*: it may still be applied. *moves* are pairs (entry, row of a request): with `once per: key` an
    entry will be booked on that request instead if this is still answered.

    By request: *expected* says whether any effect was due. *fulfilled* says whether every due effect was applied
    exactly once and stays so; it is true for an answered request without due effects. *fulfilled_at* is when the last
    of them was applied (infinity where it was not fulfilled, minus infinity where nothing was due). *may_be_fulfilled*
    says whether it may be so in the end, *may_be_in_time* whether it may be so within `done within`. *last_applied_at*
    is when the last of its effects was applied so far (minus infinity where none was).
    """

    site: Ints
    request: Ints
    status: Ints
    due: Ints
    count: Ints
    too_often: Bools
    may_be: Ints
    more: Bools
    fulfilled: Bools
    expected: Bools
    fulfilled_at: Floats
    may_be_fulfilled: Bools
    may_be_in_time: Bools
    last_applied_at: Floats
    moves: tuple[Ints, Ints]


def effect_ledger(index: RecordIndex) -> EffectLedger:
    """Return the ledger of *index*."""
    answered, asking = index.succeeded, index.requests["outcome"] == STILL_OPEN
    n = len(answered)
    fulfilled, expected = answered.copy(), np.zeros(n, np.bool_)
    last_at, last_applied_at = np.full(n, -np.inf), np.full(n, -np.inf)
    may_be_fulfilled, may_be_in_time = answered | asking, answered | asking
    entries: list[tuple[NDArray[Any], ...]] = []
    moves: list[tuple[Ints, Ints]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    booked = 0
    prospects = may_apply(index)
    for code in range(len(index.record.effect_sites)):
        it = _Site(index, code, prospects.get(code, np.zeros(n, np.bool_)))
        rows = it.booked()
        entries.append(it.entries(rows))
        moves.append(it.moves(rows, booked))
        booked += len(rows)
        expects = answered & (it.most > 0) & (it.now[it.owner] <= MISSING)
        expected |= expects
        may_be = it.may_be[it.owner]
        decided = (may_be == 1 << ONCE) | (may_be == 1 << NOT_DUE)
        fulfilled &= (it.most == 0) | decided
        np.maximum(last_at, np.where(expects, it.last_at[it.owner], -np.inf), out=last_at)
        np.maximum(last_applied_at, np.where(it.most > 0, it.last_at[it.owner], -np.inf), out=last_applied_at)
        may_be_fulfilled &= (it.most == 0) | it.may_be_well(asking, np.full(n, np.inf))
        may_be_in_time &= (it.most == 0) | it.may_be_well(asking, index.done_by)
    none = (*(np.zeros(0, np.int64),) * 6, *(np.zeros(0, np.bool_),) * 2)
    site, request, status, due, count, may, too_often, more = (
        np.concatenate(part) for part in zip(none, *entries, strict=True)
    )  # fmt: skip
    fulfilled_at = np.where(fulfilled, last_at, np.inf)
    return EffectLedger(
        site, request, status, due, count, too_often, may, more,
        fulfilled, expected, fulfilled_at, may_be_fulfilled, may_be_in_time, last_applied_at,
        (np.concatenate([entry for entry, _ in moves]), np.concatenate([to for _, to in moves])),
    )  # fmt: skip


class _Site:
    """One effect step for every request: columns by request row; an entry's own are at its owner's row."""

    def __init__(self, index: RecordIndex, code: int, prospects: Bools) -> None:
        self.index, self.code, n = index, code, len(index.arrived_at)
        effects, answered = index.record.effects, index.succeeded
        asking = index.requests["outcome"] == STILL_OPEN
        row = rows_of(index.requests["id"], effects["request"])
        of_site = (effects["site"] == code) & (row >= 0)
        self.owner = owner = _owners(index, index.record.effect_sites[code].once_per == "key")
        self.booked_on = _book_on(index, owner)
        self.applied = np.bincount(owner[row[of_site]], minlength=n)
        self.last_at = np.full(n, -np.inf)
        np.maximum.at(self.last_at, owner[row[of_site]], effects["at"][of_site])
        self.promised, self.least, self.most = _expected(index, code)
        self.more = np.zeros(n, np.bool_)
        self.more[owner[prospects]] = True
        # an entry's due count is the largest among the answered requests of its owner
        self.due_now = _most_of(owner, (self.least, self.most), answered)
        self.due_then = _most_of(owner, (self.least, self.most), answered | asking)
        self.now = _judge(self.applied, *self.due_now)
        self.then = self._may_be(*self.due_then)
        self.may_be = self._may_be(*self.due_now) | self.then

    def _may_be(self, least: Ints, most: Ints) -> Ints:
        """Return the possible statuses of entries that are due from *least* to *most* times."""
        applied, found = self.applied, 1 << _judge(self.applied, least, most)
        for least_more in (applied + 1, np.maximum(applied + 1, least), np.maximum(applied, most) + 1):
            found |= np.where(self.more, 1 << _judge(least_more, least, most), 0)
        return found

    def may_be_well(self, asking: Bools, by: Floats) -> Bools:
        """Return the requests whose effect may be applied as due, or may not be due, *by* an instant of each.

        Open requests (*asking*) are judged as if they were answered.
        """
        owner, last_at = self.owner, self.last_at[self.owner]
        found = np.zeros(len(by), np.bool_)
        for (least, most), wanted in ((self.due_now, ~asking), (self.due_then, np.ones_like(asking))):
            stays = _judge(self.applied, least, most)[owner]
            found |= wanted & ((stays == NOT_DUE) | ((stays == ONCE) & (last_at <= by)))
            comes = (self._may_be(least, most)[owner] & (1 << ONCE)) != 0
            found |= wanted & comes & self.more[owner] & (last_at <= by) & (by >= self.index.end)
        return found

    def booked(self) -> Ints:
        """Return the owners with an entry: effects that were expected or applied, or may be."""
        booked = (self.applied > 0) | self.more
        booked[self.owner[self.promised]] = True
        return np.flatnonzero(booked)

    def moves(self, rows: Ints, first: int) -> tuple[Ints, Ints]:
        """Return where the entries of these owners, numbered from *first*, may still be booked: (entry, request)."""
        owner, book, now = self.owner, self.index, self.booked_on[self.owner]
        earlier = ~book.succeeded[now] | (book.arrived_at < book.arrived_at[now])
        asking = book.requests["outcome"] == STILL_OPEN
        others = np.flatnonzero(asking & earlier & (now != np.arange(len(now))) & np.isin(owner, rows))
        return first + np.searchsorted(rows, owner[others]), others

    def entries(self, rows: Ints) -> tuple[NDArray[Any], ...]:
        """Return the columns of the entries of these owners."""
        owner, n = self.owner, len(self.owner)
        single = (self.may_be & (self.may_be - 1)) == 0
        unsettled = np.where(self.now <= MISSING, UNDECIDED, OPEN)
        status = np.where(single, self.now, unsettled)
        if_answered = np.ones(n, np.int64)
        np.maximum.at(if_answered, owner, self.most)
        return (
            np.full(len(rows), self.code), self.booked_on[rows], status[rows],
            np.clip(self.applied, *self.due_now)[rows], self.applied[rows], self.may_be[rows],
            (self.applied > if_answered)[rows], self.more[rows],
        )  # fmt: skip


def _most_of(owner: Ints, due: tuple[Ints, Ints], among: Bools) -> tuple[Ints, Ints]:
    """Return the least and the largest due count of each owner: the maximum over its requests *among*."""
    least, most = np.zeros_like(due[0]), np.zeros_like(due[1])
    np.maximum.at(least, owner[among], due[0][among])
    np.maximum.at(most, owner[among], due[1][among])
    return least, most


def _judge(applied: Ints, least: Ints, most: Ints) -> Ints:
    """Return the status of entries with *applied* applications, due from *least* to *most* times."""
    conditions = [(most == 0) & (applied > 0), (least == 0) & (applied == 0), applied < least, applied > most]
    status: Ints = np.select(conditions, [GHOST, NOT_DUE, MISSING, DUPLICATED], ONCE)
    return status


def _owners(index: RecordIndex, per_key: bool) -> Ints:
    """Return the request row that stands for each request: itself, or the first in the table with the same key."""
    rows = np.arange(len(index.arrived_at))
    if not per_key:
        return rows
    keys = index.requests["key"]
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return np.where(keys >= 0, first[inverse], rows)


def _book_on(index: RecordIndex, owner: Ints) -> Ints:
    """Return for each owner the row it is booked on: the first to arrive of those answered, or of all."""
    order = np.lexsort((index.arrived_at, ~index.succeeded))[::-1]
    booked_on = np.arange(len(owner))
    booked_on[owner[order]] = order  # the last write wins, and that is the first in order
    return booked_on


def _expected(index: RecordIndex, site: int) -> tuple[Bools, Ints, Ints]:
    """Return the requests that are expected to apply the effect of *site*, with the least and largest count due."""
    size = len(index.arrived_at)
    promised, least, most = np.zeros(size, np.bool_), np.zeros(size, np.int64), np.zeros(size, np.int64)
    for promise in index.record.expected_effects:
        if promise.site != site or promise.root not in index.record.operations:
            continue
        asked = index.requests["operation"] == index.record.operations.index(promise.root)
        promised |= asked
        holds = asked & _conditions_hold(index, promise)
        most += promise.count * holds
        if ("taken",) not in promise.conditions:
            least += promise.count * holds
    return promised, least, most


def _conditions_hold(index: RecordIndex, promise: ExpectedEffect) -> Bools:
    """Return the requests for which the conditions of *promise* hold; ``taken`` may hold."""
    record, holds = index.record, np.ones(len(index.arrived_at), np.bool_)
    for kind, *details in promise.conditions:
        if kind == "share":
            branch_id, share, wanted = details
            tossed = coins(record.seed, record.replication, branch_id, index.requests["id"])
            holds &= (tossed < share) == wanted
        elif kind == "key":
            keys, wanted = details
            holds &= np.isin(index.requests["key"], np.array(keys, np.int64)) == wanted
    return holds
