"""Arrivals in step: instants are moved to the ticks of a window; none is added and none is lost."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Iterator, Sequence

import numpy as np

from sim.mechanisms.faults.synchronise import Synchronise

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.engine.clock.streams import Draw
    from sim.engine.system import System

BatchWindow = tuple[float, float, float]
"""Begin and end of a window, and the time between two ticks in it."""


def batch_windows(system: System, workload: str) -> list[BatchWindow]:
    """Return the windows in which *workload* is synchronised."""
    return [
        (begin, end, end - begin if fault.every is None else float(fault.every))
        for name, fault in system.scenario.faults.items()
        if isinstance(fault, Synchronise) and fault.synchronise == workload
        for begin, end in system.fault_windows[name]
    ]


def batched(times: Iterator[list[float]], windows: Sequence[BatchWindow]) -> Iterator[list[float]]:
    """Yield blocks of instants, ascending, those in a window moved back to the tick before them.

    >>> list(batched(iter([[1.0, 2.5, 3.5, 9.0]]), [(2.0, 4.0, 1.0)]))
    [[1.0, 2.0, 3.0, 9.0]]
    """
    for block in times:
        at = np.asarray(block)
        for begin, end, every in windows:
            inside = (at >= begin) & (at < end)
            at = np.where(inside, begin + np.floor((at - begin) / every) * every, at)
        yield at.tolist()


def waking_in_batches(think: Draw, kernel: Kernel, windows: Sequence[BatchWindow]) -> Draw:
    """Return *think* with pauses that end in a window drawn out to the next tick, or to the window's end."""

    def think_on() -> float:
        now = kernel.now
        at = now + think()
        for begin, end, every in windows:
            if begin <= at < end:
                at = min(begin + ceil((at - begin) / every) * every, end)
        return at - now

    return think_on
