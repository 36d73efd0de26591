"""Judging of acceptance cases, in two sizes.

The *full* size (marked ``slow``) holds the mean over the replications to the tolerance of the case. The *fast* size
plays too little for that, so it checks that the expected value lies in the 99.9 % Student interval of its replications
(a correct engine fails one such comparison in a thousand; seeds are fixed, so it fails always or never), and that this
interval is narrow enough for a conclusion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Iterator, Sequence

import pytest
from scipy.special import stdtrit

import sim


def play(text: str, replications: int = 1, seed: int = 1) -> Any:
    """Play a scenario text in this process and return its run, all books balanced."""
    run = sim.run(sim.loads(text), replications=replications, seed=seed, workers=1)
    assert not run.cut_off
    return run


def plays(text: str, times: int) -> Iterator[Any]:
    """Play a scenario text with seeds 1, 2, …: one run each, for cases that look at rows."""
    for seed in range(1, times + 1):
        yield play(text, seed=seed)


@dataclass(frozen=True)
class Size:
    """How much is played, and how strictly it is judged."""

    full: bool
    replications: int = 10

    def of(self, fast: float, full: float) -> float:
        """Return the one of two durations (or counts) that belongs to this size."""
        return full if self.full else fast

    def agrees(self, values: Sequence[float | None], expected: float, within: float, widest: float = 0.6) -> None:
        """Assert that *values*, one for each replication, have the mean *expected*.

        *within* is the relative tolerance of the full size, *widest* the relative half-width of the fast size's
        interval that still says something.
        """
        told = [value for value in values if value is not None]
        assert len(told) == len(values) == self.replications
        mean = math.fsum(told) / len(told)
        if self.full:
            assert mean == pytest.approx(expected, rel=within)
            return
        half = float(stdtrit(len(told) - 1, 0.9995)) * standard_error(told)
        assert half < widest * abs(expected)
        assert abs(mean - expected) <= half

    def agrees_in_3_se(self, values: Sequence[float], expected: float, widest: float = 0.6) -> None:
        """Assert that the mean of *values* is within three of their standard errors (fast: 99.9 % interval)."""
        if not self.full:
            self.agrees(values, expected, 0.0, widest)
            return
        assert len(values) == self.replications
        assert abs(math.fsum(values) / len(values) - expected) <= 3 * standard_error(values)


def standard_error(values: Sequence[float]) -> float:
    """Return the standard error of the mean of independent values."""
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))


def share_agrees(count: int, of: int, expected: float) -> None:
    """Assert that *count* successes of *of* independent trials are within three standard errors of *expected*.

    The standard error is the binomial one, which rare events do not distort. Normal noise passes 99.7 % of times.
    """
    assert abs(count - of * expected) <= 3 * math.sqrt(of * expected * (1 - expected))


FAST, FULL = Size(full=False), Size(full=True)
in_two_sizes = pytest.mark.parametrize(
    "size", [pytest.param(FAST, id="fast"), pytest.param(FULL, id="full", marks=pytest.mark.slow)]
)
