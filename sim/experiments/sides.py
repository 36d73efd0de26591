"""Runs that are held against each other are measured over the same stretch of the clock: the faults of all of them.

When a fault strikes is drawn before the run from streams of its own, so every replication knows the windows of the
other sides without playing them.
"""

from __future__ import annotations

from typing import Any, Iterable

from sim.engine.clock.streams import Streams
from sim.engine.faults import fault_windows
from sim.results.index.windows import FaultSpan


def others(one: Any, sides: Iterable[Any]) -> tuple[Any, ...]:
    """Return those of *sides* (resolved scenarios) with other faults, or at other times, than *one*; each kind once."""
    found = [one]
    for side in sides:
        if all(_when(side) != _when(known) for known in found):
            found.append(side)
    return tuple(found[1:])


def _when(one: Any) -> tuple[Any, ...]:
    """Return what decides when faults strike."""
    return dict(one.faults), one.warmup, one.duration


def fault_spans(sides: Iterable[Any], seed: int, replication: int) -> list[FaultSpan]:
    """Return the windows of the faults of *sides* in one replication."""
    return [
        (name, begin, end)
        for side in sides for name, found in fault_windows(side, Streams(seed, replication)).items()
        for begin, end in found
    ]  # fmt: skip
