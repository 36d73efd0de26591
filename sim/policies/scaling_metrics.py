"""How many replicas one metric asks for, by the arithmetic of Kubernetes' Horizontal Pod Autoscaler.

A metric is one of two kinds. A *mean* is read at each replica: the replicas grow in the ratio of it to its target. A
*total* is read once for all of them, as the length of a queue: each replica should have its target's part of it.

::

    mean    ceil(replicas that were read * mean / target)
    total   ceil(total / target)

Nothing changes within the tolerance, which may differ by direction. Replicas that are not ready are set aside: they
count as idle if the others ask for more, and not at all if they ask for fewer. Replicas that should have been read and
were not count as idle upwards, and as in full use downwards. If that turns the direction, nothing changes.

Source: kubernetes/kubernetes, pkg/controller/podautoscaler/replica_calculator.go (GetResourceReplicas, groupPods,
GetExternalPerPodMetricReplicas); KEP-4951 "Configurable tolerance for HPA".

Not modelled: metrics of which one cannot be read (nothing is scaled down then), and requests that differ by replica.
"""

from __future__ import annotations

from math import ceil, floor, inf
from typing import Sequence

from sim.errors import ParameterError

TINY = 1e-9
"""So far above a whole number of replicas counts as that number."""


class Tolerance:
    """A reading within *down* below its target, and *up* above it, changes nothing (Kubernetes: 10 % both ways)."""

    __slots__ = ("up", "down")

    def __init__(self, up: float = 0.1, down: float | None = None) -> None:
        self.up, self.down = up, up if down is None else down
        for value in (self.up, self.down):
            if not 0 <= value < inf:
                raise ParameterError("be a number of at least 0", value, place="tolerance")

    def covers(self, ratio: float) -> bool:
        """Whether a reading of *ratio* times its target changes nothing.

        >>> Tolerance(0.1, 0.3).covers(0.75), Tolerance(0.1, 0.3).covers(1.25)
        (True, False)
        """
        return 1 - self.down - TINY <= ratio <= 1 + self.up + TINY


def replicas_for_mean(
    replicas: int,
    read: Sequence[float],
    target: float,
    tolerance: Tolerance,
    unready: int = 0,
    missing: int = 0,
) -> int:
    """Return the number that the mean of the shares *read* asks for, with *replicas* now; without any it stays.

    *unready* and *missing* replicas were not read; 1 is a replica in full use of what it requests. Means are cut to
    whole percents, as Kubernetes does.
    """
    if not read:
        return replicas
    ratio = _percent(sum(read) / len(read)) / target
    idle = unready if ratio > 1 else 0
    if not idle and not missing:
        return replicas if tolerance.covers(ratio) else _up(ratio * len(read))
    counted = len(read) + missing + idle
    whole = _percent((sum(read) + (missing if ratio < 1 else 0)) / counted) / target
    if ratio == 1 or tolerance.covers(whole) or (ratio - 1) * (whole - 1) < 0:
        return replicas
    wanted = _up(whole * counted)
    return replicas if (wanted - replicas) * (whole - 1) < 0 else wanted


def replicas_for_ratio(replicas: int, ratio: float, tolerance: Tolerance) -> int:
    """Return the number that a mean of *ratio* times its target over all *replicas* asks for."""
    return replicas if tolerance.covers(ratio) else _up(replicas * ratio)


def replicas_for_total(replicas: int, total: float, target: float, tolerance: Tolerance) -> int:
    """Return the number among which *total* divides into *target* for each, with *replicas* now (at least one).

    >>> [replicas_for_total(3, total, 10, Tolerance()) for total in (30, 33, 34, 0)]
    [3, 3, 4, 0]
    """
    return replicas if tolerance.covers(total / (target * replicas)) else _up(total / target)


def _percent(share: float) -> float:
    return floor(share * 100 + TINY) / 100


def _up(number: float) -> int:
    return ceil(number - TINY)
