"""A client's own throttle: the more of its calls are refused, the fewer it sends.

The window moves in steps of a hundredth of its length.

Not modelled: requests of several criticalities, and clients that share their counts.
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import Callable

from sim.errors import ParameterError

BUCKETS = 100
"""Steps in a window: it covers between 99 % and 100 % of its length."""


class AdaptiveThrottle:
    """Stop a call locally with probability (requests - k * accepts) / (requests + 1), counted over the last *window_s*.

    Use it where refusing costs the callee nearly as much as serving: a client then sends about *k* times the accepted
    rate, and the callee always gets enough calls to show that it has recovered. It harms clients with few calls, and k
    near 1 stops good calls after any random failure; k of 2 is the usual start. After a total outage it lets few calls
    through until the window has forgotten.

    Requests are all calls, stopped or not; accepts are those that the callee took. Nothing is stopped while fewer than
    *minimum* requests are in the window. *uniform* gives the next number in [0, 1) and is called only if the
    probability is above zero, so no number of a stream is wasted.
    Source: B. Beyer et al., Site Reliability Engineering, ch. 21 "Handling Overload", "Client-Side Throttling"
    (two minutes, K 2). resilience4j and Polly have none.
    """

    __slots__ = ("k", "window_s", "uniform", "minimum", "_step_s", "_steps", "_number", "_requests", "_accepts")

    def __init__(self, k: float, window_s: float, uniform: Callable[[], float], minimum: int = 0) -> None:
        if not 1 <= k < inf:
            raise ParameterError("be a number of at least 1", k, place="k")
        if not 0 < window_s < inf:
            raise ParameterError("be a duration above zero", window_s, place="window")
        if not minimum >= 0:
            raise ParameterError("be a whole number of at least 0", minimum, place="minimum")
        self.k, self.window_s, self.uniform, self.minimum = k, window_s, uniform, minimum
        self._step_s = window_s / BUCKETS
        self._steps: deque[list[int]] = deque()  # number of the step, requests, accepts; oldest first
        self._number = -1  # of the newest step
        self._requests = self._accepts = 0  # over all steps

    def admit(self, now: float) -> bool:
        """Whether a call may be sent at *now*; it counts as a request either way."""
        step = self._step(now)
        requests = self._requests
        self._requests = requests + 1
        step[1] += 1
        unaccepted = requests - self.k * self._accepts
        if unaccepted <= 0 or requests < self.minimum:
            return True
        return self.uniform() >= unaccepted / (requests + 1)

    def accepted(self, now: float) -> None:
        """Count a call that the callee took, known at *now*."""
        self._step(now)[2] += 1
        self._accepts += 1

    def _step(self, now: float) -> list[int]:
        """The step that contains *now*, after the steps outside the window are dropped."""
        number, steps = int(now / self._step_s), self._steps
        if number == self._number:
            return steps[-1]
        while steps and steps[0][0] <= number - BUCKETS:
            _, requests, accepts = steps.popleft()
            self._requests -= requests
            self._accepts -= accepts
        steps.append([number, 0, 0])
        self._number = number
        return steps[-1]
