"""Instants of arrival: unit gaps (exponential, gamma, or just one) carried through the inverse of the integrated rate.

Source: inversion of the cumulative rate, e.g. Law, Simulation Modeling and Analysis, section on nonstationary Poisson
processes (Cinlar's method).

Not modelled: arrivals that depend on answers; the users of closed loops (``clients``) do that.
"""

from __future__ import annotations

from typing import Any, Iterator

import numpy as np
from numpy.typing import NDArray

from sim.errors import not_played
from sim.quantities import Arrivals, Keys, RateShape

_BLOCK = 4096


def instants(
    arrivals: Arrivals, shape: RateShape | None, until_s: float, generator: np.random.Generator
) -> Iterator[list[float]]:
    """Yield blocks of arrival instants in [0, until_s), each repeated for a batch."""
    if arrivals.kind == "at":
        yield [at for at in arrivals.instants if at < until_s]
        return
    if shape is None:
        return
    inverse = _Inverse(shape.until(until_s))
    reached = 0.0
    first = True
    while reached < inverse.total:
        if arrivals.kind == "regular":
            areas = np.arange(_BLOCK) + (0.0 if first else reached + 1.0)
        elif arrivals.kind == "gamma":
            areas = reached + np.cumsum(generator.gamma(arrivals.cv**-2, arrivals.cv**2, _BLOCK))
        elif arrivals.kind == "poisson":
            areas = reached + np.cumsum(generator.standard_exponential(_BLOCK))
        else:
            raise not_played("arrivals", arrivals.kind)
        first = False
        reached = float(areas[-1])
        times = inverse.at(areas[areas < inverse.total])
        yield np.repeat(times[times < until_s], arrivals.batch).tolist()


class _Inverse:
    """The inverse of the integral of a piecewise linear rate."""

    def __init__(self, in_progress: list[tuple[float, float, float, float]]) -> None:
        self.start, self.low, stop, high = np.array(in_progress).T
        length = stop - self.start
        self.slope = np.divide(high - self.low, length, out=np.zeros_like(length), where=length > 0)
        areas = (self.low + high) / 2 * length
        self.before = np.concatenate([[0.0], np.cumsum(areas)[:-1]])
        self.total = float(np.sum(areas))

    def at(self, areas: NDArray[Any]) -> NDArray[Any]:
        """Return the instants at which the integrated rate reaches *areas*."""
        i = np.searchsorted(self.before, areas, side="right") - 1
        over = areas - self.before[i]
        low = self.low[i]
        root = low + np.sqrt(np.maximum(low * low + 2 * self.slope[i] * over, 0.0))
        return np.asarray(self.start[i] + np.divide(2 * over, root, out=np.zeros_like(over), where=root > 0))


def during(shape: RateShape, factor: float, begin_s: float, end_s: float) -> RateShape:
    """Return the rate that a spike adds: (factor - 1) times *shape* in [begin_s, end_s), nothing elsewhere."""
    in_progress = [(0.0, 0.0, begin_s, 0.0)] if begin_s > 0 else []
    for start, low, stop, high in shape.until(end_s):
        if stop <= begin_s:
            continue
        if start < begin_s:
            low += (high - low) * (begin_s - start) / (stop - start)
            start = begin_s
        in_progress.append((start, low * (factor - 1), stop, high * (factor - 1)))
    return RateShape(tuple(in_progress), 0.0, shape.text)


def key_blocks(keys: Keys, generator: np.random.Generator) -> Iterator[list[int]]:
    """Yield blocks of business keys; the same number of draws whatever the law."""
    if keys.kind == "zipf":
        weights = np.arange(1, keys.count + 1, dtype=float) ** -keys.exponent
        bounds = np.cumsum(weights) / np.sum(weights)
        while True:
            yield np.minimum(np.searchsorted(bounds, generator.random(_BLOCK), side="right"), keys.count - 1).tolist()
    if keys.kind != "uniform":
        raise not_played("keys", keys.kind)
    while True:
        yield (generator.random(_BLOCK) * keys.count).astype(int).tolist()


def choice_blocks(weights: list[float], generator: np.random.Generator) -> Iterator[list[int]]:
    """Yield blocks of indices drawn by weight, one for each arrival number."""
    bounds = np.cumsum(weights) / np.sum(weights)
    while True:
        yield np.minimum(np.searchsorted(bounds, generator.random(_BLOCK), side="right"), len(weights) - 1).tolist()
