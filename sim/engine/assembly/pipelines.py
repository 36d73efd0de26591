"""From the defences that a link declares to the pipeline of its calls: each policy is made once per scope."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.engine.assembly.needs import undeclared
from sim.engine.calls.breaker_rules import AskedBreakerStrategy, WokenBreaker
from sim.engine.calls.caching import LinkCache, OperationCache
from sim.engine.calls.pipeline import ClientPipelineCall, Pipeline, PipelineCall
from sim.engine.calls.scope import Scope
from sim.engine.calls.state import CacheScope
from sim.engine.calls.strategies import (
    AdmissionStrategy,
    BreakerStrategy,
    BulkheadPlaces,
    BulkheadStrategy,
    RateLimitStrategy,
    ReplicaBreakerStrategy,
    Strategy,
    ThrottleStrategy,
)
from sim.engine.services.balancing import balancer
from sim.errors import not_played
from sim.fields.zones import counts, zone_of
from sim.mechanisms.links.order import POLICIES, order_of, stages
from sim.record.recorder import MarkCodes, reason_code
from sim.scenario import models
from sim.scenario.models.links import LINK_DEFENCES

if TYPE_CHECKING:
    from sim.engine.assembly.balancers import Balancers
    from sim.engine.services.host_set import HostSet
    from sim.engine.services.replica import Replica
    from sim.engine.system import System
    from sim.mechanisms.links.outlier_detection import OutlierDetection
    from sim.mechanisms.links.subset import Subset
    from sim.mechanisms.links.zone_routing import ZoneRouting
    from sim.policies.cache import Cache
    from sim.policies.hedge import Hedge
    from sim.policies.max_duration import MaxDuration
    from sim.policies.pushback import Pushback
    from sim.policies.retry import Retry

Stage = tuple[Pipeline, bool, bool]
"""The pipeline of one stage, and whether the link's timeout, and its retries, are in it."""


