"""Conditions on a running system: `backlog of jobs above 1000 for 30s`, read from one line.

A condition is looked at on a fixed grid of instants, as a monitor samples, and holds when it has held at every look for
its span. What can be asked depends on the kind of part; ``QUANTITIES`` is the list.

Not modelled: two conditions joined, and a monitor's own delay (a fault's `after` has it).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Callable, NamedTuple

from sim import quantities as q
from sim.errors import ParameterError, did_you_mean
from sim.fields.quantity import Quantity, one_arrow

RULE = "be a condition such as backlog of jobs above 1000, or errors of web -> db above 20% over 10s for 30s"
_FORM = re.compile(
    r"(?P<quantity>.+?) of (?P<of>.+) (?P<side>above|below) (?P<value>\S+)"
    r"(?: over (?P<over>\S+))?(?: for (?P<held>\S+))?(?: every (?P<every>\S+))?"
)
OVER_S = 10.0
"""The last seconds over which a share of ends is taken, if a condition does not say."""
EVERY_S = 1.0
"""The time between two looks, if a condition does not say."""


class Watched(NamedTuple):
    """A quantity of a condition: the kinds of parts that have it, how its bound is read, and what it is."""

    of: tuple[str, ...]
    read: Callable[[object], float]
    meaning: str
    is_recent: bool = False
    """Whether it is a share of what ended in the last seconds (`over`)."""


QUANTITIES: dict[str, Watched] = {
    "backlog": Watched(("queues",), q.parse_count, "messages that wait"),
    "age": Watched(("queues",), q.parse_duration, "the age of the oldest message that waits"),
    "in flight": Watched(("queues", "workload"), q.parse_count, "messages, or requests, that are in flight"),
    "line": Watched(("services",), q.parse_count, "requests that wait at all replicas together"),
    "busy": Watched(("services",), q.parse_share, "the share of the workers that are busy"),
    "replicas": Watched(("services",), q.parse_count, "replicas that are in service and up"),
    "errors": Watched(("workload", "links"), q.parse_share, "the share that did not end ok or degraded", True),
    "timeouts": Watched(("workload", "links"), q.parse_share, "the share that ended in a timeout", True),
}
"""What a condition can watch."""


@dataclass(frozen=True, slots=True)
class When:
    """A *quantity* *of* a part is above or below *value*, at every look for *for_s*; looked at each *every_s*."""

    quantity: str
    of: str
    above: bool
    value: float
    over_s: float
    for_s: float
    every_s: float
    text: str

    def __str__(self) -> str:
        return self.text

    def holds(self, value: float) -> bool:
        """Whether *value*, of this instant, meets the condition."""
        return value > self.value if self.above else value < self.value


def parse_when(text: object) -> When:
    """Return the condition that *text* says.

    >>> when = parse_when("backlog of jobs above 1000 for 30s")
    >>> when.quantity, when.of, when.value, when.for_s, when.every_s
    ('backlog', 'jobs', 1000, 30.0, 1.0)
    """
    found = _FORM.fullmatch(" ".join(text.split())) if isinstance(text, str) else None
    if found is None:
        raise ParameterError(RULE, text)
    quantity = found["quantity"]
    if quantity not in QUANTITIES:
        hint = did_you_mean(quantity, QUANTITIES) or f"the quantities are {', '.join(QUANTITIES)}"
        raise ParameterError("watch a known quantity", quantity, hint)
    watched = QUANTITIES[quantity]
    if found["over"] and not watched.is_recent:
        raise ParameterError("have `over` with a share of what ends only", text)
    over, held, every = (
        q.parse_positive_duration(found[name]) if found[name] else default
        for name, default in (("over", OVER_S), ("held", 0.0), ("every", EVERY_S))
    )
    above, value = found["side"] == "above", watched.read(_number(found["value"]))
    return When(quantity, one_arrow(found["of"]), above, value, over, held, every, str(text))


def _number(text: str) -> object:
    return int(text) if text.isdecimal() else text


WhenField = Annotated[
    When,
    Quantity(parse_when, str, (When,), {"type": "string", "examples": ["backlog of jobs above 1000 for 30s"]}),
]
