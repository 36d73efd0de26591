"""How calls, sends and deliveries are wired: from a step over the link's policies and network to the callee's door.

What a link shares (its network, its breaker, its balancer) is made once, when the first step asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from sim.engine.assembly.balancers import Balancers
from sim.engine.assembly.needs import is_single_work, needs_pipeline
from sim.engine.calls.attempt import Attempt
from sim.engine.calls.leaf import LeafCall
from sim.engine.calls.network import FaultyNetwork, Network
from sim.engine.calls.plain import CountedCall, PlainCall, one_less
from sim.engine.calls.retrying import ClientRetryingCall, RetryingCall
from sim.engine.messaging.queue import Delivery
from sim.engine.services.balancing import counts_outstanding
from sim.outcomes import OUTCOMES, PENDING
from sim.record.record import Site
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Then
    from sim.engine.calls.pipeline import PipelineCall
    from sim.engine.faults.capabilities import Needs
    from sim.engine.system import System
    from sim.policies.breaker import CircuitBreaker
    from sim.policies.retry import Retry

_NO_LINK = models.Link()


class Wiring:
    """Makes the call steps of one system."""

    def __init__(self, system: System, needs: Needs, fast_leaves: bool = True) -> None:
        self.system, self.needs, self.fast_leaves = system, needs, fast_leaves
        self._retries: dict[str, Retry] = {}
        self.balancers = Balancers(system)
        self.to_begin: list[tuple[Any, str]] = []
        """Steps and the operation they begin, which may not be compiled yet."""
        self.leaves: list[tuple[LeafCall, Site]] = []

    def connect(self, programs: dict[str, Then], only_work: dict[str, Any]) -> None:
        """Tell every step what it begins at its callee, once all recipes are compiled."""
        for step, operation in self.to_begin:
            step.begin = programs[operation]
        for leaf, site in self.leaves:
            leaf.work = only_work[f"{site.callee}.{site.operation}"]

    def consume(self, service: str, queue_name: str, operation: str) -> None:
        """Let the workers of *service* take from the queue."""
        queue = self.system.queues[queue_name]
        site = self._site(Site("delivery", queue_name, service, operation))
        delivery = Delivery(self.system.kernel, self.system.recorder, self.system.attempt_ids, site, queue)
        self.to_begin.append((delivery, f"{service}.{operation}"))
        network = self._network(f"{queue_name} -> {service}")
        delivery.network = network
        if network is not None:
            delivery.answer = network.answer
        for replica in self.system.services[service].replicas:
            replica.queues = (*replica.queues, queue)
            queue.add_consumer(replica, delivery)

    def _site(self, site: Site) -> int:
        self.system.sites.append(site)
        return len(self.system.sites) - 1

    def call(
        self, kind: str, caller: str, callee: str, operation: str, caller_operation: str, deadline: bool = False
    ) -> PlainCall | RetryingCall:
        """Return the call step from one end to another, with the link's policies and network in it."""
        system = self.system
        site = Site(kind, caller, callee, operation, caller_operation)
        link = system.scenario.links.get(site.link, _NO_LINK)
        code, component = self._site(site), system.component_code(site.link)
        step: PlainCall | RetryingCall
        if needs_pipeline(link):
            step = self._pipeline_call(site, link, code)
        elif deadline or link.timeout is not None or link.retry is not None or link.breaker is not None:
            kind_of = ClientRetryingCall if caller in system.scenario.workload else RetryingCall
            step = kind_of(
                system.kernel,
                system.recorder,
                system.attempt_ids,
                code,
                component,
                link.timeout,
                self._retry(site.link, link),
                self._breaker(site.link, link),
            )
        elif kind == "call" and self._is_leaf(site):
            step = LeafCall(
                system.kernel,
                system.recorder,
                system.attempt_ids,
                code,
                system.services[callee].replicas[0],
            )
            self.leaves.append((step, site))
            return step
        else:
            counted = kind == "call" and self._counts(callee)
            step = (CountedCall if counted else PlainCall)(system.kernel, system.recorder, system.attempt_ids, code)
        if kind == "send":
            step.deliver = system.queues[callee].arrive
        else:
            self.to_begin.append((step, f"{callee}.{operation}"))
            step.deliver = self._door(callee, site.link, step)
        if link.on_abandon != "continue":
            from sim.engine.calls.abandonment import drop_if_abandoned

            step.deliver = drop_if_abandoned(step.deliver)
        self._route(step, site.link)
        return step

    def _pipeline_call(self, site: Site, link: models.Link, code: int) -> PipelineCall:
        """Return a call step with all of the link's defences; only who needs them loads them."""
        from sim.engine.assembly.pipelines import PipelineBuilder, pipeline_call

        system, name = self.system, site.link
        if name not in system.pipelines:
            system.pipelines[name] = PipelineBuilder(system, self.balancers, name, link).pipeline()
        return pipeline_call(
            site.caller in system.scenario.workload,
            f"{site.callee}.{site.operation}",
            system.kernel,
            system.recorder,
            system.attempt_ids,
            code,
            system.component_code(name),
            link.timeout,
            self._retry(name, link),
            system.pipelines[name],
        )

    def _is_leaf(self, site: Site) -> bool:
        """Whether a plain call of this site can go the fast way; see ``LeafCall``."""
        model = self.system.scenario.services[site.callee]
        steps = model.operations[site.operation]
        return (
            self.fast_leaves
            and len(steps) == 1
            and isinstance(steps[0], models.Work)
            and model.replicas == 1
            and model.while_calling == "hold"
            and model.max_wait is None
            and model.health_checks is None
            and is_single_work(model, site.operation)
            and site.callee not in self.needs.can_die
            and self._network(site.link) is None
        )

    def _door(self, callee: str, link: str, step: PlainCall | RetryingCall) -> Callable[[Attempt], None]:
        """Return the callee's door, behind a balancer where it has several replicas, or checks."""
        rotation = self.system.services[callee].rotation
        door = self._open_door(callee, link, step)
        return door if rotation is None else rotation.guarding(door)

    def _open_door(self, callee: str, link: str, step: PlainCall | RetryingCall) -> Callable[[Attempt], None]:
        service = self.system.services[callee]
        can_die = callee in self.needs.can_die
        if len(service.replicas) == 1:
            return service.arrive_if_up if can_die else service.replicas[0].arrive
        choose = self.balancers.of(callee, link)
        enter: Then = service.arrive_if_up if can_die else _arrive_at_chosen
        if isinstance(step, RetryingCall) and step.chooses_replicas:
            if self._counts(callee):  # from when the attempt leaves, which is when its replica was chosen
                step.settled = one_less
            return enter
        if not can_die and not self._counts(callee):
            return lambda attempt: choose().arrive(attempt)
        if not self._counts(callee):

            def arrive(attempt: Attempt) -> None:
                attempt.replica = choose()
                enter(attempt)

            return arrive
        if isinstance(step, RetryingCall):
            step.settled = one_less

        def arrive_counted(attempt: Attempt) -> None:
            attempt.replica = replica = choose()
            if attempt.outcome == PENDING:  # its caller may have given it up on the way
                replica.outstanding += 1
            enter(attempt)

        return arrive_counted

    def _counts(self, callee: str) -> bool:
        """Whether a balancer counts what is outstanding at each replica of *callee*; with one there is no choice."""
        service = self.system.services[callee]
        return len(service.replicas) > 1 and counts_outstanding(self.system.scenario.services[callee].balance)

    def _route(self, step: PlainCall | RetryingCall, link: str) -> None:
        """Put the link's network, if it has one, between the step and the callee's door."""
        network = self._network(link)
        if network is None:
            step.send = step.deliver
        else:
            step.send, step.answer = network.send, network.answer

    def _network(self, name: str) -> Network | None:
        """Return the network of a link, shared by all who use it, or None where it costs nothing."""
        if name in self.system.networks:
            found: Network = self.system.networks[name]
            return found
        link = self.system.scenario.links.get(name, _NO_LINK)
        faulty = name in self.needs.links
        if link.latency.is_zero and link.loss == 0 and not faulty:
            return None
        streams = self.system.streams
        kind = FaultyNetwork if faulty else Network
        network = kind(
            self.system.kernel,
            self.system.component_code(name),
            streams.draw(link.latency, name, "out"),
            streams.draw(link.latency, name, "back"),
            link.loss,
            streams.uniform(name, "lost out"),
            streams.uniform(name, "lost back"),
        )
        self.system.networks[name] = network
        return network

    def _retry(self, name: str, link: models.Link) -> Retry | None:
        if link.retry is None:
            return None
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

    def _breaker(self, name: str, link: models.Link) -> CircuitBreaker | None:
        if link.breaker is None:
            return None
        if name not in self.system.breakers:
            from sim.policies.breaker import CircuitBreaker

            events = self.system.recorder.events

            def note(now: float, state: str) -> None:
                events.append((now, f"breaker {state}", name, ""))

            model = link.breaker
            self.system.breakers[name] = CircuitBreaker(model.failures, model.open_for, model.probes, note)
        return self.system.breakers[name]


def _arrive_at_chosen(attempt: Attempt) -> None:
    attempt.replica.arrive(attempt)
