"""Headlines of each workload: goodput in the fault and after it, recovery time, and delay of late effects.

A workload with several operations is followed by its worst operation, because a mean over all of them hides it.

Not modelled: intervals (these are numbers of one run).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

import numpy as np

from sim.number_words import seconds
from sim.results.book import Book
from sim.results.index.columns import GroupedRows, Ints
from sim.results.recovery_time import FOR_SECONDS, GOOD_ENOUGH, NEVER, recovery
from sim.results.rows import needed

ENOUGH = needed(0.5)
"""An operation with fewer requests is not reported: its share is mostly chance."""
NOTHING_AMISS = 0.999
"""Above this share no operation is called the worst."""
DEFERRED = 0.01
"""Work counts as deferred if it is done after the answer for more than this share of the requests."""

Share = tuple[float | None, int]
"""A goodput ratio (None: no requests), and the number of requests behind it."""

Rows = Sequence[Mapping[str, Any]]
"""Measures of a run with their means, as ``Run.rows``."""


@dataclass(frozen=True, slots=True)
class Headline:
    """The headline of one workload, or of its worst operation.

    *shares* has `fault` and `after`, or `all` without faults. *back* is its recovery in words; empty without faults.
    *late_s* is the time from arrival within which half of the deferred work of the requests of the first window was
    done (infinity: less than half was done); None without deferred work.
    """

    of: str
    shares: dict[str, Share]
    back: str
    late_s: float | None

    @property
    def name(self) -> str:
        """The name to show: an operation is marked as the worst of its workload."""
        return row_name(self.of)


def row_name(of: str) -> str:
    """Return the name of a row: a workload, or the worst operation of one.

    >>> row_name("shoppers"), row_name("shoppers/edge.checkout")
    ('shoppers', 'shoppers, worst: edge.checkout')
    """
    workload, slash, operation = of.partition("/")
    return f"{workload}, worst: {operation}" if slash else workload


def headlines(book: Book) -> list[Headline]:
    """Return the headlines of every workload, each followed by its worst operation if it has several."""
    groups = {name: (grouped, group) for name, grouped, group in book.request_groups}
    shown = ("fault", "after") if "fault" in book.windows else ("all",)
    found = []
    for workload in book.record.workloads:
        operations = [name for name in groups if name.startswith(f"{workload}/")]
        shares = {name: {each: _share(book, *groups[name], each) for each in shown} for name in operations}
        worst = worst_of(shares)
        found += [_headline(book, name, *groups[name], shown) for name in (workload, worst) if name]
    return found


def worst_of(shares: Mapping[str, Mapping[str, Share]]) -> str:
    """Return the operation with the lowest share in any window; empty if there are not two.

    *shares* maps an operation to its share in each window. Operations with few requests do not count, and if all are
    served well there is no worst.

    >>> worst_of({"a/x": {"fault": (0.9, 500)}, "a/y": {"fault": (0.2, 40)}, "a/z": {"fault": (0.0, 3)}})
    'a/y'
    """
    lowest = {
        name: min((share for share, n in found.values() if share is not None and n >= ENOUGH), default=None)
        for name, found in shares.items()
    }
    low = {name: share for name, share in lowest.items() if share is not None and share < NOTHING_AMISS}
    return min(low, key=lambda name: low[name]) if len(shares) > 1 and low else ""


def _headline(book: Book, of: str, grouped: GroupedRows, group: int, shown: tuple[str, ...]) -> Headline:
    shares = {during: _share(book, grouped, group, during) for during in shown}
    rows = grouped.within(group, book.windows[shown[0]].spans)
    back = _back(book, grouped, group, shares["fault"][0]) if "fault" in shares else ""
    return Headline(of, shares, back, _late_s(book, rows))


def _share(book: Book, grouped: GroupedRows, group: int, during: str) -> Share:
    rows = grouped.within(group, book.windows[during].spans)
    return (float(book.good[rows].mean()) if len(rows) else None), len(rows)


def _back(book: Book, grouped: GroupedRows, group: int, inside: float | None) -> str:
    """Return the recovery of a group in words, by the rule of ``recovery time``."""
    before = grouped.within(group, book.windows["before"].spans)
    end = book.fault_end()
    usual = float(book.good[before].mean()) if len(before) else 0.0
    if end is None or not usual:
        return ""
    if book.record.duration_s - end < FOR_SECONDS or book.record.cut_off:
        return "the run ends too soon to tell when they are back"
    found = recovery(book, grouped.rows(group), before, end)
    if found is None:
        return "the run ends too soon to tell when they are back"
    if found.undecided:
        return f"undecided when the run ends: back after {seconds(found.least)} at the earliest"
    if found.least == NEVER:
        return "never back"
    if found.least == 0:
        return "held through the fault" if inside is not None and inside >= GOOD_ENOUGH * usual else "back at once"
    return f"back after {seconds(found.least)}"


def _late_s(book: Book, rows: Ints) -> float | None:
    """Return the time within which half of the deferred work was done; None without deferred work."""
    due = rows[book.ledger.expected[rows]]
    fulfilled_at = book.ledger.fulfilled_at[due]
    after = np.isfinite(fulfilled_at) & (fulfilled_at > book.answered_at[due])
    if len(due) < ENOUGH or np.count_nonzero(after) <= DEFERRED * len(due):
        return None
    took = np.sort(np.maximum(fulfilled_at - book.arrived_at[due], 0.0))
    return float(took[(len(took) - 1) // 2])


def with_worst(sides: Iterable[Rows], workloads: Iterable[str], windows: Iterable[str]) -> list[str]:
    """Return *workloads*, each followed by its worst operation if it has several, as the rows of a table.

    *sides* are the rows of measures of each run in the table: the worst is that with the lowest goodput ratio in any
    of them, in any of *windows*, so that all runs show the same one.
    """
    shares: dict[str, dict[str, Share]] = {}
    chosen = set(windows)
    for i, rows in enumerate(sides):
        for row in rows:
            if row["measure"] == "goodput ratio" and "/" in row["of"] and row["during"] in chosen:
                shares.setdefault(row["of"], {})[f"{i} {row['during']}"] = (row["mean"], row["n"])
    found = []
    for workload in workloads:
        by_operation = {of: each for of, each in shares.items() if of.startswith(f"{workload}/")}
        found += [name for name in (workload, worst_of(by_operation)) if name]
    return found
