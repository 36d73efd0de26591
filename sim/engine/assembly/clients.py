"""Clients, built from the scenario, with their call steps, and the sources or users that drive them."""

from __future__ import annotations

from functools import partial
from itertools import chain, repeat
from typing import TYPE_CHECKING, Callable, Iterator

from sim.engine.calls.route import Continuation
from sim.engine.clients import arrivals
from sim.engine.clients.clients import Client, PausingUser, Source, User, no_keys
from sim.engine.operations.steps import Degraded
from sim.mechanisms.actions.stop import Stop
from sim.mechanisms.faults.spike import Spike
from sim.quantities import RateShape
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.assembly.wiring import Wiring
    from sim.engine.faults.thundering_herd import BatchWindow
    from sim.engine.system import System


def client(system: System, wiring: Wiring, name: str, model: models.Workload) -> Client:
    """Return the client of one workload, ready to ask."""
    streams = system.streams
    code = list(system.scenario.workload).index(name)
    watches = tuple(recent for when, recent in system.recent_ends.items() if when.of == name)
    kind = Client
    if watches:
        from sim.engine.clients.watched_client import WatchedClient

        kind = WatchedClient
    found = kind(
        system.kernel,
        system.recorder,
        system.request_numbers,
        code,
        system.component_code(name),
        model.deadline,
        no_keys(),
        model.instances,
    )
    if watches:
        found.watches = watches  # type: ignore[attr-defined]
    names, weights = _asked(model)
    for operation in names:
        service, _, inner = operation.partition(".")
        step = wiring.call("call", name, service, inner, "", deadline=model.deadline is not None)
        step.after = Continuation(found.answered, Degraded(found.answered).go_on, found.failed)
        found.starts.append(step.start)
        found.operations.append(float(system.operations.index(operation)))
    if model.keys is not None:
        found.keys = _flat(arrivals.key_blocks(model.keys, streams.generator(name, "keys")))
    if model.users is not None:
        _users(system, name, model, found, names)
    else:
        _sources(system, name, model, found, weights)
    return found


def _sources(system: System, name: str, model: models.Workload, client: Client, weights: list[float]) -> None:
    """The workload's own arrivals, and a source of its own for every spike."""
    until_s, streams = system.scenario.duration, system.streams
    shape = model.rate
    if shape is not None and shape.path:
        shape = shape.with_counts(system.scenario.tables[shape.path])
    sources = [(name, shape)]
    spikes: list[tuple[str, float]] = []

    def spike(number: int, fault_name: str, by: float, begin: float, end: float) -> tuple[str, RateShape | None]:
        component = f"{name} spike {fault_name}" + (f" {number}" if number else "")
        return component, None if shape is None else arrivals.during(shape, by, begin, min(end, until_s))

    for fault_name, fault in system.scenario.faults.items():
        if isinstance(fault, Spike) and fault.spike == name and shape is not None:
            spikes.append((fault_name, fault.by))
            for number, (begin, end) in enumerate(system.fault_windows[fault_name]):
                sources.append(spike(number, fault_name, fault.by, begin, end))
    herd = _herd(system, name)
    ask = _switched(system, name, client)

    def start(component: str, rate: RateShape | None) -> None:
        times = arrivals.instants(model.arrivals, rate, until_s, streams.generator(component, "arrivals"))
        if herd:
            from sim.engine.faults.thundering_herd import batched

            times = batched(times, herd)
        which: Iterator[list[int]] = repeat([0] * 4096)
        if len(weights) > 1:
            which = arrivals.choice_blocks(weights, streams.generator(component, "operation"))
        Source(system.kernel, client, times, which).ask = ask

    def begin_spike(fault_name: str, by: float, number: int, span: tuple[float, float]) -> None:
        start(*spike(number, fault_name, by, *span))

    for component, rate in sources:
        start(component, rate)
    for fault_name, by in spikes:
        system.spikes[fault_name] = partial(begin_spike, fault_name, by)


def _switched(system: System, name: str, client: Client) -> Callable[[int, float], None]:
    """Return what a source calls for each arrival: the client, or a switch before it where an action stops arrivals."""
    if not any(isinstance(action, Stop) and action.stop == name for action in system.scenario.actions.values()):
        return client.ask
    from sim.engine.clients.switch import Switch

    system.switches[name] = Switch(client)
    return system.switches[name].ask


def _users(system: System, name: str, model: models.Workload, client: Client, names: list[str]) -> None:
    """The users of a closed loop, each with streams of its own."""
    streams = system.streams
    if model.tasks is not None:
        tasks = [[names.index(operation) for operation in task.requests] for task in model.tasks.values()]
        weights = [float(task.weight) for task in model.tasks.values()]
    else:
        tasks = [[i] for i in range(len(names))]
        weights = _asked(model)[1]
    first = None
    if model.start is not None and model.tasks is not None:
        first = tasks[list(model.tasks).index(model.start)]
    herd = _herd(system, name)
    for index in range(model.users or 0):
        component = f"{name} user {index}"
        draw_task = _flat(arrivals.choice_blocks(weights, streams.generator(component, "task")))
        think = streams.draw(model.think, component, "think")
        if herd:
            from sim.engine.faults.thundering_herd import waking_in_batches

            think = waking_in_batches(think, system.kernel, herd)
        user = (system.kernel, client, index, think, draw_task, tasks, first, system.scenario.duration)
        named = model.tasks or {}
        if all(task.think.is_zero for task in named.values()):
            User(*user)
            continue
        pauses = {key: streams.draw(task.think, component, f"think in {key}") for key, task in named.items()}
        PausingUser(list(pauses.values()), pauses.get(model.start or ""), *user)


def _herd(system: System, name: str) -> list[BatchWindow]:
    """Return the windows in which some fault synchronises the workload."""
    if not system.scenario.faults:
        return []
    from sim.engine.faults.thundering_herd import batch_windows

    return batch_windows(system, name)


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