class PipelineBuilder:
    """Builds the pipelines of one link; each declared defence calls its methods (``sim.mechanisms.links.parts``).

    With an *operation* they are those of an override. Its policies that learn or count are the ones in *shared*, which
    the builders of a link have in common, unless the override states its own.
    """

    def __init__(
        self, system: System, balancers: Balancers, name: str, link: models.Link, operation: str, shared: dict[str, Any]
    ) -> None:
        self.system, self.balancers, self.name, self.link = system, balancers, name, link
        self.operation, self.shared = operation, shared
        self.own = system.scenario.own_policies(name, operation)
        self.component = system.component_code(name)
        self.caller, _, self.callee = name.partition(" -> ")
        self.made: Pipeline
        self.strategies: list[Strategy]

    def pipelines(self) -> list[Stage]:
        """Return the stages of the link's policies, outermost first; in the usual order there is one."""
        for field in undeclared(self.link):
            raise not_played(f"defence of the link {self.name}", field)
        found = stages(order_of(self.link))
        made = [self._stage(names, is_last=names is found[-1]) for names in found]
        made[0][0].total_timeout_s = self.link.total_timeout
        return made

    def _stage(self, names: Sequence[str], is_last: bool) -> Stage:
        """Return the pipeline of the policies with these *names*; the last has what concerns the attempts sent, too."""
        self.made, self.strategies = Pipeline(self._mark()), []
        for field, defence in LINK_DEFENCES.items():
            is_here = field in names if field in POLICIES else is_last
            if is_here and (value := defence.given(self.link)) is not None:
                self.field = field
                defence.build(self, value)
        self.made.strategies = tuple(self.strategies)
        self.made.propagates = self.link.propagate_deadline
        return self.made, "timeout" in names, "retry" in names

    def _mark(self) -> Callable[[str, Any], None]:
        """Return a function that notes a decision about a logical call in the record."""
        write, kernel, component = self.system.recorder.marks.rows.write, self.system.kernel, float(self.component)
        codes = MarkCodes()

        def mark(kind: str, logical_call: Any) -> None:
            write((kernel.now, codes[kind], component, logical_call.request.id))

        return mark

    def _is_own(self, part: str = "") -> bool:
        """Whether the policy that is being built, or a *part* of it, is that of one operation."""
        return (part or self.field) in self.own

    def _common(self, make: Callable[[], Any], part: str = "") -> Any:
        """Return the policy that is being built: the operation's own, or the link's, which is made when it is new."""
        if self._is_own(part):
            return make()
        key = part or self.field
        if key not in self.shared:
            self.shared[key] = make()
        return self.shared[key]

    def _owner_words(self) -> Callable[[str], str]:
        """Return how an event names one policy of a scope: with its operation, where that has its own."""
        own = [self.operation] if self._is_own() else []
        return lambda whose: ", ".join([*own, *filter(None, [whose])])

    def _by_scope(self, scope: str, make: Callable[[str], Any], part: str = "") -> Scope:
        """Return where the policy of a sequence is found: one for the link, or one for each caller, made when new."""
        found: Scope = self._common(lambda: self._new_scope(scope, make), part)
        return found

    def _new_scope(self, scope: str, make: Callable[[str], Any]) -> Scope:
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

    @property
    def timeout_s(self) -> float:
        """The longest time of one attempt; infinite without a timeout."""
        return inf if self.link.timeout is None else float(self.link.timeout)

    def uniform(self, purpose: str) -> Callable[[], float]:
        """Return random numbers from [0, 1), from a stream of the link for this *purpose*."""
        owner = f"{self.name}.{self.operation}" if self._is_own() else self.name
        return self.system.streams.uniform(owner, purpose)

    # --- strategies: asked before each attempt --------------------------------------------------------------------

    def admit(self, scope: str, make: Callable[[], Any], reason: str) -> None:
        """Ask a policy before each attempt."""
        policies = self._by_scope(scope, lambda whose: make())
        self.strategies.append(AdmissionStrategy(policies, reason_code(self.component, reason)))

    def admit_by_outcomes(self, scope: str, make: Callable[[], Any], reason: str) -> None:
        """Ask a policy that learns which attempts the callee accepted."""
        policies = self._by_scope(scope, lambda whose: make())
        self.strategies.append(ThrottleStrategy(policies, reason_code(self.component, reason)))

    def break_circuit(
        self, scope: str, make: Callable[[Callable[[float, str], None]], Any], reason: str, retries_only: bool,
        by_rules: bool = False,
    ) -> None:  # fmt: skip
        """Ask a circuit breaker, of the link, of each caller or of each replica of the callee."""
        code, events, name = reason_code(self.component, reason), self.system.recorder.events, self.name
        named = self._owner_words()

        def new(owner: str) -> Any:
            whose = named(owner)
            if not by_rules:
                return make(lambda now, state: events.append((now, f"breaker {state}", name, whose)))
            woken = WokenBreaker(self.system.kernel, events, name, whose)
            woken.breaker = make(woken.changed)
            return woken.breaker

        if scope != "callee":
            strategy = AskedBreakerStrategy if by_rules else BreakerStrategy
            self.strategies.append(strategy(self._by_scope(scope, new), code, retries_only))
            return
        replicas = self.system.services[self.callee].replicas
        breakers = self._common(lambda: {replica: new(f"replica {replica.index}") for replica in replicas})
        choose, choices = self.balancers.of(self.callee, self.name), self.balancers.choices(self.callee)
        self.strategies.append(ReplicaBreakerStrategy(choose, choices, breakers, code, retries_only))

    def eject_outliers(self, model: OutlierDetection, scope: str, reason: str) -> None:
        """Let the detector of each scope choose the replica of an attempt, and learn how it ended."""
        from sim.engine.calls.ejecting import OutlierStrategy
        from sim.engine.services.outlier_view import OutlierView

        system, service = self.system, self.system.services[self.callee]
        uniform, choosing, known_to = self.uniform("outlier detection"), self._choosing(), self._known_to()
        named = self._owner_words()

        def new(whose: str) -> OutlierView:
            events = system.recorder.events
            return OutlierView(
                system.kernel, events, service, known_to(whose), self.name, named(whose), model, choosing, uniform
            )

        strategy = OutlierStrategy(self._by_scope(scope, new), reason_code(self.component, reason))
        self.strategies.append(strategy)
        if model.split_local_errors:
            self.made.connecting = strategy.connecting

    def know_subset(self, model: Subset, reason: str) -> None:
        """Let each caller's balancer choose from its subset; with outlier detection that does."""
        if self.link.outlier_detection is None:
            self._look_for_itself(reason)

    def prefer_zone(self, model: ZoneRouting, reason: str) -> None:
        """Let each caller's balancer choose the zone first; a view that the caller has anyway does."""
        if self.link.outlier_detection is None and self.link.subset is None:
            self._look_for_itself(reason)

    def _look_for_itself(self, reason: str) -> None:
        """Give each caller a view of the callee's replicas."""
        from sim.engine.calls.own_views import OwnViewStrategy
        from sim.engine.services.caller_view import CallerView

        system, service = self.system, self.system.services[self.callee]
        checks = system.scenario.services[self.callee].health_checks
        choosing, known_to = self._choosing(), self._known_to()

        def new(whose: str) -> CallerView:
            events = system.recorder.events
            return CallerView(system.kernel, events, service, known_to(whose), self.name, whose, checks, choosing)

        self.strategies.append(OwnViewStrategy(self._by_scope("caller", new), reason_code(self.component, reason)))

    def _choosing(self) -> Callable[[HostSet, str], Callable[[], Replica]]:
        """Return what makes the balancer of a caller over its host set."""
        service, balance = self.system.services[self.callee], self.system.scenario.services[self.callee].balance
        balancing, latencies = self.uniform("balancing"), self.balancers.latencies(self.callee, self.name)

        def make(replicas: Sequence[Replica]) -> Callable[[], Replica]:
            return balancer(balance, replicas, balancing, latencies, service.slow_starts)

        model = self.link.zone_routing
        if model is None:
            return lambda hosts, whose: make(hosts.replicas)
        from sim.engine.services.zones import ZoneBalancer

        scenario, uniform, count = self.system.scenario, self.uniform("zones"), self._count_callers()
        of_callers, of_replicas = scenario.zones[self.caller], scenario.zones[self.callee]

        def choosing(hosts: HostSet, whose: str) -> Callable[[], Replica]:
            own = zone_of(of_callers, int(whose.removeprefix("caller ")))
            zone_of_replica = partial(zone_of, of_replicas)
            return ZoneBalancer(
                hosts, own, zone_of_replica, count, model.rule, float(model.enabled), uniform, make
            ).choose

        return choosing

    def _count_callers(self) -> Callable[[], dict[str, int]]:
        """Return what counts the callers in each zone: those that there are now."""
        zones = self.system.scenario.zones[self.caller]
        if self.caller in self.system.scenario.workload:
            always = counts(zones, range(self.system.scenario.workload[self.caller].instances))
            return lambda: always
        service = self.system.services[self.caller]
        return lambda: counts(zones, (one.index for one in service.pool))

    def _known_to(self) -> Callable[[str], Callable[[], Sequence[Replica]]]:
        """Return what says, for each caller, which replicas it knows: its subset, or all."""
        service, model = self.system.services[self.callee], self.link.subset
        if model is None:
            return lambda whose: lambda: service.pool
        from sim.policies.subsets import Subsets

        if "subsets" not in self.shared:  # a caller knows the same replicas, whatever it calls
            draw = partial(self.system.streams.uniform, self.name)
            self.shared["subsets"] = Subsets(model.size, model.choice == "deterministic", draw)
        subsets = self.shared["subsets"]

        def known_to(whose: str) -> Callable[[], Sequence[Replica]]:
            caller = int(whose.removeprefix("caller "))
            return lambda: subsets.of(caller, service.pool, [one.index for one in service.pool])

        return known_to

    def limit_rate(self, scope: str, make: Callable[[], Any], reason: str, waits: bool, most_s: float) -> None:
        """Take a token from a bucket, or wait for one."""
        buckets, index = self._by_scope(scope, lambda whose: make()), len(self.strategies)
        code = reason_code(self.component, reason)
        self.strategies.append(RateLimitStrategy(buckets, code, self.system.kernel, waits, most_s, index))

    def limit_concurrency(
        self, scope: str, places: int, reason: str, most_waiting: float, max_wait_s: float | None
    ) -> None:
        """Hold one of *places* while an attempt is out."""
        bulkheads, index = self._by_scope(scope, lambda whose: BulkheadPlaces(places)), len(self.strategies)
        code = reason_code(self.component, reason)
        self.strategies.append(BulkheadStrategy(bulkheads, code, self.system.kernel, most_waiting, max_wait_s, index))

    # --- the other parts ------------------------------------------------------------------------------------------

    def pay_for_retries(self, scope: str, make: Callable[[], Any], hedges: bool, holds: bool) -> None:
        """Let each retry take from a budget, and each hedge; one that *holds* them counts all attempts that are out."""
        self.made.budget = budgets = self._by_scope(scope, lambda whose: make(), "budget")
        self.made.pays_for_hedges, self.made.holds_retries = hedges, holds
        if holds:
            from sim.engine.calls.retries import InFlightStrategy

            self.strategies.append(InFlightStrategy(budgets, reason_code(self.component, "retry budget")))

    def limit_retries(self, max_duration: MaxDuration | None, pushback: Pushback | None) -> None:
        """Limit the time over all attempts, and obey what the callee asks for."""
        from sim.engine.calls.retries import RetryLimits

        self.made.retry_limits = limits = RetryLimits(self.system.kernel, self.made.mark)
        limits.max_duration, limits.pushback = max_duration, pushback

    def limit_call(self, total_s: float) -> None:
        """End the call, whatever is under way: its outermost stage has the timer (``pipelines``)."""

    def hedge(self, policy: Hedge) -> None:
        """Send a second attempt when *policy* says so."""
        self.made.hedge = self._common(lambda: policy)

    def cache(self, scope: str, make: Callable[[], Cache], coalesce: bool, hit_ratio: float | None) -> None:
        """Put the cache, with the answers that are being fetched, in front of the call."""
        self.made.link_cache = self._common(lambda: self._cache(scope, make, coalesce, hit_ratio))

    def _cache(self, scope: str, make: Callable[[], Cache], coalesce: bool, hit_ratio: float | None) -> LinkCache:
        caches: dict[str, Cache] = {}

        def new(whose: str) -> CacheScope:
            caches[whose] = make()
            return CacheScope(caches[whose])

        def forget(replica: Replica) -> None:
            if f"caller {replica.index}" in caches:
                caches[f"caller {replica.index}"].clear()

        if scope == "caller" and self.caller in self.system.services:
            self.system.services[self.caller].on_restart.append(forget)
        uniform = self.uniform("cache hits")
        return LinkCache(self._new_scope(scope, new), coalesce, hit_ratio, uniform, self.made.mark)

    def fall_back(self, kind: str) -> None:
        """Continue with a stand-in answer when the call fails."""
        self.made.fallback = kind

    def propagate_deadline(self) -> None:
        """Send the time that is left of the caller's deadline with each attempt."""
        self.made.propagates = True

    def on_abandon(self, how: str) -> None:
        """Set whether the callee drops or cancels an attempt that its caller gave up."""
        self.made.on_abandon = how

    def accept_late_answers(self) -> None:
        """Let a good answer to an attempt that timed out end the call."""
        self.made.accepts_late = True


