"""From a resolved scenario to a system ready to run: codes, services, links, queues, clients, faults.

Everything that a run would otherwise look up is bound here. Only services and links that some fault touches get the
parts that faults need, and the modules of parts that few systems have are imported where one has them.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Iterator, cast

from sim.engine.assembly import clients as audience
from sim.engine.assembly.needs import is_guarded
from sim.engine.assembly.operations import OperationCompiler
from sim.engine.assembly.wiring import Wiring
from sim.engine.clients.clients import request_numbers
from sim.engine.clock.kernel import Kernel
from sim.engine.clock.streams import Streams
from sim.engine.messaging.queue import Queue
from sim.engine.operations.expected_effects import promises
from sim.engine.operations.stores import Store
from sim.engine.services.replica import FreeReplica, Replica
from sim.engine.services.service import FreeService, Service
from sim.quantities import UNLIMITED, Law
from sim.record.record import EffectSite, Site
from sim.record.recorder import Recorder
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.calls.basic import Then
    from sim.engine.clock.drawn_timers import DrawnPatience
    from sim.engine.clock.kernel import Lane
    from sim.engine.faults.windows import Span
    from sim.engine.services.admission import Guarded
    from sim.engine.services.autoscaling import Fleet
    from sim.policies.breaker import CircuitBreaker
    from sim.scenario.rules.fault_targets import Strikes


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
        self.strikes: dict[str, Strikes] = {}
        self.spans: dict[str, list[Span]] = {}
        self.fragile, self.freezable, self.paced, self.faulty_links = set[str](), set[str](), set[str](), set[str]()
        if scenario.faults:
            self._expect_faults()
        self.windows = [(name, *span) for name, spans in self.spans.items() for span in spans]
        cancellable = {name.split(" -> ")[1] for name, link in scenario.links.items() if link.on_abandon == "cancel"}
        self.fragile |= cancellable
        self.freezable |= cancellable
        self.operations = tuple(
            f"{service}.{operation}" for service, model in scenario.services.items() for operation in model.operations
        )
        self.services: dict[str, Service] = {}
        self.fleets: list[Fleet] = []
        self.stores = {name: Store() for name in scenario.stores}
        self.queues: dict[str, Queue] = {}
        self.networks: dict[str, Any] = {}
        self.breakers: dict[str, CircuitBreaker] = {}
        self._places: dict[str, int] = {}
        for name in (*scenario.workload, *scenario.services, *scenario.queues, *scenario.links, *scenario.stores):
            self.place(name)
        self._programs: dict[str, Then] = {}
        self._only_work: dict[str, Any] = {}
        self.fast_leaves = fast_leaves
        self.wiring = Wiring(self)
        self._build()

    def _expect_faults(self) -> None:
        """Draw the windows of all faults, and note what has to be built for them."""
        from sim.engine import faults
        from sim.scenario.rules.fault_targets import strikes

        scenario = self.scenario
        self.strikes = {name: strikes(scenario, fault) for name, fault in scenario.faults.items()}
        self.spans = faults.spans(scenario, self.streams)
        needs = faults.needs(scenario, self.strikes)
        self.fragile, self.freezable, self.paced = needs.fragile, needs.freezable, needs.paced
        self.faulty_links = needs.links

    def _build(self) -> None:
        scenario = self.scenario
        for name, model in scenario.services.items():
            self.services[name] = self._service(name, model)
        for code, (name, queue) in enumerate(scenario.queues.items()):
            self.queues[name] = _kind_of_queue(queue)(
                self.kernel, self.recorder, name, code, self.place(name), queue, self.message_ids
            )  # fmt: skip
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
                self.wiring.consume(name, queue_name, operation)
        self.clients = {name: audience.client(self, name, workload) for name, workload in scenario.workload.items()}
        self.wiring.connect(self._programs, self._only_work)
        for fleet in self.fleets:
            fleet.begin()
        if scenario.faults:
            from sim.engine import faults

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
        service = _kind_of_service(model)(self.kernel, name, self.place(name))
        scale = model.autoscale
        for index in range(model.replicas if scale is None else scale.max_replicas):
            service.replicas.append(self._replica(service, index, model))
        if scale is not None:
            from sim.engine.services.autoscaling import Fleet

            self.fleets.append(Fleet(self, service, scale, model.replicas))
        if model.concurrency is not None:
            from sim.engine.services.concurrency import note_limits

            note_limits(self, service)
        if model.health_checks is not None:
            from sim.engine.services.health_checks import Rotation

            service.rotation = Rotation(self, service, model.health_checks)
        return service

    def _replica(self, service: Service, index: int, model: models.Service) -> Replica:
        arguments: list[Any] = [self.kernel, service, index, model.workers, model.waiting]
        if model.while_calling == "free":
            arguments += [UNLIMITED if model.in_flight is None else model.in_flight, self.recorder]
        replica = _kind_of_replica(model)(*arguments)
        if model.max_wait is not None:
            replica.patience = self._patience(model.max_wait, replica)
        if is_guarded(model):
            from sim.engine.assembly.admission import guard

            guard(self, service.name, model, cast("Guarded", replica))
        return replica

    def _patience(self, law: Law, replica: Replica) -> Lane | DrawnPatience:
        """Return the timers of those who wait in the line of *replica*."""
        if law.kind == "constant":
            return self.kernel.lane(law.mean, replica.withdraw)
        from sim.engine.clock.drawn_timers import DrawnPatience

        draw = self.streams.draw(law, f"{replica.service.name}#{replica.index}", "patience")
        return DrawnPatience(self.kernel, draw, replica.withdraw)

    def promises(self) -> Any:
        """Return which effects each request promises."""
        return promises(self.scenario, self.effect_code)


def _kind_of_queue(model: models.Queue) -> type[Queue]:
    if model.max_length == UNLIMITED:
        return Queue
    from sim.engine.messaging.bounded import BoundedQueue

    return BoundedQueue


def _kind_of_service(model: models.Service) -> type[Service]:
    free = model.while_calling == "free"
    if model.concurrency is None:
        return FreeService if free else Service
    from sim.engine.services.concurrency import WatchingFreeService, WatchingService

    return WatchingFreeService if free else WatchingService


def _kind_of_replica(model: models.Service) -> type[Replica]:
    free = model.while_calling == "free"
    if not is_guarded(model):
        return FreeReplica if free else Replica
    from sim.engine.services.admission import GuardedFreeReplica, GuardedReplica

    return GuardedFreeReplica if free else GuardedReplica


def _paths(steps: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every step of a recipe with the path that names its streams and effects."""
    for i, step in enumerate(steps):
        here = f"{path}[{i}]"
        yield here, step
        for name, recipe in models.nested(step):
            yield from _paths(recipe, here + name)
