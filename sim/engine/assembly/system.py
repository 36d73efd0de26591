"""From a resolved scenario to a system ready to run: codes, services, links, queues, clients, faults.

All look-ups of a run are done here. Only services and links that some fault strikes get the parts that faults need, and
the modules of rare parts are imported only for the systems that have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator

from sim.engine.assembly import clients
from sim.engine.assembly.needs import needs_admission_control
from sim.engine.assembly.operations import OperationCompiler
from sim.engine.assembly.wiring import Wiring
from sim.engine.faults.capabilities import Needs
from sim.engine.messaging.queue import Queue
from sim.engine.operations.stores import Store
from sim.engine.services.free_replica import FreeReplica
from sim.engine.services.replica import Replica
from sim.engine.services.service import Service
from sim.engine.system import System
from sim.mechanisms.steps.facts import facts, nested
from sim.quantities import UNLIMITED, Constant, Law
from sim.quantities.line_order import PREEMPTIVE
from sim.record.record import EffectSite
from sim.record.recorder import MarkCodes
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Then
    from sim.engine.clock.drawn_timers import DrawnTimers
    from sim.engine.clock.kernel import TimerQueue
    from sim.mechanisms.timed import Timed


def build(scenario: models.Scenario, seed: int, replication: int, fast_leaves: bool = True) -> System:
    """Return the system that *scenario* describes, ready to run; without *fast_leaves* no call takes the fast path."""
    system = System(scenario, seed, replication)
    _Builder(system, fast_leaves).build()
    return system


class _Builder:
    """Makes the parts of one system, in the order in which they need each other."""

    def __init__(self, system: System, fast_leaves: bool) -> None:
        self.system, self.scenario = system, system.scenario
        _note_effects(system)
        self.needs = self._expect_faults()
        self.wiring = Wiring(system, self.needs, fast_leaves)

    def _expect_faults(self) -> Needs:
        """Draw the windows of all faults, and return what has to be built so that they can strike."""
        needs = Needs()
        if self.scenario.faults:
            from sim.engine import faults

            scenario, system = self.scenario, self.system
            system.fault_targets = {name: fault.targets(scenario) for name, fault in scenario.faults.items()}
            system.fault_windows = faults.fault_windows(scenario, system.streams)
            needs = faults.needs(scenario, system.fault_targets)
        _watch_ends(self.system, needs)
        links = self.scenario.links
        cancellable = {
            name.split(" -> ")[1]
            for name, link in links.items()
            if any(one.on_abandon == "cancel" for one in link.versions)
        }
        needs.shares_cores.update(self.scenario.sharing)
        needs.can_die.update(cancellable)
        needs.can_pause.update(cancellable)
        for name, service in self.scenario.services.items():
            if service.autoscale is not None and (service.autoscale.kills or service.autoscale.target_cpu is not None):
                needs.can_die.add(name)
                needs.can_pause.add(name)
        return needs

    def build(self) -> None:
        """Make every part: nodes first, then the operations, then the clients that call them, then the faults."""
        scenario, system = self.scenario, self.system
        for name, model in scenario.services.items():
            system.services[name] = self._service(name, model)
        if self.needs.shares_cores:
            from sim.engine.assembly.processors import install_processors

            install_processors(system)
        system.stores.update((name, Store()) for name in scenario.stores)
        self._queues()
        programs: dict[str, Then] = {}
        only_work: dict[str, Any] = {}
        batches: dict[str, Then] = {}
        for name, model in scenario.services.items():
            for operation in model.operations:
                compiler = OperationCompiler(system, self.wiring, self.needs, name, operation)
                programs[f"{name}.{operation}"] = compiler.program()
                only_work[f"{name}.{operation}"] = compiler.last_work
                for queue, model_of_batch in model.batches.items():
                    if model_of_batch.operation == operation:
                        begin = programs[f"{name}.{operation}"]
                        batches[f"{queue} -> {name}"] = compiler.batch_program(queue, model_of_batch.batch_work, begin)
        for name, model in scenario.services.items():
            for queue_name, operation in model.handlers.items():
                self.wiring.consume(name, queue_name, operation)
        for name, workload in scenario.workload.items():
            system.clients[name] = clients.client(system, self.wiring, name, workload)
        self.wiring.bind(programs, only_work, batches)
        for when, recent in system.recent_ends.items():
            self.wiring.watch(when.of, recent)
        for autoscaling_group in system.autoscaling_groups:
            autoscaling_group.begin()
        for by_hand in system.scaled_by_hand:
            by_hand.begin()
        if scenario.faults:
            from sim.engine import faults

            faults.schedule(system)
        if scenario.actions:
            from sim.engine import actions

            actions.schedule(system)

    def _queues(self) -> None:
        scenario, system = self.scenario, self.system
        for code, (name, queue) in enumerate(scenario.queues.items()):
            system.queues[name] = made = _kind_of_queue(queue)(
                system.kernel, system.recorder, name, code, system.component_code(name), queue, system.message_ids
            )
            if queue.redelivery.is_random:
                made.core.policy.draw_delays(system.streams.uniform(name, "redelivery"))
        for name, queue in scenario.queues.items():
            if queue.dead_letters is not None:
                system.queues[name].dead_letters = system.queues[queue.dead_letters]

    def _new_service(self, name: str, model: models.Service) -> Service:
        """Return the service without replicas: of the kind that says when its callers may try again, if it does."""
        kernel, component = self.system.kernel, self.system.component_code(name)
        said = {"rate limit": model.limit, "shed": model.shed}
        own = {reason: rule.retry_after for reason, rule in said.items() if rule is not None and rule.retry_after}
        if not own and model.retry_after is None:
            return Service(kernel, name, component)
        from sim.engine.services.pushback import PushingService

        return PushingService(kernel, name, component, own, model.retry_after)

    def _service(self, name: str, model: models.Service) -> Service:
        system = self.system
        service = self._new_service(name, model)
        scale = model.autoscale
        for index in range(model.most_replicas):
            service.replicas.append(self._replica(service, index, model))
        if model.is_scaled_by_hand:
            from sim.engine.services.by_hand import ScaledByHand

            system.scaled_by_hand.append(ScaledByHand(system.kernel, system.recorder, service, model.replicas))
        if scale is not None:
            from sim.engine.services.autoscaling import AutoscalingGroup

            system.autoscaling_groups.append(
                AutoscalingGroup(system.kernel, system.recorder, service, scale, model.replicas, model.requested_cores)
            )
            if scale.target_cpu is not None:
                from sim.engine.services.processor_time import ProcessorTime

                service.processor_time = ProcessorTime(system.kernel, len(service.replicas))
        if model.concurrency is not None:
            from sim.engine.services.concurrency import learn, record_limits

            service.on_leave = learn
            record_limits(system.kernel, system.recorder.events, service)
        if model.slow_start is not None:
            from sim.engine.services.slow_starts import SlowStarts

            service.slow_starts = SlowStarts(system.kernel, system.recorder.events, service, model.slow_start)
        if model.health_checks is not None:
            from sim.engine.services.health_checks import Rotation

            service.rotation = Rotation(
                system.kernel, system.recorder.events, system.streams, service, model.health_checks
            )
        return service

    def _replica(self, service: Service, index: int, model: models.Service) -> Replica:
        system = self.system
        replica: Replica
        limit = UNLIMITED if model.in_flight is None else model.in_flight
        if model.line.kind == PREEMPTIVE:
            replica = self._preemptive_replica(service, index, model, limit)
        elif model.while_calling == "free":
            replica = FreeReplica(system.kernel, service, index, model.threads, model.places, limit, system.recorder)
        else:
            replica = Replica(system.kernel, service, index, model.threads, model.places)
        if model.max_wait is not None:
            replica.wait_timer = self._wait_timers(model.max_wait, replica)
        if needs_admission_control(model):
            from sim.engine.assembly.admission import install_admission_control

            install_admission_control(system, service.name, model, replica)
        return replica

    def _preemptive_replica(self, service: Service, index: int, model: models.Service, limit: float) -> Replica:
        from sim.engine.services.preemptive_replica import PreemptiveReplica

        system, component = self.system, service.component
        replica = PreemptiveReplica(system.kernel, service, index, model.threads, model.places, limit, system.recorder)
        priorities = [workload.priority for workload in self.scenario.workload.values()]
        write, mark = system.recorder.marks.rows.write, MarkCodes()["preempted"]
        replica.prefer(
            lambda frame: priorities[int(frame.request.client.code)],
            lambda frame: write((system.kernel.now, mark, component, frame.request.id)),
            model.while_calling == "hold",
        )
        return replica

    def _wait_timers(self, law: Law, replica: Replica) -> TimerQueue | DrawnTimers:
        """Return the timers of the attempts that wait in the line of *replica*."""
        if isinstance(law, Constant):
            return self.system.kernel.timer_queue(law.mean, replica.on_wait_timeout)
        from sim.engine.clock.drawn_timers import DrawnTimers

        draw = self.system.streams.draw(law, f"{replica.service.name}#{replica.index}", "patience")
        return DrawnTimers(self.system.kernel, draw, replica.on_wait_timeout)


def _watch_ends(system: System, needs: Needs) -> None:
    """Count what ends where a condition asks for shares of it."""
    timed: list[Timed] = [*system.scenario.faults.values(), *system.scenario.actions.values()]
    for when in (one.when for one in timed if one.when is not None):
        from sim.engine.calls.recent_ends import KINDS, RecentEnds

        if when.quantity in KINDS:
            system.recent_ends[when] = RecentEnds(system.kernel, when.quantity, when.over_s)
            needs.watched.add(when.of)


def _kind_of_queue(model: models.Queue) -> type[Queue]:
    if model.max_length == UNLIMITED:
        return Queue
    from sim.engine.messaging.bounded import BoundedQueue

    return BoundedQueue


def _note_effects(system: System) -> None:
    """Number the effect steps, operation by operation."""
    for service, model in system.scenario.services.items():
        for operation, steps in model.operations.items():
            number = 0
            for path, step in _paths(steps, f"{service}.{operation}"):
                known = facts(step)
                if known.effect:
                    system.effect_codes[path] = len(system.effect_sites)
                    system.effect_sites.append(EffectSite(known.effect, service, operation, number, known.once_per))
                    number += 1


def _paths(steps: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every step of an operation with the path that names its streams and effects."""
    for i, step in enumerate(steps):
        here = f"{path}[{i}]"
        yield here, step
        for name, recipe in nested(step):
            yield from _paths(recipe, here + name)
