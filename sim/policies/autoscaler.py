"""The number of replicas a service should have, by the rule of Kubernetes' Horizontal Pod Autoscaler.

Not modelled: several metrics, limits on the size of a step (Kubernetes at most doubles within 15 s, or adds 4), and the
special treatment of pods that are not ready. The engine holds the interval between looks and the boot time.
"""

from __future__ import annotations

from collections import deque
from math import ceil, inf

from sim.errors import ParameterError


class Autoscaler:
    """Ask for ceil(replicas * utilisation / target) replicas, at once when more, after *down_after_s* when fewer.

    Use it for load that changes more slowly than a replica boots. It comes too late for a spike shorter than look plus
    boot, and it harms where utilisation is high because a callee is slow: more replicas then only send more calls. A
    utilisation cannot be above 1, so in an overload it asks for 1 / target times as many each time, no more.

    Nothing changes while utilisation / target is within *tolerance* of 1. The highest answer of the last *down_after_s*
    holds (stabilisation window); the first look counts the present number as an answer. The answer stays within *least*
    and *most*. Give the mean utilisation over the same *replicas* and count those that still boot as idle. Otherwise
    the same replicas are ordered again at each look.
    Source: Kubernetes documentation, "Horizontal Pod Autoscaling", "Algorithm details" (0.1 and 300 s).
    """

    __slots__ = ("target", "least", "most", "tolerance", "down_after_s", "_highest")

    def __init__(
        self, target: float, least: int, most: int, tolerance: float = 0.1, down_after_s: float = 300.0
    ) -> None:
        if not 0 < target <= 1:
            raise ParameterError("be a share above 0% and at most 100%", target, place="target")
        if not least >= 1:
            raise ParameterError("be a whole number of at least 1", least, place="least")
        if not most >= least:
            raise ParameterError(f"be at least the least number of replicas, {least}", most, place="most")
        if not 0 <= tolerance < inf:
            raise ParameterError("be a number of at least 0", tolerance, place="tolerance")
        if not down_after_s >= 0:
            raise ParameterError("be a duration", down_after_s, place="down after")
        self.target, self.least, self.most = target, least, most
        self.tolerance, self.down_after_s = tolerance, down_after_s
        self._highest: deque[tuple[float, int]] = deque()  # answers by instant that no later one has reached

    def desired(self, now: float, replicas: int, utilisation: float) -> int:
        """Return the desired number of replicas from the utilisation at *now*, not before the last look."""
        highest = self._highest
        if not highest:
            highest.append((now, replicas))
        ratio = utilisation / self.target
        wanted = replicas if abs(ratio - 1) <= self.tolerance + 1e-9 else ceil(replicas * ratio - 1e-9)
        while highest and highest[-1][1] <= wanted:
            highest.pop()
        highest.append((now, wanted))
        while now - highest[0][0] > self.down_after_s:
            highest.popleft()
        return max(self.least, min(self.most, highest[0][1]))
