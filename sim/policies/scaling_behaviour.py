"""How fast an autoscaler follows what its metrics ask for: Kubernetes' `behavior` of a Horizontal Pod Autoscaler.

::

    recommendation ──> windows of both directions ──> steps of the direction ──> least and most replicas

The windows let the number fall no further than the highest recommendation of the last while, and rise no further than
the lowest one. The steps bound by how many replicas it may change within a period: each step counts from the number at
the beginning of its period, and the largest or the smallest of the steps decides.

Source: kubernetes/kubernetes, pkg/controller/podautoscaler/horizontal.go (normalizeDesiredReplicasWithBehaviors,
calculateScaleUpLimitWithScalingRules); pkg/apis/autoscaling/v2/defaults.go.

Not modelled: changes of the number by others than the autoscaler.
"""

from __future__ import annotations

from collections import deque
from math import ceil
from typing import Sequence

from sim.errors import ParameterError
from sim.quantities import ScalingStep

WINDOW, STEPS, BOUNDS = "window", "steps", "bounds"
"""What held a recommendation back."""

UP_STEPS = (ScalingStep(4, False, 15.0, "4 replicas per 15s"), ScalingStep(100, True, 15.0, "100% per 15s"))
"""Upwards, the larger of these: four replicas, or as many again as there are, in 15 s."""
DOWN_STEPS = (ScalingStep(100, True, 15.0, "100% per 15s"),)
"""Downwards all of them at once, after the window."""


class Direction:
    """The rules of one direction: a window in seconds, steps, and which of these decides: max, min or disabled.

    *keeps_edge*: a recommendation exactly as old as the window still counts.
    """

    __slots__ = ("window_s", "steps", "select", "keeps_edge", "changes", "_longest_s")

    def __init__(
        self, window_s: float, steps: Sequence[ScalingStep], select: str = "max", keeps_edge: bool = False
    ) -> None:
        if not window_s >= 0:
            raise ParameterError("be a duration", window_s, place="window")
        if select not in ("max", "min", "disabled"):
            raise ParameterError("be max, min or disabled", select, place="select")
        self.window_s, self.steps, self.select, self.keeps_edge = window_s, tuple(steps), select, keeps_edge
        self.changes: deque[tuple[float, int]] = deque()
        """(instant, replicas) of the changes in this direction."""
        self._longest_s = max((step.period_s for step in self.steps), default=0.0)

    def covers(self, age_s: float) -> bool:
        """Whether a recommendation of this age is in the window."""
        return age_s < self.window_s or (self.keeps_edge and age_s == self.window_s)

    def note(self, now: float, many: int) -> None:
        """Remember that the number has changed by *many*."""
        while self.changes and now - self.changes[0][0] >= self._longest_s:
            self.changes.popleft()
        self.changes.append((now, many))

    def furthest(self, now: float, replicas: int, sign: int) -> int | None:
        """Return the number up to which the steps let *replicas* go in the direction *sign*; None: without a limit."""
        if self.select == "disabled":
            return replicas
        if not self.steps:
            return None
        reached = [self._reached(step, now, replicas, sign) for step in self.steps]
        far = max(reached) if (self.select == "max") == (sign > 0) else min(reached)
        return max(far, replicas) if sign > 0 else min(far, replicas)

    def _reached(self, step: ScalingStep, now: float, replicas: int, sign: int) -> int:
        recent = sum(many for at, many in self.changes if now - at < step.period_s)
        first = replicas - sign * recent
        if not step.is_share:
            return first + sign * int(step.size)
        reached = first * (1 + sign * step.size / 100)
        return ceil(reached - 1e-9) if sign > 0 else int(reached + 1e-9)


class ScalingBehaviour:
    """Turns recommendations into numbers of replicas; *limited_by* says what held the last one back, or nothing.

    The first look counts the present number as a recommendation, so that the beginning takes no replicas away.
    """

    __slots__ = ("least", "most", "up", "down", "limited_by", "_recommended")

    def __init__(self, least: int, most: int, up: Direction, down: Direction) -> None:
        self.least, self.most, self.up, self.down = least, most, up, down
        self.limited_by = ""
        self._recommended: deque[tuple[float, int]] = deque()

    def desired(self, now: float, replicas: int, recommended: int) -> int:
        """Return the number of replicas to have from *now* on, with *replicas* now."""
        seen = self._recommended
        if not seen:
            seen.append((now, replicas))
        seen.append((now, recommended))
        longest_s = max(self.up.window_s, self.down.window_s)
        while now - seen[0][0] > longest_s:
            seen.popleft()
        lowest = min([recommended, *(one for at, one in seen if self.up.covers(now - at))])
        highest = max([recommended, *(one for at, one in seen if self.down.covers(now - at))])
        steady = min(max(replicas, lowest), highest)
        self.limited_by = WINDOW if steady != recommended else ""
        wanted = self._in_steps(now, replicas, steady)
        if wanted != replicas:
            (self.up if wanted > replicas else self.down).note(now, abs(wanted - replicas))
        return wanted

    def _in_steps(self, now: float, replicas: int, steady: int) -> int:
        wanted = steady
        sign = (steady > replicas) - (steady < replicas)
        furthest = (self.up if sign > 0 else self.down).furthest(now, replicas, sign) if sign else None
        if furthest is not None and (wanted - furthest) * sign > 0:
            wanted, self.limited_by = furthest, STEPS
        bounded = max(self.least, min(self.most, wanted))
        if bounded != wanted:
            self.limited_by = BOUNDS
        return bounded
