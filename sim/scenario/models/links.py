"""Links: the network between two ends, and the policies of the caller."""

from __future__ import annotations

from typing import Annotated, Literal

from sim.fields.labels import UNSAID, Label, seconds
from sim.fields.model import Model
from sim.fields.quantity import LawField, PositiveDuration, Share
from sim.quantities import Constant
from sim.scenario.models.defences import Breaker, Bulkhead, Cache, CallLimit, Hedge, Retry, Throttle


class Link(Model):
    """How one end calls, sends to or is fed by another: network and the caller's policies. Undeclared: none of it."""

    latency: Annotated[LawField, UNSAID] = Constant(0.0, text="0s")
    """One-way network time, drawn each way."""
    loss: Annotated[Share, UNSAID] = 0.0
    """Share of messages lost, each way drawn separately."""
    timeout: Annotated[PositiveDuration | None, Label(lambda value: f"timeout {seconds(value)}")] = None
    """The caller gives an attempt up after this long, network and waiting included; the callee goes on."""
    retry: Retry | None = None
    """Try again."""
    breaker: Breaker | None = None
    """Circuit breaker of this link."""
    propagate_deadline: Annotated[bool, Label(lambda value: "passes its deadline on")] = False
    """What is left of the caller's time travels with the call: it is given up when the caller's own time is over, is
    not tried again beyond it, and a callee that refuses late work can tell."""
    on_abandon: Annotated[Literal["continue", "drop queued", "cancel"], Label(lambda value: f"on abandon: {value}")] = (
        "continue"
    )
    """What becomes of an attempt whose caller gave it up: the callee goes on, drops it while it waits in line, or
    stops working on it at once too. The word of it takes no time."""
    late_answers: Annotated[Literal["ignore", "accept"], Label(lambda value: "late answers count")] = "ignore"
    """Whether a good answer to an attempt that timed out ends the call if it is still being tried again."""
    hedge: Hedge | None = None
    """A second attempt in a race with a slow first one."""
    fallback: Annotated[Literal["default", "empty", "cached"] | None, Label(lambda value: f"fallback: {value}")] = None
    """When the call fails for good, go on `degraded` with a default answer, an empty part, or the last good answer for
    this key if there ever was one."""
    throttle: Throttle | None = None
    """Adaptive throttling by the caller."""
    limit: CallLimit | None = None
    """Rate limiter at the caller."""
    bulkhead: Bulkhead | None = None
    """Limit on calls that are out at once."""
    cache: Cache | None = None
    """Cache in front of the call."""
