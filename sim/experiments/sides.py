"""Runs that are compared are measured over the same stretch of the clock: the faults of all of them.

The times of a fault are drawn before the run from streams of its own, so every replication knows the windows of the
other sides without playing them. A fault that waits for a condition begins when its own run says so: its windows are
those of that run, and the other sides are not measured over them.
"""

from __future__ import annotations

from typing import Any, Iterable

from sim.engine.clock.streams import Streams
from sim.engine.faults import fault_windows
from sim.results.index.windows import FaultSpan


def others(scenario: Any, sides: Iterable[Any]) -> tuple[Any, ...]:
    """Return the scenarios of *sides* that differ from *scenario* in their faults or fault times, once each."""
    distinct = [scenario]
    for side in sides:
        if all(_when(side) != _when(known) for known in distinct):
            distinct.append(side)
    return tuple(distinct[1:])


def _when(scenario: Any) -> tuple[Any, ...]:
    """Return the parts of a scenario that decide when faults strike."""
    return dict(scenario.faults), scenario.warmup, scenario.duration


def fault_spans(sides: Iterable[Any], seed: int, replication: int) -> list[FaultSpan]:
    """Return the windows of the faults of *sides* in one replication."""
    return [
        (name, begin, end)
        for side in sides for name, windows in fault_windows(side, Streams(seed, replication)).items()
        for begin, end in windows
    ]  # fmt: skip
