"""Play one replication of a resolved scenario and return its record.

Arrivals stop at ``duration``; then what is in flight drains, until nothing is left or the drain's bound is reached;
what stays is counted. A census counts the engine's own state once a second, for the books to agree with, and looks
at the budgets on the way.
"""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from math import ceil, isnan, nan
from typing import Any, Callable, Iterator

import numpy as np

from sim.engine.assembly.operations import walk
from sim.engine.assembly.system import Building
from sim.engine.calls.basic import Leaf, row
from sim.engine.clock.kernel import CENSUS
from sim.engine.stuck import Stuck
from sim.errors import BudgetError
from sim.outcomes import IN_FLIGHT, LOST, OPEN, PENDING, WAITING
from sim.record.record import Record
from sim.scenario import models

MOST_CENSUSES = 5_000
DEEPEST = 6_000
"""Steps and calls that take no time are played one inside another, up to this depth of Python's stack: a recipe of
thousands of steps passes, and half of the 2 MB that the smallest main stack (Windows) has is enough."""
Progress = Callable[[float], None]
"""Told now and then the share of the run that is played."""


def play(
    scenario: models.Scenario, seed: int | None = None, replication: int = 0, progress: Progress | None = None,
    fast_leaves: bool = True,
) -> Record:  # fmt: skip
    """Play *scenario* (resolved) once; *seed* defaults to the scenario's.

    Without *fast_leaves* every call goes the general way; that changes no result, and the tests hold it so.

    Raises ``BudgetError`` for a run that cannot leave an instant; a run that needs more events or memory than its
    budget returns its record so far with ``cut_off`` set.
    """
    with _deep_stack(), _quiet_collector():
        return _play(scenario, scenario.seed if seed is None else seed, replication, progress, fast_leaves)


@contextmanager
def _deep_stack() -> Iterator[None]:
    """Let Python nest ``DEEPEST`` calls for a while."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextmanager
def _quiet_collector() -> Iterator[None]:
    """Keep the garbage collector away from what exists already, and sweep up what this run leaves when it is over.

    The cost is that of the run's own objects, however much else the process holds.
    """
    threshold = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.collect()
        gc.set_threshold(*threshold)
        gc.unfreeze()


def _play(
    scenario: models.Scenario, chosen: int, replication: int, progress: Progress | None, fast_leaves: bool
) -> Record:  # fmt: skip
    building = Building(scenario, chosen, replication, fast_leaves)
    census = _Census(building, progress)
    try:
        building.kernel.env.run()
    except RecursionError:
        now = building.kernel.now
        raise BudgetError(
            f"more than {DEEPEST} steps and calls follow one another at {now:.6g}s without taking time",
            f"{now:.6g}s of the scenario played",
        ) from None
    ended_at = max(min(building.kernel.now, census.end_s), 0.0)
    acting = _close(building, census.leaves_in_service)
    return _record(building, census, chosen, replication, ended_at, acting)


class _Census:
    """Counts what is really there once a second, and ends the run: drained, out of time, or over a budget."""

    def __init__(self, building: Building, progress: Progress | None) -> None:
        scenario = building.scenario
        self.building, self.progress = building, progress
        drain_s = scenario.duration if scenario.drain is None else scenario.drain
        self.end_s = scenario.duration + drain_s
        self.interval_s = float(max(1, ceil(self.end_s / MOST_CENSUSES)))
        self.cut_off = ""
        self.leaves_in_service: list[Leaf] = []
        self.number = 0
        self.replicas = [(service.name, service.replicas) for service in building.services.values()]
        self.of = (
            *((what, name) for name, _ in self.replicas for what in ("busy", "waiting")),
            *((what, name) for name in building.queues for what in ("backlog", "in flight")),
            *(("in flight", name) for name in building.clients),
        )
        building.kernel.over_budget = self.cut
        building.kernel.look = self.look
        building.kernel.at(0.0, CENSUS, self.take)
        building.kernel.at(self.end_s, CENSUS, self.stop)

    def take(self, _: Any) -> None:
        """One census; the next one follows while something can still happen."""
        building, recorder, now = self.building, self.building.recorder, self.building.kernel.now
        row: list[int] = []
        for _, replicas in self.replicas:
            busy, waiting = replicas[0].census()
            for replica in replicas[1:]:
                more_busy, more_waiting = replica.census()
                busy, waiting = busy + more_busy, waiting + more_waiting
            row += (busy, waiting)
        for queue in building.queues.values():
            row += [queue.backlog, queue.in_flight]
        row += [client.offered - client.closed for client in building.clients.values()]
        recorder.census_at.append(now)
        recorder.census.append(row)
        recorder.pack()
        if self._within_budget(now) and not self._drained(now, row):
            self.number += 1
            building.kernel.at(self.number * self.interval_s, CENSUS, self.take)
        if self.progress is not None:
            self.progress(min(now / building.scenario.duration, 1.0))

    def _within_budget(self, now: float) -> bool:
        scenario, recorder = self.building.scenario, self.building.recorder
        if recorder.over_memory(scenario.max_memory):
            self.cut_off = f"records over {scenario.max_memory / 1e9:g}GB (max memory), at {now:g}s of the scenario"
        if self.cut_off:
            self.stop(None)
        return not self.cut_off

    def look(self) -> None:
        """Between two censuses: end a run that crowds the memory before the clock gets on."""
        kernel, scenario, recorder = self.building.kernel, self.building.scenario, self.building.recorder
        if not self.cut_off and recorder.over_memory(scenario.max_memory, crowded=True):
            self.cut_off = (
                f"what is in flight over {scenario.max_memory / 1e9:g}GB (max memory), at {kernel.now:g}s of the"
            )
            self.cut_off += " scenario"
            kernel.end_this_instant(self.stop)

    def cut(self, _: Any) -> None:
        """The events are used up."""
        building = self.building
        self.cut_off = f"more than {building.scenario.max_events} events (max events), at {building.kernel.now:g}s"
        self.cut_off += " of the scenario"
        self.stop(None)

    def _drained(self, now: float, row: list[int]) -> bool:
        """Whether arrivals have stopped and nothing is in flight any more."""
        building = self.building
        if now < building.scenario.duration:
            return False
        recorder = building.recorder
        if any(row[: 2 * len(self.replicas)]):  # calls of leaves are in no table of open attempts
            return False
        if recorder.open_requests or recorder.open_attempts or any(q.unsettled for q in building.queues.values()):
            return False
        self.stop(None)
        return True

    def stop(self, _: Any) -> None:
        """Nothing after this instant is played: the heap is emptied, so SimPy's loop ends."""
        heap = self.building.kernel.heap
        self.end_s = min(self.end_s, self.building.kernel.now)
        self.leaves_in_service = [event for _, _, _, event in heap if isinstance(event, Leaf)]
        heap.clear()


