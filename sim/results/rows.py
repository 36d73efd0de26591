"""A row of results, and the rules of all measures: declared names, and enough samples for a value."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from sim.results.index.columns import Floats
from sim.scenario.measures import Names

Between = tuple[float, float]
"""The bounds of an undecided value: the least and the largest."""

SAMPLES_BEYOND = 10
"""A percentile is given only if at least this many samples can be expected beyond it: p50 from 20, p95 from 200 and p99
from 1,000 samples. (Fewer say more about the luck of the run than about the system.)"""


@dataclass(frozen=True, slots=True)
class Measure:
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


@dataclass(slots=True)
class Rows:
    """Collects the rows of one family; a name that the family does not declare is a bug (KeyError)."""

    names: Names
    rows: list[Measure] = field(default_factory=list)

    def add(
        self, measure: str, of: str, during: str, value: float | None, n: int, between: Between | None = None
    ) -> None:
        """Add one row; *between* are its bounds if something undecided may change it."""
        known = None if value is None or not math.isfinite(value) else float(value)
        least, most = (None, None) if between is None or between[0] == between[1] else map(float, between)
        self.rows.append(Measure(measure, of, during, known, int(n), self.names[measure][0], least, most))

    def add_count(self, measure: str, of: str, during: str, count: int | None, n: int, undecided: int = 0) -> None:
        """Add a *count*, which may still grow by *undecided*; None for an empty window."""
        self.add(measure, of, during, count, n, None if count is None else (count, count + undecided))

    def add_share(
        self, measure: str, of: str, during: str, part: float, whole: float, more: float = 0, less: float = 0
    ) -> None:  # fmt: skip
        """Add the share of *part* in *whole*, or None. *part* may still grow by *more*, or shrink by *less*."""
        between = ((part - less) / whole, (part + more) / whole) if whole else None
        self.add(measure, of, during, part / whole if whole else None, int(whole), between)

    def add_spread(
        self, prefix: str, of: str, during: str, samples: Floats, statistics: tuple[str, ...], yet: Floats | None = None
    ) -> None:  # fmt: skip
        """Add ``prefix mean``, ``prefix p99``, ``prefix max``…, those that *statistics* names.

        *yet* are the least values of samples that may still come.
        """
        values = spread(samples, statistics)
        for name in statistics:
            value = values[name]
            between = None if value is None or yet is None or not len(yet) else spread_between(samples, name, yet)
            self.add(f"{prefix} {name}", of, during, value, len(samples), between)


def needed(quantile: float) -> int:
    """Return the number of samples that a quantile needs.

    >>> [needed(q) for q in (0.5, 0.95, 0.99)]
    [20, 200, 1000]
    """
    return math.ceil(round(SAMPLES_BEYOND / (1 - quantile), 6))


def spread(samples: Floats, statistics: tuple[str, ...]) -> dict[str, float | None]:
    """Return the mean, the maximum or percentiles (``p95``) of *samples*, None where there are too few of them.

    Percentiles interpolate linearly between order statistics. Source: R. Hyndman and Y. Fan, "Sample quantiles in
    statistical packages", American Statistician 50(4), 1996, definition 7.
    """
    found: dict[str, float | None] = dict.fromkeys(statistics)
    if len(samples) == 0:
        return found
    wanted = {name: int(name[1:]) / 100 for name in statistics if name[0] == "p"}
    possible = {name: q for name, q in wanted.items() if len(samples) >= needed(q)}
    if possible:
        found.update(zip(possible, np.quantile(samples, list(possible.values())).tolist(), strict=True))
    if "mean" in found:
        found["mean"] = float(samples.mean())
    if "max" in found:
        found["max"] = float(samples.max())
    return found


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
