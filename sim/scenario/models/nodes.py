"""Nodes that answer: services, queues and stores."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.fields.labels import UNSAID, Label, seconds
from sim.fields.model import Model
from sim.fields.quantity import (
    BackoffField,
    BalanceField,
    Cores,
    Count,
    LineField,
    PatienceField,
    PositiveCount,
    PositiveDuration,
)
from sim.mechanisms.services.autoscale import Autoscale
from sim.mechanisms.services.baulk import Baulk
from sim.mechanisms.services.concurrency import Concurrency
from sim.mechanisms.services.cpu import Cpu
from sim.mechanisms.services.line_order import LINE
from sim.mechanisms.services.rate_limit import RateLimit
from sim.mechanisms.services.refuse_late import RefuseLate
from sim.mechanisms.services.registry import declared_in
from sim.mechanisms.services.shed import Shed
from sim.mechanisms.steps import Recipe
from sim.quantities import UNLIMITED, BackoffLaw, Balance, Constant, Law, LineOrder
from sim.quantities.line_order import PREEMPTIVE, SHARING
from sim.scenario.models.health import HealthChecks


def _longest(wait: Law) -> str:
    """Return for how long one may wait in line, or how long on average."""
    return f"waits {'up to' if isinstance(wait, Constant) else 'about'} {seconds(wait.mean)}"


class Service(Model):
    """A service: replicas with workers and a waiting line each, and the operations it offers."""

    operations: Annotated[dict[str, Recipe], UNSAID] = Field(min_length=1)
    """What it can be asked, each a recipe: a list of steps."""
    replicas: Annotated[int, Field(ge=1, le=10_000), UNSAID] = 1
    """How many identical copies."""
    workers: Annotated[PositiveCount, UNSAID] = 1
    """Threads per replica: each holds one request from start of service to the end of its recipe."""
    waiting: Annotated[Count, UNSAID] = 64
    """Waiting places per replica besides its workers; a call that finds them full is rejected. Or `unlimited`."""
    max_wait: Annotated[PatienceField | None, Label(_longest)] = None
    """A request that has waited this long in the queue is withdrawn (rejected); a law is drawn for each request."""
    balance: Annotated[BalanceField, UNSAID] = Balance("round robin")
    """How callers choose a replica: `round robin`, `random`, `least outstanding`, `best of 2`."""
    cores: Annotated[Cores, Label(lambda cores: f"{cores:g} core{'s' * (cores != 1)} each")] = UNLIMITED
    """Processor cores of each replica, which all its `work` steps share equally (processor sharing): three at work on
    two cores each have two thirds of one. A step never has more than one core; waits and calls need none. Default: a
    core for each worker. Kubernetes writes 0.5 as `500m`."""
    cpu: Cpu | None = None
    """Its weight among the replicas of a host with `cores`, and a quota of processor time for each period."""
    while_calling: Annotated[Literal["hold", "free"], Label(lambda value: "frees workers in calls")] = "hold"
    """Whether a worker is held during calls (threads), or freed for other requests (event loop, virtual threads)."""
    in_flight: Annotated[PositiveCount | None, UNSAID] = None
    """With `while calling: free`: how many started requests a replica may have at once, or `unlimited` (default)."""
    limit: RateLimit | None = None
    """A rate limiter in each replica."""
    baulk: Baulk | None = None
    """Clients who leave at once if they find too many before them."""
    shed: Shed | None = None
    """Load shedding: which calls to reject in overload."""
    concurrency: Concurrency | None = None
    """An adaptive limit on calls in flight at each replica."""
    autoscale: Autoscale | None = None
    """Start and stop replicas as utilisation demands."""
    refuse_late: RefuseLate | None = None
    """Refuse work that cannot be done before its caller's propagated deadline."""
    line: Annotated[LineField, LINE] = LineOrder("fifo")
    """Which waiting request is next: `fifo`, `lifo`, `priority` (the workload's most important first, equals in order;
    work that has begun continues), or `adaptive lifo above 10 after 100ms`, which is lifo while more than this many
    (default 0) wait and the queue has not been empty for this long (default 100ms). `processor sharing`: nothing waits,
    all requests are at work and share the workers, which are cores then; `workers` plus `waiting` of them fit.
    `preemptive priority`: a more important request takes the worker of a less important one that is in a `work` step,
    which later resumes (or does the step again: `preemptive priority restart`, with a new time: `redraw`); waits and
    calls are not interrupted. `fair by workload` (`by key`, `by priority`): each class has its own line, and free
    workers take from them in turn by weight (default 1): `fair by workload web 3 batch 1`. If all places are taken, the
    newest of the class with the most waiting for its weight is rejected."""
    health_checks: HealthChecks | None = None
    """Checks by which callers' balancers learn which replicas are dead; without them they send to dead ones too."""
    consumes: Annotated[dict[str, str], UNSAID] = {}
    """Queues whose messages free workers take, each with the operation that handles them: `{charges: charge}`."""

    @property
    def threads(self) -> float:
        """How many requests each replica can have begun: its workers, or all that fit if they share these."""
        return self.workers + self.waiting if self.line.kind == SHARING else self.workers

    @property
    def places(self) -> float:
        """How many requests can wait at each replica for a worker."""
        return 0 if self.line.kind == SHARING else self.waiting

    @property
    def shared_cores(self) -> float:
        """The cores that the work steps of each replica share; unlimited if each worker has a core of its own."""
        return self.workers if self.line.kind == SHARING else self.cores

    @property
    def requested_cores(self) -> float:
        """The cores of which an autoscaler's target for CPU is a share."""
        if self.autoscale is not None and self.autoscale.cores is not None:
            return self.autoscale.cores
        return 1.0 if self.shared_cores == UNLIMITED else self.shared_cores

    @property
    def has_segments(self) -> bool:
        """Whether its workers do several requests by turns, so that a record has a row for each stretch of work."""
        return self.while_calling == "free" or self.line.kind == PREEMPTIVE


