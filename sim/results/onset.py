"""Onset: the instant at which a part begins to behave differently from before the first fault. All rules are exact.

Seconds are counted from the first fault's begin (the warm-up's end, if it began before), backwards to the end of the
warm-up and forwards to the run's end.
Without faults there is no "before": seconds count from the warm-up's end, and every event is a first one.

Not modelled: whether a difference is more than chance; a rule only says what was measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.results.book import Book
from sim.results.index.columns import Bools, Floats
from sim.results.index.intervals import steps
from sim.results.index.windows import measured_faults

LASTING_S = 1.0
"""Least length of a state."""
LASTING_ALONE_S = 10.0
"""Least length if nothing before the fault shows the usual level."""
TWICE = 2.0
"""Factor above the extreme before: a long run exceeds its own extremes by chance, but seldom by a factor of two."""


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """The two sides of the first fault's begin: [low, begin) is *before*, [begin, end) is *since*."""

    low: float
    begin: float
    end: float

    @staticmethod
    def of(book: Book) -> BeforeAfter:
        """Return both sides of a run; without faults *before* is empty."""
        low = book.record.warmup_s
        begin = min((begin for _, begin, _ in measured_faults(book.record)), default=low)
        return BeforeAfter(low, begin, max(book.end, begin))

    @property
    def seconds_before(self) -> int:
        """Whole seconds before the first fault."""
        return math.floor(self.begin - self.low + 1e-9)

    def before(self, times: Floats, weights: Floats | None = None) -> Floats:
        """Return counts (or sums of *weights*) in each whole second before, the earliest first."""
        return self._per_second(times, weights, -self.seconds_before, self.seconds_before)

    def count_before(self, times: Floats) -> int:
        """Return how many of *times* lie before."""
        return int(np.count_nonzero((times >= self.low) & (times < self.begin)))

    def late(self, times: Floats) -> Floats:
        """Return those of *times* that lie since the fault, in any order."""
        return times[(times >= self.begin) & np.isfinite(times)]

    def since(self, times: Floats, weights: Floats | None = None, until: float | None = None) -> Floats:
        """Return counts (or sums of *weights*) in each second since; the last may be cut short.

        With *until* only whole seconds up to it count.
        """
        whole = until is not None
        length = (self.end if until is None else until) - self.begin
        seconds = math.floor(length + 1e-9) if whole else math.ceil(length)
        return self._per_second(times, weights, 0, max(int(seconds), 0))

    def _per_second(self, times: Floats, weights: Floats | None, first: int, seconds: int) -> Floats:
        second = np.floor(np.where(np.isfinite(times), times - self.begin, np.inf)) - first
        here = (second >= 0) & (second < seconds)
        chosen = None if weights is None else weights[here]
        counts: Floats = np.bincount(second[here].astype(np.int64), chosen, minlength=seconds)[:seconds].astype(float)
        return counts

    def onset(self, times: Floats) -> tuple[float, int] | None:
        """Return the onset of rare events (rejections, timeouts), and their number since the fault.

        Without any before, the onset is the first one. Otherwise it is the first of two seconds in a row that each have
        more of them than any second before, and more than one.
        """
        late = np.sort(self.late(times))
        if not len(late):
            return None
        usual = self.before(times)
        most = usual.max(initial=0.0)
        if self.count_before(times):
            second = first_in_a_row(self.since(times) > max(most, 1.0))
            if second is None:
                return None
            at = late[np.searchsorted(late, self.begin + second)]
            return float(at), len(late)
        return float(late[0]), len(late)

    def first_lasting(self, starts: Floats, ends: Floats) -> tuple[float, float] | None:
        """Return begin and end of the first span since the fault that lasts 1 s, and twice as long as any before.

        A span that was open at the fault's begin counts from there. Without any span before it must last 10 s.
        """
        ends = np.minimum(ends, self.end)
        earlier = np.minimum(ends, self.begin) - np.maximum(starts, self.low)
        longest = float(earlier.max(initial=0.0))
        starts = np.maximum(starts, self.begin)
        least = max(LASTING_S, TWICE * longest) if self.seconds_before else LASTING_ALONE_S
        found = np.flatnonzero(ends - starts >= least)
        return (float(starts[found[0]]), float(ends[found[0]])) if len(found) else None


def first_in_a_row(holds: Bools) -> int | None:
    """Return the first of two seconds in a row in which something holds, or None."""
    found = np.flatnonzero(holds[:-1] & holds[1:])
    return int(found[0]) if len(found) else None


def beyond_chance(mean: Floats) -> Floats:
    """Return the level that two seconds in a row do not both reach by chance, if counts are Poisson with this mean.

    Five standard deviations of the count of two seconds above its mean, so that rates of a few a second are not called
    multiplied for a lucky pair: 5/s must reach 13/s, 100/s must reach 136/s. A margin, not a test of significance.
    """
    level: Floats = mean + 5.0 * np.sqrt(2.0 * mean) / 2.0
    return level


def lasts_until(holds: Bools, second: int) -> int:
    """Return the first of two seconds in a row, from *second* on, in which something no longer holds, or the end."""
    over = first_in_a_row(~holds[second:])
    return len(holds) if over is None else second + over


def times_in_a_row(holds: Bools) -> int:
    """Return how often something begins to hold for two seconds in a row, until for two in a row it does not."""
    found, second = 0, 0
    while (first := first_in_a_row(holds[second:])) is not None:
        found, second = found + 1, lasts_until(holds, second + first)
    return found


def highest_pair(values: Floats) -> float:
    """Return the highest level that two seconds in a row both reached; minus infinity where there are not two."""
    return float(np.minimum(values[:-1], values[1:]).max(initial=-np.inf))


def lowest_pair(values: Floats) -> float:
    """Return the lowest level that two seconds in a row both kept to; infinity where there are not two."""
    return float(np.maximum(values[:-1], values[1:]).min(initial=np.inf))


def spans_at_least(starts: Floats, ends: Floats, level: float, end: float) -> tuple[Floats, Floats]:
    """Return begin and end of every span in which at least *level* intervals are open; open ones last until *end*."""
    times, levels = steps(starts, ends)
    high = np.append(False, levels >= level).astype(np.int8)
    change = np.diff(high)
    begins, finishes = times[change == 1], times[change == -1]
    return begins, np.append(finishes, end)[: len(begins)]
