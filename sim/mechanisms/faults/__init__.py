"""Every kind of fault: a declaration each, and the one tuple that lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import Discriminator, Tag

from sim.fields.model import Model
from sim.mechanisms.faults.base import Fault, LinkFault, ServiceFault, WorkloadFault
from sim.mechanisms.faults.crash import Crash, Death
from sim.mechanisms.faults.crash_loop import CrashLoop
from sim.mechanisms.faults.cut import Cut
from sim.mechanisms.faults.delay import Delay
from sim.mechanisms.faults.deploy import Deploy
from sim.mechanisms.faults.drip import Drip
from sim.mechanisms.faults.errors import Errors
from sim.mechanisms.faults.leak import Leak
from sim.mechanisms.faults.lose import Lose
from sim.mechanisms.faults.partition import Partition
from sim.mechanisms.faults.pause import Pause
from sim.mechanisms.faults.poison import Poison
from sim.mechanisms.faults.slow import Slow
from sim.mechanisms.faults.spike import Spike
from sim.mechanisms.faults.synchronise import Synchronise

__all__ = ["FAULTS", "AnyFault", "Death", "Fault", "LinkFault", "ServiceFault", "WorkloadFault", "fault_kind"]

KINDS: tuple[type[Fault], ...] = (
    Slow, Crash, CrashLoop, Pause, Errors, Leak, Deploy, Poison, Cut, Partition, Delay, Lose, Drip, Spike, Synchronise,
)  # fmt: skip
"""All faults, in the order of the reference."""

FAULTS: dict[str, type[Fault]] = {kind.verb: kind for kind in KINDS}
"""Every kind of fault by its verb: the key that names what it strikes."""


def fault_kind(fault: Any) -> str | None:
    """Return the verb of a fault, as a model or as it is written in a file; None where it has none."""
    if isinstance(fault, Model):
        return getattr(fault, "verb", None)
    return next((verb for verb in FAULTS if verb in fault), None) if isinstance(fault, dict) else None


if TYPE_CHECKING:
    AnyFault = Fault
else:
    AnyFault = Annotated[
        Union[tuple(Annotated[model, Tag(verb)] for verb, model in FAULTS.items())], Discriminator(fault_kind)
    ]
