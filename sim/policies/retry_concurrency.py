"""Envoy's limits on retries that are out at once: a share of what is out, with a least, or a fixed number.

Not modelled: the other limits of Envoy's circuit breakers, which are a link's `bulkhead` and a service's `waiting`.
"""

from __future__ import annotations

from sim.errors import ParameterError
from sim.policies.budget import Budget


class RetryConcurrency(Budget):
    """Let as many retries be out at once as *share* of all attempts that are out or wait to leave, *least* at least.

    Use it in a proxy that sees all calls of a client: it needs no time and no history, and what it allows follows the
    load at once. In an overload it allows more, since more is out: with attempts of equal length retries settle at
    share / (1 - share) of the first tries. *most* is a fixed limit instead (``max_retries``).

    A retry counts from the decision, its backoff included, until its answer. The attempt that has just been answered
    is still counted as out; one that timed out is not.
    Source: envoyproxy/envoy, ``source/common/upstream/resource_manager_impl.h`` (``RetryBudgetImpl``; the defaults 20 %
    and 3, and 3 for ``max_retries``) and ``source/common/router/retry_state_impl.cc``.
    """

    __slots__ = ("share", "least", "most", "active", "retries")

    def __init__(self, share: float = 0.2, least: int = 3, most: int | None = None) -> None:
        if not 0 <= share <= 1:
            raise ParameterError("be a share of at most 100%", share, place="share")
        for place, value in (("least", least), ("most", most)):
            if value is not None and not value >= 0:
                raise ParameterError("be a whole number of at least 0", value, place=place)
        self.share, self.least, self.most = share, least, most
        self.active = 0
        """Attempts that are out, or wait to leave."""
        self.retries = 0
        """Retries that are out, or wait in their backoff."""

    def limit(self, active: int) -> int:
        """Return how many retries may be out while *active* attempts are."""
        return self.most if self.most is not None else max(int(self.share * active + 1e-9), self.least)

    def take(self, timed_out: bool = False, now: float = 0.0) -> bool:
        """Count a retry, if one more may be out."""
        if self.retries >= self.limit(self.active + (not timed_out)):
            return False
        self.retries += 1
        return True

    def put_back(self) -> None:
        """A retry that was counted is not made."""
        self.retries -= 1

    def begin(self) -> None:
        """An attempt wants to leave."""
        self.active += 1

    def end(self, is_retry: bool) -> None:
        """An attempt has ended, or does not leave."""
        self.active -= 1
        self.retries -= is_retry
