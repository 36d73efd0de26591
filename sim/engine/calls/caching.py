"""Caches in front of a call: which calls need not be made, and which wait for another's answer.

A ``Memory`` belongs to a link, a ``Shelf`` of it to one operation there. Left out: what is in an answer (a cached
answer is always right), and the time that looking takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.outcomes import OK

if TYPE_CHECKING:
    from sim.engine.calls.scope import Scope
    from sim.engine.calls.state import Errand

Mark = Callable[[str, Any], None]


class Memory:
    """What the callers on one link remember of good answers."""

    __slots__ = ("drawers", "coalesce", "hit_ratio", "uniform", "mark")

    def __init__(
        self, drawers: Scope, coalesce: bool, hit_ratio: float | None, uniform: Callable[[], float], mark: Mark
    ) -> None:  # fmt: skip
        self.drawers, self.coalesce = drawers, coalesce
        self.hit_ratio, self.uniform = hit_ratio, uniform
        self.mark = mark


class Shelf:
    """The answers of one operation in a link's memory."""

    __slots__ = ("memory", "operation")

    def __init__(self, memory: Memory, operation: str) -> None:
        self.memory, self.operation = memory, operation

    def serves(self, errand: Errand) -> bool:
        """Answer *errand* from the cache, or let it wait for one who fetches already; False if it must go itself."""
        memory, drawers = self.memory, self.memory.drawers
        errand.drawer = drawer = drawers.only if drawers.only is not None else drawers.of(errand)
        errand.key = key = (self.operation, errand.request.key)
        if memory.hit_ratio is not None:
            hit = memory.uniform() < memory.hit_ratio
        else:
            hit = drawer.cache.get(key, errand.step.env._now) is not None
        memory.mark("cache hit" if hit else "cache miss", errand)
        if hit:
            errand.step.succeed(errand, OK)
        elif memory.coalesce:
            return self._joins(errand)
        return hit

    def _joins(self, errand: Errand) -> bool:
        """Whether somebody fetches the same already; otherwise *errand* does from now on."""
        fetching = errand.drawer.fetching
        waiters = fetching.get(errand.key)
        if waiters is None:
            fetching[errand.key] = []
            return False
        self.memory.mark("coalesced", errand)
        waiters.append(errand)
        return True

    def filled(self, errand: Errand, outcome: int) -> Sequence[Errand]:
        """Keep the answer that *errand* brought, if it is a good one, and return who waited for it."""
        if outcome == OK and self.memory.hit_ratio is None and errand.tries:
            errand.drawer.cache.put(errand.key, errand.step.env._now, True)
        return self.left_empty(errand)

    def left_empty(self, errand: Errand) -> Sequence[Errand]:
        """Return who waited for the answer that *errand* was to fetch; nobody fetches it any more."""
        if not errand.tries and not errand.courses:  # it was served, or waited itself
            return ()
        return errand.drawer.fetching.pop(errand.key, ())

    def expects(self, errand: Errand, waiters: list[Errand]) -> None:
        """*errand* fetches from now on, and *waiters* wait for it."""
        errand.drawer.fetching[errand.key] = waiters
