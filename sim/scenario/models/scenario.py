"""The whole file: its clock, its parts, what varies between runs, and what is claimed about it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import Discriminator, Field, PrivateAttr, Tag

from sim.fields.model import Combination, Model, Patch, PatchOf
from sim.fields.quantity import Duration, LinkName, PositiveDuration, Size, Value
from sim.mechanisms.actions import AnyAction
from sim.mechanisms.actions.scale import Scale
from sim.mechanisms.faults import AnyFault
from sim.mechanisms.faults.targets import member
from sim.quantities import MOST_REPLICATIONS, UNLIMITED
from sim.scenario.models.links import Link
from sim.scenario.models.nodes import Host, Queue, Service, Store
from sim.scenario.models.workload import Workload

_UNDECLARED = Link()


def _value(link: Link, field: str) -> Any:
    """Return what *link* has in this *field*; `budget` is that of its retry."""
    if field == "budget":
        return None if link.retry is None else link.retry.budget
    return getattr(link, field)


class Toggle(Model):
    """A switch that a participant can flip: a merge patch with a word about it."""

    about: str = ""
    """What it does, in a sentence."""
    for_: list[str] | None = None
    """Variants it belongs to; elsewhere it is greyed. Default: all."""
    patch: Patch
    """An RFC 7386 merge patch on the scenario; null removes a key."""


class Defaults(Model):
    """What holds for all of a kind, unless it says otherwise itself: merge patches below each; null there removes one.

    Real systems are written like this: the defaults of a mesh, of a client library, of a group of queues.
    """

    workload: Annotated[dict[str, Any], PatchOf("Workload")] = {}
    """For each workload."""
    services: Annotated[dict[str, Any], PatchOf("Service")] = {}
    """For each service."""
    queues: Annotated[dict[str, Any], PatchOf("Queue")] = {}
    """For each queue."""
    links: Annotated[dict[str, Any], PatchOf("Link")] = {}
    """For each link that a call or a send uses, declared or not; of a queue's link to its consumer only latency and
    loss: `{timeout: 2s, retry: {max attempts: 3}}`."""


class Claim(Model):
    """A sentence that is checked: a measure, of something, in a window, within bounds."""

    variant: str | None = None
    """The variant it speaks of; default the first."""
    with_: list[str] = []
    """Toggles that are on."""
    measure: str
    """The measure's name, as in the results."""
    of: LinkName = "system"
    """A workload, workload/operation, service, link, queue, effect, or `system`."""
    during: str = "all"
    """`all`, `before`, `fault`, `after`, the name of a fault or an action, or `500s to 600s`. Counts of a window that
    reaches `duration` include the drain."""
    above: Value | None = None
    """Holds above this value."""
    below: Value | None = None
    """Holds below this value."""
    at_least: Value | None = None
    """Holds at this value or above."""
    at_most: Value | None = None
    """Holds at this value or below."""
    between: Annotated[list[Value], Field(min_length=2, max_length=2)] | None = None
    """Holds from the first to the second value."""
    is_: Value | None = None
    """Holds at exactly this value."""
    than: str | None = None
    """Judge the difference to this variant (this one minus that one) instead of the value itself."""
    in_: str = "every"
    """`every` replication (default), `mean`, or `9 of 10`."""


HostField = Annotated[
    Union[
        Annotated[list[str], Field(min_length=1), Tag("a list")],
        Annotated[Host, Tag("settings")],
    ],
    Discriminator(lambda value: "a list" if isinstance(value, list) else "settings"),
]


