"""What every fault declares: its fields, its targets, its words, how it is tried, and how it acts on each part.

A new fault is a subclass of ``ServiceFault``, ``LinkFault``, ``WorkloadFault`` or ``Fault`` in its own file, listed in
the tuple of ``sim.mechanisms.faults``. ``tests/test_mechanisms.py`` asks it for all of its parts.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Mapping

from sim.errors import not_played
from sim.fields.fault_fields import ReplicasField
from sim.fields.quantity import LawField
from sim.fields.zones import zone_of
from sim.mechanisms.faults.injection import Injection
from sim.mechanisms.faults.parts import Edges, LinkPart, Nodes, QueuePart, ServicePart
from sim.mechanisms.faults.targets import FaultTargets, Indexes, on_host
from sim.mechanisms.timed import Timed

Way = Literal["out", "back", "both"]


class Fault(Timed):
    """Something injected in a window [at, at + for), or again and again (`up`, `down`); windows may overlap."""

    tried: ClassVar[tuple[Injection, ...]] = ()
    """How the fault matrix tries it."""
    form_starts: ClassVar[Mapping[str, str]] = {}
    """What the lab's form holds at first in a field, by key, where the first example of its type says too little."""

    up: LawField | None = None
    """Instead of one window: how long the system is healthy before each strike (the mean is the MTTF; MTBF is up and
    down together). It comes and goes from `at` on, by default from the warm-up's end; `up: 50s, down: 10s` is once a
    minute."""
    down: LawField | None = None
    """With `up`: how long it strikes, each time (the mean is the MTTR)."""

    # --- what it strikes ------------------------------------------------------------------------------------------

    @property
    def struck_part(self) -> str:
        """The subject of its sentence."""
        return self.target_name

    def targets(self, scenario: Nodes) -> FaultTargets:
        """Return the parts of a resolved scenario that it strikes."""
        raise not_played("fault", type(self).__name__)

    @property
    def timing(self) -> str:
        """When it strikes, in the words of its file, with how it comes and goes."""
        again = "" if self.up is None else f"again and again, up {self.up}, down {self.down}"
        return " ".join(part for part in (super().timing, again) if part)

    # --- what it asks of the engine -------------------------------------------------------------------------------

    def needs(self, indexes: Indexes) -> frozenset[str]:
        """Return what the replicas with these numbers must be able to do (``parts``: CAN_PAUSE and others)."""
        return frozenset()

    def on_service(self, part: ServicePart) -> list[Edges]:
        """Return what one of its windows does to a service."""
        raise not_played("fault of a service", type(self).__name__)

    def on_queue(self, part: QueuePart) -> Edges:
        """Return what one of its windows does to a queue."""
        raise not_played("fault of a queue", type(self).__name__)

    def on_link(self, part: LinkPart) -> Edges:
        """Return what one of its windows does to a link."""
        raise not_played("fault of a link", type(self).__name__)


def _in_zone(service: Any, zone: str) -> tuple[int, ...]:
    """Return the numbers of the replicas in *zone*, of all that *service* can have."""
    most = service.replicas if service.autoscale is None else max(service.replicas, service.autoscale.max_replicas)
    return tuple(index for index in range(most) if zone_of(service.zones, index) == zone)


class ServiceFault(Fault):
    """A fault of a service: of all its replicas, or (gray failure) of some."""

    befalls: ClassVar[tuple[str, ...]] = ("services", "hosts")

    replicas: ReplicasField | None = None
    """Strikes only this many replicas (the first ones), or those of a list, numbered from 0: `[0, 2]`. Default: all."""
    zone: str | None = None
    """Strikes only the replicas in this zone, of a service with `zones`."""

    @property
    def struck_part(self) -> str:
        """The service, the queue or the host, with its replicas where it strikes only some."""
        if self.zone is not None:
            return f"{self.target_name} (zone {self.zone})"
        return _with_replicas(self.target_name, self.replicas)

    def targets(self, scenario: Nodes) -> FaultTargets:
        """Return the service, the queue, or what is on the host."""
        name = self.target_name
        if name in scenario.services and self.zone is not None:
            return FaultTargets(services={name: _in_zone(scenario.services[name], self.zone)})
        if name in scenario.services:
            return FaultTargets(services={name: None if self.replicas is None else tuple(self.replicas)})
        if name in scenario.queues:
            return FaultTargets(queues=(name,))
        services, queues = on_host(scenario, name)
        return FaultTargets(services, queues if "queues" in self.befalls else ())


class LinkFault(Fault):
    """A fault of a link, in both directions or in one, to all of the callee's replicas or to some."""

    befalls: ClassVar[tuple[str, ...]] = ("links",)

    replicas: ReplicasField | None = None
    """Strikes only the paths to this many of the callee's replicas (the first ones), or to those of a list, numbered
    from 0: `[0, 2]`. The replica of each call on this link is then chosen when it is sent, not when it arrives.
    Default: all."""
    way: Way = "both"
    """`out`: only from caller to callee (requests). `back`: only from callee to caller (answers). `both`: each way."""

    @property
    def ways(self) -> tuple[str, ...]:
        """The directions in which it acts."""
        return ("out", "back") if self.way == "both" else (self.way,)

    @property
    def one_way(self) -> str:
        """The words for a single direction; empty for both."""
        return {"out": " for requests", "back": " for answers", "both": ""}[self.way]

    def targets(self, scenario: Nodes) -> FaultTargets:
        """Return the link, and the replicas to which it is struck."""
        return FaultTargets(links=(self.target_name,), paths=None if self.replicas is None else tuple(self.replicas))

    @property
    def struck_part(self) -> str:
        """The link, with the replicas that it leads to where only some paths are struck."""
        return _with_replicas(self.target_name, self.replicas)


def _with_replicas(name: str, replicas: tuple[int, ...] | None) -> str:
    if replicas is None:
        return name
    some = ", ".join(f"#{index}" for index in replicas)
    return f"{name} (replica{'' if len(replicas) == 1 else 's'} {some})"


class WorkloadFault(Fault):
    """A fault of the arrivals of a workload: its source plays it (``sim.engine.clients``)."""

    befalls: ClassVar[tuple[str, ...]] = ("workload",)

    def targets(self, scenario: Nodes) -> FaultTargets:
        """Return the workload."""
        return FaultTargets(workloads=(self.target_name,))
