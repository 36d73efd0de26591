"""The most that an autoscaler changes within a period, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sim.errors import ParameterError
from sim.quantities.units import parse_positive_duration


@dataclass(frozen=True, slots=True)
class ScalingStep:
    """At most *size* replicas, or *size* percent of them (*is_share*), within *period_s*."""

    size: float
    is_share: bool
    period_s: float
    text: str = ""

    def __str__(self) -> str:
        return self.text


_STEP = re.compile(r"(?:(\d+) (?:replicas?|pods?)|(\d+(?:\.\d+)?)\s?%) per (\S+)")


def parse_scaling_step(text: object) -> ScalingStep:
    """Return the step written in *text*: ``4 replicas per 15s`` or ``100% per 15s``.

    >>> parse_scaling_step("50% per 1min").period_s
    60.0
    """
    rule = "be a step such as 4 replicas per 15s or 100% per 15s"
    match = _STEP.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ParameterError(rule, text)
    count, percent, period = match.groups()
    size = float(count or percent)
    if size == 0:
        raise ParameterError(rule, text, "zero is written `select: disabled`")
    return ScalingStep(size, count is None, parse_positive_duration(period), str(text))
