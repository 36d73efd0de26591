"""From a link's defences in the scenario to the arms of its calls: each policy made once for each of its scope."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.assembly.needs import judges_rates, link_defences
from sim.engine.calls.caching import LinkCache, OperationCache
from sim.engine.calls.pipeline import ClientPipelineCall, Pipeline, PipelineCall
from sim.engine.calls.scope import Scope
from sim.engine.calls.state import CacheScope
from sim.engine.calls.strategies import (
    BreakerStrategy,
    BulkheadPlaces,
    BulkheadStrategy,
    RateLimitStrategy,
    ReplicaBreakerStrategy,
    Strategy,
    ThrottleStrategy,
)
from sim.errors import not_played
from sim.policies.breaker import Breaker, CircuitBreaker
from sim.policies.budget import RetryBudget, RetryQuota
from sim.policies.cache import Cache
from sim.policies.hedge import Hedge
from sim.policies.limiter import TokenBucket
from sim.policies.throttle import AdaptiveThrottle
from sim.policies.window_breaker import WindowBreaker
from sim.record.recorder import MarkCodes, reason_code
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.assembly.balancers import Balancers
    from sim.engine.services.replica import Replica
    from sim.engine.system import System


class PipelineBuilder:
    """Makes the arms of one link."""

    def __init__(self, system: System, balancers: Balancers, name: str, link: models.Link) -> None:
        self.system, self.balancers, self.name, self.link = system, balancers, name, link
        self.component = system.component_code(name)
        self.caller, _, self.callee = name.partition(" -> ")

    def pipeline(self) -> Pipeline:
        """Return what every call on the link carries."""
        link = self.link
        for field in link_defences(link):
            if field not in _GATES and field not in _PARTS:
                raise not_played(f"defence of the link {self.name}", field)
        pipeline = Pipeline(self._mark())
        strategies: list[Strategy] = []
        for field, strategy in _GATES.items():
            if (model := getattr(link, field)) is not None:
                strategies.append(strategy(self, model, len(strategies)))
        pipeline.strategies = tuple(strategies)
        for field, put in _PARTS.items():
            if (model := getattr(link, field)) is not None:
                put(self, pipeline, model)
        return pipeline

    def _mark(self) -> Callable[[str, Any], None]:
        """Return a function that notes a decision about an errand in the record."""
        write, env, component = self.system.recorder.marks.write, self.system.kernel.env, float(self.component)
        codes = MarkCodes()

        def mark(kind: str, logical_call: Any) -> None:
            write((env._now, codes[kind], component, logical_call.request.number))

        return mark

    def _by_scope(self, scope: str, make: Callable[[str], Any]) -> Scope:
        """Return where the policy of a course is found: one for the link, or one for each caller, made when new."""
        if scope == "link":
            policy = make("")
            return Scope(policy, lambda sequence: policy)
        made: dict[int, Any] = {}
        key_of = _instance if self.caller in self.system.scenario.workload else _replica

        def of(sequence: Any) -> Any:
            key = key_of(sequence.frame)
            if key not in made:
                made[key] = make(f"caller {key}")
            return made[key]

        return Scope(None, of)

    def breaker(self, model: models.Breaker, index: int) -> Strategy:
        """Return the gate of a circuit breaker."""
        reason, retries_only = reason_code(self.component, "breaker open"), model.guards == "retries"
        if model.scope != "callee":
            scope = self._by_scope(model.scope, lambda whose: self._new_breaker(model, whose))
            return BreakerStrategy(scope, reason, retries_only)
        replicas = self.system.services[self.callee].replicas
        breakers = {replica: self._new_breaker(model, f"replica {replica.index}") for replica in replicas}
        choose, choices = self.balancers.of(self.callee, self.name), self.balancers.choices(self.callee)
        return ReplicaBreakerStrategy(choose, choices, breakers, reason, retries_only)

    def _new_breaker(self, model: models.Breaker, whose: str) -> Breaker:
        events, name = self.system.recorder.events, self.name

        def note(now: float, state: str) -> None:
            events.append((now, f"breaker {state}", name, whose))

        if not judges_rates(model):
            return CircuitBreaker(model.failures, model.open_for, model.probes, note)
        return WindowBreaker(
            failure_rate=model.failure_rate,
            slow_rate=model.slow_rate,
            slow_call_s=model.slow_call,
            calls=model.calls,
            window_s=model.window,
            minimum_calls=model.minimum_calls,
            open_for_s=model.open_for,
            probes=model.probes,
            on_change=note,
        )

    def throttle(self, model: models.Throttle, index: int) -> Strategy:
        """Return the gate of adaptive throttling."""
        uniform = self.system.streams.uniform(self.name, "throttling")
        scope = self._by_scope(model.scope, lambda whose: AdaptiveThrottle(model.factor, model.window, uniform))
        return ThrottleStrategy(scope, reason_code(self.component, "throttled"))

    def limit(self, model: models.CallLimit, index: int) -> Strategy:
        """Return the gate of a rate limit; *index* is its place among the gates."""
        scope = self._by_scope(model.scope, lambda whose: TokenBucket(model.rate, model.burst))
        most_s = inf if model.max_wait is None else float(model.max_wait)
        reason = reason_code(self.component, "rate limit")
        return RateLimitStrategy(scope, reason, self.system.kernel, model.when_full == "wait", most_s, index)

    def bulkhead(self, model: models.Bulkhead, index: int) -> Strategy:
        """Return the gate of a bulkhead; *index* is its place among the gates."""
        scope = self._by_scope(model.scope, lambda whose: BulkheadPlaces(model.max_concurrent_calls))
        reason = reason_code(self.component, "bulkhead full")
        return BulkheadStrategy(scope, reason, self.system.kernel, model.max_waiting, model.max_wait, index)

    def budget(self, pipeline: Pipeline, retry: models.Retry) -> None:
        """Put the retry budget into *pipeline*."""
        model = retry.budget
        if model is None:
            return

        def make(whose: str) -> RetryBudget | RetryQuota:
            if model.refund:
                return RetryQuota(int(model.capacity), int(model.cost))
            return RetryBudget(model.capacity, model.per_try, model.per_success, model.cost)

        pipeline.budget = self._by_scope(model.scope, make)

    def hedge(self, pipeline: Pipeline, model: models.Hedge) -> None:
        """Put the hedge into *pipeline*."""
        pipeline.hedge = Hedge(model.after, model.percentile, model.most)

    def cache(self, pipeline: Pipeline, model: models.Cache) -> None:
        """Put the cache, with its answers on their way, into *pipeline*."""
        caches: dict[str, Cache] = {}

        def make(whose: str) -> CacheScope:
            caches[whose] = Cache(model.entries, model.expire_after)
            return CacheScope(caches[whose])

        def forget(replica: Replica) -> None:
            if f"caller {replica.index}" in caches:
                caches[f"caller {replica.index}"].clear()

        if model.scope == "caller" and self.caller in self.system.services:
            self.system.services[self.caller].on_restart.append(forget)
        uniform = self.system.streams.uniform(self.name, "cache hits")
        pipeline.link_cache = LinkCache(
            self._by_scope(model.scope, make), model.coalesce, model.hit_ratio, uniform, pipeline.mark
        )

    def fallback(self, pipeline: Pipeline, kind: str) -> None:
        """Put the fallback into *pipeline*."""
        pipeline.fallback = kind

    def deadline(self, pipeline: Pipeline, propagates: bool) -> None:
        """Let *pipeline* pass on how much time is left."""
        pipeline.propagates = propagates

    def abandon(self, pipeline: Pipeline, how: str) -> None:
        """Say in *pipeline* what happens to an attempt that was given up."""
        pipeline.on_abandon = how

    def late_answers(self, pipeline: Pipeline, how: str) -> None:
        """Say in *pipeline* whether an answer counts that comes after its timeout."""
        pipeline.accepts_late = how == "accept"


_GATES: dict[str, Callable[[PipelineBuilder, Any, int], Strategy]] = {
    "breaker": PipelineBuilder.breaker,
    "throttle": PipelineBuilder.throttle,
    "limit": PipelineBuilder.limit,
    "bulkhead": PipelineBuilder.bulkhead,
}
"""What makes the gates of a link, by its fields, in the order in which an attempt passes them."""

_PARTS: dict[str, Callable[[PipelineBuilder, Pipeline, Any], None]] = {
    "retry": PipelineBuilder.budget,
    "hedge": PipelineBuilder.hedge,
    "cache": PipelineBuilder.cache,
    "fallback": PipelineBuilder.fallback,
    "propagate_deadline": PipelineBuilder.deadline,
    "on_abandon": PipelineBuilder.abandon,
    "late_answers": PipelineBuilder.late_answers,
}
"""What puts the other defences of a link into its arms, by its fields."""


def _instance(frame: Any) -> int:
    """Which client process sends the request that is *frame*."""
    return int(frame.instance)


def _replica(frame: Any) -> int:
    """Which replica plays the recipe of *frame*."""
    return int(frame.replica.index)


def pipeline_call(of_client: bool, operation: str, *arguments: Any) -> PipelineCall:
    """Return the armed call step of *operation* (``service.operation``); *arguments* are those of ``PipelineCall``."""
    step = (ClientPipelineCall if of_client else PipelineCall)(*arguments)
    if step.pipeline.link_cache is not None:
        step.operation_cache = OperationCache(step.pipeline.link_cache, operation)
    return step