class Scenario(Model):
    """One file: how a system talks, what is asked of it, what breaks and when, and what is claimed about it."""

    version: Literal[1]
    """The version of the format: 1."""
    title: str
    """What it is called in lists and on figures."""
    question: str = ""
    """What a participant should predict before running it."""
    lesson: str = ""
    """What it teaches."""
    source: str = ""
    """Where the system or its numbers come from."""
    assumptions: list[str] = []
    """What is assumed or left out, shown with the results."""
    duration: PositiveDuration
    """How long clients arrive, warm-up included; what is in flight then drains."""
    warmup: Duration = 0.0
    """What arrives before this is not measured."""
    drain: Duration | None = None
    """How long after `duration` to wait for what is in flight; default as long as `duration`. What happens then is
    counted in each window that reaches `duration`; rates and levels leave it out."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    """The seed of every stream of chance."""
    replications: Annotated[int, Field(ge=1, le=MOST_REPLICATIONS)] = 1
    """How many independent runs the claims are judged on."""
    max_events: Annotated[int, Field(ge=1)] = 50_000_000
    """A run that needs more events than this is cut off, and says so."""
    max_memory: Size = 4e9
    """A run whose records need more than this is cut off, and says so. Records beyond a thirty-second of it are kept in
    temporary files instead of memory; they still count, because measures read them back."""
    workload: dict[str, Workload] = Field(min_length=1)
    """Who asks, by name."""
    services: dict[str, Service] = Field(min_length=1)
    """Services by name."""
    queues: dict[str, Queue] = {}
    """Point-to-point queues by name."""
    stores: dict[str, Store] = {}
    """Stores by name, for the steps `read` and `write`."""
    defaults: Defaults | None = None
    """What holds for all links, services, queues or workloads; each can say otherwise, and null removes a default."""
    links: dict[LinkName, Link] = {}
    """Links by `caller -> callee`; an end is a workload, a service or a queue."""
    hosts: dict[str, HostField] = {}
    """Hosts, racks or zones by name, each a list of what stands on it: services, single replicas (`payments#0`) or
    queues. A fault of a node can name one instead, and strikes all that is on it. With cores that all on it share:
    `{runs: [web, batch], cores: 4}`."""
    faults: dict[str, AnyFault] = {}
    """What is injected, by name."""
    actions: dict[str, AnyAction] = {}
    """What an operator does, by name. Actions are not faults: `before`, `fault` and `after` do not move with them."""
    variants: dict[str, Patch] = {}
    """Named RFC 7386 merge patches on this file; the first is the baseline."""
    toggles: dict[str, Toggle] = {}
    """Switches that a participant can flip."""
    expect: dict[str, Claim] = {}
    """Claims, checked over the replications."""

    _combination: Combination = PrivateAttr(default_factory=Combination)

    def model_post_init(self, context: object) -> None:
        """Keep the combination that validation was given as its context, and what actions scale services to."""
        if isinstance(context, Combination):
            self._combination = context
        for action in self.actions.values():
            if isinstance(action, Scale) and action.scale in self.services:
                self.services[action.scale].may_be_scaled_to(action.replicas)

    def link(self, name: str, operation: str = "") -> Link:
        """Return what holds on the link *name* for calls of an *operation* of its callee; undeclared, it has none."""
        return self.links.get(name, _UNDECLARED).of(operation)

    def own_policies(self, link: str, operation: str) -> frozenset[str]:
        """Return the fields that an override of *link* states for *operation*, and `budget` if its retry states one."""
        return self._combination.own.get((link, operation), frozenset())

    def owners(self, link: str, field: str) -> list[str]:
        """Return who has a policy of this *field* on *link*: "" for the link itself, and operations with their own."""
        model = self.link(link)
        own = [name for name in model.operations if field in self.own_policies(link, name)]
        return [*([""] if _value(model, field) is not None else []), *own]

    def owner(self, link: str, field: str, operation: str) -> str | None:
        """Return whose policy of this *field* the calls of *operation* meet on *link*; None if they meet none."""
        if field in self.own_policies(link, operation):
            return operation
        return None if _value(self.link(link, operation), field) is None else ""

    @property
    def zones(self) -> dict[str, dict[str, int]]:
        """The zones of each service and workload that has some."""
        nodes: dict[str, Workload | Service] = {**self.workload, **self.services}
        return {name: node.zones for name, node in nodes.items() if node.zones}

    @property
    def placed(self) -> dict[str, list[str]]:
        """What stands on each host."""
        return {name: host.runs if isinstance(host, Host) else host for name, host in self.hosts.items()}

    @property
    def machines(self) -> dict[str, Host]:
        """The hosts whose cores are shared, by name."""
        hosts = {name: host for name, host in self.hosts.items() if isinstance(host, Host)}
        return {name: host for name, host in hosts.items() if host.cores != UNLIMITED}

    @property
    def sharing(self) -> tuple[str, ...]:
        """The services whose work steps share cores, with each other or with others on a host, in file order."""
        on_machines = {member(text)[0] for host in self.machines.values() for text in host.runs}
        return tuple(
            name
            for name, service in self.services.items()
            if service.shared_cores != UNLIMITED
            or (service.cpu is not None and service.cpu.quota not in (None, UNLIMITED))
            or name in on_machines
        )

    @property
    def variant(self) -> str:
        """The variant this is, once resolved; empty when there are none."""
        return self._combination.variant

    @property
    def toggles_on(self) -> tuple[str, ...]:
        """The toggles that are on, in file order."""
        return self._combination.toggles_on

    @property
    def tables(self) -> dict[str, tuple[float, ...]]:
        """The data files it uses: counts per second of a `trace`, seconds of an `empirical` law, by path."""
        return dict(self._combination.tables)
