"""Columns of a record for the drawing functions: series by second, and counts of requests by outcome."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from sim.plots.over_time import Series
from sim.results.index.windows import SHORT_DRAIN_S

if TYPE_CHECKING:
    from sim.record.record import Record


def columns_of(record: Record) -> Series:
    """Return the series of *record* as the drawing functions take them: whole seconds, and no short drain."""
    from sim.results.series import series

    end = record.ended_at if record.ended_at > record.duration_s + SHORT_DRAIN_S else record.duration_s
    whole = max(1, math.floor(end))  # a second that is cut short would look like a fall
    times = np.arange(whole, dtype=np.float64)
    return {(one.of, one.name): (times[: len(one.values)], one.values[:whole]) for one in series(record)}


def outcome_counts(record: Record) -> dict[tuple[str, str, str], int]:
    """Return the number of requests after warm-up by outcome, component and reason."""
    from sim.record.record import OUTCOMES, REASONS

    table = record.requests
    measured = table["arrived_at"] >= record.warmup_s
    codes = zip(*(table[name][measured].tolist() for name in ("outcome", "where", "why")))
    return {
        (OUTCOMES[outcome], record.places[where] if where >= 0 else "", REASONS[why]): n
        for (outcome, where, why), n in Counter(codes).items()
    }
