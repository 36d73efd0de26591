"""Where routes are made: from each step over its link's network to its endpoint, and back.

The steps are made first, because the operations that they begin may not be compiled yet. Their routes follow when all
are compiled. The parts that the steps of a link share (its network, its balancer) are made once. ``calls.route``
explains the parts.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.assembly.balancers import Balancers
from sim.engine.calls.ends import refuse
from sim.engine.calls.network import FaultyNetwork, Network
from sim.engine.calls.route import Route
from sim.engine.messaging.delivery import Delivery
from sim.engine.services.balancing import counts_outstanding
from sim.outcomes import PENDING

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.calls.route import Endpoint, Transport, Verb
    from sim.engine.calls.step import Step
    from sim.engine.faults.capabilities import Needs
    from sim.engine.services.interfaces import Rotation
    from sim.engine.system import System
    from sim.record.record import Site


class Routes:
    """Makes the routes of one system's steps."""

    def __init__(self, system: System, needs: Needs) -> None:
        self.system, self.needs = system, needs
        self.balancers = Balancers(system)

    def route(self, step: Step, site: Site, begin: Verb | None) -> Route:
        """Return the way of the attempts of *step* at *site*, which *begin* an operation at their endpoint."""
        deliver, settled = self._endpoint(step, site)
        if step.drops_abandoned:
            from sim.engine.calls.abandonment import drop_if_abandoned

            deliver = drop_if_abandoned(deliver)
        transport: Transport | None = self.network(site.link)
        if transport is None:
            return Route(deliver, deliver, begin, step.receive, settled)
        send = self._choosing_at_send(step, site, transport.send) if self._chooses_at_send(site) else transport.send
        return Route(send, deliver, begin, transport.answer, settled)

    def network(self, name: str) -> Network | None:
        """Return the network of a link, shared by all that use it, or None where it costs nothing."""
        if name in self.system.networks:
            found: Network = self.system.networks[name]
            return found
        link = self.system.scenario.link(name)
        is_faulty = name in self.needs.links
        out, back = link.latencies
        if out.is_zero and back.is_zero and link.losses == (0, 0) and not is_faulty:
            return None
        streams = self.system.streams
        parts = (
            self.system.kernel,
            self.system.component_code(name),
            streams.draw(out, name, "out"),
            streams.draw(back, name, "back"),
            link.losses,
            streams.uniform(name, "lost out"),
            streams.uniform(name, "lost back"),
        )
        network: Network
        if name in self.needs.paths:
            from sim.engine.calls.paths import PathNetwork

            network = PathNetwork(*parts, partial(streams.uniform, name))
        else:
            network = FaultyNetwork(*parts) if is_faulty else Network(*parts)
        self.system.networks[name] = network
        return network

    def _chooses_at_send(self, site: Site) -> bool:
        """Whether the replica of an attempt is chosen before the network: some fault strikes a path to a replica."""
        return site.link in self.needs.paths and site.kind == "call"

    def _choosing_at_send(self, step: Step, site: Site, send: Verb) -> Verb:
        """Let a balancer choose the replica of each attempt that is sent, unless a policy has done so."""
        if not step.chooses_replicas:
            choose = self.balancers.of(site.callee, site.link)
            send = _choosing_and_counting(choose, send) if self._counts(site.callee) else _choosing(choose, send)
        rotation = self.system.services[site.callee].rotation
        return send if rotation is None or self._has_view(site) else _refusing_while_closed(rotation, send)

    def _endpoint(self, step: Step, site: Site) -> tuple[Verb, Verb | None]:
        """Return what delivers to the endpoint, and what to call when an attempt has ended for its caller, or None."""
        if site.kind == "send":
            queue: Endpoint = self.system.queues[site.callee]
            return queue.deliver, None
        if isinstance(step, Delivery):
            return step.deliver, None
        service = self.system.services[site.callee]
        counts = self._counts(site.callee)
        deliver: Verb
        if site.callee in self.needs.can_die:
            deliver = service.deliver_if_up
        else:
            replica: Endpoint = service.replicas[0]
            deliver = replica.deliver if len(service.replicas) == 1 else _deliver_to_chosen
        at_send = self._chooses_at_send(site)
        if len(service.replicas) > 1 and not step.chooses_replicas and not at_send:
            choose = self.balancers.of(site.callee, site.link)
            deliver = _choosing_and_counting(choose, deliver) if counts else _choosing(choose, deliver)
        pipelines = self.system.pipelines
        stages = pipelines.get((site.link, site.operation)) or pipelines.get((site.link, ""))
        if stages is not None and (connecting := stages[-1][0].connecting) is not None:
            deliver = connecting(deliver)
        if service.rotation is not None and not at_send and not self._has_view(site):
            deliver = service.rotation.guarding(deliver)
        latencies = self.balancers.latencies(site.callee, site.link) if counts else None
        settled = _one_less_outstanding if latencies is None else latencies.settled
        return deliver, settled if counts else None

    def _has_view(self, site: Site) -> bool:
        """Whether each caller of the link has its own view of the replicas, which heeds the health checks itself."""
        link = self.system.scenario.link(site.link, site.operation)
        return any(one is not None for one in (link.outlier_detection, link.subset, link.zone_routing))

    def _counts(self, callee: str) -> bool:
        """Whether a balancer counts what is outstanding at each replica of *callee*; with one there is no choice."""
        service = self.system.services[callee]
        return len(service.replicas) > 1 and counts_outstanding(self.system.scenario.services[callee].balance)


def _deliver_to_chosen(attempt: Attempt) -> None:
    attempt.replica.deliver(attempt)


def _choosing(choose: Callable[[], Any], deliver: Verb) -> Verb:
    """Let a balancer choose the replica of each attempt that arrives."""
    if deliver is _deliver_to_chosen:
        return lambda attempt: choose().deliver(attempt)

    def deliver_to_one(attempt: Attempt) -> None:
        attempt.replica = choose()
        deliver(attempt)

    return deliver_to_one


def _choosing_and_counting(choose: Callable[[], Any], deliver: Verb) -> Verb:
    """The same for a balancer that counts what is outstanding at each replica."""

    def deliver_and_count(attempt: Attempt) -> None:
        attempt.replica = replica = choose()
        if attempt.outcome == PENDING:  # its caller may have given it up on the way
            replica.outstanding += 1
        deliver(attempt)

    return deliver_and_count


def _one_less_outstanding(attempt: Attempt) -> None:
    attempt.replica.outstanding -= 1


def _refusing_while_closed(rotation: Rotation, send: Verb) -> Verb:
    """Let the sender refuse attempts while health checks leave no replica to choose, else *send*."""

    def send_if_open(attempt: Attempt) -> None:
        if rotation.is_closed:
            refuse(attempt, rotation.unhealthy)
        else:
            send(attempt)

    return send_if_open
