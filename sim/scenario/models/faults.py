"""Faults: what is injected, into which part, when and for how long."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import Discriminator, Tag

from sim.scenario.fault_fields import BeginField, ReplicasField
from sim.scenario.fields import Factor, LawField, LinkName, PositiveDuration, RateNumber, Share
from sim.scenario.models.base import Model

Way = Literal["out", "back", "both"]


class Fault(Model):
    """Something injected in a window [at, at + for), or again and again (`up`, `down`); windows may overlap."""

    at: BeginField | None = None
    """When it begins, on the scenario's clock: an instant, a law that is drawn anew for each replication (`uniform 60s
    to 90s`), or after another fault: `5s after db down ends` (or `begins`), once for each of its windows."""
    for_: PositiveDuration | None = None
    """How long it lasts. With `up` and `down`: for how long it comes and goes; default until the duration is over."""
    up: LawField | None = None
    """Instead of one window: how long all is well before it strikes, each time (the mean is the MTTF; MTBF is up and
    down together). It comes and goes from `at` on, by default from the warm-up's end; `up: 50s, down: 10s` is once a
    minute."""
    down: LawField | None = None
    """With `up`: how long it strikes, each time (the mean is the MTTR)."""


class ServiceFault(Fault):
    """A fault of a service: of all its replicas, or (gray failure) of some."""

    replicas: ReplicasField | None = None
    """Strikes only so many replicas (the first ones), or those of a list, numbered from 0: `[0, 2]`. Default: all."""


class Slow(ServiceFault):
    """Work begun inside takes longer."""

    slow: str
    """The service, or a host."""
    by: Factor
    """The factor; overlapping ones multiply."""


class Crash(ServiceFault):
    """Replicas die: work in flight and the line are lost; after the window they are back, empty."""

    crash: str
    """The service, the queue (its messages survive), or a host."""
    mode: Literal["silent", "refuse"]
    """`silent`: callers hear nothing. `refuse`: calls in flight and new ones are answered refused at once."""


class Pause(ServiceFault):
    """Freezes work and resumes it (garbage collection, live migration); arrivals queue up."""

    pause: str
    """The service, a queue (which then delivers nothing), or a host."""


class Errors(ServiceFault):
    """A share of requests is answered error."""

    errors: str
    """The service, or a host."""
    share: Share
    """The share of requests; overlapping ones combine independently."""
    after_work: bool = False
    """Fail after the work is done instead of before it."""


class LinkFault(Fault):
    """A fault of a link, in both directions or in one."""

    way: Way = "both"
    """`out`: only from caller to callee (requests). `back`: only from callee to caller (answers). `both`: each way."""


class Cut(LinkFault):
    """A link carries nothing; what travels already arrives."""

    cut: LinkName
    """The link, as `caller -> callee`."""
    mode: Literal["silent", "refuse", "reset"]
    """`silent` (a black hole): what is sent is lost, only a timer tells. `refuse`: who sends inside the window learns
    it at once. `reset`: so does, when it begins, every caller who waits; the callees go on."""


class Partition(Fault):
    """Parts of the system cannot reach each other: every link between two sides is cut, in both directions."""

    partition: dict[str, list[str]]
    """Sides by name, each a list of workloads, services, queues or hosts: `{east: [a, b], west: [c]}`. A node on no
    side reaches all. A single side is cut off from everything else."""
    mode: Literal["silent", "refuse", "reset"]
    """As for `cut`."""


class Delay(LinkFault):
    """A link takes longer."""

    delay: LinkName
    """The link, as `caller -> callee`."""
    by: LawField
    """The added one-way time; overlapping ones add."""


class Lose(LinkFault):
    """A link loses messages."""

    lose: LinkName
    """The link, as `caller -> callee`."""
    share: Share
    """The share lost; overlapping ones combine independently."""


class Drip(LinkFault):
    """A link lets only so many messages a second through; the others wait in order until it is their turn.

    Each direction has a line of its own, without a bound. When the window ends, all that wait go at once.
    """

    drip: LinkName
    """The link, as `caller -> callee`."""
    rate: RateNumber
    """Messages a second, each way, one at a time in equal spaces: `5/s`. The lowest of overlapping ones counts."""


class Spike(Fault):
    """More arrivals of a workload, from a stream of their own."""

    spike: str
    """The workload (an open loop)."""
    by: Factor
    """The rate is multiplied by this; at least 1x."""


FAULTS: dict[str, type[Fault]] = {
    "slow": Slow, "crash": Crash, "pause": Pause, "errors": Errors, "cut": Cut, "partition": Partition,
    "delay": Delay, "lose": Lose, "drip": Drip, "spike": Spike,
}  # fmt: skip
"""Every kind of fault by its verb: the key that names what it strikes."""

_VERBS = {model: verb for verb, model in FAULTS.items()}


def fault_kind(fault: Any) -> str | None:
    """Return the verb of a fault, or None."""
    if isinstance(fault, Model):
        return _VERBS.get(type(fault))  # type: ignore[arg-type]
    return next((verb for verb in FAULTS if verb in fault), None) if isinstance(fault, dict) else None


AnyFault = Annotated[
    Union[
        Annotated[Slow, Tag("slow")], Annotated[Crash, Tag("crash")], Annotated[Pause, Tag("pause")],
        Annotated[Errors, Tag("errors")], Annotated[Cut, Tag("cut")], Annotated[Partition, Tag("partition")],
        Annotated[Delay, Tag("delay")], Annotated[Lose, Tag("lose")], Annotated[Drip, Tag("drip")],
        Annotated[Spike, Tag("spike")],
    ],
    Discriminator(fault_kind),
]  # fmt: skip
