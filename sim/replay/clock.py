"""The frames of a replay: events are counted in each frame, and levels are time-weighted means over it.

Levels (busy workers, queue lengths, backlogs) get finer frames than counts, whose frames must hold enough events to
stand out from noise. A last frame that would be cut short is left out. The functions are those of
``results.index.intervals``, given times in units of a frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.results.book import Book
from sim.results.index.columns import Floats
from sim.results.index.intervals import areas_per_second
from sim.results.index.windows import SHORT_DRAIN_S

STEPS_S = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Lengths that a frame may have; the last is doubled for what runs for months."""
MOST_LEVELS, MOST_COUNTS = 600, 320
"""How many frames a run may have at most, for levels and for counts."""

Values = list[float] | float
"""One value a frame, or the one value of all frames."""


@dataclass(frozen=True, slots=True)
class Clock:
    """From 0 to *end_s* in frames of *level_s* for levels and *rate_s* for counts, which are reported per second."""

    end_s: float
    level_s: float
    rate_s: float

    @staticmethod
    def of(book: Book) -> Clock:
        """Return the clock of a run: to the end of its arrivals, or of its drain where that took longer than 5 s."""
        record = book.record
        end = record.duration_s if book.end <= record.duration_s + SHORT_DRAIN_S else book.end
        end = min(end, book.end) if record.cut_off else end
        end = max(end, STEPS_S[0])
        rate_s, level_s = step_for(end, MOST_COUNTS), step_for(end, MOST_LEVELS)
        return Clock(math.floor(end / rate_s + 1e-9) * rate_s, level_s, rate_s)

    def rates(self, times: Floats) -> Values:
        """Return how many of *times* (infinity: never) lie in each frame, per second."""
        frames = round(self.end_s / self.rate_s)
        here = times[times < self.end_s]
        counts = np.bincount((here / self.rate_s).astype(np.int64), minlength=frames)[:frames]
        return rounded(counts / self.rate_s)

    def shares(self, times: Floats, part: Floats) -> Values:
        """Return which share of *times* in each frame is among *part*, in percent; -1 where there is none."""
        frames = round(self.end_s / self.rate_s)
        whole, some = (
            np.bincount((column[column < self.end_s] / self.rate_s).astype(np.int64), minlength=frames)[:frames]
            for column in (times, part)
        )
        return rounded(np.where(whole > 0, 100.0 * some / np.maximum(whole, 1), -1.0))

    def averages(self, times: Floats, values: Floats) -> Values:
        """Return the mean of the *values* that belong to *times* in each frame; -1 where there is none."""
        frames = round(self.end_s / self.rate_s)
        inside = times < self.end_s
        frame = (times[inside] / self.rate_s).astype(np.int64)
        counts = np.bincount(frame, minlength=frames)[:frames]
        sums = np.bincount(frame, weights=values[inside], minlength=frames)[:frames]
        return rounded(np.where(counts > 0, sums / np.maximum(counts, 1), -1.0))

    def levels(self, begin: Floats, end: Floats) -> Values:
        """Return the mean number of open intervals in each frame."""
        return rounded(self.means(begin, end))

    def means(self, begin: Floats, end: Floats) -> Floats:
        """Return the mean number of open intervals in each frame, not rounded."""
        frames = math.floor(self.end_s / self.level_s + 1e-9)
        levels: Floats = areas_per_second(begin / self.level_s, end / self.level_s, frames)[0]
        return levels

    def instants(self) -> Floats:
        """Return the beginning of each frame of a level."""
        instants: Floats = np.arange(math.floor(self.end_s / self.level_s + 1e-9)) * np.float64(self.level_s)
        return instants


def step_for(end_s: float, most: int) -> float:
    """Return the shortest length of frame with which *end_s* has at most *most* of them.

    >>> [step_for(end, 600) for end in (10, 180, 300, 3600)]
    [0.05, 0.5, 0.5, 10.0]
    """
    step = next((step for step in STEPS_S if end_s / step <= most + 1e-9), STEPS_S[-1])
    while end_s / step > most:
        step *= 2
    return step


def rounded(values: Floats) -> Values:
    """Return *values* with three digits that count, as short as JSON allows; a single number if all are the same."""
    scale = float(np.abs(values).max(initial=0.0))
    digits = 3 if scale < 1 else 2 if scale < 10 else 1 if scale < 1000 else 0
    short = [int(x) if x.is_integer() else x for x in np.round(values, digits).tolist()]
    return short[0] if short and all(x == short[0] for x in short) else list(short)
