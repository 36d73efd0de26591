"""Links: the network between two ends, and the policies of the caller."""

from __future__ import annotations

from typing import Annotated, Literal

from sim.fields.labels import UNSAID, Label, seconds
from sim.fields.model import Model
from sim.fields.quantity import LawField, PositiveDuration, Share
from sim.mechanisms.links.breaker import Breaker
from sim.mechanisms.links.bulkhead import Bulkhead
from sim.mechanisms.links.cache import Cache
from sim.mechanisms.links.call_limit import CallLimit
from sim.mechanisms.links.hedge import Hedge
from sim.mechanisms.links.order import Policy
from sim.mechanisms.links.outlier_detection import OutlierDetection
from sim.mechanisms.links.registry import declared_in
from sim.mechanisms.links.retry import Retry
from sim.mechanisms.links.subset import Subset
from sim.mechanisms.links.switches import FALLBACK, LATE_ANSWERS, ON_ABANDON, PROPAGATE_DEADLINE, TOTAL_TIMEOUT
from sim.mechanisms.links.throttle import Throttle
from sim.mechanisms.links.zone_routing import ZoneRouting
from sim.quantities import Constant, Law


class Link(Model):
    """How one end calls, sends to or is fed by another: network and the caller's policies. Undeclared: none of it."""

    latency: Annotated[LawField, UNSAID] = Constant(0.0, text="0s")
    """One-way network time, drawn each way."""
    latency_back: Annotated[LawField | None, UNSAID] = None
    """One-way network time of answers, if it differs from that of requests: an asymmetric link. Default: `latency`."""
    loss: Annotated[Share, UNSAID] = 0.0
    """Share of messages lost, each way drawn separately."""
    loss_back: Annotated[Share | None, UNSAID] = None
    """Share of answers lost, if it differs from that of requests. After a lost answer the work is done, and the caller
    does not know it; after a lost request it is not done. Default: `loss`."""
    timeout: Annotated[PositiveDuration | None, Label(lambda value: f"timeout {seconds(value)}")] = None
    """The caller gives an attempt up after this long, network and waiting included; the callee continues."""
    total_timeout: Annotated[PositiveDuration | None, TOTAL_TIMEOUT] = None
    """The caller gives the whole call up after this long, whatever is under way: attempts, waits, hedges (AWS SDK
    `apiCallTimeout`, Polly's outer timeout); `timeout` is that of each attempt (`apiCallAttemptTimeout`)."""
    retry: Retry | None = None
    """Try again."""
    breaker: Breaker | None = None
    """Circuit breaker of this link."""
    propagate_deadline: Annotated[bool, PROPAGATE_DEADLINE] = False
    """What is left of the caller's time travels with the call: it is given up when the caller's own time ends, is
    not tried again after it, and a callee that refuses late work knows it."""
    on_abandon: Annotated[Literal["continue", "drop queued", "cancel"], ON_ABANDON] = "continue"
    """What the callee does with an attempt that its caller gave up: it continues, drops it while it waits in the queue,
    or stops working on it too. The notice takes no time."""
    late_answers: Annotated[Literal["ignore", "accept"], LATE_ANSWERS] = "ignore"
    """Whether a good answer to an attempt that timed out ends the call if it is still being tried again."""
    hedge: Hedge | None = None
    """A second attempt in a race with a slow first one."""
    fallback: Annotated[Literal["default", "empty", "cached"] | None, FALLBACK] = None
    """When the call finally fails, continue `degraded` with a default answer, an empty part, or the last good answer
    for this key if there ever was one."""
    throttle: Throttle | None = None
    """Adaptive throttling by the caller."""
    limit: CallLimit | None = None
    """Rate limiter at the caller."""
    bulkhead: Bulkhead | None = None
    """Limit on calls that are out at once."""
    outlier_detection: OutlierDetection | None = None
    """Ejection of replicas that fail from the load balancing of this link."""
    subset: Subset | None = None
    """Each caller knows only some of the callee's replicas."""
    zone_routing: ZoneRouting | None = None
    """Preference for replicas in the caller's zone."""
    cache: Cache | None = None
    """Cache in front of the call."""
    order: Annotated[list[Policy] | None, Label(lambda order: f"outermost first: {', '.join(order)}")] = None
    """Which policy is around which, outermost first: all that the link has, each once. Default: `[cache, fallback,
    hedge, retry, breaker, throttle, limit, bulkhead, timeout]`. A policy outside `retry` sees one call, with all its
    attempts and waits: a `timeout` there ends them all, a `breaker` counts them as one, a `bulkhead` holds one place
    for them. The cache is always first."""
    operations: Annotated[dict[str, Link], UNSAID] = {}
    """What is different for single operations of the callee, by their names: a merge patch on this link, null removes
    a policy (as routes of Envoy say it, and entries of gRPC's `methodConfig`). A policy that is given here is the
    operation's own, with a state of its own; all others are shared with the link, the budget of a retry too unless it
    is given here. The network, the subset and the zone routing are the
    link's."""

    def of(self, operation: str) -> Link:
        """Return what holds for calls of one *operation* of the callee."""
        return self.operations.get(operation, self)

    @property
    def versions(self) -> tuple[Link, ...]:
        """The link itself, and what holds for each operation that has something different."""
        return (self, *self.operations.values())

    @property
    def latencies(self) -> tuple[Law, Law]:
        """The one-way times of requests and of answers."""
        return self.latency, self.latency if self.latency_back is None else self.latency_back

    @property
    def losses(self) -> tuple[float, float]:
        """The shares of requests and of answers that are lost."""
        return self.loss, self.loss if self.loss_back is None else self.loss_back

    @property
    def round_trip_s(self) -> float:
        """The mean time on the network, both ways together."""
        out, back = self.latencies
        return out.mean + back.mean

    @property
    def least_round_trip_s(self) -> float:
        """The least time on the network, both ways together."""
        out, back = self.latencies
        return out.support[0] + back.support[0]

    @property
    def carried_ratio(self) -> float:
        """The share of calls of which both the request and the answer arrive."""
        out, back = self.losses
        return (1 - out) * (1 - back)

    def has(self, field: str) -> bool:
        """Whether the link, or an override of it, has the policy in this *field*."""
        return any(getattr(one, field) is not None for one in self.versions)


LINK_DEFENCES = declared_in(Link)
"""The defences of a caller by their fields, from the outside in."""

WIRE = ("latency", "latency_back", "loss", "loss_back")
"""The fields of a link that say how its messages travel: all that a delivery from a queue can have."""
NETWORK = frozenset({*WIRE, "timeout", "order", "operations"})
"""The fields of a link other than its defences: its network, the timeout of each call, the order of its policies,
and what is different for single operations."""
