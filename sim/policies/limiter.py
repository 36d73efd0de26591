"""A rate limiter: a bucket that fills with tokens at a steady rate, and each call takes one.

Not modelled: limits shared by several limiters, costs other than one token, and fixed windows.
"""

from __future__ import annotations

from math import inf

from sim.errors import ParameterError

ALMOST = 1e-9
"""A token counts as whole when at most this part is missing: instants such as 0.3 s are rounded numbers."""


class TokenBucket:
    """Let *rate* calls a second pass, and up to *burst* at once after a pause; full at the start.

    Use it to keep a client within its agreed rate, or a service within its capacity. It does not see the callee's
    state: set above the capacity of a degraded callee it protects nothing, set below that of a healthy one it wastes
    capacity. A limiter that waits (``reserve``) turns overload into delay and holds its callers meanwhile.

    Tokens arrive continuously, and rounding errors do not accumulate: the level follows from the instant at which the
    bucket was last full. resilience4j's RateLimiter grants ``limitForPeriod`` again at each ``limitRefreshPeriod`` and
    .NET's token bucket, which Polly wraps, adds ``TokensPerPeriod`` at each ``ReplenishmentPeriod``: both let a burst
    pass at each edge, this does not.
    Source: the token bucket of RFC 2697, section 3, with one token a call; reservations as in Guava's RateLimiter.
    """

    __slots__ = ("rate", "burst", "_full_at", "_taken")

    def __init__(self, rate: float, burst: float) -> None:
        if not 0 < rate < inf:
            raise ParameterError("be a rate above zero", rate, place="rate")
        if not 1 <= burst < inf:
            raise ParameterError("be a number of at least 1", burst, place="burst")
        self.rate, self.burst = rate, burst
        self._full_at = 0.0  # the last instant at which the bucket was seen full
        self._taken = 0  # since then

    def tokens(self, now: float) -> float:
        """The tokens at *now*; below zero are those that waiting calls have reserved."""
        return min(self.burst - self._taken + (now - self._full_at) * self.rate, self.burst)

    def admit(self, now: float) -> bool:
        """Take a token if there is one at *now*."""
        tokens = self.burst - self._taken + (now - self._full_at) * self.rate
        if tokens >= self.burst:
            self._full_at, self._taken = now, 1
            return True
        if tokens < 1 - ALMOST:
            return False
        self._taken += 1
        return True

    def wait_s(self, now: float) -> float:
        """Return the wait in seconds that ``reserve`` would return, without a reservation."""
        missing = 1 - self._refilled(now)
        return missing / self.rate if missing > ALMOST else 0.0

    def reserve(self, now: float) -> float:
        """Take a token, perhaps in advance; return the seconds until it arrives, 0 for one that is there."""
        wait_s = self.wait_s(now)
        self._taken += 1
        return wait_s

    def give_back(self) -> None:
        """Return a reserved token that is not needed; calls that already wait keep their instants."""
        self._taken -= 1  # negative: the bucket overflows, and is full at the next request

    def _refilled(self, now: float) -> float:
        """The tokens at *now*; a full bucket restarts its count, so tokens that overflow are lost."""
        tokens = self.burst - self._taken + (now - self._full_at) * self.rate
        if tokens < self.burst:
            return tokens
        self._full_at, self._taken = now, 0
        return self.burst
