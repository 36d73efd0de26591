"""A row of results, the columns that it comes from, and the rules of all measures: enough samples for a value.

A family computes a measure of one subject in all windows together, as a ``Column``, and its rows follow from that.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import chain, repeat
from typing import Callable, Iterable, Mapping, NamedTuple, TypeVar

import numpy as np

from sim.results.index.columns import Bools, Floats, Ints
from sim.results.index.cuts import Cut, WindowSet
from sim.results.index.windows import Window
from sim.results.wanted import ALL, Wanted
from sim.scenario.measures import Names

View = TypeVar("View")

SAMPLES_BEYOND = 10
"""A percentile is given only if at least this many samples can be expected beyond it: p50 from 20, p95 from 200 and p99
from 1,000 samples. (Fewer say more about the luck of the run than about the system.)"""


class Measure(NamedTuple):
    """A measured value: *value* is None if unknown, *n* counts the samples or events behind it.

    If something undecided at the end of the run may change it, *least* and *most* are its bounds (infinity: unbounded);
    otherwise they are None.
    """

    measure: str
    of: str
    during: str
    value: float | None
    n: int
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def undecided(self) -> bool:
        """Whether a longer run could give another value."""
        return self.least is not None


_MEASURE = partial(tuple.__new__, Measure)
"""Makes a measure of its cells; ``Measure._make`` does the same, and takes twice as long."""


class Column(NamedTuple):
    """A measure of one subject in each of several windows: *values* (NaN if unknown), and *n* samples or events.

    *least* and *most* are the bounds of undecided values, equal or NaN where nothing is undecided.
    """

    values: Floats
    n: Ints
    least: Floats | None = None
    most: Floats | None = None


def count(windows: WindowSet, counts: Ints, n: Ints, undecided: Ints | None = None) -> Column:
    """Return *counts*, which may still grow by *undecided*; unknown in an empty window."""
    values = np.where(windows.present, counts, np.nan)
    return Column(values, n) if undecided is None else Column(values, n, values, values + undecided)


def share(part: Ints, whole: Ints, more: Ints | int = 0, less: Ints | int = 0) -> Column:
    """Return the share of *part* in *whole*, unknown if that is zero. *part* may still grow, or shrink by *less*."""
    of = np.where(whole > 0, whole, np.nan)
    bounds = () if isinstance(more, int) and isinstance(less, int) else ((part - less) / of, (part + more) / of)
    return Column(part / of, whole, *bounds)


class Samples:
    """Samples of rows in order of time, those in each window, and the least values of samples that may still come."""

    def __init__(
        self, cut: Cut, which: Bools, values: Floats, unsettled: Bools | None = None, least: Floats | None = None
    ) -> None:
        some = cut.among(which)
        self.n = some.sizes
        self.each = some.samples(values[which])
        self.yet: list[Floats] | None = None
        if unsettled is not None and least is not None and unsettled.any():
            self.yet = cut.among(unsettled).samples(least[unsettled])

    def column(self, statistic: str) -> Column:
        """Return a statistic (``mean``, ``max``, ``p95``) of the samples in each window, if there are enough."""
        known = [value_of(samples, statistic) for samples in self.each]
        values = np.array(known, np.float64)
        if self.yet is None:
            return Column(values, self.n)
        bounds = [
            spread_between(samples, statistic, yet) if value is not None and len(yet) else (math.nan, math.nan)
            for samples, value, yet in zip(self.each, known, self.yet, strict=True)
        ]
        least, most = np.array(bounds, np.float64).reshape(-1, 2).T
        return Column(values, self.n, least, most)


class Rows:
    """Collects the wanted rows of one family; a name that the family does not declare is a bug (KeyError)."""

    def __init__(self, names: Names, windows: Mapping[str, Window], wanted: Wanted = ALL) -> None:
        self.names = names
        self.wanted = wanted
        chosen = wanted.among(names, windows)
        self.windows = WindowSet([window for name, window in windows.items() if chosen is None or name in chosen])
        self.rows: list[Measure] = []
        self._columns: list[Iterable[Measure]] = []
        self._of = wanted.subjects(names)

    def wants(self, measure: str, of: str) -> bool:
        """Whether a measure of one subject is wanted in some window."""
        return self._of is None or (measure in self._of and not self._of[measure].isdisjoint((of, None)))

    def wants_any(self, of: str) -> bool:
        """Whether some measure of one subject is wanted."""
        return self._of is None or any(not subjects.isdisjoint((of, None)) for subjects in self._of.values())

    def add(self, measure: str, of: str, column: Column) -> None:
        """Add a measure of one subject in all windows."""
        unit = self.names[measure][0]
        values = column.values.tolist()
        if not np.isfinite(column.values).all():
            values = [value if math.isfinite(value) else None for value in values]
        least: Iterable[float | None] = repeat(None)
        most: Iterable[float | None] = repeat(None)
        if column.least is not None and column.most is not None:
            differ = column.least < column.most
            if differ.any():
                least = [one if open_ else None for one, open_ in zip(column.least.tolist(), differ.tolist())]
                most = [one if open_ else None for one, open_ in zip(column.most.tolist(), differ.tolist())]
        cells = zip(
            repeat(measure), repeat(of), self.windows.names, values, column.n.tolist(), repeat(unit), least, most
        )
        self._columns.append(map(_MEASURE, cells))

    def fill(self, columns: Mapping[str, Callable[[View], Column]], of: str, view: View) -> None:
        """Add each of *columns* that is wanted of one subject, computed from its *view*."""
        for measure, column in columns.items():
            if self.wants(measure, of):
                self.add(measure, of, column(view))

    def in_order(self) -> None:
        """Put what was added since the last time into rows: window by window, in the order of adding."""
        rows = chain.from_iterable(zip(*self._columns, strict=True))
        if self.wanted.asks is None:
            self.rows.extend(rows)
        else:
            self.rows.extend(row for row in rows if self.wanted.has(row.measure, row.of, row.during))
        self._columns = []


def needed(quantile: float) -> int:
    """Return the number of samples that a quantile needs.

    >>> [needed(q) for q in (0.5, 0.95, 0.99)]
    [20, 200, 1000]
    """
    return math.ceil(round(SAMPLES_BEYOND / (1 - quantile), 6))


def value_of(samples: Floats, statistic: str) -> float | None:
    """Return the mean, the maximum or a percentile (``p95``) of *samples*, None where there are too few of them.

    Percentiles interpolate linearly between order statistics. Source: R. Hyndman and Y. Fan, "Sample quantiles in
    statistical packages", American Statistician 50(4), 1996, definition 7.

    >>> value_of(np.arange(1.0, 101.0), "p50"), value_of(np.arange(9.0), "p50"), value_of(np.arange(9.0), "max")
    (50.5, None, 8.0)
    """
    size = len(samples)
    if size == 0:
        return None
    if statistic == "mean":
        return float(np.add.reduce(samples)) / size
    if statistic == "max":
        return float(samples.max())
    q = int(statistic[1:]) / 100
    return quantile(samples, q) if size >= needed(q) else None


def quantile(samples: Floats, q: float) -> float:
    """Return the value below which the share *q* of *samples* lies."""
    rank = (len(samples) - 1) * q
    low = math.floor(rank)
    part = rank - low
    if low + 1 >= len(samples):
        return float(samples.max())
    below, above = np.partition(samples, (low, low + 1))[low : low + 2].tolist()
    step: float = above - below
    return float(above - step * (1 - part) if part >= 0.5 else below + step * part)


def spread(samples: Floats, statistics: tuple[str, ...]) -> dict[str, float | None]:
    """Return several statistics of *samples*: see ``value_of``."""
    return {name: value_of(samples, name) for name in statistics}


def spread_between(samples: Floats, statistic: str, yet: Floats) -> tuple[float, float]:
    """Return the bounds of a statistic of *samples* if any of those *yet* to come are added.

    Each may be as small as given and arbitrarily large. The bounds hold, but a percentile may not reach them.

    >>> spread_between(np.arange(100.0), "max", np.array([3.0]))
    (99.0, inf)
    >>> spread_between(np.arange(100.0), "p50", np.array([3.0, 70.0]))
    (49.0, 50.5)
    >>> round(spread_between(np.arange(100.0), "mean", np.array([9.5, 70.0]))[0], 6)
    49.10396
    """
    if statistic == "max":
        return float(samples.max()), math.inf
    if statistic == "mean":
        in_order = np.sort(yet)
        least = (samples.sum() + np.cumsum(in_order)) / (len(samples) + 1.0 + np.arange(len(yet)))
        return float(min(least.min(), samples.mean())), math.inf
    q = int(statistic[1:]) / 100
    fewer = int(np.count_nonzero(yet < np.quantile(samples, q)))
    lowest = float(min(samples.min(), yet.min()))
    in_order = np.sort(samples)
    return _at_rank(in_order, q, fewer, 0, lowest), _at_rank(in_order, q, 0, len(yet), math.inf)


def _at_rank(in_order: Floats, q: float, below: int, above: int, beyond: float) -> float:
    """Return the quantile of samples with so many more *below* and *above* all of them; *beyond* where it is one."""
    rank = (len(in_order) + below + above - 1) * q - below
    low, high = math.floor(rank), math.ceil(rank)
    if low < 0 or high >= len(in_order):
        return beyond
    return float(in_order[low] + (rank - low) * (in_order[high] - in_order[low]))
