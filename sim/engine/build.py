"""From a resolved scenario to a system ready to run: codes, services, links, queues, clients, faults.

Everything that a run would otherwise look up is bound here. Only services and links that some fault touches get the
parts that faults need.
"""

from __future__ import annotations

from itertools import chain, count, repeat
from typing import TYPE_CHECKING, Any, Callable, Iterator

from sim.engine import arrivals, faults
from sim.engine.calls import (
    Attempt,
    ClientCall,
    CountedCall,
    GuardedCall,
    LeafCall,
    PlainCall,
    one_less,
)
from sim.engine.clients import Client, Source, User, no_keys, request_numbers
from sim.engine.compile import OperationCompiler
from sim.engine.kernel import Kernel
from sim.engine.links import FaultyNetwork, Network
from sim.engine.promises import promises
from sim.engine.queue import Delivery, Queue
from sim.engine.record import EffectSite, Site
from sim.engine.recorder import Recorder
from sim.engine.station import FreeReplica, FreeService, Replica, Service, balancer, counts_outstanding
from sim.engine.streams import Streams
from sim.policies.backoff import Backoff
from sim.policies.breaker import CircuitBreaker
from sim.outcomes import PENDING
from sim.policies.retry import Retry
from sim.quantities import UNLIMITED
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.calls import Then

_NO_LINK = models.Link()


