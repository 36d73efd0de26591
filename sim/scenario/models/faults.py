"""Faults: what is injected, into which part, when and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Union

from pydantic import Discriminator, Field, Tag

from sim.quantities import BackoffLaw
from sim.scenario.fault_fields import BeginField, ReplicasField
from sim.scenario.fields import BackoffField, Factor, LawField, LinkName, PositiveDuration, RateNumber, Share
from sim.scenario.models.base import Model
from sim.scenario.models.labels import percent

Way = Literal["out", "back", "both"]


class Fault(Model):
    """Something injected in a window [at, at + for), or again and again (`up`, `down`); windows may overlap."""

    befalls: ClassVar[tuple[str, ...]]
    """The parts of a scenario where the name of what it strikes is looked up; empty for a rule of its own."""

    at: BeginField | None = None
    """When it begins, on the scenario's clock: an instant, a law that is drawn anew for each replication (`uniform 60s
    to 90s`), or after another fault: `5s after db down ends` (or `begins`), once for each of its windows.
    It may begin in the warm-up, so that what comes and goes at random is warmed up too (`at: 0s`); it is measured from
    the warm-up's end."""
    for_: PositiveDuration | None = None
    """How long it lasts. With `up` and `down`: for how long it comes and goes; default until the duration is over."""
    up: LawField | None = None
    """Instead of one window: how long all is well before it strikes, each time (the mean is the MTTF; MTBF is up and
    down together). It comes and goes from `at` on, by default from the warm-up's end; `up: 50s, down: 10s` is once a
    minute."""
    down: LawField | None = None
    """With `up`: how long it strikes, each time (the mean is the MTTR)."""

    @property
    def label(self) -> str:
        """What it does to what it strikes, in a word or two: for pictures."""
        raise NotImplementedError


class ServiceFault(Fault):
    """A fault of a service: of all its replicas, or (gray failure) of some."""

    befalls: ClassVar[tuple[str, ...]] = ("services", "hosts")

    replicas: ReplicasField | None = None
    """Strikes only so many replicas (the first ones), or those of a list, numbered from 0: `[0, 2]`. Default: all."""


class Slow(ServiceFault):
    """Work begun inside takes longer."""

    slow: str
    """The service, or a host."""
    by: Factor
    """The factor; overlapping ones multiply."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return f"{self.by:g}x slower"


class Death(ServiceFault):
    """A fault after which replicas start again, empty: work in flight and the line are lost."""

    mode: Literal["silent", "refuse"]
    """`silent`: callers hear nothing. `refuse`: calls in flight and new ones are answered refused at once."""
    warm_up: PositiveDuration | None = None
    """After a restart a replica is cold: its work takes `cold` times as long at first, and less and less so over this
    long, in a straight line. Default: it is as fast as ever at once."""
    cold: Factor | None = None
    """With `warm up`: how much longer work takes right after a restart."""


class Crash(Death):
    """Replicas die; after the window they are back."""

    befalls: ClassVar[tuple[str, ...]] = ("services", "queues", "hosts")

    crash: str
    """The service, the queue (its messages survive), or a host."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "down"


class CrashLoop(Death):
    """Replicas die, are restarted, and die again, each by itself, until the window ends.

    The default waits are those of Kubernetes' CrashLoopBackOff (Kubernetes documentation, "Pod Lifecycle").
    """

    crash_loop: str
    """The service, or a host (its queues are spared)."""
    lives: LawField
    """How long a replica lives after each restart."""
    restarts_after: BackoffField = BackoffLaw(
        "exponential", 10.0, 2.0, cap=300.0, text="exponential 10s factor 2 cap 300s"
    )
    """How long it stays down after each death, the first one counted as 1."""
    times: Annotated[int, Field(ge=1)] | None = None
    """How often each replica dies in all; default as often as the window lets it."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "dies again and again"


class Pause(ServiceFault):
    """Freezes work and resumes it (garbage collection, live migration); arrivals queue up."""

    befalls: ClassVar[tuple[str, ...]] = ("services", "queues", "hosts")

    pause: str
    """The service, a queue (which then delivers nothing), or a host."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "paused"


class Errors(ServiceFault):
    """A share of requests is answered error."""

    errors: str
    """The service, or a host."""
    share: Share
    """The share of requests; overlapping ones combine independently."""
    after_work: bool = False
    """Fail after the work is done instead of before it."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return f"{percent(self.share)} errors"


class Leak(ServiceFault):
    """Work gets slower and slower, as with a memory leak: in a straight line, anew after each restart of a replica."""

    leak: str
    """The service, or a host."""
    by: Factor
    """How many times as long work takes after `within`, or after so many `requests`; it goes on growing."""
    within: PositiveDuration | None = None
    """The time, since the window began or the replica restarted, in which work becomes `by` times as long."""
    requests: Annotated[int, Field(ge=1)] | None = None
    """Instead of `within`: how many requests a replica begins until then."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "leaks"


class Deploy(ServiceFault):
    """A bad version runs, on some replicas or all, until it is rolled back: it fails, or is slow, or both."""

    deploy: str
    """The service, or a host."""
    share: Share = 0.0
    """The share of its requests that end in an error."""
    by: Factor = 1.0
    """How many times as long its work takes."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "bad version"


class Poison(Fault):
    """Requests with certain keys cannot be handled by one operation."""

    befalls: ClassVar[tuple[str, ...]] = ()

    poison: str
    """The operation, as `service.operation`."""
    keys: Annotated[list[int], Field(min_length=1)]
    """The keys."""
    effect: Literal["error", "crash"]
    """`error`: they are answered error at once. `crash`: the replica that begins one dies, with all it has,
    and refuses calls while it is down."""
    restarts_after: PositiveDuration = 1.0
    """With `effect: crash`: how long a replica stays down."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "poison"


class LinkFault(Fault):
    """A fault of a link, in both directions or in one."""

    befalls: ClassVar[tuple[str, ...]] = ("links",)

    way: Way = "both"
    """`out`: only from caller to callee (requests). `back`: only from callee to caller (answers). `both`: each way."""


class Cut(LinkFault):
    """A link carries nothing; what travels already arrives."""

    cut: LinkName
    """The link, as `caller -> callee`."""
    mode: Literal["silent", "refuse", "reset"]
    """`silent` (a black hole): what is sent is lost, only a timer tells. `refuse`: who sends inside the window learns
    it at once, and so does a caller whose answer would be sent inside it. `reset`: every caller who waits learns it
    when the window begins; the callees go on."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "cut"


class Partition(Fault):
    """Parts of the system cannot reach each other: every link between two sides is cut, in both directions."""

    befalls: ClassVar[tuple[str, ...]] = ()

    partition: dict[str, list[str]]
    """Sides by name, each a list of workloads, services, queues or hosts: `{east: [a, b], west: [c]}`. A node on no
    side reaches all. A single side is cut off from everything else."""
    mode: Literal["silent", "refuse", "reset"]
    """As for `cut`."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "cut"


class Delay(LinkFault):
    """A link takes longer."""

    delay: LinkName
    """The link, as `caller -> callee`."""
    by: LawField
    """The added one-way time; overlapping ones add."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return f"{self.by} later"


class Lose(LinkFault):
    """A link loses messages."""

    lose: LinkName
    """The link, as `caller -> callee`."""
    share: Share
    """The share lost; overlapping ones combine independently."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return f"{percent(self.share)} lost"


class Drip(LinkFault):
    """A link lets only so many messages a second through; the others wait in order until it is their turn.

    Each direction has a line of its own, without a bound. When the window ends, all that wait go at once.
    """

    drip: LinkName
    """The link, as `caller -> callee`."""
    rate: RateNumber
    """Messages a second, each way, one at a time in equal spaces: `5/s`. The lowest of overlapping ones counts."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return f"{self.rate:g}/s through"


class Spike(Fault):
    """More arrivals of a workload, from a stream of their own."""

    befalls: ClassVar[tuple[str, ...]] = ("workload",)

    spike: str
    """The workload (an open loop)."""
    by: Factor
    """The rate is multiplied by this; at least 1x."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return f"{self.by:g}x the rate"


class Synchronise(Fault):
    """Arrivals of a workload come all at once instead of spread out (cron jobs, a thundering herd): no more, no fewer.

    In an open loop, who would arrive between two ticks does so at the first of them; the users of a closed loop whose
    pause ends between two wait for the second.
    """

    befalls: ClassVar[tuple[str, ...]] = ("workload",)

    synchronise: str
    """The workload."""
    every: PositiveDuration | None = None
    """Time between ticks, the first at the window's beginning; default one tick for the whole window."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "all at once"


FAULTS: dict[str, type[Fault]] = {
    "slow": Slow, "crash": Crash, "crash loop": CrashLoop, "pause": Pause, "errors": Errors, "leak": Leak,
    "deploy": Deploy, "poison": Poison, "cut": Cut, "partition": Partition, "delay": Delay, "lose": Lose, "drip": Drip,
    "spike": Spike, "synchronise": Synchronise,
}  # fmt: skip
"""Every kind of fault by its verb: the key that names what it strikes."""

_VERBS = {model: verb for verb, model in FAULTS.items()}


def fault_kind(fault: Any) -> str | None:
    """Return the verb of a fault, or None."""
    if isinstance(fault, Model):
        return _VERBS.get(type(fault))  # type: ignore[arg-type]
    return next((verb for verb in FAULTS if verb in fault), None) if isinstance(fault, dict) else None


if TYPE_CHECKING:
    AnyFault = Fault
else:
    AnyFault = Annotated[
        Union[tuple(Annotated[model, Tag(verb)] for verb, model in FAULTS.items())], Discriminator(fault_kind)
    ]
