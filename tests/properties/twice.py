"""The same system with every time twice as long and every rate half as large: each instant must be exactly doubled.

Doubling is exact in binary floats, so what is not doubled was compared with a time that the description does not hold,
or was rounded where it need not be. Two such times are known: censuses and samples of a changed limit are taken once a
second of any scenario, and a run that has drained ends at the next census.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from sim.policies.scaling_behaviour import DOWN_STEPS, UP_STEPS
from sim.record.record import Record

_TIME, _RATE = re.compile(r"\b(\d+(?:\.\d+)?)(ms|s)\b"), re.compile(r"\b(\d+(?:\.\d+)?)/s\b")
TABLES = ("requests", "attempts", "segments", "messages", "deliveries", "effects", "marks",
          "processors")  # fmt: skip
INSTANTS = {"ended_at", "entered_at", "started_at", "left_at", "worked_s", "arrived_at", "sent_at", "queued_at", "at",
            "published_at", "began_at"}  # fmt: skip
DEFAULT_STEPS: dict[str, dict[str, Any]] = {
    "scale up": {"steps": [step.text for step in UP_STEPS]},
    "scale down": {"steps": [step.text for step in DOWN_STEPS]},
}
"""The steps of an autoscaler that states none: the only default with a time that random systems leave out."""


def twice(part: Any) -> Any:
    """Return a part of a document with all times doubled and all rates halved."""
    if isinstance(part, dict):
        follows = [way for way in DEFAULT_STEPS if way in part and part[way].get("select") != "disabled"]
        stated = {**part, **{way: DEFAULT_STEPS[way] | part[way] for way in follows}}
        return {key: twice(value) for key, value in stated.items()}
    if isinstance(part, list):
        return [twice(value) for value in part]
    if not isinstance(part, str):
        return part
    longer = _TIME.sub(lambda found: f"{2 * float(found[1]):g}{found[2]}", part)
    return _RATE.sub(lambda found: f"{float(found[1]) / 2:g}/s", longer)


def is_doubled(short: Record, long: Record) -> None:
    """Assert that *long* is *short* with every instant doubled."""
    for table in TABLES:
        mine, other = getattr(short, table), getattr(long, table)
        for name, column in mine.items():
            expected = 2 * column if name in INSTANTS else column
            np.testing.assert_array_equal(other[name], expected, err_msg=f"{name} of {table}, doubled")
    end_s = min(2 * short.ended_at, long.ended_at)
    assert _events(short, 2, end_s) == _events(long, 1, end_s)


def _events(record: Record, times: int, end_s: float) -> list[tuple[Any, ...]]:
    events = [(times * at, *what) for at, *what in record.events if what[0] != "concurrency limit"]
    return [event for event in events if event[0] < end_s]
