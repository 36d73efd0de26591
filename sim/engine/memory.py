"""Caches in front of a call: which calls need not be made, and which wait for another's answer.

A ``Memory`` belongs to a link, a ``Shelf`` of it to one operation there. Left out: what is in an answer (a cached
answer is always right), and the time that looking takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from sim.outcomes import OK

if TYPE_CHECKING:
    from sim.engine.armed import Errand
    from sim.policies.cache import Cache

Mark = Callable[[str, Any], None]


class Memory:
    """What the callers on one link remember of good answers."""

    __slots__ = ("cache_of", "coalesce", "hit_ratio", "uniform", "mark")

    def __init__(
        self, cache_of: Callable[[Errand], Cache], coalesce: bool, hit_ratio: float | None,
        uniform: Callable[[], float], mark: Mark,
    ) -> None:  # fmt: skip
        self.cache_of, self.coalesce = cache_of, coalesce
        self.hit_ratio, self.uniform = hit_ratio, uniform
        self.mark = mark


class Shelf:
    """The answers of one operation in a link's memory."""

    __slots__ = ("memory", "operation", "fetching")

    def __init__(self, memory: Memory, operation: str) -> None:
        self.memory, self.operation = memory, operation
        self.fetching: dict[tuple[Cache, float], list[Errand]] = {}
        """Those who wait for an answer that is being fetched, by cache and key."""

    def serves(self, errand: Errand) -> bool:
        """Answer *errand* from the cache, or let it wait for one who fetches already; False if it must go itself."""
        memory = self.memory
        if memory.hit_ratio is not None:
            hit = memory.uniform() < memory.hit_ratio
        else:
            cache = memory.cache_of(errand)
            hit = cache.get(self._key(errand), errand.step.env._now) is not None
        memory.mark("cache hit" if hit else "cache miss", errand)
        if hit:
            errand.step.succeed(errand, OK)
        elif memory.coalesce:
            return self._joins(errand)
        return hit

    def _joins(self, errand: Errand) -> bool:
        """Whether somebody fetches the same already; otherwise *errand* does from now on."""
        place = self._place(errand)
        waiters = self.fetching.get(place)
        if waiters is None:
            self.fetching[place] = []
            return False
        self.memory.mark("coalesced", errand)
        waiters.append(errand)
        return True

    def filled(self, errand: Errand, outcome: int) -> list[Errand]:
        """Keep the answer that *errand* brought, if it is a good one, and return who waited for it."""
        memory = self.memory
        if outcome == OK and memory.hit_ratio is None and errand.tries:
            memory.cache_of(errand).put(self._key(errand), errand.step.env._now, True)
        return self.left_empty(errand)

    def left_empty(self, errand: Errand) -> list[Errand]:
        """Return who waited for the answer that *errand* was to fetch; nobody fetches it any more."""
        if not errand.tries and not errand.courses:  # it was served, or waited itself
            return []
        return self.fetching.pop(self._place(errand), [])

    def expects(self, errand: Errand, waiters: list[Errand]) -> None:
        """*errand* fetches from now on, and *waiters* wait for it."""
        self.fetching[self._place(errand)] = waiters

    def _key(self, errand: Errand) -> tuple[str, float]:
        return self.operation, errand.request.key

    def _place(self, errand: Errand) -> tuple[Cache, float]:
        return self.memory.cache_of(errand), errand.request.key