class Building:
    """A system under construction, and then the system."""

    def __init__(self, scenario: models.Scenario, seed: int, replication: int, fast_leaves: bool = True) -> None:
        self.scenario = scenario
        self.kernel = Kernel(scenario.max_events)
        self.recorder = Recorder()
        self.streams = Streams(seed, replication, scenario.tables)
        self.attempt_ids = count().__next__
        self.message_ids = count().__next__
        self.request_numbers: Iterator[int] = request_numbers()
        self.sites: list[Site] = []
        self.effect_sites: list[EffectSite] = []
        self._effect_codes: dict[str, int] = {}
        self._note_effects()
        self.windows: list[tuple[str, float, float]] = []
        self.fault_begins = {
            name: self.streams.draw(fault.at, f"fault {name}", "at")() for name, fault in scenario.faults.items()
        }
        targets = {name: faults.target(fault) for name, fault in scenario.faults.items()}
        self.fragile = {targets[name] for name, f in scenario.faults.items() if isinstance(f, faults.TOUCHES)}
        self.freezable = {targets[name] for name, f in scenario.faults.items() if isinstance(f, faults.FREEZES)}
        self._faulty_links = {targets[name] for name, f in scenario.faults.items() if isinstance(f, faults.ON_LINKS)}
        self.operations = tuple(
            f"{service}.{operation}" for service, model in scenario.services.items() for operation in model.operations
        )
        self.services: dict[str, Service] = {}
        self.queues: dict[str, Queue] = {}
        self.networks: dict[str, Any] = {}
        self.breakers: dict[str, CircuitBreaker] = {}
        self._retries: dict[str, Retry] = {}
        self._balancers: dict[str, Callable[[], Replica]] = {}
        self._places: dict[str, int] = {}
        for name in (*scenario.workload, *scenario.services, *scenario.queues, *scenario.links):
            self.place(name)
        self._programs: dict[str, Then] = {}
        self._to_begin: list[tuple[Any, str]] = []
        self._leaves: list[tuple[LeafCall, Site]] = []
        self._only_work: dict[str, Any] = {}
        self.fast_leaves = fast_leaves
        self._build()

    def _build(self) -> None:
        scenario = self.scenario
        for name, model in scenario.services.items():
            self.services[name] = self._service(name, model)
        for code, (name, queue) in enumerate(scenario.queues.items()):
            self.queues[name] = Queue(self.kernel, self.recorder, name, code, self.place(name), queue, self.message_ids)
        for name, queue in scenario.queues.items():
            if queue.dead_letters is not None:
                self.queues[name].dead_letters = self.queues[queue.dead_letters]
        for name, model in scenario.services.items():
            for operation in model.operations:
                compiler = OperationCompiler(self, self.services[name], model, operation)
                self._programs[f"{name}.{operation}"] = compiler.program()
                self._only_work[f"{name}.{operation}"] = compiler.last_work
        for name, model in scenario.services.items():
            for queue_name, operation in model.consumes.items():
                self._consume(name, queue_name, operation)
        self.clients = {name: self._client(name, workload) for name, workload in scenario.workload.items()}
        for step, operation in self._to_begin:
            step.begin = self._programs[operation]
        for leaf, site in self._leaves:
            leaf.work = self._only_work[f"{site.callee}.{site.operation}"]
        faults.schedule(self)

    # --- codes --------------------------------------------------------------------------------------------

    def place(self, name: str) -> int:
        """Return the code of a node or a link, for causes."""
        return self._places.setdefault(name, len(self._places))

    @property
    def places(self) -> tuple[str, ...]:
        """The names of all places, by code."""
        return tuple(self._places)

    def _note_effects(self) -> None:
        """Number the effect steps, recipe by recipe."""
        for service, model in self.scenario.services.items():
            for operation, steps in model.operations.items():
                for path, step in _paths(steps, f"{service}.{operation}"):
                    if isinstance(step, models.Effect):
                        self._effect_codes[path] = len(self.effect_sites)
                        number = len([s for s in self.effect_sites if (s.service, s.operation) == (service, operation)])
                        self.effect_sites.append(EffectSite(step.effect, service, operation, number, step.once_per))

    def effect_code(self, path: str) -> int:
        """Return the code of the effect step at *path*."""
        return self._effect_codes[path]

    # --- services -----------------------------------------------------------------------------------------

    def _service(self, name: str, model: models.Service) -> Service:
        kernel = self.kernel
        kind = FreeService if model.while_calling == "free" else Service
        service = kind(kernel, name, self.place(name))
        if name in self.fragile:
            service.uniform = self.streams.uniform(name, "injected errors")
            service.uniform_after = self.streams.uniform(name, "injected errors after work")
        for index in range(model.replicas):
            if model.while_calling == "free":
                limit = UNLIMITED if model.in_flight is None else model.in_flight
                replica: Replica = FreeReplica(
                    kernel, service, index, model.workers, model.waiting, limit, self.recorder
                )
            else:
                replica = Replica(kernel, service, index, model.workers, model.waiting)
            if model.max_wait is not None:
                replica.patience = kernel.lane(model.max_wait, replica.withdraw)
            service.replicas.append(replica)
        return service

    def _consume(self, service: str, queue_name: str, operation: str) -> None:
        """Let the workers of *service* take from the queue."""
        queue = self.queues[queue_name]
        site = self._site(Site("delivery", queue_name, service, operation))
        delivery = Delivery(self.kernel, self.recorder, self.attempt_ids, site, queue)
        self._to_begin.append((delivery, f"{service}.{operation}"))
        network = self._network(f"{queue_name} -> {service}")
        delivery.network = network
        if network is not None:
            delivery.answer = network.answer
        for replica in self.services[service].replicas:
            replica.queues = (*replica.queues, queue)
            queue.add_consumer(replica, delivery)

    # --- calls --------------------------------------------------------------------------------------------

    def _site(self, site: Site) -> int:
        self.sites.append(site)
        return len(self.sites) - 1

    def call(
        self, kind: str, caller: str, callee: str, operation: str, caller_operation: str, deadline: bool = False
    ) -> PlainCall | GuardedCall:  # fmt: skip
        """Return the call step from one end to another, with the link's policies and network in it."""
        site = Site(kind, caller, callee, operation, caller_operation)
        link = self.scenario.links.get(site.link, _NO_LINK)
        code, place = self._site(site), self.place(site.link)
        step: PlainCall | GuardedCall
        if deadline or link.timeout is not None or link.retry is not None or link.breaker is not None:
            kind_of = ClientCall if caller in self.scenario.workload else GuardedCall
            step = kind_of(
                self.kernel, self.recorder, self.attempt_ids, code, place, link.timeout,
                self._retry(site.link, link), self._breaker(site.link, link),
            )  # fmt: skip
        elif kind == "call" and self._is_leaf(site):
            step = LeafCall(self.kernel, self.recorder, self.attempt_ids, code, self.services[callee].replicas[0])
            self._leaves.append((step, site))
            return step
        else:
            counted = kind == "call" and counts_outstanding(self.scenario.services[callee].balance)
            step = (CountedCall if counted else PlainCall)(self.kernel, self.recorder, self.attempt_ids, code)
        if kind == "send":
            step.deliver = self.queues[callee].arrive
        else:
            self._to_begin.append((step, f"{callee}.{operation}"))
            step.deliver = self._door(callee, site.link, step)
        self._route(step, site.link)
        return step

    def _is_leaf(self, site: Site) -> bool:
        """Whether a plain call of this site can go the fast way; see ``LeafCall``."""
        model = self.scenario.services[site.callee]
        steps = model.operations[site.operation]
        return (
            self.fast_leaves
            and len(steps) == 1
            and isinstance(steps[0], models.Work)
            and model.replicas == 1
            and model.while_calling == "hold"
            and model.max_wait is None
            and site.callee not in self.fragile
            and self._network(site.link) is None
        )

    def _door(self, callee: str, link: str, step: PlainCall | GuardedCall) -> Callable[[Attempt], None]:
        """Return the callee's door, behind a balancer where it has several replicas."""
        service, model = self.services[callee], self.scenario.services[callee]
        fragile = callee in self.fragile
        if len(service.replicas) == 1:
            return service.arrive_fragile if fragile else service.replicas[0].arrive
        if link not in self._balancers:
            uniform = self.streams.uniform(link, "balancing")
            self._balancers[link] = balancer(model.balance, service.replicas, uniform)
        choose = self._balancers[link]
        if not fragile and not counts_outstanding(model.balance):
            return lambda attempt: choose().arrive(attempt)
        enter = service.arrive_fragile if fragile else _arrive_at_chosen
        if not counts_outstanding(model.balance):

            def arrive(attempt: Attempt) -> None:
                attempt.replica = choose()
                enter(attempt)

            return arrive
        if isinstance(step, GuardedCall):
            step.settled = one_less

        def arrive_counted(attempt: Attempt) -> None:
            attempt.replica = replica = choose()
            if attempt.outcome == PENDING:  # its caller may have given it up on the way
                replica.outstanding += 1
            enter(attempt)

        return arrive_counted

    def _route(self, step: PlainCall | GuardedCall, link: str) -> None:
        """Put the link's network, if it has one, between the step and the callee's door."""
        network = self._network(link)
        if network is None:
            step.send = step.deliver
        else:
            step.send, step.answer = network.send, network.answer

    def _network(self, name: str) -> Network | None:
        """Return the network of a link, shared by all who use it, or None where it costs nothing."""
        if name in self.networks:
            found: Network = self.networks[name]
            return found
        link = self.scenario.links.get(name, _NO_LINK)
        faulty = name in self._faulty_links
        if link.latency.is_zero and link.loss == 0 and not faulty:
            return None
        streams = self.streams
        kind = FaultyNetwork if faulty else Network
        network = kind(
            self.kernel, self.place(name), streams.draw(link.latency, name, "out"),
            streams.draw(link.latency, name, "back"), link.loss, streams.uniform(name, "lost out"),
            streams.uniform(name, "lost back"),
        )  # fmt: skip
        self.networks[name] = network
        return network

    def _retry(self, name: str, link: models.Link) -> Retry | None:
        if link.retry is None:
            return None
        if name not in self._retries:
            uniform = self.streams.uniform(name, "jitter")
            self._retries[name] = Retry(
                link.retry.max_attempts, Backoff(link.retry.backoff, link.retry.jitter, uniform)
            )
        return self._retries[name]

    def _breaker(self, name: str, link: models.Link) -> CircuitBreaker | None:
        if link.breaker is None:
            return None
        if name not in self.breakers:
            events = self.recorder.events

            def note(now: float, state: str) -> None:
                events.append((now, f"breaker {state}", name, ""))

            model = link.breaker
            self.breakers[name] = CircuitBreaker(model.failures, model.open_for, model.probes, note)
        return self.breakers[name]

    # --- clients ------------------------------------------------------------------------------------------

    def _client(self, name: str, model: models.Workload) -> Client:
        streams = self.streams
        code = list(self.scenario.workload).index(name)
        client = Client(
            self.kernel, self.recorder, self.request_numbers, code, self.place(name), model.deadline, no_keys(),
            model.instances,
        )  # fmt: skip
        names, weights = _asked(model)
        for operation in names:
            service, _, inner = operation.partition(".")
            step = self.call("call", name, service, inner, "", deadline=model.deadline is not None)
            step.then, step.failed = client.answered, client.failed
            step.degraded = _client_degraded(client)
            client.starts.append(step.start)
            client.operations.append(float(self.operations.index(operation)))
        if model.keys is not None:
            client.keys = _flat(arrivals.key_blocks(model.keys, streams.generator(name, "keys")))
        if model.users is not None:
            self._users(name, model, client, names)
        else:
            self._sources(name, model, client, weights)
        return client

    def _sources(self, name: str, model: models.Workload, client: Client, weights: list[float]) -> None:
        """The workload's own arrivals, and a source of its own for every spike."""
        until_s, streams = self.scenario.duration, self.streams
        shape = model.rate
        if shape is not None and shape.path:
            shape = shape.with_counts(self.scenario.tables[shape.path])
        sources = [(name, shape)]
        for fault_name, fault in self.scenario.faults.items():
            if isinstance(fault, models.Spike) and fault.spike == name and shape is not None:
                begin = self.fault_begins[fault_name]
                end = min(begin + fault.for_, until_s)
                sources.append((f"{name} spike {fault_name}", arrivals.during(shape, fault.by, begin, end)))
        for component, rate in sources:
            times = arrivals.instants(model.arrivals, rate, until_s, streams.generator(component, "arrivals"))
            which: Iterator[list[int]] = repeat([0] * 4096)
            if len(weights) > 1:
                which = arrivals.choice_blocks(weights, streams.generator(component, "operation"))
            Source(self.kernel, client, times, which)

    def _users(self, name: str, model: models.Workload, client: Client, names: list[str]) -> None:
        """The users of a closed loop, each with streams of its own."""
        streams = self.streams
        if model.tasks is not None:
            tasks = [[names.index(operation) for operation in task.requests] for task in model.tasks.values()]
            weights = [float(task.weight) for task in model.tasks.values()]
        else:
            tasks = [[i] for i in range(len(names))]
            weights = _asked(model)[1]
        first = None
        if model.start is not None and model.tasks is not None:
            first = tasks[list(model.tasks).index(model.start)]
        for index in range(model.users or 0):
            component = f"{name} user {index}"
            draw_task = _flat(arrivals.choice_blocks(weights, streams.generator(component, "task")))
            think = streams.draw(model.think, component, "think")
            User(self.kernel, client, index, think, draw_task, tasks, first, self.scenario.duration)

    def promises(self) -> Any:
        """Return which effects each request promises."""
        return promises(self.scenario, self.effect_code)


