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
    """Return *times* with infinity in place of NaN ("never")."""
    return np.where(np.isnan(times), np.inf, times)


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

    Rows with a negative code or without a finite time are in no group.
    """

    __slots__ = ("_bounds", "_order", "_times")

    def __init__(self, codes: NDArray[Any], groups: int, times: Floats) -> None:
        to_sort = np.flatnonzero((codes >= 0) & np.isfinite(times))
        order = to_sort[np.lexsort((times[to_sort], codes[to_sort]))]
        self._order, self._times = order, times[order]
        self._bounds = np.searchsorted(codes[order], np.arange(groups + 1))

    def rows(self, group: int) -> Ints:
        """Return the rows of *group* in order of time."""
        return self._order[self._bounds[group] : self._bounds[group + 1]]

    def times(self, group: int) -> Floats:
        """Return the times of the rows of *group*, ascending."""
        return self._times[self._bounds[group] : self._bounds[group + 1]]

    def within(self, group: int, spans: tuple[tuple[float, float], ...]) -> Ints:
        """Return the rows of *group* whose time lies in one of *spans* (disjoint, each [begin, end))."""
        low, high = self._bounds[group], self._bounds[group + 1]
        cuts = low + np.searchsorted(self._times[low:high], np.array(spans).ravel())
        first, after = cuts[::2], cuts[1::2]
        if len(first) == 1:
            return self._order[first[0] : after[0]]
        sizes = after - first
        skipped = first - (np.cumsum(sizes) - sizes)
        rows: Ints = self._order[np.arange(sizes.sum()) + np.repeat(skipped, sizes)]
        return rows
