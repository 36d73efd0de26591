"""Values that only faults have: a beginning that hangs on another fault, and a choice among replicas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from sim import quantities as q
from sim.errors import ParameterError
from sim.fields.quantity import Quantity

_BEGIN = "be an instant such as 60s, or follow another fault, such as 5s after NAME ends"
_REPLICAS = "be a number of replicas, or a list of their numbers, which count from 0"


@dataclass(frozen=True, slots=True)
class After:
    """*wait_s* after each window of another *fault* begins, or ends."""

    fault: str
    wait_s: float
    edge: str
    text: str

    def __str__(self) -> str:
        return self.text


def parse_begin(text: object) -> q.Law | After:
    """Return a law, or what is written as ``5s after NAME begins``, ``after NAME ends`` or ``after NAME`` (its end).

    >>> after = parse_begin("5s after db down begins")
    >>> after.fault, after.wait_s, after.edge
    ('db down', 5.0, 'begins')
    """
    words = text.split() if isinstance(text, str) else []
    if "after" not in words[:2]:
        return q.parse_law(text)
    at = words.index("after")
    name = words[at + 1 :]
    edge = name.pop() if name and name[-1] in ("begins", "ends") else "ends"
    if not name:
        raise ParameterError(_BEGIN, text)
    return After(" ".join(name), q.parse_duration(words[0]) if at else 0.0, edge, str(text))


class Replicas(tuple[int, ...]):
    """Numbers of replicas, ascending; remembers how they were written."""

    written: object = None


def parse_replicas(value: object) -> Replicas:
    """Return the first replicas up to a number, or those of a list.

    >>> parse_replicas(2), parse_replicas([3, 1])
    ((0, 1), (1, 3))
    """
    many = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    listed = value if isinstance(value, list | tuple) else []
    numbers = [one for one in listed if isinstance(one, int) and not isinstance(one, bool) and one >= 0]
    if not many and (not listed or len(numbers) < len(listed)):
        raise ParameterError(_REPLICAS, value)
    found = Replicas(range(int(str(value))) if many else sorted(set(numbers)))
    found.written = value
    return found


def _written(value: Any) -> object:
    return value.written if value is not None else None


BeginField = Annotated[
    q.Law | After,
    Quantity(parse_begin, str, (q.Law, After), {"type": "string", "examples": ["60s", "5s after db down ends"]}),
]
_NUMBERS = {"type": "array", "items": {"type": "integer", "minimum": 0}}
ReplicasField = Annotated[
    Replicas, Quantity(parse_replicas, _written, (Replicas,), {"anyOf": [{"type": "integer", "minimum": 1}, _NUMBERS]})
]