def _asked(model: models.Workload) -> tuple[list[str], list[float]]:
    """Return the operations that a workload asks for, each once, and their weights (of a mix)."""
    if model.calls is not None:
        return [model.calls], [1.0]
    if model.mix is not None:
        return list(model.mix), [float(weight) for weight in model.mix.values()]
    names = [operation for task in (model.tasks or {}).values() for operation in task.requests]
    return list(dict.fromkeys(names)), []


def _flat(blocks: Iterator[list[int]]) -> Callable[[], int]:
    return chain.from_iterable(blocks).__next__


def _client_degraded(client: Client) -> Callable[[Any], None]:
    from sim.engine.recipe import Degraded

    return Degraded(client.answered).go_on


def _arrive_at_chosen(attempt: Attempt) -> None:
    attempt.replica.arrive(attempt)


def _paths(steps: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every step of a recipe with the path that names its streams and effects."""
    for i, step in enumerate(steps):
        here = f"{path}[{i}]"
        yield here, step
        if isinstance(step, models.Branch):
            yield from _paths(step.then, f"{here}.then")
            yield from _paths(step.else_, f"{here}.else")
        elif isinstance(step, models.Repeat):
            yield from _paths(step.steps, here)
        elif isinstance(step, models.Parallel):
            for j, inner in enumerate(step.parallel):
                yield from _paths(inner, f"{here}.parallel[{j}]")
        on_error = getattr(step, "on_error", "fail")
        if not isinstance(on_error, str):
            yield from _paths(on_error, f"{here}.on error")
