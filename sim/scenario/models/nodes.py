"""Nodes that answer: services, queues and stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Discriminator, Field, PrivateAttr, Tag

from sim.fields.labels import UNSAID, Label, seconds
from sim.fields.model import Model
from sim.fields.quantity import (
    BackoffField,
    BalanceField,
    Cores,
    Count,
    Duration,
    LawField,
    LineField,
    PatienceField,
    PositiveCount,
    PositiveDuration,
    RetryAfterField,
)
from sim.fields.zones import ZonesField, in_zones
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
from sim.scenario.models.slow_start import SlowStart


def _longest(wait: Law) -> str:
    """Return for how long one may wait in line, or how long on average."""
    return f"waits {'up to' if isinstance(wait, Constant) else 'about'} {seconds(wait.mean)}"


class BatchConsumer(Model):
    """A consumer that takes messages in batches: a worker takes several, handles them in turn, and answers for all.

    As a function does that loops over the records of its event.
    """

    operation: str
    """The operation that handles a message."""
    batch: Annotated[int, Field(ge=1, le=10_000)] = 10
    """The most messages in a batch: Lambda's `BatchSize`, 10 for SQS."""
    window: Duration = 0.0
    """How long a batch may wait for more messages, from its first one on: Lambda's `MaximumBatchingWindowInSeconds`.
    Default 0s: a worker takes what is there in the instant. Visibility runs meanwhile, and the worker is reserved."""
    batch_work: LawField = Constant(0.0)
    """Time on the worker once for each batch, before its first message: the start of an invocation, a bulk insert."""
    returns: Literal["all", "failed"] = "all"
    """Which messages return to the queue when some of a batch fail: all of them (Lambda's default), or only those that
    failed (`ReportBatchItemFailures`)."""
    after_error: Literal["continue", "stop"] = "continue"
    """Whether the messages after one that failed are handled too; with `stop` they return unhandled, as those of a
    FIFO queue should."""

    @property
    def share_s(self) -> float:
        """The mean share of the batch's own work of one message, in seconds, in a full batch."""
        return self.batch_work.mean / self.batch


CONSUMERS = ("an operation", "a batch")
"""The two ways in which `consumes` says how the messages of a queue are handled."""


def _way(consumer: object) -> str:
    return CONSUMERS[isinstance(consumer, dict | BatchConsumer)]


if TYPE_CHECKING:
    Consumer = str | BatchConsumer
else:
    Consumer = Annotated[
        Annotated[str, Tag(CONSUMERS[0])] | Annotated[BatchConsumer, Tag(CONSUMERS[1])], Discriminator(_way)
    ]


def _batches(consumes: dict[str, Consumer]) -> str:
    """Return the sizes of the batches in which queues are consumed."""
    sizes = [f"batches of {one.batch}" for one in consumes.values() if isinstance(one, BatchConsumer)]
    return " · ".join(dict.fromkeys(sizes))


class Service(Model):
    """A service: replicas with workers and a waiting line each, and the operations it offers."""

    operations: Annotated[dict[str, Recipe], UNSAID] = Field(min_length=1)
    """What it can be asked, each a recipe: a list of steps."""
    replicas: Annotated[int, Field(ge=1, le=10_000), UNSAID] = 1
    """How many identical copies."""
    zones: Annotated[ZonesField | None, Label(in_zones)] = None
    """How many of its replicas are in each zone, in order: with `{a: 3, b: 2}` #0 to #2 are in a, #3 and #4 in b, and
    further ones again from a on. Links with `zone routing` and faults with `zone` use it."""
    workers: Annotated[PositiveCount, UNSAID] = 1
    """Threads per replica: each holds one request from start of service to the end of its recipe."""
    waiting: Annotated[Count, UNSAID] = 64
    """Waiting places per replica besides its workers; a call that finds them full is rejected. Or `unlimited`."""
    max_wait: Annotated[PatienceField | None, Label(_longest)] = None
    """A request that has waited this long in the queue is withdrawn (rejected); a law is drawn for each request."""
    balance: Annotated[BalanceField, UNSAID] = Balance("round robin")
    """How callers choose a replica: `round robin`, `random`, `least outstanding`, `best of 2`, or `peak ewma 10s`: of
    two, the one whose latency (a moving average that follows peaks at once and decays over this time, default 10s)
    times the calls it would have out is lower, as Finagle and Linkerd do."""
    slow_start: SlowStart | None = None
    """A replica that is new or well again gets few calls at first. Not with `balance: random` or `peak ewma`."""
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
    retry_after: Annotated[RetryAfterField | None, Label(lambda words: f"retry after {words}")] = None
    """What every rejected caller is asked for: to try again after a time, or `never` (HTTP `Retry-After`, gRPC
    `grpc-retry-pushback-ms`). A caller listens if its retry has `pushback`."""
    shed: Shed | None = None
    """Load shedding: which calls to reject in overload."""
    concurrency: Concurrency | None = None
    """An adaptive limit on calls in flight at each replica."""
    autoscale: Autoscale | None = None
    """Start and stop replicas as the load demands."""
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
    consumes: Annotated[dict[str, Consumer], Label(_batches)] = {}
    """Queues whose messages free workers take, each with the operation that handles them: `{charges: charge}`, or
    `{charges: {operation: charge, batch: 10}}` to take several at once."""

    _scaled_to: int = PrivateAttr(default=0)

    def may_be_scaled_to(self, replicas: int) -> None:
        """Note that an action of its scenario scales it to this number of *replicas*."""
        self._scaled_to = max(self._scaled_to, replicas)

    @property
    def is_scaled_by_hand(self) -> bool:
        """Whether an action of its scenario scales it."""
        return self._scaled_to > 0

    @property
    def has_varying_replicas(self) -> bool:
        """Whether replicas come and go, by an autoscaler or by an operator."""
        return self.autoscale is not None or self.is_scaled_by_hand

    @property
    def most_replicas(self) -> int:
        """The largest number of replicas that it can have."""
        return max(self.replicas, self._scaled_to) if self.autoscale is None else self.autoscale.max_replicas

    @property
    def handlers(self) -> dict[str, str]:
        """The operation that handles the messages of each queue that it consumes."""
        return {queue: one if isinstance(one, str) else one.operation for queue, one in self.consumes.items()}

    @property
    def batches(self) -> dict[str, BatchConsumer]:
        """How it takes messages in batches, for each queue that it consumes so."""
        return {queue: one for queue, one in self.consumes.items() if isinstance(one, BatchConsumer)}

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
    """Deliveries in all before the message is dead-lettered, or lost where there are no dead letters (Amazon
    SQS's `maxReceiveCount`; BullMQ's `attempts`)."""
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
