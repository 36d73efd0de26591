"""One row of results, and the small rules that every measure obeys: declared names, and enough samples to tell."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from sim.results.columns import Floats
from sim.scenario.measures import Names

SAMPLES_BEYOND = 10
"""A percentile is told only if at least this many samples can be expected beyond it: p50 from 20, p95 from 200 and p99
from 1,000 samples. (Fewer say more about the luck of the run than about the system.)"""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured value: *value* is None where it cannot be told, *n* counts the samples or events behind it."""

    measure: str
    of: str
    during: str
    value: float | None
    n: int
    unit: str


@dataclass(slots=True)
class Rows:
    """Collects the rows of one family; a name that the family does not declare is a bug (KeyError)."""

    names: Names
    rows: list[Measure] = field(default_factory=list)

    def add(self, measure: str, of: str, during: str, value: float | None, n: int) -> None:
        """Add one row."""
        told = None if value is None or not math.isfinite(value) else float(value)
        self.rows.append(Measure(measure, of, during, told, int(n), self.names[measure][0]))

    def add_share(self, measure: str, of: str, during: str, part: float, whole: float) -> None:
        """Add *part* of *whole* counted things; None of nothing."""
        self.add(measure, of, during, part / whole if whole else None, int(whole))

    def add_spread(self, prefix: str, of: str, during: str, samples: Floats, statistics: tuple[str, ...]) -> None:
        """Add ``prefix mean``, ``prefix p99``, ``prefix max``…, as many as *statistics* names."""
        values = spread(samples, statistics)
        for name in statistics:
            self.add(f"{prefix} {name}", of, during, values[name], len(samples))


def needed(quantile: float) -> int:
    """Return how many samples a quantile needs to be told.

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
    told = {name: q for name, q in wanted.items() if len(samples) >= needed(q)}
    if told:
        found.update(zip(told, np.quantile(samples, list(told.values())).tolist(), strict=True))
    if "mean" in found:
        found["mean"] = float(samples.mean())
    if "max" in found:
        found["max"] = float(samples.max())
    return found
