"""Pushback: the callee says when, or whether, its caller may try again, and the caller obeys.

HTTP says it as ``Retry-After`` on a 429 or 503, gRPC as ``grpc-retry-pushback-ms``, where a negative number forbids all
further attempts. Not modelled: dates in the past, and numbers that cannot be read (gRPC takes them as "never").
"""

from __future__ import annotations

from math import inf
from typing import Callable

from sim.errors import ParameterError

NEVER = inf
"""What a callee says that forbids further attempts."""
EXACTLY, AT_LEAST = "exactly", "at least"
CUT, IGNORE, STOP = "cut", "ignore", "stop"


class Pushback:
    """Wait as long as the callee asks, instead of the backoff (``exactly``) or if that is longer (``at least``).

    Use it with callees that know when they can serve again: a rate limit, a service that restarts. Many callers that
    hear the same instant come back together, so an ``exactly`` without jitter can synchronise them.

    *cap_s* bounds what a caller believes; *beyond* it the wait is ``cut`` to the cap, the pushback is ``ignore``-d, or
    the attempts ``stop``. After an obeyed pushback the backoff *resets*: the next wait is its first again.
    Source: gRPC proposal A6, "Pushback" (exactly, and the backoff resets; no cap); RFC 9110, section 10.2.3
    (``Retry-After``); urllib3 and Polly's HTTP options wait exactly and do not reset; Envoy's
    ``rate_limited_retry_back_off`` ignores what is beyond ``max_interval`` (300 s).
    """

    __slots__ = ("how", "cap_s", "beyond", "resets")

    def __init__(self, how: str = EXACTLY, cap_s: float = inf, beyond: str = CUT, resets: bool = True) -> None:
        for place, word, words in (("wait", how, (EXACTLY, AT_LEAST)), ("beyond cap", beyond, (CUT, IGNORE, STOP))):
            if word not in words:
                raise ParameterError(f"be one of {', '.join(words)}", word, place=place)
        if not cap_s > 0:
            raise ParameterError("be a duration above zero", cap_s, place="cap")
        self.how, self.cap_s, self.beyond, self.resets = how, cap_s, beyond, resets

    def believed_s(self, asked_s: float | None) -> float | None:
        """Return the wait in seconds that counts of what was asked: NEVER, or None where nothing counts."""
        if asked_s is None or asked_s == NEVER or asked_s <= self.cap_s:
            return asked_s
        return {CUT: self.cap_s, IGNORE: None, STOP: NEVER}[self.beyond]

    def wait_s(self, believed_s: float, backoff_s: Callable[[], float]) -> float:
        """Return the wait before the next attempt; the backoff is drawn only where it counts too."""
        return believed_s if self.how == EXACTLY else max(believed_s, backoff_s())
