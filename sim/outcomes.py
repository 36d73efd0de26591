"""How requests, attempts and messages end, as small codes: a code is a position in its tuple of names.

The codes stand above policies and engine, because a policy decides by them and the engine writes them.

Not modelled: where and why something failed, which the record adds.
"""

from __future__ import annotations

OUTCOMES = ("ok", "degraded", "error", "timeout", "refused", "rejected", "short-circuited", "lost", "open")
"""How a request or an attempt ended for its caller."""
OK, DEGRADED, ERROR, TIMEOUT, REFUSED, REJECTED, SHORT_CIRCUITED, LOST, OPEN = range(len(OUTCOMES))

ATTEMPT_OUTCOMES = (*OUTCOMES, "abandoned")
"""How an attempt ended for its caller: as above, or its caller continued without it (another answer was first)."""
ABANDONED = len(OUTCOMES)

MESSAGE_OUTCOMES = ("done", "dead-lettered", "lost", "expired", "waiting", "in flight")
"""How a message ended, or what it still was when the run did."""
DONE, DEAD_LETTERED, MESSAGE_LOST, EXPIRED, WAITING, IN_FLIGHT = range(len(MESSAGE_OUTCOMES))

PENDING = -1
"""The outcome of what has not ended yet."""
