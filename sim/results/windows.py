"""The windows a measure can speak of: `all`, `before`, `fault`, `after`, a fault's name, or `500s to 600s`.

A window is a union of spans [begin, end) on the scenario's clock. The first four lie between warm-up and `duration`;
a written span is taken as it is written. Left out: which rows belong to a window (that is each measure's business).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterable

import numpy as np

from sim.engine.record import Record
from sim.errors import ParameterError, did_you_mean
from sim.quantities import parse_duration
from sim.results.columns import Bools, Floats
from sim.results.intervals import area_s

Spans = tuple[tuple[float, float], ...]
FIXED = ("all", "before", "fault", "after")


@dataclass(frozen=True, slots=True)
class Window:
    """A named union of disjoint spans, ascending."""

    name: str
    spans: Spans

    @property
    def seconds(self) -> float:
        """How long it is in all."""
        return math.fsum(end - begin for begin, end in self.spans)

    def holds(self, times: Floats) -> Bools:
        """Return which of *times* lie inside."""
        inside = np.zeros(len(times), np.bool_)
        for begin, end in self.spans:
            inside |= (times >= begin) & (times < end)
        return inside

    def area_s(self, starts: Floats, ends: Floats) -> float:
        """Return the integral of the number of open intervals over the window."""
        return math.fsum(area_s(starts, ends, begin, end) for begin, end in self.spans)

    def mean(self, starts: Floats, ends: Floats) -> float | None:
        """Return the time-weighted mean number of open intervals; None for an empty window."""
        return self.area_s(starts, ends) / self.seconds if self.spans else None

    def per_second(self, count: int) -> float | None:
        """Return *count* as a rate; None for an empty window."""
        return count / self.seconds if self.spans else None


def windows(record: Record, during: Iterable[str] = ()) -> dict[str, Window]:
    """Return the windows of *record* by name: `all`, those of its faults, and the written ones asked for in *during*.

    Without faults there is no `before`, `fault` and `after`; where none of them struck, all
    is before. A fault that shares a name with one of these is found
    under `fault` only. Raises ParameterError for a name that is neither.
    """
    whole = (record.warmup_s, record.duration_s)
    found = {"all": _window("all", [whole])}
    faults = list(dict.fromkeys([*record.scenario.faults, *(name for name, _, _ in record.windows)]))
    if faults:
        spans = [(begin, end) for _, begin, end in record.windows]
        found["before"] = _window("before", [(whole[0], min([begin for begin, _ in spans], default=whole[1]))], whole)
        found["fault"] = _window("fault", spans, whole)
        found["after"] = _window("after", [(max([end for _, end in spans], default=whole[1]), whole[1])], whole)
        for name in faults:
            mine = [(begin, end) for fault, begin, end in record.windows if fault == name]
            found.setdefault(name, _window(name, mine, whole))
    for name in during:
        if name not in found and not (name in FIXED and not faults):
            found[name] = _window(name, [parse_span(name, found)])
    return found


def is_written_window(name: str) -> bool:
    """Whether *name* is written as a span (``500s to 600s``) rather than one of a record's own windows."""
    try:
        parse_span(name)
    except ParameterError:
        return False
    return True


def parse_span(text: str, known: Iterable[str] = ()) -> tuple[float, float]:
    """Return begin and end of ``500s to 600s``; *known* are the names to suggest where it is no such span.

    >>> parse_span("500s to 600s")
    (500.0, 600.0)
    """
    parts = [part.strip() for part in text.split(" to ")]
    if len(parts) != 2:
        rule = "be all, before, fault, after, a fault's name or a span such as 500s to 600s"
        raise ParameterError(rule, text, did_you_mean(text, [*known, *FIXED]))
    begin, end = parse_duration(parts[0]), parse_duration(parts[1])
    if end <= begin:
        raise ParameterError("run from the earlier to the later instant", text)
    return begin, end


def _window(name: str, spans: Iterable[tuple[float, float]], within: tuple[float, float] | None = None) -> Window:
    """Return the union of *spans*, cut to *within*; empty spans vanish."""
    low, high = within or (-math.inf, math.inf)
    merged: list[list[float]] = []
    for begin, end in sorted((max(begin, low), min(end, high)) for begin, end in spans):
        if end <= begin:
            continue
        if merged and begin <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([begin, end])
    return Window(name, tuple((begin, end) for begin, end in merged))


def last_fault_end(record: Record, name: str | None = None) -> float | None:
    """Return when the last window (of fault *name*, default any) ended, or None without faults."""
    return max((end for fault, _, end in record.windows if name in (None, fault)), default=None)
