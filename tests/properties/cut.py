"""A run with a shorter drain is the beginning of the one with a longer drain: its decided results are the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.record.record import ATTEMPT_OUTCOMES, Columns, Record

BEGINNINGS = {"requests": "arrived_at", "attempts": "sent_at", "segments": "queued_at", "messages": "published_at",
              "effects": "at", "marks": "at"}  # fmt: skip
UNKNOWN = [ATTEMPT_OUTCOMES.index(outcome) for outcome in ("open", "lost")]


def is_the_beginning_of(short: Record, long: Record) -> None:
    """Assert that *short* holds the rows of *long* that began by its end, each as far as it had come."""
    end_s = short.ended_at
    for table, begins in BEGINNINGS.items():
        mine, other = getattr(short, table), getattr(long, table)
        if table == "segments":
            mine, other = _begun(mine, end_s), _begun(other, end_s)
        by_then = np.flatnonzero(other[begins] <= end_s)
        assert len(mine[begins]) == len(by_then), f"{len(mine[begins])} {table} by {end_s} s, not {len(by_then)}"
        for name, column in mine.items():
            if column.dtype.kind != "f" or name == "worked_s":
                continue
            later = other[name][by_then]
            np.testing.assert_array_equal(column, np.where(later <= end_s, later, np.nan), err_msg=f"{name} of {table}")
        if "outcome" in mine and table != "messages":
            settled = ~np.isin(mine["outcome"], UNKNOWN)
            np.testing.assert_array_equal(mine["outcome"][settled], other["outcome"][by_then][settled])
    assert _events(short, end_s) == _events(long, end_s)


def _begun(segments: Columns, end_s: float) -> Columns:
    """Return the segments that have a worker: who waits for one in the line of calls has no segment yet.

    They are written in the order in which they end, so here they are put in another.
    """
    order = np.lexsort((segments["started_at"], segments["queued_at"], segments["attempt"]))
    order = order[segments["started_at"][order] <= end_s]
    return {name: column[order] for name, column in segments.items()}


def _events(record: Record, end_s: float) -> list[tuple[Any, ...]]:
    """Autoscalers and samples look last at each instant; at that of the end the run has ended before they do."""
    return [event for event in record.events if event[0] < end_s]
