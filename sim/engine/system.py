"""The system of one run: its parts by name, the clock they share, and the codes by which the record knows them.

``sim.engine.assembly`` makes it; faults act on it, the census counts it, and the ending writes down what is left in
it. Nothing here decides or makes anything.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Iterator

from sim.engine.clients.clients import request_numbers
from sim.engine.clock.kernel import Kernel
from sim.engine.clock.streams import Streams
from sim.record.record import EffectSite, Site
from sim.record.recorder import Recorder

if TYPE_CHECKING:
    from sim.engine.calls.network import Network
    from sim.engine.calls.pipeline import Arms
    from sim.engine.clients.clients import Client
    from sim.engine.messaging.queue import Queue
    from sim.engine.operations.stores import Store
    from sim.engine.services.autoscaling import Fleet
    from sim.engine.services.service import Service
    from sim.policies.breaker import CircuitBreaker
    from sim.scenario import models
    from sim.scenario.rules.fault_targets import Strikes

Span = tuple[float, float]
"""Begin and end of a window, in seconds on the scenario's clock."""


class System:
    """Every part of one run, by its name in the scenario."""

    def __init__(self, scenario: models.Scenario, seed: int, replication: int) -> None:
        self.scenario = scenario
        self.kernel = Kernel(scenario.max_events)
        self.recorder = Recorder()
        self.streams = Streams(seed, replication)
        self.attempt_ids = count().__next__
        self.message_ids = count().__next__
        self.request_numbers: Iterator[int] = request_numbers()

        self.services: dict[str, Service] = {}
        self.fleets: list[Fleet] = []
        self.stores: dict[str, Store] = {}
        self.queues: dict[str, Queue] = {}
        self.networks: dict[str, Network] = {}
        """The networks of links, by the link's name; a link that costs nothing has none."""
        self.breakers: dict[str, CircuitBreaker] = {}
        self.pipelines: dict[str, Arms] = {}
        """What calls carry under their link's defences, by the link's name; a link that needs none has none."""
        self.clients: dict[str, Client] = {}

        self.strikes: dict[str, Strikes] = {}
        """What each fault strikes."""
        self.spans: dict[str, list[Span]] = {}
        """The windows of each fault, ascending."""

        self.operations = tuple(
            f"{service}.{operation}" for service, model in scenario.services.items() for operation in model.operations
        )
        self.sites: list[Site] = []
        self.effect_sites: list[EffectSite] = []
        self.effect_codes: dict[str, int] = {}
        """The code of the effect step at each path."""
        self._places: dict[str, int] = {}
        for name in (*scenario.workload, *scenario.services, *scenario.queues, *scenario.links, *scenario.stores):
            self.place(name)

    def place(self, name: str) -> int:
        """Return the code of a node or a link, for causes; a new name gets the next code."""
        return self._places.setdefault(name, len(self._places))

    @property
    def places(self) -> tuple[str, ...]:
        """The names of all places, by code."""
        return tuple(self._places)

    @property
    def windows(self) -> list[tuple[str, float, float]]:
        """(fault, begin, end) of every window of every fault."""
        return [(name, *span) for name, spans in self.spans.items() for span in spans]
