"""Queues in words: the queue discipline, and the acceptable wait."""

from __future__ import annotations

from dataclasses import dataclass

from sim.errors import ParameterError, did_you_mean
from sim.quantities.forms import Form
from sim.quantities.units import is_number, parse_duration, parse_positive_number


@dataclass(frozen=True, slots=True)
class Target:
    """The longest wait that is acceptable, and the interval over which waits are judged; both in seconds."""

    target_s: float
    interval_s: float
    text: str = ""

    def __str__(self) -> str:
        return self.text


_TARGET = Form("target {target:positive duration} interval {interval:positive duration}", "target 5ms interval 100ms")


def parse_target(text: object) -> Target:
    """Return the target written in *text*: ``target 5ms interval 100ms``."""
    words = text.split() if isinstance(text, str) else []
    if not _TARGET.fits(words):
        raise ParameterError(f"be a target such as {_TARGET.example}", text)
    values = _TARGET.read(words)
    if values["interval"] < values["target"]:
        raise ParameterError("have an interval of at least its target", text)
    return Target(values["target"], values["interval"], str(text))


FIFO, LIFO, PRIORITY, ADAPTIVE = "fifo", "lifo", "priority", "adaptive lifo"
SHARING, PREEMPTIVE, FAIR = "processor sharing", "preemptive priority", "fair"
RESUMES, RESTARTS, REDRAWS = "resume", "restart", "redraw"
"""What a preempted piece of work does when it gets a worker again."""
WORKLOAD, KEY, PRIORITY_CLASS = "workload", "key", "priority"
"""The classes of a fair line."""


@dataclass(frozen=True, slots=True)
class LineOrder:
    """Queue discipline: *kind* is one of the constants above.

    The adaptive one is lifo while more than *above* wait and the queue has not been empty for *after_s*. A preempted
    piece of work continues as *preempted* says. *by* names the classes of a fair line, and *weights* are (class,
    weight); a class that is not named has the weight 1.
    """

    kind: str
    above: int = 0
    after_s: float = 0.1
    preempted: str = RESUMES
    by: str = WORKLOAD
    weights: tuple[tuple[str, float], ...] = ()
    text: str = "fifo"

    def __str__(self) -> str:
        return self.text


_RULE = (
    "be fifo, lifo, priority, preemptive priority, processor sharing, fair by workload, adaptive lifo or "
    "adaptive lifo above 10 after 100ms"
)
_KINDS = (FIFO, LIFO, PRIORITY, ADAPTIVE, SHARING, PREEMPTIVE, "fair by workload", "fair by key", "fair by priority")


def parse_line_order(text: object) -> LineOrder:
    """Return the order written in *text*: ``fifo``, ``fair by workload web 3``, ``adaptive lifo above 10 after 1s``."""
    words = text.split() if isinstance(text, str) else []
    written, kind, rest = " ".join(words), " ".join(words[:2]), words[2:]
    if written in (FIFO, LIFO, PRIORITY, SHARING):
        return LineOrder(written, text=str(text))
    if kind == PREEMPTIVE and (not rest or rest in ([RESTARTS], [REDRAWS], [RESUMES])):
        return LineOrder(kind, preempted=rest[0] if rest else RESUMES, text=str(text))
    if words[:2] == ["fair", "by"] and rest and rest[0] in (WORKLOAD, KEY, PRIORITY_CLASS):
        return LineOrder(FAIR, by=rest[0], weights=_weights(rest[1:], rest[0], text), text=str(text))
    if kind != ADAPTIVE or len(rest) % 2 or set(rest[::2]) - {"above", "after"}:
        raise ParameterError(_RULE, text, did_you_mean(text, _KINDS) if isinstance(text, str) else "")
    found = dict(zip(rest[::2], rest[1::2]))
    above = found.get("above", "0")
    if not above.isdecimal():
        raise ParameterError(_RULE, text)
    return LineOrder(kind, int(above), parse_duration(found.get("after", "100ms")), text=str(text))


def _weights(words: list[str], by: str, text: object) -> tuple[tuple[str, float], ...]:
    """Return (class, weight) for each name that is followed by a number; keys and priorities are numbers."""
    found: dict[str, float] = {}
    name: list[str] = []
    for word in words:
        if name and is_number(word):
            found[" ".join(name)] = parse_positive_number(word)
            name = []
        else:
            name.append(word)
    if name or not all(by == WORKLOAD or one.isdecimal() for one in found):
        raise ParameterError(f"name each class of a fair line with its weight: {_EXAMPLES[by]}", text)
    return tuple(found.items())


_EXAMPLES = {
    WORKLOAD: "fair by workload web 3 batch 1",
    KEY: "fair by key 0 3 1 1",
    PRIORITY_CLASS: "fair by priority 0 3 1 1",
}
