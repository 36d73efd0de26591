"""The windows of measures: `all`, `before`, `fault`, `after`, the name of a fault or an action, or `500s to 600s`.

A window is a union of spans [begin, end) on the scenario's clock. The first four lie between warm-up and `duration`; a
written span is taken as it is written. Counts of a window that reaches `duration` take in the drain, rates and levels
end with the span.

Not modelled: the rows that belong to a window (each measure decides).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Callable, Iterable

import numpy as np

from sim.errors import ParameterError, did_you_mean
from sim.quantities import parse_duration
from sim.record.record import Record
from sim.results.index.columns import Bools, Floats, exact_sum
from sim.results.index.intervals import Intervals, Spans, area_s, lengths_s

FaultSpan = tuple[str, float, float]
"""A fault's name, begin and end."""
FIXED = ("all", "before", "fault", "after")
BETWEEN = " to "
"""What stands between begin and end of a written window."""
SHORT_DRAIN_S = 5.0
"""A run that drains within this time is drawn until its arrivals end: the drain after that is not a failure."""


@dataclass(frozen=True)
class Window:
    """A named union of disjoint spans, ascending."""

    name: str
    spans: Spans
    with_drain: bool = False
    """Whether it reaches the end of the arrivals: the drain then belongs to it, for counts."""

    @cached_property
    def counted(self) -> Window:
        """The window of counts: with the drain, the time from the end of the arrivals to the run's end, if it has one.

        Requests are followed to the run's end, so everything that they lead to is counted in one window or another.
        """
        if not self.with_drain:
            return self
        return Window(self.name, (*self.spans[:-1], (self.spans[-1][0], math.inf)))

    @cached_property
    def seconds(self) -> float:
        """Its total length."""
        return math.fsum(end - begin for begin, end in self.spans)

    @cached_property
    def _edges(self) -> Floats:
        """Begin and end of every span, ascending."""
        return np.array(self.spans, np.float64).ravel()

    def holds(self, times: Floats) -> Bools:
        """Return a mask of *times* inside; infinity and NaN are outside."""
        inside: Bools = np.searchsorted(self._edges, times, side="right") % 2 == 1
        return inside

    def area_s(self, starts: Floats, ends: Floats) -> float:
        """Return the integral of the number of open intervals over the window.

        The cost is that of the intervals and the spans, not of their product: an interval adds the parts of the spans
        that it begins and ends in, and to each span between them a whole one.
        """
        if len(self.spans) == 1:
            return area_s(starts, ends, *self.spans[0])
        begin, end = self._edges[::2], self._edges[1::2]
        starts, ends = starts[ends > starts], ends[ends > starts]
        first = np.searchsorted(end, starts, side="right")  # the first span that ends after it begins
        last = np.searchsorted(begin, ends) - 1  # the last span that begins before it ends
        some = first <= last
        starts, ends, first, last = starts[some], ends[some], first[some], last[some]
        at_first = np.minimum(ends, end[first]) - np.maximum(starts, begin[first])
        several = last > first
        at_last = np.minimum(ends, end[last])[several] - begin[last[several]]
        whole = np.bincount(first[several] + 1, minlength=len(begin) + 1)
        whole -= np.bincount(last[several], minlength=len(begin) + 1)
        between = np.cumsum(whole)[: len(begin)] * (end - begin)
        return exact_sum(np.concatenate([at_first, at_last, between]))

    def lengths_s(self, starts: Floats, ends: Floats) -> Floats:
        """Return the seconds of each interval in the window."""
        if len(self.spans) == 1:
            return lengths_s(starts, ends, *self.spans[0])
        if not self.spans:
            return np.zeros(len(starts))
        covered = np.cumsum(np.diff(self._edges, prepend=self._edges[0]) * (np.arange(len(self._edges)) % 2))
        begun, ended = (np.interp(times, self._edges, covered) for times in (starts, np.maximum(starts, ends)))
        lengths: Floats = ended - begun
        return lengths

    def mean(self, intervals: Intervals) -> float | None:
        """Return the time-weighted mean number of open intervals; None for an empty window."""
        if not self.spans:
            return None
        if len(self.spans) == 1:
            begin, end = self._edges
            return intervals.areas_s(np.array([begin]), np.array([end]))[0] / self.seconds
        near = intervals.near(self.spans)
        return self.area_s(intervals.starts[near], intervals.ends[near]) / self.seconds

    def per_second(self, count: int) -> float | None:
        """Return *count* as a rate; None for an empty window."""
        return count / self.seconds if self.spans else None


