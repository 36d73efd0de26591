"""How calls, sends and deliveries are wired: the kind of step that plays each, and the parts that a link's steps share.

There are two passes. The first makes the steps, while operations and clients are built around them. The second gives
each step its route, when all operations are compiled. The parts that a link's steps share (its retries, its breaker)
are made once, when the first step asks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

from sim.engine.assembly.needs import is_single_work, needs_pipeline
from sim.engine.assembly.routes import Routes
from sim.engine.calls.leaf import LeafCall
from sim.engine.calls.plain import PlainCall
from sim.engine.calls.recent_ends import counting_ends
from sim.engine.calls.retrying import ClientRetryingCall, RetryingCall
from sim.engine.messaging.delivery import Delivery
from sim.mechanisms.steps.facts import facts
from sim.outcomes import OUTCOMES
from sim.record.record import Site
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Then
    from sim.engine.calls.pipeline import PipelineCall
    from sim.engine.calls.recent_ends import RecentEnds
    from sim.engine.calls.step import Step
    from sim.engine.faults.capabilities import Needs
    from sim.engine.messaging.batches import BatchDelivery
    from sim.engine.messaging.queue import Queue
    from sim.engine.system import System
    from sim.policies.breaker import CircuitBreaker
    from sim.policies.retry import Retry


class Wiring:
    """Makes the call steps of one system."""

    def __init__(self, system: System, needs: Needs, fast_leaves: bool = True) -> None:
        self.system, self.needs, self.fast_leaves = system, needs, fast_leaves
        self.routes = Routes(system, needs)
        self.steps: list[tuple[Step, Site]] = []
        self.batches: list[BatchDelivery] = []
        self._retries: dict[str, Retry] = {}
        self._shared: dict[str, dict[str, Any]] = {}

    def bind(self, operations: Mapping[str, Then], only_work: Mapping[str, Any], batches: Mapping[str, Then]) -> None:
        """Give every step its route, once all operations are compiled; a leaf call plays the only work itself.

        *batches* are the starts of batches, by the link over which they are delivered.
        """
        for step, site in self.steps:
            operation = f"{site.callee}.{site.operation}"
            if isinstance(step, LeafCall):
                step.work = only_work[operation]
                step.route = self.routes.route(step, site, step.work_on)
            else:
                step.route = self.routes.route(step, site, operations.get(operation))
        for delivery in self.batches:
            site = self.system.sites[int(delivery.code)]
            delivery.join_route(operations[f"{site.callee}.{site.operation}"], batches[site.link])

    def watch(self, link: str, recent: RecentEnds) -> None:
        """Count the ends of the attempts on *link*."""
        for step, site in self.steps:
            if site.link == link:
                step.route.settled = counting_ends(step.route.settled, recent)

    def consume(self, service: str, queue_name: str, operation: str) -> None:
        """Let the workers of *service* take from the queue."""
        system, queue = self.system, self.system.queues[queue_name]
        site = Site("delivery", queue_name, service, operation)
        code, batches = self._declare(site), system.scenario.services[service].batches
        if queue_name in batches:
            delivery = self._batch_delivery(code, queue, service, batches[queue_name])
        else:
            delivery = Delivery(system.kernel, system.recorder, system.attempt_ids, code, queue)
        self._add(delivery, site)
        for replica in system.services[service].replicas:
            replica.queues = (*replica.queues, queue)
            queue.add_consumer(replica, delivery.start)

    def _batch_delivery(self, code: int, queue: Queue, service: str, model: models.BatchConsumer) -> Delivery:
        """Return the deliveries of *queue* in batches."""
        from sim.engine.messaging.batches import BatchDelivery

        system = self.system
        found = BatchDelivery(
            system.kernel, system.recorder, system.attempt_ids, code, queue, system.services[service], model
        )
        self.batches.append(found)
        return found

    def call(
        self, kind: str, caller: str, callee: str, operation: str, caller_operation: str, deadline: bool = False
    ) -> PlainCall | RetryingCall:
        """Return the call or send step from one end to another, with the link's policies in it."""
        system = self.system
        site = Site(kind, caller, callee, operation, caller_operation)
        link = system.scenario.link(site.link, operation)
        code, component = self._declare(site), system.component_code(site.link)
        step: PlainCall | RetryingCall
        if any(needs_pipeline(one) for one in system.scenario.link(site.link).versions):
            return self._pipeline_call(site, link, code)
        if deadline or link.timeout is not None or link.retry is not None or link.breaker is not None:
            kind_of = ClientRetryingCall if caller in system.scenario.workload else RetryingCall
            step = kind_of(
                system.kernel,
                system.recorder,
                system.attempt_ids,
                code,
                component,
                link.timeout,
                self._retry(site, link),
                self._breaker(site, link),
            )
        elif kind == "call" and self._is_leaf(site):
            replica = system.services[callee].replicas[0]
            step = LeafCall(system.kernel, system.recorder, system.attempt_ids, code, replica)
        else:
            step = PlainCall(system.kernel, system.recorder, system.attempt_ids, code)
        if isinstance(step, RetryingCall):
            step.can_die = caller in self.needs.can_die
        self._add(step, site)
        return step

    def _declare(self, site: Site) -> int:
        self.system.sites.append(site)
        return len(self.system.sites) - 1

    def _add(self, step: Step, site: Site) -> None:
        """Remember *step* for ``bind``; its network is made now, so that components have their codes in this order."""
        self.routes.network(site.link)
        self.steps.append((step, site))

    def _pipeline_call(self, site: Site, link: models.Link, code: int) -> PipelineCall:
        """Return a call step with all of the link's defences; they are loaded only where a link has some.

        The innermost of its stages has the route.
        """
        from sim.engine.assembly.pipelines import PipelineBuilder, pipeline_calls

        system, name = self.system, site.link
        key = name, site.operation if site.operation in system.scenario.link(name).operations else ""
        if key not in system.pipelines:
            shared = self._shared.setdefault(name, {})
            builder = PipelineBuilder(system, self.routes.balancers, name, link, key[1], shared)
            system.pipelines[key] = builder.pipelines()
        steps = pipeline_calls(
            system.pipelines[key],
            site.caller in system.scenario.workload,
            f"{site.callee}.{site.operation}",
            link.timeout,
            self._retry(site, link),
            system.kernel,
            system.recorder,
            system.attempt_ids,
            code,
            system.component_code(name),
        )
        for step in steps:
            step.can_die = site.caller in self.needs.can_die
        self._add(steps[-1], site)
        return steps[0]

    def _is_leaf(self, site: Site) -> bool:
        """Whether a plain call of this site can go the fast way; see ``LeafCall``."""
        model = self.system.scenario.services[site.callee]
        steps = model.operations[site.operation]
        return (
            self.fast_leaves
            and len(steps) == 1
            and facts(steps[0]).work is not None
            and model.replicas == 1
            and model.while_calling == "hold"
            and model.max_wait is None
            and model.health_checks is None
            and is_single_work(model, site.operation)
            and site.callee not in self.needs.can_die
            and site.link not in self.needs.watched
            and site.callee not in self.needs.shares_cores
            and self.routes.network(site.link) is None
        )

    def _owner(self, site: Site, field: str) -> str:
        """Return whose policy a *field* holds at *site*: the link's, or that of an operation that has its own."""
        own = field in self.system.scenario.own_policies(site.link, site.operation)
        return f"{site.link}.{site.operation}" if own else site.link

    def _retry(self, site: Site, link: models.Link) -> Retry | None:
        if link.retry is None:
            return None
        name = self._owner(site, "retry")
        if name not in self._retries:
            from sim.policies.backoff import Backoff
            from sim.policies.retry import Retry

            uniform = self.system.streams.uniform(name, "jitter")
            self._retries[name] = Retry(
                link.retry.max_attempts,
                Backoff(link.retry.backoff, link.retry.jitter, uniform),
                [OUTCOMES.index(outcome) for outcome in link.retry.on],
            )
        return self._retries[name]

    def _breaker(self, site: Site, link: models.Link) -> CircuitBreaker | None:
        if link.breaker is None:
            return None
        name = self._owner(site, "breaker")
        if name not in self.system.breakers:
            from sim.policies.breaker import CircuitBreaker

            events, of = self.system.recorder.events, site.link
            whose = "" if name == of else site.operation

            def note(now: float, state: str) -> None:
                events.append((now, f"breaker {state}", of, whose))

            model = link.breaker
            self.system.breakers[name] = CircuitBreaker(model.failures, model.open_for, model.probes, note)
        return self.system.breakers[name]
