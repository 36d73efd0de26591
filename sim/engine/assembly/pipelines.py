"""From a link's defences in the scenario to the arms of its calls: each policy made once for each of its scope."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.assembly.needs import is_by_rates, link_defences
from sim.engine.calls.caching import Memory, Shelf
from sim.engine.calls.pipeline import ArmedCall, ArmedClientCall, Arms
from sim.engine.calls.scope import Scope
from sim.engine.calls.state import Drawer
from sim.engine.calls.strategies import (
    BreakerGate,
    BulkheadGate,
    Gate,
    LimitGate,
    Places,
    ReplicaBreakers,
    ThrottleGate,
)
from sim.errors import not_played
from sim.policies.breaker import Breaker, CircuitBreaker
from sim.policies.budget import RetryBudget, RetryQuota
from sim.policies.cache import Cache
from sim.policies.hedge import Hedge
from sim.policies.limiter import TokenBucket
from sim.policies.throttle import AdaptiveThrottle
from sim.policies.window_breaker import WindowBreaker
from sim.record.recorder import MarkCodes, cause
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.assembly.balancers import Balancers
    from sim.engine.services.replica import Replica
    from sim.engine.system import System


class Arming:
    """Makes the arms of one link."""

    def __init__(self, system: System, balancers: Balancers, name: str, link: models.Link) -> None:
        self.system, self.balancers, self.name, self.link = system, balancers, name, link
        self.place = system.place(name)
        self.caller, _, self.callee = name.partition(" -> ")

    def arms(self) -> Arms:
        """Return what every call on the link carries."""
        link = self.link
        for field in link_defences(link):
            if field not in _GATES and field not in _PARTS:
                raise not_played(f"defence of the link {self.name}", field)
        arms = Arms(self._mark())
        gates: list[Gate] = []
        for field, gate in _GATES.items():
            if (model := getattr(link, field)) is not None:
                gates.append(gate(self, model, len(gates)))
        arms.gates = tuple(gates)
        for field, put in _PARTS.items():
            if (model := getattr(link, field)) is not None:
                put(self, arms, model)
        return arms

    def _mark(self) -> Callable[[str, Any], None]:
        """Return a function that notes a decision about an errand in the record."""
        write, env, place = self.system.recorder.marks.write, self.system.kernel.env, float(self.place)
        codes = MarkCodes()

        def mark(kind: str, errand: Any) -> None:
            write((env._now, codes[kind], place, errand.request.number))

        return mark

    def _by_scope(self, scope: str, make: Callable[[str], Any]) -> Scope:
        """Return where the policy of a course is found: one for the link, or one for each caller, made when new."""
        if scope == "link":
            policy = make("")
            return Scope(policy, lambda course: policy)
        made: dict[int, Any] = {}
        key_of = _instance if self.caller in self.system.scenario.workload else _replica

        def of(course: Any) -> Any:
            key = key_of(course.frame)
            if key not in made:
                made[key] = make(f"caller {key}")
            return made[key]

        return Scope(None, of)

    def breaker(self, model: models.Breaker, index: int) -> Gate:
        """Return the gate of a circuit breaker."""
        why, retries_only = cause(self.place, "breaker open"), model.guards == "retries"
        if model.scope != "callee":
            scope = self._by_scope(model.scope, lambda whose: self._new_breaker(model, whose))
            return BreakerGate(scope, why, retries_only)
        replicas = self.system.services[self.callee].replicas
        breakers = {replica: self._new_breaker(model, f"replica {replica.index}") for replica in replicas}
        choose, choices = self.balancers.of(self.callee, self.name), self.balancers.choices(self.callee)
        return ReplicaBreakers(choose, choices, breakers, why, retries_only)

    def _new_breaker(self, model: models.Breaker, whose: str) -> Breaker:
        events, name = self.system.recorder.events, self.name

        def note(now: float, state: str) -> None:
            events.append((now, f"breaker {state}", name, whose))

        if not is_by_rates(model):
            return CircuitBreaker(model.failures, model.open_for, model.probes, note)
        return WindowBreaker(
            failure_rate=model.failure_rate, slow_rate=model.slow_rate, slow_call_s=model.slow_call,
            calls=model.calls, window_s=model.window, minimum_calls=model.minimum_calls,
            open_for_s=model.open_for, probes=model.probes, on_change=note,
        )  # fmt: skip

    def throttle(self, model: models.Throttle, index: int) -> Gate:
        """Return the gate of adaptive throttling."""
        uniform = self.system.streams.uniform(self.name, "throttling")
        scope = self._by_scope(model.scope, lambda whose: AdaptiveThrottle(model.factor, model.window, uniform))
        return ThrottleGate(scope, cause(self.place, "throttled"))

    def limit(self, model: models.CallLimit, index: int) -> Gate:
        """Return the gate of a rate limit; *index* is its place among the gates."""
        scope = self._by_scope(model.scope, lambda whose: TokenBucket(model.rate, model.burst))
        most_s = inf if model.max_wait is None else float(model.max_wait)
        why = cause(self.place, "rate limit")
        return LimitGate(scope, why, self.system.kernel, model.when_full == "wait", most_s, index)

    def bulkhead(self, model: models.Bulkhead, index: int) -> Gate:
        """Return the gate of a bulkhead; *index* is its place among the gates."""
        scope = self._by_scope(model.scope, lambda whose: Places(model.max_concurrent_calls))
        why = cause(self.place, "bulkhead full")
        return BulkheadGate(scope, why, self.system.kernel, model.max_waiting, model.max_wait, index)

    def budget(self, arms: Arms, retry: models.Retry) -> None:
        """Put the retry budget into *arms*."""
        model = retry.budget
        if model is None:
            return

        def make(whose: str) -> RetryBudget | RetryQuota:
            if model.refund:
                return RetryQuota(int(model.capacity), int(model.cost))
            return RetryBudget(model.capacity, model.per_try, model.per_success, model.cost)

        arms.budget = self._by_scope(model.scope, make)

    def hedge(self, arms: Arms, model: models.Hedge) -> None:
        """Put the hedge into *arms*."""
        arms.hedge = Hedge(model.after, model.percentile, model.most)

    def cache(self, arms: Arms, model: models.Cache) -> None:
        """Put the cache, with its answers on their way, into *arms*."""
        caches: dict[str, Cache] = {}

        def make(whose: str) -> Drawer:
            caches[whose] = Cache(model.entries, model.expire_after)
            return Drawer(caches[whose])

        def forget(replica: Replica) -> None:
            if f"caller {replica.index}" in caches:
                caches[f"caller {replica.index}"].clear()

        if model.scope == "caller" and self.caller in self.system.services:
            self.system.services[self.caller].on_restart.append(forget)
        uniform = self.system.streams.uniform(self.name, "cache hits")
        arms.memory = Memory(self._by_scope(model.scope, make), model.coalesce, model.hit_ratio, uniform, arms.mark)

    def fallback(self, arms: Arms, kind: str) -> None:
        """Put the fallback into *arms*."""
        arms.fallback = kind

    def deadline(self, arms: Arms, propagates: bool) -> None:
        """Let *arms* pass on how much time is left."""
        arms.propagates = propagates

    def abandon(self, arms: Arms, how: str) -> None:
        """Say in *arms* what happens to an attempt that was given up."""
        arms.on_abandon = how

    def late_answers(self, arms: Arms, how: str) -> None:
        """Say in *arms* whether an answer counts that comes after its timeout."""
        arms.accepts_late = how == "accept"


_GATES: dict[str, Callable[[Arming, Any, int], Gate]] = {
    "breaker": Arming.breaker, "throttle": Arming.throttle, "limit": Arming.limit, "bulkhead": Arming.bulkhead,
}  # fmt: skip
"""What makes the gates of a link, by its fields, in the order in which an attempt passes them."""

_PARTS: dict[str, Callable[[Arming, Arms, Any], None]] = {
    "retry": Arming.budget, "hedge": Arming.hedge, "cache": Arming.cache, "fallback": Arming.fallback,
    "propagate_deadline": Arming.deadline, "on_abandon": Arming.abandon, "late_answers": Arming.late_answers,
}  # fmt: skip
"""What puts the other defences of a link into its arms, by its fields."""


def _instance(frame: Any) -> int:
    """Which client process sends the request that is *frame*."""
    return int(frame.instance)


def _replica(frame: Any) -> int:
    """Which replica plays the recipe of *frame*."""
    return int(frame.replica.index)


def armed_call(of_client: bool, operation: str, *arguments: Any) -> ArmedCall:
    """Return the armed call step of *operation* (``service.operation``); *arguments* are those of ``ArmedCall``."""
    step = (ArmedClientCall if of_client else ArmedCall)(*arguments)
    if step.arms.memory is not None:
        step.shelf = Shelf(step.arms.memory, operation)
    return step