def _instance(frame: Any) -> int:
    """Which client process sends the request that is *frame*."""
    return int(frame.instance)


def _replica(frame: Any) -> int:
    """Which replica plays the operation of *frame*."""
    return int(frame.replica.index)


def pipeline_calls(
    found: Sequence[Stage],
    of_client: bool,
    operation: str,
    timeout_s: float | None,
    retry: Retry | None,
    *arguments: Any,
) -> list[PipelineCall]:
    """Return the call step of *operation* (``service.operation``), stage by stage, outermost first.

    *arguments* are the first ones of ``PipelineCall``.
    """
    total_s = found[0][0].total_timeout_s
    kinds = _kinds(len(found), of_client, total_s is not None)
    steps = [
        kind(*(*arguments, timeout_s if has_timeout else None, retry if has_retry else None, pipeline))
        for kind, (pipeline, has_timeout, has_retry) in zip(kinds, found, strict=True)
    ]
    if total_s is not None:
        steps[0].limit(total_s, arguments[4])  # type: ignore[attr-defined]
    link_cache = steps[0].pipeline.link_cache
    if link_cache is not None:
        steps[0].operation_cache = OperationCache(link_cache, operation)
    for step, inner in pairwise(steps):
        step.contain(inner)  # type: ignore[attr-defined]
    if any(step.counts_refusals for step in steps):
        for step in steps:
            step.counts_refusals = True
    return steps


def _kinds(count: int, of_client: bool, limited: bool) -> list[type[PipelineCall]]:
    """Return the kinds of *count* stages, outermost first; the usual order, with one, needs no stage.

    *limited*: the outermost ends the call at its total timeout.
    """
    if limited:
        from sim.engine.calls import total_timeout as timed

        if count == 1:
            return [timed.ClientTimedCall if of_client else timed.TimedCall]
        first: type[PipelineCall] = timed.ClientTimedStage if of_client else timed.TimedStage
        return [first, *_kinds(count, of_client, False)[1:]]
    if count == 1:
        return [ClientPipelineCall if of_client else PipelineCall]
    from sim.engine.calls.stages import ClientOuterStage, InnerStage, MiddleStage, OuterStage

    return [ClientOuterStage if of_client else OuterStage, *[MiddleStage] * (count - 2), InnerStage]
