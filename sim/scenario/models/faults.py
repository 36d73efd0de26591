"""Faults: what is injected, into which part, when and for how long."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import Discriminator, Tag

from sim.scenario.fields import Factor, LawField, LinkName, PositiveDuration, Share
from sim.scenario.models.base import Model


class Fault(Model):
    """Something injected in a window [at, at + for); windows may overlap, on one node too."""

    at: LawField
    """When it begins, on the scenario's clock; a law (`uniform 60s to 90s`) draws it anew for each replication."""
    for_: PositiveDuration
    """How long it lasts."""


class Slow(Fault):
    """Work begun inside takes longer."""

    slow: str
    """The service."""
    by: Factor
    """The factor; overlapping ones multiply."""


class Crash(Fault):
    """Every replica dies: work in flight and the line are lost; after the window it is back, empty."""

    crash: str
    """The service (or the queue: its messages survive)."""
    mode: Literal["silent", "refuse"]
    """`silent`: callers hear nothing. `refuse`: calls in flight and new ones are answered refused at once."""


class Pause(Fault):
    """Freezes work and resumes it (garbage collection, live migration); arrivals queue up."""

    pause: str
    """The service, or a queue (which then delivers nothing)."""


class Errors(Fault):
    """A share of requests is answered error."""

    errors: str
    """The service."""
    share: Share
    """The share of requests; overlapping ones combine independently."""
    after_work: bool = False
    """Fail after the work is done instead of before it."""


class Cut(Fault):
    """A link carries nothing, in either direction."""

    cut: LinkName
    """The link, as `caller -> callee`."""
    mode: Literal["silent", "refuse"]
    """`silent`: what is sent is lost. `refuse`: the caller learns it at once."""


class Delay(Fault):
    """A link takes longer, each way."""

    delay: LinkName
    """The link, as `caller -> callee`."""
    by: LawField
    """The added one-way time; overlapping ones add."""


class Lose(Fault):
    """A link loses messages, each way."""

    lose: LinkName
    """The link, as `caller -> callee`."""
    share: Share
    """The share lost; overlapping ones combine independently."""


class Spike(Fault):
    """More arrivals of a workload, from a stream of their own."""

    spike: str
    """The workload (an open loop)."""
    by: Factor
    """The rate is multiplied by this; at least 1x."""


FAULTS: dict[str, type[Fault]] = {
    "slow": Slow, "crash": Crash, "pause": Pause, "errors": Errors, "cut": Cut, "delay": Delay, "lose": Lose,
    "spike": Spike,
}  # fmt: skip


def fault_kind(fault: Any) -> str | None:
    """Return the verb of a fault, or None."""
    if isinstance(fault, Model):
        return type(fault).__name__.lower()
    return next((verb for verb in FAULTS if verb in fault), None) if isinstance(fault, dict) else None


AnyFault = Annotated[
    Union[
        Annotated[Slow, Tag("slow")], Annotated[Crash, Tag("crash")], Annotated[Pause, Tag("pause")],
        Annotated[Errors, Tag("errors")], Annotated[Cut, Tag("cut")], Annotated[Delay, Tag("delay")],
        Annotated[Lose, Tag("lose")], Annotated[Spike, Tag("spike")],
    ],
    Discriminator(fault_kind),
]  # fmt: skip