def windows(record: Record, during: Iterable[str] = (), compared: Iterable[FaultSpan] = ()) -> dict[str, Window]:
    """Return the windows of *record* by name: `all`, those of its faults, and the written ones asked for in *during*.

    *compared* are the faults of the runs that it is compared with: `fault` is then the union of all of them, `before`
    lies before the first and `after` follows the last, so that both sides are measured over the same stretch of the
    clock. Without faults there is no `before`, `fault` and `after`; if none of them lies after the warm-up, all is
    before. A fault that shares a name with one of these is found under `fault` only. Raises ParameterError for a name
    that is neither. Actions have windows of their own, which move no other.
    """
    whole = (record.warmup_s, record.duration_s)

    def window(name: str, spans: Iterable[tuple[float, float]], within: tuple[float, float] = whole) -> Window:
        union = _union(spans, *within)
        return Window(name, union, bool(union) and union[-1][0] < record.duration_s <= union[-1][1])

    found = {"all": window("all", [whole])}
    every = [*record.windows, *compared]
    faults = list(dict.fromkeys([*record.scenario.faults, *(name for name, _, _ in every)]))
    if faults:
        measured = after_warmup(every, record.warmup_s)
        spans = [(begin, end) for _, begin, end in measured]
        found["before"] = window("before", [(whole[0], min([begin for begin, _ in spans], default=whole[1]))])
        found["fault"] = window("fault", spans)
        found["after"] = window("after", [(max([end for _, end in spans], default=whole[1]), whole[1])])
        by_name: dict[str, list[tuple[float, float]]] = {name: [] for name in faults}
        for name, begin, end in measured:
            by_name[name].append((begin, end))
        for name, spans in by_name.items():
            found.setdefault(name, window(name, spans))
    for name in record.scenario.actions:
        found.setdefault(name, window(name, record.actions.get(name, ())))
    for name in during:
        if name not in found and not (name in FIXED and not faults):
            found[name] = window(name, [parse_span(name, found)], (-math.inf, math.inf))
    return found


def is_written_window(name: str) -> bool:
    """Whether *name* is written as a span (``500s to 600s``) rather than one of a record's own windows."""
    if BETWEEN not in name:
        return False
    try:
        parse_span(name)
    except ParameterError:
        return False
    return True


def parse_span(text: str, known: Iterable[str] = ()) -> tuple[float, float]:
    """Return begin and end of ``500s to 600s``; *known* are the names to suggest if it is not a span.

    >>> parse_span("500s to 600s")
    (500.0, 600.0)
    """
    parts = [part.strip() for part in text.split(BETWEEN)]
    if len(parts) != 2:
        rule = "be all, before, fault, after, the name of a fault or an action, or a span such as 500s to 600s"
        raise ParameterError(rule, text, did_you_mean(text, [*known, *FIXED]))
    begin, end = parse_duration(parts[0]), parse_duration(parts[1])
    if end <= begin:
        raise ParameterError("run from the earlier to the later instant", text)
    return begin, end


def _union(spans: Iterable[tuple[float, float]], low: float, high: float) -> Spans:
    """Return the union of *spans*, cut to [low, high); empty spans vanish."""
    merged: list[list[float]] = []
    for begin, end in sorted((max(begin, low), min(end, high)) for begin, end in spans):
        if end <= begin:
            continue
        if merged and begin <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([begin, end])
    return tuple((begin, end) for begin, end in merged)


def measured_faults(record: Record) -> list[tuple[str, float, float]]:
    """Return (fault, begin, end) of every window of a fault that is measured: from the warm-up's end on.

    A window that has ended by then does not count; one that began in the warm-up is measured from the warm-up's end.
    """
    return after_warmup(record.windows, record.warmup_s)


def after_warmup(spans: Iterable[FaultSpan], warmup_s: float) -> list[FaultSpan]:
    """Return the windows that end after the warm-up, each from the warm-up's end on."""
    return [(name, max(begin, warmup_s), end) for name, begin, end in spans if end > warmup_s]


def last_fault_end(record: Record, name: str | None = None) -> float | None:
    """Return the end of the last measured window (of fault *name*, default any), or None without one."""
    return max((end for fault, _, end in measured_faults(record) if name in (None, fault)), default=None)


def shown_window(ratio: Callable[[str, str], float | None], workloads: Iterable[str], has_faults: bool) -> str:
    """Return the window to show if there is room for one.

    It is `fault`; `after` if some workload never regains half of its goodput before the fault, or if no request arrives
    during the fault; `all` without *has_faults*. *ratio* gives a workload's goodput ratio in a window, for the
    baseline, so that all sides are shown in the same window.
    """
    if not has_faults:
        return "all"
    names = list(workloads)
    for name in names:
        before, after = ratio(name, "before"), ratio(name, "after")
        if before is not None and after is not None and after < before / 2:
            return "after"
    return "fault" if any(ratio(name, "fault") is not None for name in names) else "after"