def _close(building: Building, leaves: list[Leaf]) -> list[int]:
    """Write rows for what is still open: lost where no answer can ever come, open otherwise.

    Returns the attempts (ids) that could still act.
    """
    recorder = building.recorder
    for service in building.services.values():
        for replica in service.replicas:
            leaves += [attempt for attempt in replica.line if isinstance(attempt, Leaf)]
    for leaf in leaves:
        leaf.complete()
        leaf.outcome = OPEN
        recorder.attempts.write(row(leaf, nan))
    still_open = list(recorder.open_attempts.values())
    cancels = any(link.on_abandon == "cancel" for link in building.scenario.links.values())
    stuck = Stuck(still_open, _forked(building), cancels)
    acting = [attempt.id for attempt in still_open if stuck.may_act(attempt)]
    for attempt in still_open:
        if attempt.outcome == PENDING:
            attempt.outcome = LOST if attempt.id in stuck.attempts else OPEN
            recorder.attempts.write(row(attempt, nan))
        else:
            recorder.attempts.write(row(attempt, attempt.ended_at))
    for request in recorder.open_requests.values():
        why = stuck.requests.get(request.number)
        recorder.requests.write((
            request.number, request.client.code, request.operation, request.key, request.instance,
            request.arrived_at, nan, OPEN if why is None else LOST, why or 0, request.tries,
        ))  # fmt: skip
    for service in building.services.values():
        for replica in service.replicas:
            replica.close()
    for queue in building.queues.values():
        queue.close(WAITING, IN_FLIGHT)
    return acting


def _forked(building: Building) -> Callable[[Any], bool]:
    """Return whether an attempt's recipe has a `parallel`: its strands may go on where the recipe does not."""
    forks = {
        f"{service}.{operation}"
        for service, model in building.scenario.services.items()
        for operation, steps in model.operations.items()
        if any(isinstance(step, models.Parallel) for step in walk(steps))
    }
    sites = [f"{site.callee}.{site.operation}" in forks for site in building.sites]
    return lambda attempt: sites[int(attempt.step.code)]


def _record(
    building: Building, census: _Census, seed: int, replication: int, ended_at: float, acting: list[int]
) -> Record:  # fmt: skip
    scenario, recorder = building.scenario, building.recorder
    return Record(
        scenario=scenario,
        variant=scenario.variant,
        toggles=scenario.toggles_on,
        seed=seed,
        replication=replication,
        workloads=tuple(scenario.workload),
        operations=building.operations,
        services=tuple(scenario.services),
        queues=tuple(scenario.queues),
        places=building.places,
        sites=tuple(building.sites),
        effect_sites=tuple(building.effect_sites),
        promises=building.promises(),
        requests=recorder.requests.columns("id"),
        attempts=recorder.attempt_columns([site.caller in scenario.workload for site in building.sites]),
        segments=recorder.segments.columns("queued_at"),
        messages=recorder.messages.columns("id"),
        deliveries=recorder.deliveries.columns("attempt"),
        effects=recorder.effects.columns("at"),
        marks=recorder.marks.columns("at"),
        census_at=np.asarray(recorder.census_at),
        census_of=census.of,
        census=np.asarray(recorder.census, dtype=np.int64).reshape(len(recorder.census_at), -1),
        events=recorder.events,
        windows=building.windows,
        warmup_s=scenario.warmup,
        duration_s=scenario.duration,
        ended_at=ended_at,
        offered={name: client.offered for name, client in building.clients.items()},
        down=_down(building, ended_at),
        events_played=building.kernel.next_id(),
        cut_off=census.cut_off,
        acting=np.array(acting, np.int64),
    )


def _down(building: Building, ended_at: float) -> list[tuple[str, int, float, float]]:
    """Return when each replica was down, one that still is until the run's end."""
    return [
        (name, index, begin, ended_at if isnan(end) else min(end, ended_at))
        for name, service in building.services.items()
        for index, begin, end in sorted(service.outages, key=lambda outage: outage[:2])
        if begin < ended_at
    ]
