"""Several windows at once: the places at which they cut rows in order of time, and counts and sums between the cuts.

The begins and ends of all windows are looked up once in a column that is in order of time. A count or a sum in each
window is then a difference of prefix sums at two cuts, whatever the number of windows. Times in another order are put
into the intervals between the begins and ends instead, in one pass.

Not modelled: measures, and the rule by which a row belongs to a window.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Callable, Sequence

import numpy as np

from sim.results.index.columns import Bools, Floats, Ints, blocks
from sim.results.index.exact_sums import ExactPrefixSums
from sim.results.index.intervals import Intervals, peak
from sim.results.index.windows import Window

FEW = 64
"""This many stretches, or fewer, are counted one by one."""


class WindowSet:
    """Windows in order, and their begins and ends as sorted *edges*."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self.windows = tuple(windows)

    def __len__(self) -> int:
        return len(self.windows)

    @cached_property
    def names(self) -> list[str]:
        """The name of each window."""
        return [window.name for window in self.windows]

    @cached_property
    def counted(self) -> WindowSet:
        """The windows of counts: see ``Window.counted``."""
        same = not any(window.with_drain for window in self.windows)
        return self if same else WindowSet([window.counted for window in self.windows])

    @cached_property
    def present(self) -> Bools:
        """Whether each window has any span."""
        return np.array([bool(window.spans) for window in self.windows], np.bool_)

    @cached_property
    def seconds(self) -> Floats:
        """The length of each window; NaN for an empty one."""
        return np.array([window.seconds if window.spans else np.nan for window in self.windows], np.float64)

    @cached_property
    def owner(self) -> Ints:
        """The window of each span."""
        return np.repeat(np.arange(len(self.windows)), [len(window.spans) for window in self.windows])

    @cached_property
    def _spans(self) -> Floats:
        spans = [span for window in self.windows for span in window.spans]
        return np.array(spans, np.float64).reshape(-1, 2)

    @cached_property
    def _sorted(self) -> tuple[Floats, Ints]:
        edges, places = np.unique(self._spans, return_inverse=True)
        return edges, places.reshape(-1, 2)

    @property
    def edges(self) -> Floats:
        """Every begin and end of a span once, ascending."""
        return self._sorted[0]

    @property
    def places(self) -> Ints:
        """The place of each span's begin and end in *edges*, shape (spans, 2)."""
        return self._sorted[1]

    def per_window(self, prefix: Ints) -> Ints:
        """Return the number of things in each window; *prefix* is the number before each edge."""
        of_spans = prefix[self.places[:, 1]] - prefix[self.places[:, 0]]
        if len(of_spans) == len(self.windows) and self.present.all():
            return of_spans
        counts: Ints = np.bincount(self.owner, of_spans, len(self.windows)).astype(np.int64)
        return counts

    def count(self, times: Floats, which: Bools | None = None) -> Ints:
        """Return the number of *times* (of those that *which* marks) in each window, in any order; NaN is in none."""
        edges, counts = self.edges, np.zeros(len(self.edges) + 1, np.int64)
        for rows in blocks(len(times)):
            some = times[rows] if which is None else times[rows][which[rows]]
            counts += np.bincount(np.searchsorted(edges, some, side="right"), minlength=len(counts))
        return self.per_window(np.cumsum(counts)[:-1])

    def cut(self, times: Floats) -> Cut:
        """Return where the windows cut rows whose *times* are ascending."""
        return Cut(self, np.searchsorted(times, self.edges))

    def per_second(self, counts: Ints) -> Floats:
        """Return *counts* as rates; NaN for an empty window."""
        return counts / self.seconds

    def means(self, intervals: Intervals) -> Floats:
        """Return the time-weighted mean number of open *intervals* in each window; NaN for an empty one."""
        if len(self._spans) == len(self.windows) and self.present.all():
            return np.array(intervals.areas_s(*self._spans.T)) / self.seconds
        return self.each(lambda window: window.mean(intervals))

    def peaks(self, times: Floats, levels: Ints) -> Floats:
        """Return the highest level of a step function (as from ``steps``) in each window; NaN for an empty one."""
        return self.each(lambda window: max((peak(times, levels, *span) for span in window.spans), default=None))

    def each(self, function: Callable[[Window], float | None]) -> Floats:
        """Return the value of a function for each window; NaN where it is None."""
        return np.array([function(window) for window in self.windows], np.float64)


class Cut:
    """The cuts of windows in rows in order of time: *at* is the number of rows before each edge of the windows."""

    def __init__(self, windows: WindowSet, at: Ints) -> None:
        self.windows = windows
        self.at = at

    @cached_property
    def sizes(self) -> Ints:
        """The number of rows in each window."""
        return self.windows.per_window(self.at)

    @cached_property
    def slices(self) -> list[list[tuple[int, int]]]:
        """The stretches of rows in each window, as (first, after)."""
        found: list[list[tuple[int, int]]] = [[] for _ in self.windows.windows]
        for owner, stretch in zip(self.windows.owner.tolist(), self.at[self.windows.places].tolist(), strict=True):
            found[owner].append(stretch)
        return found

    @cached_property
    def _between(self) -> tuple[Ints, Ints]:
        """Every cut once, ascending, and the place of each edge's cut among them."""
        return np.unique(self.at, return_inverse=True)

    def before(self, which: Bools) -> Ints:
        """Return the number of marked rows before each edge, less those before the first edge."""
        cuts, places = self._between
        if len(cuts) < 2:
            return np.zeros(len(places), np.int64)
        if len(cuts) <= FEW:
            counts = np.array([np.count_nonzero(which[first:after]) for first, after in pairwise(cuts.tolist())])
        else:
            counts = np.add.reduceat(which[: cuts[-1]], cuts[:-1], dtype=np.int64)
        return np.append(0, np.cumsum(counts))[places]

    def count(self, which: Bools) -> Ints:
        """Return the number of rows in each window that *which* marks."""
        return self.windows.per_window(self.before(which))

    def total(self, numbers: Ints) -> Ints:
        """Return the sum of whole *numbers* over the rows in each window."""
        cuts, places = self._between
        if len(cuts) < 2:
            return np.zeros(len(self.windows), np.int64)
        sums = np.add.reduceat(numbers[: cuts[-1]], cuts[:-1], dtype=np.int64)
        return self.windows.per_window(np.append(0, np.cumsum(sums))[places])

    def exact_sums(self, values: Floats) -> Floats:
        """Return the sum of *values* over the rows in each window, rounded once."""
        sums = ExactPrefixSums(values, self.at)
        stretches: list[list[tuple[int, int]]] = [[] for _ in self.windows.windows]
        for owner, places in zip(self.windows.owner.tolist(), self.windows.places.tolist(), strict=True):
            stretches[owner].append(places)
        return np.array([sums.over(each) for each in stretches], np.float64)

    def among(self, which: Bools) -> Cut:
        """Return the cuts of the same windows in the rows that *which* marks."""
        start = int(np.count_nonzero(which[: self.at[0]])) if len(self.at) else 0
        return Cut(self.windows, self.before(which) + start)

    def samples(self, values: Floats) -> list[Floats]:
        """Return the *values* of the rows in each window, in their order."""
        return [
            values[each[0][0] : each[0][1]] if len(each) == 1
            else np.concatenate([values[:0], *(values[first:after] for first, after in each)])
            for each in self.slices
        ]  # fmt: skip