SERVICE_RULES = declared_in(Service)
"""The rules of a service's replicas by their fields."""


class Host(Model):
    """A machine whose cores are shared by all work on it."""

    runs: Annotated[list[str], Field(min_length=1)]
    """What stands on it: services, single replicas (`payments#0`) or queues."""
    cores: Cores = UNLIMITED
    """Cores that the `work` steps of all its replicas share: by the weights of the replicas (`cpu`), each of which is a
    control group, and equally inside each. What one does not need, the others have."""
    share_by: Literal["replica", "thread"] = "replica"
    """`thread`: without control groups, each work step counts with its replica's weight, so that a replica with twice
    as many at work has twice as much."""


class Store(Model):
    """Rows with versions, one for each key; takes no time of its own. The steps `read` and `write` use it."""


class Queue(Model):
    """A point-to-point queue: each message goes to one consumer at a time until one acknowledges it."""

    visibility_timeout: PositiveDuration = 30.0
    """A delivery without an answer for this long is given up and the message can be delivered again."""
    max_deliveries: PositiveCount = UNLIMITED
    """Deliveries in all before the message is dead-lettered, or lost where there are no dead letters (SQS
    `maxReceiveCount`; BullMQ `attempts`)."""
    max_stalled: Count = UNLIMITED
    """How often a message may come back because its visibility ended without an answer. These deliveries then do not
    count for `max deliveries`, and a message that stalls more often is dead-lettered. BullMQ's `maxStalledCount`, 1
    there; default unlimited, and every delivery counts, as with SQS."""
    late_acknowledgement: Literal["counts", "refused"] = "counts"
    """An acknowledgement after the visibility timeout ends the message (SQS standard queues; the default), or changes
    nothing (the lost lock of BullMQ, the expired receipt handle of an SQS FIFO queue)."""
    dead_letters: str | None = None
    """The queue that gets messages which could not be handled."""
    redelivery: BackoffField = BackoffLaw()
    """How long a message is delayed after its handler failed: `exponential 1s factor 2`, or Sidekiq's `polynomial 15s
    power 4 spread 10s`; default at once. A list that ends with `then stop` bounds the deliveries too."""
    max_length: PositiveCount = UNLIMITED
    """Waiting messages that fit (those in flight are not counted); further sends are pushed back. Default unlimited."""
    when_full: Literal["reject", "block"] = "reject"
    """Back-pressure: answer a send rejected at once, or acknowledge it only when there is room again, so that the
    sender is held up. Messages that return, and dead letters, always fit."""

    @property
    def most_deliveries(self) -> float:
        """The most deliveries of one message: those that count, and those that may stall if they are counted apart."""
        return self.counted_deliveries + (0.0 if self.max_stalled == UNLIMITED else self.max_stalled)

    @property
    def counted_deliveries(self) -> float:
        """The most deliveries that count: `max deliveries`, or one more than a list of delays that stops has."""
        return min(self.max_deliveries, self.redelivery.most_waits + 1)
