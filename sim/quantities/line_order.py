"""Queues in words: the queue discipline, and the acceptable wait."""

from __future__ import annotations

from dataclasses import dataclass

from sim.errors import ParameterError, did_you_mean
from sim.quantities.forms import Form
from sim.quantities.units import parse_duration


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


@dataclass(frozen=True, slots=True)
class LineOrder:
    """Queue discipline: *kind* is fifo, lifo, priority or adaptive lifo.

    The adaptive one is lifo while more than *above* wait and the queue has not been empty for *after_s*.
    """

    kind: str
    above: int = 0
    after_s: float = 0.1
    text: str = "fifo"

    def __str__(self) -> str:
        return self.text


def parse_line_order(text: object) -> LineOrder:
    """Return the order written in *text*: ``fifo``, ``lifo``, ``priority`` or ``adaptive lifo above 10 after 1s``."""
    kinds = ("fifo", "lifo", "priority", "adaptive lifo")
    rule = "be fifo, lifo, priority, adaptive lifo or adaptive lifo above 10 after 100ms"
    words = text.split() if isinstance(text, str) else []
    kind, rest = " ".join(words[:2]), words[2:]
    if text in kinds[:3]:
        return LineOrder(str(text), text=str(text))
    if kind != "adaptive lifo" or len(rest) % 2 or set(rest[::2]) - {"above", "after"}:
        raise ParameterError(rule, text, did_you_mean(text, kinds) if isinstance(text, str) else "")
    found = dict(zip(rest[::2], rest[1::2]))
    above = found.get("above", "0")
    if not above.isdecimal():
        raise ParameterError(rule, text)
    return LineOrder(kind, int(above), parse_duration(found.get("after", "100ms")), str(text))
