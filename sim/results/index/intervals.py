"""Levels over time from intervals [start, end): areas, counts at instants, peaks; nothing is sampled.

An interval that never began starts at infinity, one that never ended ends there. All events of an instant count before
the level is read, so an interval of length zero never counts.

Not modelled: the meaning of the intervals.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from sim.results.index.columns import Floats, Ints

Spans = tuple[tuple[float, float], ...]
"""Disjoint spans [begin, end), ascending."""
SOME = 256
"""Intervals in a block."""
MANY = 1024
"""This many intervals, or fewer, are added at once by numpy."""


def area_s(starts: Floats, ends: Floats, begin: float, end: float) -> float:
    """Return the integral of the number of open intervals over [begin, end)."""
    return float(np.add.reduce(lengths_s(starts, ends, begin, end)))


def lengths_s(starts: Floats, ends: Floats, begin: float, end: float) -> Floats:
    """Return the seconds of each interval in [begin, end)."""
    lengths: Floats = np.minimum(ends, end)
    lengths -= np.maximum(starts, begin)
    return np.maximum(lengths, 0.0, out=lengths)


class Intervals:
    """Intervals of one subject, for areas and levels in many windows.

    Most intervals have no part of a short window. They are in blocks, and two look-ups in running extremes of the
    blocks give the first and the last that may have one. These are added in the order of numpy's pairwise sum over all
    intervals, so an area has the same value as ``area_s``, bit for bit. Source of that order: N. Higham, "The accuracy
    of floating point summation", SIAM Journal on Scientific Computing 14(4), 1993; and ``pairwise_sum`` in numpy, which
    halves a sum at a multiple of eight.
    """

    def __init__(self, starts: Floats, ends: Floats) -> None:
        self.starts, self.ends = starts, ends

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def _blocks(self) -> tuple[Floats, Floats]:
        """The earliest start and the latest end in each block."""
        firsts = np.arange(0, len(self), SOME)
        return np.minimum.reduceat(self.starts, firsts), np.maximum.reduceat(self.ends, firsts)

    def _from_to(self, begins: Floats, ends: Floats) -> tuple[Ints, Ints]:
        """Return the first block with an interval that may have a part of each span, and the block after the last."""
        earliest, latest = self._blocks
        ended_by = np.maximum.accumulate(latest)
        begun_from = np.minimum.accumulate(earliest[::-1])[::-1]
        return np.searchsorted(ended_by, begins, side="right"), np.searchsorted(begun_from, ends)

    def near(self, spans: Spans) -> slice | Ints:
        """Return an index of the intervals that may have a part of one of *spans*, with some others."""
        if len(self) <= MANY:
            return slice(None)
        earliest, latest = self._blocks
        marked = np.zeros(len(earliest), np.bool_)
        for begin, end in spans:
            marked |= (latest > begin) & (earliest < end)
        rows: Ints = (np.flatnonzero(marked)[:, np.newaxis] * SOME + np.arange(SOME)).ravel()
        return rows[: np.searchsorted(rows, len(self))]

    def areas_s(self, begins: Floats, ends: Floats) -> list[float]:
        """Return the integral of the number of open intervals over each [begin, end)."""
        if not len(self):
            return [0.0] * len(begins)
        firsts, afters = (blocks * SOME for blocks in self._from_to(begins, ends))
        spans = zip(begins.tolist(), ends.tolist(), firsts.tolist(), afters.tolist(), strict=True)
        return [self._area(begin, end, first, after, 0, len(self)) for begin, end, first, after in spans]

    def _area(self, begin: float, end: float, first: int, after: int, low: int, high: int) -> float:
        """Return the pairwise sum of the intervals *low* to *high*, of which only *first* to *after* count."""
        while high - low > MANY:
            half = (high - low) // 2
            middle = low + half - half % 8
            if after <= middle:
                high = middle
            elif first >= middle:
                low = middle
            else:
                return self._area(begin, end, first, after, low, middle) + self._area(
                    begin, end, first, after, middle, high
                )
        if first >= high or after <= low:
            return 0.0
        return area_s(self.starts[low:high], self.ends[low:high], begin, end)


def areas_per_second(starts: Floats, ends: Floats, seconds: int, codes: Ints | None = None, groups: int = 1) -> Floats:
    """Return the mean level in each second 0..seconds-1 of each group, shape (groups, seconds).

    The level at each full second is a whole number, and a start or an end adds only its share of its own second;
    so rounding errors stay within a second instead of growing with the clock.
    """
    base = np.zeros(len(starts), np.int64) if codes is None else codes * (seconds + 1)

    def edges(times: Floats) -> tuple[Ints, Floats]:
        clipped = np.clip(times, 0, seconds)
        second = clipped.astype(np.int64)
        share = np.bincount(base + second, weights=second + 1 - clipped, minlength=groups * (seconds + 1))
        count = np.bincount(base + second, minlength=groups * (seconds + 1)).astype(np.int64)
        return count.reshape(groups, -1), share.astype(np.float64).reshape(groups, -1)

    (began, began_share), (ended, ended_share) = edges(starts), edges(ends)
    level = np.cumsum(began - ended, axis=1) - (began - ended)
    areas: Floats = (level + began_share - ended_share)[:, :seconds]
    return areas


def levels_at(instants: Floats, starts: Floats, ends: Floats, codes: Ints | None = None, groups: int = 1) -> Ints:
    """Return the number of intervals open just after each of *instants* (ascending), shape (groups, instants)."""
    base = 0 if codes is None else codes * (len(instants) + 1)
    size = groups * (len(instants) + 1)
    began = np.bincount(base + np.searchsorted(instants, starts), minlength=size)
    ended = np.bincount(base + np.searchsorted(instants, ends), minlength=size)
    levels: Ints = np.cumsum((began - ended).reshape(groups, -1), axis=1)[:, :-1]
    return levels


def steps(starts: Floats, ends: Floats) -> tuple[Floats, Ints]:
    """Return the instants at which the number of open intervals may change, ascending, and the level from each on."""
    times = np.concatenate([starts, ends])
    change = np.repeat(np.array([1, -1]), [len(starts), len(ends)])
    order = np.argsort(times, kind="stable")
    times, level = times[order], np.cumsum(change[order])
    last = np.append(times[1:] != times[:-1], True)[: len(times)] & np.isfinite(times)
    return times[last], level[last]


def peak(times: Floats, levels: Ints, begin: float, end: float) -> int:
    """Return the highest level of a step function (as from ``steps``) within [begin, end)."""
    first, last = np.searchsorted(times, begin, side="right"), np.searchsorted(times, end)
    at_begin = int(levels[first - 1]) if first > 0 else 0
    return max(at_begin, int(levels[first:last].max(initial=0)))


def lowest_at(instants: Floats, starts: Floats, ends: Floats, values: Floats) -> Floats:
    """Return the lowest of *values* among the intervals open just after each of *instants*; infinity where none is.

    Each interval covers its instants with two blocks of a power of two, and blocks are then split in halves: n + m
    log m steps whatever the lengths. Source: the sparse table of M. Bender and M. Farach-Colton, "The LCA problem
    revisited", LATIN 2000, run backwards.
    """
    first, last = np.searchsorted(instants, starts), np.searchsorted(instants, ends)
    some = first < last
    first, last, values = first[some], last[some], values[some]
    size = len(instants)
    level = np.frexp((last - first).astype(np.float64))[1] - 1
    table = np.full((max(size, 1).bit_length(), size), np.inf)
    np.minimum.at(table, (level, first), values)
    np.minimum.at(table, (level, last - (1 << level)), values)
    for row in range(len(table) - 1, 0, -1):
        half = 1 << (row - 1)
        np.minimum(table[row - 1], table[row], out=table[row - 1])
        np.minimum(table[row - 1, half:], table[row, :-half], out=table[row - 1, half:])
    lowest: Floats = table[0]
    return lowest


class FirstAtOrBelow:
    """When a step function (as from ``steps``) is first at or below *bound*, from any instant on."""

    def __init__(self, times: Floats, levels: Ints, bound: float) -> None:
        self._times = times
        self._low = levels <= bound
        self._rows = np.flatnonzero(self._low)

    def since(self, start: float) -> float | None:
        """Return the first instant from *start* on at which the function is at or below the bound, or None."""
        first = int(np.searchsorted(self._times, start, side="right"))
        if first == 0 or self._low[first - 1]:
            return start
        next_low = int(np.searchsorted(self._rows, first))
        return float(self._times[self._rows[next_low]]) if next_low < len(self._rows) else None
