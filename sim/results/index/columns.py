"""Operations on columns of a record: NaN to infinity, ids to rows, rows grouped and sorted."""

from __future__ import annotations

import math
from itertools import chain
from typing import Any, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


BLOCK = 1 << 16
"""Rows that are looked at together: a column may be larger than memory."""


def blocks(rows: int, size: int = BLOCK) -> Iterator[slice]:
    """Iterate over the slices of a column of *rows* rows, each of *size* rows at most."""
    return (slice(first, min(first + size, rows)) for first in range(0, rows, size))


def nan_to_inf(times: NDArray[Any]) -> Floats:
    """Return *times* with infinity in place of NaN ("never"); the same column if there is no NaN in it."""
    never = np.isnan(times)
    return np.where(never, np.inf, times) if never.any() else np.asarray(times, np.float64)


def rows_of(ids: Ints, wanted: Ints) -> Ints:
    """Return the row of each wanted id in *ids* (unique), -1 where there is none."""
    if len(ids) == 0:
        return np.full(len(wanted), -1)
    if ids[0] == 0 and ids[-1] == len(ids) - 1 and (np.diff(ids) == 1).all():  # numbered in order: the usual case
        return np.where((wanted >= 0) & (wanted < len(ids)), wanted, -1)
    order = np.argsort(ids, kind="stable")
    place = np.minimum(np.searchsorted(ids[order], wanted), len(ids) - 1)
    return np.where(ids[order][place] == wanted, order[place], -1)


def exact_sum(values: Floats) -> float:
    """Return the sum of *values*, rounded once: independent of their order."""
    return math.fsum(chain.from_iterable(values[rows].tolist() for rows in blocks(len(values))))


class GroupedRows:
    """Rows of a table sorted by group and then by time: a group's rows in a window are a slice.

    Rows with a negative code or without a finite time are in no group. Where the rows of a table are in this order as
    they stand, which is usual for one group, its columns are read without copies.
    """

    __slots__ = ("_bounds", "_order", "_times")

    def __init__(self, codes: NDArray[Any], groups: int, times: Floats) -> None:
        order = _in_order(codes, times)
        self._order = order
        """The rows in order; None if that is the order of the table."""
        self._times = times if order is None else times[order]
        self._bounds = np.searchsorted(codes if order is None else codes[order], np.arange(groups + 1))

    def index(self, group: int) -> Ints | slice:
        """Return what reads the rows of *group*, in order of time, from a column: a slice if they lie together."""
        low, high = self._bounds[group], self._bounds[group + 1]
        return slice(low, high) if self._order is None else self._order[low:high]

    def rows(self, group: int) -> Ints:
        """Return the rows of *group* in order of time."""
        low, high = self._bounds[group], self._bounds[group + 1]
        return np.arange(low, high) if self._order is None else self._order[low:high]

    def times(self, group: int) -> Floats:
        """Return the times of the rows of *group*, ascending."""
        return self._times[self._bounds[group] : self._bounds[group + 1]]

    def within(self, group: int, spans: tuple[tuple[float, float], ...]) -> Ints:
        """Return the rows of *group* whose time lies in one of *spans* (disjoint, each [begin, end))."""
        rows = self.rows(group)
        cuts = np.searchsorted(self.times(group), np.array(spans, np.float64).ravel()).tolist()
        inside = [rows[first:after] for first, after in zip(cuts[::2], cuts[1::2])]
        return inside[0] if len(inside) == 1 else np.concatenate([rows[:0], *inside])


def _in_order(codes: NDArray[Any], times: Floats) -> Ints | None:
    """Return the rows by code and time, those without a code or a time left out; None if all are in this order."""
    chosen = (codes >= 0) & np.isfinite(times)
    if chosen.all():
        same = codes[1:] == codes[:-1]
        if ((codes[1:] > codes[:-1]) | (same & (times[1:] >= times[:-1]))).all():
            return None
        return np.lexsort((times, codes))
    rows = np.flatnonzero(chosen)
    return rows[np.lexsort((times[rows], codes[rows]))]
