"""Play one replication of a resolved scenario and return its record.

Arrivals stop at ``duration``; then what is in flight drains, until nothing is left or the drain's bound is reached;
what stays is counted. A census counts the engine's own state once a second, for the books to agree with, and looks
at the budgets on the way.
"""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from typing import Iterator

import numpy as np

from sim.engine.assembly.system import build
from sim.engine.census import Census, Progress
from sim.engine.ending import outages, write_open_rows
from sim.engine.operations.expected_effects import expected_effects
from sim.engine.system import System
from sim.errors import BudgetError
from sim.record.record import Record
from sim.scenario import models

DEEPEST = 6_000
"""Steps and calls that take no time are played one inside another, up to this depth of Python's stack: an operation of
thousands of steps passes, and half of the 2 MB that the smallest main stack (Windows) has is enough."""


def play(
    scenario: models.Scenario,
    seed: int | None = None,
    replication: int = 0,
    progress: Progress | None = None,
    fast_leaves: bool = True,
) -> Record:
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
    """Keep the garbage collector away from what exists already, and collect what this run leaves when it has ended.

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
) -> Record:
    system = build(scenario, chosen, replication, fast_leaves)
    try:
        return _play_to_the_end(system, chosen, replication, progress)
    finally:
        system.recorder.close()
        system.kernel.close()


def _play_to_the_end(system: System, chosen: int, replication: int, progress: Progress | None) -> Record:
    census = Census(system, progress)
    try:
        system.kernel.run()
    except RecursionError:
        now = system.kernel.now
        raise BudgetError(
            f"more than {DEEPEST} steps and calls follow one another at {now:.6g}s without taking time",
            f"{now:.6g}s of the scenario played",
        ) from None
    ended_at = max(min(system.kernel.now, census.end_s), 0.0)
    acting = write_open_rows(system, census.leaves_in_service)
    return _record(system, census, chosen, replication, ended_at, acting)


def _record(system: System, census: Census, seed: int, replication: int, ended_at: float, acting: list[int]) -> Record:
    scenario, recorder = system.scenario, system.recorder
    recorder.finish()
    return Record(
        scenario=scenario,
        variant=scenario.variant,
        toggles=scenario.toggles_on,
        seed=seed,
        replication=replication,
        workloads=tuple(scenario.workload),
        operations=system.operations,
        services=tuple(scenario.services),
        queues=tuple(scenario.queues),
        places=system.components,
        sites=tuple(system.sites),
        effect_sites=tuple(system.effect_sites),
        expected_effects=expected_effects(scenario, system.effect_codes.__getitem__),
        requests=recorder.columns(recorder.requests, "id"),
        attempts=recorder.attempt_columns([site.caller in scenario.workload for site in system.sites]),
        segments=recorder.columns(recorder.segments, "queued_at"),
        messages=recorder.columns(recorder.messages, "id"),
        deliveries=recorder.columns(recorder.deliveries, "attempt"),
        effects=recorder.columns(recorder.effects, "at"),
        marks=recorder.columns(recorder.marks, "at"),
        census_at=np.asarray(recorder.census_at),
        census_of=census.of,
        census=np.asarray(recorder.census, dtype=np.int64).reshape(len(recorder.census_at), -1),
        events=recorder.events,
        windows=system.windows,
        warmup_s=scenario.warmup,
        duration_s=scenario.duration,
        ended_at=ended_at,
        offered={name: client.offered for name, client in system.clients.items()},
        down=outages(system, ended_at),
        events_played=system.kernel.next_id(),
        cut_off=census.cut_off,
        processors=recorder.columns(recorder.processors, "began_at") if system.processors else {},
        served_s={name: processor.open_s() for name, processor in system.processors.items()},
        acting=np.array(acting, np.int64),
        actions={name: spans for name, spans in system.action_windows.items() if spans},
    )
