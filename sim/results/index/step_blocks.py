"""Levels over time, block by block: the steps of a run that is longer than memory.

Every instant is in one block, with all that begins and ends there, so the steps are those of ``intervals.steps``.

Not modelled: the meaning of the intervals.
"""

from __future__ import annotations

from typing import Iterable, Iterator

import numpy as np

from sim.results.index.columns import Floats, Ints
from sim.results.index.intervals import steps

BLOCK = 1 << 16
"""Intervals that begin, and intervals that end, in one block; more only if they do so at its last instant."""


def step_blocks(starts: Floats, ends: Floats, size: int = BLOCK) -> Iterator[tuple[Floats, Ints]]:
    """Iterate over ``steps(starts, ends)`` in blocks; *starts* and *ends* are each ascending.

    >>> blocks = step_blocks(np.array([0.0, 1.0, 1.0, 4.0]), np.array([2.0, 3.0, 4.0, np.inf]), size=2)
    >>> [(times.tolist(), levels.tolist()) for times, levels in blocks]
    [([0.0, 1.0], [1, 3]), ([2.0, 3.0], [2, 1]), ([4.0], [1])]
    """
    begun = ended = 0
    while begun < len(starts) or ended < len(ends):
        last = min(_at(starts, begun + size - 1), _at(ends, ended + size - 1))
        begun_then = int(np.searchsorted(starts, last, side="right"))
        ended_then = int(np.searchsorted(ends, last, side="right"))
        times, levels = steps(starts[begun:begun_then], ends[ended:ended_then])
        if len(times):
            yield times, levels + (begun - ended)
        begun, ended = begun_then, ended_then


def areas(blocks: Iterable[tuple[Floats, Ints]]) -> Iterator[Floats]:
    """Iterate over the areas between the steps of *blocks*, as from ``step_blocks``, in blocks."""
    before: tuple[Floats, Ints] = np.zeros(0), np.zeros(0, np.int64)
    for times, levels in blocks:
        yield np.append(before[1], levels[:-1]) * np.diff(np.append(before[0], times))
        before = times[-1:], levels[-1:]


def _at(times: Floats, place: int) -> float:
    """Return the time at a place, or infinity behind the last one."""
    return float(times[place]) if place < len(times) else np.inf
