"""The system of one run: its parts by name, the clock they share, and the codes by which the record knows them.

``sim.engine.assembly`` makes it; faults act on it, the census counts it, and the ending writes down what is left in
it. Nothing here decides or makes anything.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Callable, Iterator, Sequence

from sim.engine.clients.clients import request_numbers
from sim.engine.clock.ids import attempt_ids
from sim.engine.clock.kernel import Kernel
from sim.engine.clock.streams import Streams
from sim.mechanisms.nodes import UNLINKED, nodes_of
from sim.record.record import EffectSite, Site
from sim.record.recorder import Recorder

if TYPE_CHECKING:
    from sim.engine.calls.network import Network
    from sim.engine.calls.pipeline import Pipeline
    from sim.engine.calls.recent_ends import RecentEnds
    from sim.engine.clients.clients import Client
    from sim.engine.clients.switch import Switch
    from sim.engine.messaging.queue import Queue
    from sim.engine.operations.stores import Store
    from sim.engine.services.autoscaling import AutoscalingGroup
    from sim.engine.services.by_hand import ScaledByHand
    from sim.engine.services.processor import Processor
    from sim.engine.services.service import Service
    from sim.fields.conditions import When
    from sim.mechanisms.faults.targets import FaultTargets
    from sim.policies.breaker import CircuitBreaker
    from sim.scenario import models

Span = tuple[float, float]
"""Begin and end of a window, in seconds on the scenario's clock."""


class System:
    """Every part of one run, by its name in the scenario."""

    def __init__(self, scenario: models.Scenario, seed: int, replication: int) -> None:
        self.scenario = scenario
        self.kernel = Kernel(scenario.max_events)
        self.recorder = Recorder(scenario.max_memory)
        self.streams = Streams(seed, replication)
        self.attempt_ids = attempt_ids()
        self.message_ids = count().__next__
        self.request_numbers: Iterator[int] = request_numbers()

        self.services: dict[str, Service] = {}
        self.autoscaling_groups: list[AutoscalingGroup] = []
        self.processors: dict[str, Processor] = {}
        """The processors of replicas whose cores are shared, by the replica (``web#0``)."""
        self.stores: dict[str, Store] = {}
        self.queues: dict[str, Queue] = {}
        self.networks: dict[str, Network] = {}
        """The networks of links, by the link's name; a link that costs nothing has none."""
        self.breakers: dict[str, CircuitBreaker] = {}
        self.pipelines: dict[tuple[str, str], Sequence[tuple[Pipeline, bool, bool]]] = {}
        """The pipelines of a link's calls, by its name: one in the usual order of policies, else one for each stage,
        outermost first; and whether the link's timeout, and its retries, are in it. A link may need none."""
        self.clients: dict[str, Client] = {}

        self.fault_targets: dict[str, FaultTargets] = {}
        """What each fault strikes."""
        self.fault_windows: dict[str, list[Span]] = {}
        """The windows of each fault, ascending; those of a fault that waits for a condition follow in the run."""
        self.spikes: dict[str, Callable[[int, Span], None]] = {}
        """Makes the arrivals of a spike that waits for a condition, for the window with this number."""
        self.after_fault_window: list[Callable[[str, Span], None]] = []
        """Who must know a window of a fault that waited for a condition."""
        self.action_windows: dict[str, list[Span]] = {}
        """The windows of each action, in the order in which they begin."""
        self.scaled_by_hand: list[ScaledByHand] = []
        """The replicas of services that actions scale."""
        self.switches: dict[str, Switch] = {}
        """What stops arrivals, by workload; only where an action does."""
        self.recent_ends: dict[When, RecentEnds] = {}
        """What ended lately, for the conditions that ask for it."""

        self.operations = tuple(
            f"{service}.{operation}" for service, model in scenario.services.items() for operation in model.operations
        )
        self.sites: list[Site] = []
        self.effect_sites: list[EffectSite] = []
        self.effect_codes: dict[str, int] = {}
        """The code of the effect step at each path."""
        self._component_codes: dict[str, int] = {}
        for name in (*nodes_of(scenario), *scenario.links, *nodes_of(scenario, UNLINKED)):
            self.component_code(name)

    def component_code(self, name: str) -> int:
        """Return the code of a node or a link, for causes; a new name gets the next code."""
        return self._component_codes.setdefault(name, len(self._component_codes))

    @property
    def components(self) -> tuple[str, ...]:
        """The names of all places, by code."""
        return tuple(self._component_codes)

    @property
    def windows(self) -> list[tuple[str, float, float]]:
        """(fault, begin, end) of every window of every fault."""
        return [(name, *span) for name, fault_windows in self.fault_windows.items() for span in fault_windows]
