"""The census: once a second the engine counts its own state, which the books must match, and checks the budgets."""

from __future__ import annotations

from math import ceil
from typing import Any, Callable

from sim.engine.calls.leaf import Leaf
from sim.engine.clock.kernel import CENSUS
from sim.engine.system import System

MOST_CENSUSES = 5_000
Progress = Callable[[float], None]
"""Called now and then with the share of the run that is played."""


class Census:
    """Counts the state of the system once a second, and ends the run: drained, out of time, or over a budget."""

    def __init__(self, system: System, progress: Progress | None) -> None:
        scenario = system.scenario
        self.system, self.progress = system, progress
        drain_s = scenario.duration if scenario.drain is None else scenario.drain
        self.end_s = scenario.duration + drain_s
        self.interval_s = float(max(1, ceil(self.end_s / MOST_CENSUSES)))
        self.cut_off = ""
        self.leaves_in_service: list[Leaf] = []
        self.number = 0
        self.replicas = [(service.name, service.replicas) for service in system.services.values()]
        self.of = (
            *((what, name) for name, _ in self.replicas for what in ("busy", "waiting")),
            *((what, name) for name in system.queues for what in ("backlog", "in flight")),
            *(("in flight", name) for name in system.clients),
        )
        system.kernel.over_budget = self.cut
        system.kernel.on_progress = self.on_progress
        system.kernel.at(0.0, CENSUS, self.take)
        system.kernel.at(self.end_s, CENSUS, self.stop)

    def take(self, _: Any) -> None:
        """One census; the next one follows while something can still happen."""
        system, recorder, now = self.system, self.system.recorder, self.system.kernel.now
        row: list[int] = []
        for _, replicas in self.replicas:
            busy, waiting = replicas[0].census()
            for replica in replicas[1:]:
                more_busy, more_waiting = replica.census()
                busy, waiting = busy + more_busy, waiting + more_waiting
            row += (busy, waiting)
        for queue in system.queues.values():
            row += [queue.backlog, queue.in_flight]
        row += [client.offered - client.closed for client in system.clients.values()]
        recorder.census_at.append(now)
        recorder.census.append(row)
        recorder.pack()
        if self._within_budget(now) and not self._drained(now, row):
            self.number += 1
            system.kernel.at(self.number * self.interval_s, CENSUS, self.take)
        if self.progress is not None:
            self.progress(min(now / system.scenario.duration, 1.0))

    def _within_budget(self, now: float) -> bool:
        scenario, recorder = self.system.scenario, self.system.recorder
        if recorder.over_memory(scenario.max_memory):
            self.cut_off = f"records over {scenario.max_memory / 1e9:g}GB (max memory), at {now:g}s of the scenario"
        if self.cut_off:
            self.stop(None)
        return not self.cut_off

    def on_progress(self) -> None:
        """Between two censuses: end a run that is about to exceed `max memory` before the clock advances."""
        kernel, scenario, recorder = self.system.kernel, self.system.scenario, self.system.recorder
        if not self.cut_off and recorder.over_memory(scenario.max_memory, crowded=True):
            self.cut_off = (
                f"what is in flight over {scenario.max_memory / 1e9:g}GB (max memory), at {kernel.now:g}s of the"
            )
            self.cut_off += " scenario"
            kernel.end_this_instant(self.stop)

    def cut(self, _: Any) -> None:
        """End the run, because it has used all the events of its budget."""
        system = self.system
        self.cut_off = f"more than {system.scenario.max_events} events (max events), at {system.kernel.now:g}s"
        self.cut_off += " of the scenario"
        self.stop(None)

    def _drained(self, now: float, row: list[int]) -> bool:
        """Whether arrivals have stopped and nothing is in flight any more."""
        system = self.system
        if now < system.scenario.duration:
            return False
        recorder = system.recorder
        if any(row[: 2 * len(self.replicas)]):  # calls of leaves are in no table of open attempts
            return False
        if recorder.open_requests or recorder.open_attempts or any(q.unsettled for q in system.queues.values()):
            return False
        self.stop(None)
        return True

    def stop(self, _: Any) -> None:
        """Nothing after this instant is played: the heap is emptied, so SimPy's loop ends."""
        heap = self.system.kernel.heap
        self.end_s = min(self.end_s, self.system.kernel.now)
        self.leaves_in_service = [event for _, _, _, event in heap if isinstance(event, Leaf)]
        heap.clear()
