"""A cache that evicts the least recently used entry and expires each entry after a while.

Not modelled: coalescing of misses (the engine does it), invalidation by writes, sizes of entries, and admission
policies. The caller counts hits and misses.
"""

from __future__ import annotations

from collections import OrderedDict
from math import inf
from typing import Any, Hashable

from sim.errors import ParameterError


class Cached:
    """One cached answer; always true, so that ``if entry`` reads as a hit."""

    __slots__ = ("value", "put_at")

    def __init__(self, value: Any, put_at: float) -> None:
        self.value, self.put_at = value, put_at


class Cache:
    """Keep the answers for the *entries* most recently used keys, each fresh for *expire_after_s* from its ``put``.

    Use it in front of reads that repeat; the hit ratio takes that share of the load off the callee. That is its danger
    too: a callee sized for the misses alone is overloaded when the cache is cold or a popular key expires, and answers
    are up to *expire_after_s* old. With None nothing expires; with infinite *entries* nothing is evicted.

    An expired answer is not a hit, but it stays until it is replaced or evicted, so that it can serve as a fallback
    (``stale``) while the callee is down. A stale read does not count as use.
    Source: least recently used as everywhere; expiry as Caffeine's ``expireAfterWrite``, keeping the stale as in RFC
    5861, "stale-if-error".
    """

    __slots__ = ("entries", "expire_after_s", "_kept")

    def __init__(self, entries: float, expire_after_s: float | None) -> None:
        if not entries >= 1:
            raise ParameterError("be a whole number of at least 1, or 'unlimited'", entries, place="entries")
        if expire_after_s is not None and not expire_after_s > 0:
            raise ParameterError("be a duration above zero", expire_after_s, place="expire after")
        self.entries = entries
        self.expire_after_s = inf if expire_after_s is None else expire_after_s
        self._kept: OrderedDict[Hashable, Cached] = OrderedDict()  # least recently used first

    def __len__(self) -> int:
        """The number of cached answers, fresh or not."""
        return len(self._kept)

    def get(self, key: Hashable, now: float) -> Cached | None:
        """Return the answer for *key* if it is fresh at *now*, and count it as used; None is a miss."""
        cached = self._kept.get(key)
        if cached is None or now - cached.put_at >= self.expire_after_s:
            return None
        self._kept.move_to_end(key)
        return cached

    def put(self, key: Hashable, now: float, value: Any = None) -> None:
        """Store *value* for *key* as of *now*; evict the least recently used key if there are too many."""
        kept = self._kept
        kept[key] = Cached(value, now)
        kept.move_to_end(key)
        if len(kept) > self.entries:
            kept.popitem(last=False)

    def stale(self, key: Hashable) -> Cached | None:
        """Return the entry of *key*, however old, as a fallback."""
        return self._kept.get(key)

    def clear(self) -> None:
        """Forget everything: a cold start."""
        self._kept.clear()
