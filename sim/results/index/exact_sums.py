"""Sums of many stretches of a column, each rounded once.

A prefix sum of floating-point numbers carries the rounding errors of everything before it, so a difference of two
depends on the rows outside of it. Here each number is cut into digits of 30 bits on one scale. The digits of a stretch
add up as integers without any error, and so do prefix sums and their differences; only the result is rounded. It is the
value of ``math.fsum`` on every machine, in a few passes over the column for all stretches together.

Not modelled: infinities and NaN, which no sum of measures contains.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from sim.results.index.columns import Floats, Ints, blocks, exact_sum

_BITS = 30
_LARGEST = 30
"""Numbers from two to this power on are not cut into digits: instants and durations are smaller."""


class ExactPrefixSums:
    """The sums of *values* before each of *cuts* (rows, ascending), as exact integers on one scale."""

    __slots__ = ("_digits", "_prefix", "_values")

    def __init__(self, values: Floats, cuts: Ints) -> None:
        self._values: tuple[Floats, list[int]] | None = None
        between, places = np.unique(cuts, return_inverse=True)
        if len(values) and max(abs(float(values.min())), abs(float(values.max()))) >= 2.0**_LARGEST:
            self._values = values, cuts.tolist()
            return
        sums: list[Ints] = []  # the digits of each stretch between two cuts, the largest first
        for rows in blocks(len(values)):
            _add_digits(values[rows], np.clip(between - rows.start, 0, rows.stop - rows.start), sums)
        totals = [0] * max(len(between) - 1, 0)
        for digit in sums:
            totals = [(total << _BITS) + more for total, more in zip(totals, digit.tolist(), strict=True)]
        prefix = list(accumulate(totals, initial=0))
        self._digits = len(sums)
        self._prefix = [prefix[place] for place in places.tolist()]

    def over(self, stretches: list[tuple[int, int]]) -> float:
        """Return the sum over several stretches from one cut to another, rounded once."""
        if self._values is not None:
            values, cuts = self._values
            return exact_sum(np.concatenate([values[cuts[first] : cuts[after]] for first, after in stretches]))
        total = sum(self._prefix[after] - self._prefix[first] for first, after in stretches)
        places = _BITS * self._digits - _LARGEST
        return total / (1 << places) if places > 0 else float(total << -places)


def _add_digits(values: Floats, cuts: Ints, sums: list[Ints]) -> None:
    """Add the digits of *values* between each two neighbours of *cuts* to *sums*; more digits are appended to it."""
    filled = np.flatnonzero(np.diff(cuts))
    if not len(filled):
        return
    rest, place = values * 2.0 ** (_BITS - _LARGEST), 0
    while rest.any():
        digit = np.floor(rest)
        if place == len(sums):
            sums.append(np.zeros(len(cuts) - 1, np.int64))
        sums[place][filled] += np.add.reduceat(digit.astype(np.int64)[: cuts[-1]], cuts[filled])
        rest = (rest - digit) * 2.0**_BITS
        place += 1
