"""Caches in front of a call: which calls need not be made, and which wait for another's answer.

A ``LinkCache`` belongs to a link, an ``OperationCache`` to one operation on it. Not modelled: what is in an answer (a
cached answer is always right), and the time that looking takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.outcomes import OK

if TYPE_CHECKING:
    from sim.engine.calls.scope import Scope
    from sim.engine.calls.state import LogicalCall

Mark = Callable[[str, Any], None]


class LinkCache:
    """What the callers on one link remember of good answers."""

    __slots__ = ("scopes", "coalesce", "hit_ratio", "uniform", "mark")

    def __init__(
        self, scopes: Scope, coalesce: bool, hit_ratio: float | None, uniform: Callable[[], float], mark: Mark
    ) -> None:
        self.scopes, self.coalesce = scopes, coalesce
        self.hit_ratio, self.uniform = hit_ratio, uniform
        self.mark = mark


class OperationCache:
    """The answers of one operation in a link's cache."""

    __slots__ = ("link_cache", "operation")

    def __init__(self, link_cache: LinkCache, operation: str) -> None:
        self.link_cache, self.operation = link_cache, operation

    def try_serve(self, logical_call: LogicalCall) -> bool:
        """Answer *logical_call* from the cache or let it wait for a fetch under way; False if it must fetch itself."""
        link_cache, scopes = self.link_cache, self.link_cache.scopes
        logical_call.cache_scope = cache_scope = scopes.only if scopes.only is not None else scopes.of(logical_call)
        logical_call.key = key = (self.operation, logical_call.request.key)
        if link_cache.hit_ratio is not None:
            hit = link_cache.uniform() < link_cache.hit_ratio
        else:
            hit = cache_scope.cache.get(key, logical_call.step.kernel.now) is not None
        link_cache.mark("cache hit" if hit else "cache miss", logical_call)
        if hit:
            logical_call.step.succeed(logical_call, OK)
        elif link_cache.coalesce:
            return self._join_fetch(logical_call)
        return hit

    def _join_fetch(self, logical_call: LogicalCall) -> bool:
        """Whether another call fetches the same already; otherwise *logical_call* does from now on."""
        fetching = logical_call.cache_scope.fetching
        waiters = fetching.get(logical_call.key)
        if waiters is None:
            fetching[logical_call.key] = []
            return False
        self.link_cache.mark("coalesced", logical_call)
        waiters.append(logical_call)
        return True

    def store_and_release(self, logical_call: LogicalCall, outcome: int) -> Sequence[LogicalCall]:
        """Keep the answer that *logical_call* brought, if it is good, and return the calls that waited for it."""
        if outcome == OK and self.link_cache.hit_ratio is None and logical_call.tries:
            logical_call.cache_scope.cache.put(logical_call.key, logical_call.step.kernel.now, True)
        return self.release_waiters(logical_call)

    def release_waiters(self, logical_call: LogicalCall) -> Sequence[LogicalCall]:
        """Return the calls that waited for the answer that *logical_call* was to fetch, which no call fetches now."""
        if not logical_call.tries and not logical_call.sequences:  # it was served, or waited itself
            return ()
        return logical_call.cache_scope.fetching.pop(logical_call.key, ())

    def take_over(self, logical_call: LogicalCall, waiters: list[LogicalCall]) -> None:
        """*logical_call* fetches from now on, and *waiters* wait for it."""
        logical_call.cache_scope.fetching[logical_call.key] = waiters
