"""Domain checks that the closed forms share; outside their domain a formula returns a meaningless number."""

from __future__ import annotations

import math

from sim.errors import ParameterError


def above_zero(**values: float) -> None:
    """Raise ``ParameterError`` unless every value is finite and above zero."""
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise ParameterError("be finite and above zero", value, place=name)


def whole(least: int, **values: int) -> None:
    """Raise ``ParameterError`` unless every value is a whole number of at least *least*."""
    for name, value in values.items():
        if value != int(value) or value < least:
            raise ParameterError(f"be a whole number of at least {least}", value, place=name)


def probability(**values: float) -> None:
    """Raise ``ParameterError`` unless every value lies between 0 and 1."""
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise ParameterError("lie between 0 and 1", value, place=name)


def stable(load: float) -> None:
    """Raise ``ParameterError`` unless the load is below capacity: otherwise no steady state exists."""
    if not load < 1:
        raise ParameterError("be below 1 for a steady state", load, place="offered load per worker")
