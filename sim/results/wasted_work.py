"""Wasted work: the part of each visit's work that was done after its caller had left.

A caller leaves when it gives up or gets a failure, when its own caller leaves, or when its operation ends without
waiting for the answer. A client that got a failure has left. For the handler of a message the caller is the queue.

Not modelled: answers lost on their way back (no caller left), and work whose effect is undone later.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.results.index import occupancy
from sim.results.index.columns import Bools, Floats, Ints, blocks, rows_of
from sim.results.index.record_index import RecordIndex

ROUNDING_S = 1e-9
"""If work fills a visit except for this share, it is the whole visit: sums of durations have rounding errors."""


def caller_left_at(index: RecordIndex) -> Floats:
    """Return the instant at which the caller of each attempt, or a caller above it, left; infinity if none left."""
    left_at = np.empty(len(index.sent_at))
    client_left_at = np.where(index.succeeded, np.inf, index.answered_at)
    for rows in blocks(len(left_at)):
        parent, is_call = index.parent[rows], index.kind[rows] == 0
        left = np.where(index.failed[rows], index.ended_at[rows], np.inf)
        nested = is_call & (parent >= 0)
        left[nested] = np.minimum(left[nested], index.left_at[parent[nested]])
        request = index.request_of[rows]
        roots = is_call & (parent < 0) & (request >= 0)
        left[roots] = np.minimum(left[roots], client_left_at[request[roots]])
        left_at[rows] = left
    _fold_up(left_at, index.parent.copy(), np.minimum)
    return left_at


def _fold_up(values: NDArray[Any], above: Ints, fold: np.ufunc) -> None:
    """Fold *values* (by an idempotent *fold*) over each row's ancestors, in place; *above* begins as their parents.

    At any time a value has all ancestors below *above* in it, so it takes those of that one, and its *above*.
    """
    some = True
    while some:
        some = False
        for rows in blocks(len(values)):
            deep = rows.start + np.flatnonzero(above[rows] >= 0)
            if len(deep):
                some, ancestor = True, above[deep]
                values[deep] = fold(values[deep], values[ancestor])
                above[deep] = above[ancestor]


def tried_once(index: RecordIndex) -> Bools:
    """Return the attempts that would have been made if every call, and every delivery, were tried once.

    An attempt counts if it and all attempts above it are first tries, through queues too.
    """
    message, _, _, attempt = index.deliveries_in_flight
    above = index.parent.copy()
    above[attempt] = rows_of(index.attempts["id"], index.messages["publisher"][message])
    again = np.asarray(index.attempts["number"] > 1)
    _fold_up(again, above, np.logical_or)
    return ~again


def work_s(index: RecordIndex) -> tuple[Floats, Floats, Floats]:
    """Return the work of each attempt's visit, the part of it done after its caller had left, and the time held.

    All in worker-seconds until the run's end, zero where no worker was held. It is exact, except for a visit that was
    waiting for callees when its caller left: then the rest of the visit counts, less its waiting time (if a `parallel`
    works and waits at once, at most its share).
    """
    by_service = [occupancy.has_segments(index, name) for name in index.record.services]
    free = np.array([*by_service, False])
    left = caller_left_at(index)
    work, wasted, held = (np.empty(len(left)) for _ in range(3))
    between = np.zeros(len(left), np.bool_)
    for rows in blocks(len(left)):
        begin, left_within, end = _visit(index, left, rows)
        service = index.service[rows]
        visits = (service >= 0) & ~free[service]
        held[rows] = np.where(visits, end - begin, 0.0)
        worked = index.attempts["worked_s"][rows]
        work[rows] = np.where(np.isnan(worked) | (worked > held[rows] - ROUNDING_S), held[rows], worked)
        wasted[rows] = np.minimum(np.where(visits, end - left_within, 0.0), work[rows])
        between[rows] = visits & (left_within > begin) & (left_within < end) & (work[rows] < held[rows])
    if between.any():
        _, left_within, end = _visit(index, left, slice(None))
        waited = _waited_after(index, left_within, end, between)
        wasted = np.where(between, np.clip(end - left_within - waited, 0.0, work), wasted)
    if any(by_service):
        _add_segments(index, left, work, wasted, held)
    return work, wasted, held


def _visit(index: RecordIndex, left: Floats, rows: slice) -> tuple[Floats, Floats, Floats]:
    """Return when each visit began, when its caller *left* within it, and when it ended, until the run's end."""
    begin = np.minimum(index.started_at[rows], index.end)
    end = np.maximum(np.minimum(index.left_at[rows], index.end), begin)
    return begin, np.minimum(np.maximum(left[rows], begin), end), end


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
