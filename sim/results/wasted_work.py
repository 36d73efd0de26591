"""Wasted work: the part of each visit's work that was done after its caller had left.

A caller leaves when it gives up or gets a failure, when its own caller leaves, or when its operation ends without
waiting for the answer. A client that got a failure has left. For the handler of a message the caller is the queue.

Not modelled: answers lost on their way back (no caller left), and work whose effect is undone later.
"""

from __future__ import annotations

import numpy as np

from sim.results.index import occupancy
from sim.results.index.columns import Bools, Floats, Ints, rows_of
from sim.results.index.record_index import RecordIndex

ROUNDING_S = 1e-9
"""If work fills a visit except for this share, it is the whole visit: sums of durations have rounding errors."""


def caller_left_at(index: RecordIndex) -> Floats:
    """Return the instant at which the caller of each attempt, or a caller above it, left; infinity if none left."""
    parent, is_call = index.parent, index.kind == 0
    left_at = np.where(index.failed, index.ended_at, np.inf)
    nested = np.flatnonzero(is_call & (parent >= 0))
    left_at[nested] = np.minimum(left_at[nested], index.left_at[parent[nested]])
    roots = np.flatnonzero(is_call & (parent < 0) & (index.request_of >= 0))
    request = index.request_of[roots]
    left_at[roots] = np.minimum(left_at[roots], np.where(index.succeeded, np.inf, index.answered_at)[request])
    return _fold_up(left_at, parent, np.minimum)


def _fold_up(values: Floats, parent: Ints, fold: np.ufunc) -> Floats:
    """Return *values* folded (an idempotent *fold*) over each row's ancestors; each round doubles the distance."""
    values, above = values.copy(), parent
    while (deep := np.flatnonzero(above >= 0)).size:
        values[deep] = fold(values[deep], values[above[deep]])
        above = np.where(above >= 0, above[above], -1)
    return values


def tried_once(index: RecordIndex) -> Bools:
    """Return the attempts that would have been made if every call, and every delivery, were tried once.

    An attempt counts if it and all attempts above it are first tries, through queues too.
    """
    message, _, _, attempt = index.deliveries_in_flight
    above = index.parent.copy()
    above[attempt] = rows_of(index.attempts["id"], index.messages["publisher"][message])
    again = (index.attempts["number"] > 1).astype(np.float64)
    first: Bools = _fold_up(again, above, np.maximum) == 0
    return first


def work_s(index: RecordIndex) -> tuple[Floats, Floats, Floats]:
    """Return the work of each attempt's visit, the part of it done after its caller had left, and the time held.

    All in worker-seconds until the run's end, zero where no worker was held. It is exact, except for a visit that was
    waiting for callees when its caller left: then the rest of the visit counts, less its waiting time (if a `parallel`
    works and waits at once, at most its share).
    """
    begin = np.minimum(index.started_at, index.end)
    end = np.maximum(np.minimum(index.left_at, index.end), begin)
    by_service = [occupancy.frees_while_calling(index, name) for name in index.record.services]
    free = np.array([*by_service, False])[index.service]
    visits = (index.service >= 0) & ~free
    left = caller_left_at(index)
    left_within = np.minimum(np.maximum(left, begin), end)
    held = np.where(visits, end - begin, 0.0)
    worked = index.attempts["worked_s"]
    work = np.where(np.isnan(worked) | (worked > held - ROUNDING_S), held, worked)
    wasted = np.minimum(np.where(visits, end - left_within, 0.0), work)
    between = visits & (left_within > begin) & (left_within < end) & (work < held)
    if between.any():
        waited = _waited_after(index, left_within, end, between)
        wasted = np.where(between, np.clip(end - left_within - waited, 0.0, work), wasted)
    if free.any():
        _add_segments(index, left, work, wasted, held)
    return work, wasted, held


def _add_segments(index: RecordIndex, left_at: Floats, work: Floats, wasted: Floats, held: Floats) -> None:
    """Add the work of workers that are freed while calling: they are held only while they work."""
    row = index.segment_row
    begin = np.nan_to_num(index.record.segments["started_at"], nan=index.end)
    end = np.nan_to_num(index.record.segments["ended_at"], nan=index.end)
    length = np.maximum(end - begin, 0.0)
    np.add.at(work, row, length)
    np.add.at(held, row, length)
    np.add.at(wasted, row, np.clip(end - np.maximum(left_at[row], begin), 0.0, length))


def _waited_after(index: RecordIndex, since: Floats, end: Floats, visits: Bools) -> Floats:
    """Return the time that each of *visits* waited for callees (and between its tries) from *since* to *end*."""
    parent = index.parent
    rows = np.flatnonzero((parent >= 0) & visits[parent])
    site, number = index.attempts["site"], index.attempts["number"]
    rows = rows[np.lexsort((index.sent_at[rows], site[rows], parent[rows]))]
    until = index.ended_at[rows].copy()
    here, after = rows[:-1], rows[1:]
    again = (parent[here] == parent[after]) & (site[here] == site[after]) & (number[after] == number[here] + 1)
    until[:-1][again] = index.sent_at[after[again]]
    owner = parent[rows]
    begin = np.clip(index.sent_at[rows], since[owner], end[owner]) - since[owner]
    until = np.clip(until, since[owner], end[owner]) - since[owner]
    order = np.lexsort((begin, owner))
    owner, begin, until = owner[order], begin[order], until[order]
    # a running maximum within each owner: owners are set apart by more than any span
    apart = (np.cumsum(np.append(0, owner[1:] != owner[:-1])) if len(owner) else owner) * (index.end + 1.0)
    reached = np.maximum.accumulate(until + apart) - apart
    before = np.append(0.0, reached[:-1])
    before[np.append(True, owner[1:] != owner[:-1])[: len(owner)]] = 0.0
    covered = np.maximum(until - np.maximum(begin, before), 0.0)
    waited: Floats = np.bincount(owner, weights=covered, minlength=len(parent)).astype(np.float64)
    return waited
