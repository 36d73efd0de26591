"""From a link's defences in the scenario to the arms of its calls: each policy made once for each of its scope."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.armed import Arms, ArmedCall, ArmedClientCall
from sim.engine.defended import is_by_rates
from sim.engine.gates import BreakerGate, BulkheadGate, Gate, LimitGate, Places, ReplicaBreakers, Scope, ThrottleGate
from sim.engine.memory import Drawer, Memory, Shelf
from sim.engine.record import MARKS
from sim.engine.recorder import cause
from sim.policies.breaker import Breaker, CircuitBreaker
from sim.policies.budget import RetryBudget, RetryQuota
from sim.policies.cache import Cache
from sim.policies.hedge import Hedge
from sim.policies.limiter import TokenBucket
from sim.policies.throttle import AdaptiveThrottle
from sim.policies.window_breaker import WindowBreaker
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.build import Building
    from sim.engine.replica import Replica


class Arming:
    """Makes the arms of one link."""

    def __init__(self, house: Building, name: str, link: models.Link) -> None:
        self.house, self.name, self.link = house, name, link
        self.place = house.place(name)
        self.caller, _, self.callee = name.partition(" -> ")

    def arms(self) -> Arms:
        """Return what every call on the link carries."""
        link = self.link
        arms = Arms(self._mark())
        arms.gates = self._gates()
        if link.retry is not None and link.retry.budget is not None:
            arms.budget = self._budget(link.retry.budget)
        if link.hedge is not None:
            arms.hedge = Hedge(link.hedge.after, link.hedge.percentile, link.hedge.most)
        if link.cache is not None:
            arms.memory = self._memory(link.cache, arms.mark)
        arms.fallback = link.fallback
        arms.propagates = link.propagate_deadline
        arms.on_abandon = link.on_abandon
        arms.accepts_late = link.late_answers == "accept"
        return arms

    def _mark(self) -> Callable[[str, Any], None]:
        """Return a function that notes a decision about an errand in the record."""
        write, env, place = self.house.recorder.marks.write, self.house.kernel.env, float(self.place)
        codes = {kind: float(code) for code, kind in enumerate(MARKS)}

        def mark(kind: str, errand: Any) -> None:
            write((env._now, codes[kind], place, errand.request.number))

        return mark

    def _gates(self) -> tuple[Gate, ...]:
        link, gates = self.link, list[Gate]()
        if link.breaker is not None:
            gates.append(self._breaker(link.breaker))
        if link.throttle is not None:
            gates.append(ThrottleGate(self._throttle(link.throttle), cause(self.place, "throttled")))
        if link.limit is not None:
            gates.append(self._limit(link.limit, len(gates)))
        if link.bulkhead is not None:
            gates.append(self._bulkhead(link.bulkhead, len(gates)))
        return tuple(gates)

    def _by_scope(self, scope: str, make: Callable[[str], Any]) -> Scope:
        """Return where the policy of a course is found: one for the link, or one for each caller, made when new."""
        if scope == "link":
            policy = make("")
            return Scope(policy, lambda course: policy)
        made: dict[int, Any] = {}
        key_of = _instance if self.caller in self.house.scenario.workload else _replica

        def of(course: Any) -> Any:
            key = key_of(course.frame)
            if key not in made:
                made[key] = make(f"caller {key}")
            return made[key]

        return Scope(None, of)

    def _breaker(self, model: models.Breaker) -> Gate:
        why, retries_only = cause(self.place, "breaker open"), model.guards == "retries"
        if model.scope != "callee":
            scope = self._by_scope(model.scope, lambda whose: self._new_breaker(model, whose))
            return BreakerGate(scope, why, retries_only)
        replicas = self.house.services[self.callee].replicas
        breakers = {replica: self._new_breaker(model, f"replica {replica.index}") for replica in replicas}
        wiring = self.house.wiring
        choose, choices = wiring.balancer(self.callee, self.name), wiring.choices(self.callee)
        return ReplicaBreakers(choose, choices, breakers, why, retries_only)

    def _new_breaker(self, model: models.Breaker, whose: str) -> Breaker:
        events, name = self.house.recorder.events, self.name

        def note(now: float, state: str) -> None:
            events.append((now, f"breaker {state}", name, whose))

        if not is_by_rates(model):
            return CircuitBreaker(model.failures, model.open_for, model.probes, note)
        return WindowBreaker(
            failure_rate=model.failure_rate, slow_rate=model.slow_rate, slow_call_s=model.slow_call,
            calls=model.calls, window_s=model.window, minimum_calls=model.minimum_calls,
            open_for_s=model.open_for, probes=model.probes, on_change=note,
        )  # fmt: skip

    def _throttle(self, model: models.Throttle) -> Scope:
        uniform = self.house.streams.uniform(self.name, "throttling")
        return self._by_scope(model.scope, lambda whose: AdaptiveThrottle(model.factor, model.window, uniform))

    def _limit(self, model: models.CallLimit, index: int) -> Gate:
        scope = self._by_scope(model.scope, lambda whose: TokenBucket(model.rate, model.burst))
        most_s = inf if model.max_wait is None else float(model.max_wait)
        why = cause(self.place, "rate limit")
        return LimitGate(scope, why, self.house.kernel, model.when_full == "wait", most_s, index)

    def _bulkhead(self, model: models.Bulkhead, index: int) -> Gate:
        scope = self._by_scope(model.scope, lambda whose: Places(model.max_concurrent_calls))
        why = cause(self.place, "bulkhead full")
        return BulkheadGate(scope, why, self.house.kernel, model.max_waiting, model.max_wait, index)

    def _budget(self, model: models.RetryBudget) -> Scope:
        def make(whose: str) -> RetryBudget | RetryQuota:
            if model.refund:
                return RetryQuota(int(model.capacity), int(model.cost))
            return RetryBudget(model.capacity, model.per_try, model.per_success, model.cost)

        return self._by_scope(model.scope, make)

    def _memory(self, model: models.Cache, mark: Callable[[str, Any], None]) -> Memory:
        caches: dict[str, Cache] = {}

        def make(whose: str) -> Drawer:
            caches[whose] = Cache(model.entries, model.expire_after)
            return Drawer(caches[whose])

        def forget(replica: Replica) -> None:
            if f"caller {replica.index}" in caches:
                caches[f"caller {replica.index}"].clear()

        if model.scope == "caller" and self.caller in self.house.services:
            self.house.services[self.caller].on_restart.append(forget)
        uniform = self.house.streams.uniform(self.name, "cache hits")
        return Memory(self._by_scope(model.scope, make), model.coalesce, model.hit_ratio, uniform, mark)


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
