"""Numbers with units: durations, rates, shares, factors, sizes and counts.

Every parser takes the text of a scenario and returns a number in SI units (seconds, per second, bytes);
``ParameterError`` names the expected form.

Not modelled: calendar time, money, and units that a scenario does not need.
"""

from __future__ import annotations

import math
import re

from sim.errors import ParameterError, did_you_mean

UNLIMITED = math.inf

_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1024.0, "MiB": 1024.0**2, "GiB": 1024.0**3}
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_VALUE = re.compile(rf"({_NUMBER})\s*([A-Za-z%/]*)")


def _split(text: object, rule: str) -> tuple[float, str]:
    """Return the number and the unit of *text*, or raise with *rule*."""
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        raise ParameterError(rule, text)
    match = _VALUE.fullmatch(str(text).strip())
    if match is None:
        raise ParameterError(rule, text)
    return float(match[1]), match[2]


def _in_units(text: object, units: dict[str, float], rule: str) -> float:
    number, unit = _split(text, rule)
    if unit not in units:
        if unit == "m" and "min" in units:
            hint = "did you mean 'min' or 'ms'?"
        elif unit == "":
            hint = "the unit is missing"
        else:
            hint = did_you_mean(unit, units) or f"the units are {' '.join(units)}"
        raise ParameterError(rule, text, hint)
    value = number * units[unit]
    if units is _SECONDS and unit in ("ns", "us", "ms"):
        value = number / round(1 / units[unit])  # 3ms is 3/1000, the nearest double, not 3*0.001
    if not math.isfinite(value) or value < 0:
        raise ParameterError(rule, text, "it must be finite and not negative")
    return value


def parse_duration(text: object) -> float:
    """Return seconds from ``250ms``, ``30s``, ``2min``, ``1h``.

    >>> parse_duration("250ms")
    0.25
    """
    return _in_units(text, _SECONDS, "be a duration such as 250ms or 30s")


def parse_positive_duration(text: object) -> float:
    """Return seconds; zero is an error."""
    value = parse_duration(text)
    if value == 0:
        raise ParameterError("be a duration above zero", text)
    return value


def parse_rate(text: object) -> float:
    """Return events per second from ``100/s``, ``6000/min``.

    >>> parse_rate("120/min")
    2.0
    """
    units = {"/s": 1.0, "/min": 1 / 60, "/h": 1 / 3600, "/d": 1 / 86400, "/ms": 1000.0}
    return _in_units(text, units, "be a rate such as 100/s")


def parse_share(text: object) -> float:
    """Return a probability from ``5%``.

    >>> parse_share("5%")
    0.05
    """
    rule = "be a share between 0% and 100%"
    value = _in_units(text, {"%": 1.0}, rule)
    if value > 100:
        raise ParameterError(rule, text)
    return value / 100


def parse_factor(text: object) -> float:
    """Return a factor from ``10x``.

    >>> parse_factor("2.5x")
    2.5
    """
    return _in_units(text, {"x": 1.0}, "be a factor such as 10x")


def parse_size(text: object) -> float:
    """Return bytes from ``4kB``, ``2GB`` (powers of ten) or ``1GiB`` (powers of two)."""
    return _in_units(text, _BYTES, "be a size such as 4kB or 2GB")


MOST_COUNTED = 1_000_000_000
"""The largest count: a larger one means "unlimited", and sums of it could overflow."""


MOST_REPLICATIONS = 100_000
"""The largest number of replications. Intervals narrow with the square root of their number; at this one they are 0.6 %
of a run's own deviation. A larger number is a mistake, and the command would never end."""


def parse_count(text: object, least: int = 0) -> float:
    """Return a whole number of at least *least*, or ``UNLIMITED`` for the word ``unlimited``."""
    rule = f"be a whole number of at least {least}, or 'unlimited'"
    if text == "unlimited":
        return UNLIMITED
    if isinstance(text, bool) or not isinstance(text, int) or text < least:
        hint = did_you_mean(text, ["unlimited"]) if isinstance(text, str) else ""
        raise ParameterError(rule, text, hint)
    if text > MOST_COUNTED:
        raise ParameterError(f"be a whole number of at most {MOST_COUNTED}, or 'unlimited'", text)
    return text


def parse_cores(text: object) -> float:
    """Return a number of processor cores from ``2``, ``0.5``, ``500m`` (thousandths, as Kubernetes writes them).

    The word ``unlimited`` gives ``UNLIMITED``.
    """
    if text in ("unlimited", UNLIMITED):
        return UNLIMITED
    rule = "be a number of cores above zero such as 2, 0.5 or 500m, or 'unlimited'"
    number, unit = _split(text, rule)
    if unit not in ("", "m") or not 0 < number < UNLIMITED:
        raise ParameterError(rule, text)
    return number / 1000 if unit else number


def parse_value(text: object) -> float:
    """Return any quantity in SI units: a plain number, a duration, a rate, a share, a factor or a size.

    Used where the measure decides the unit, as in a claim's ``below: 10%``.
    """
    number, unit = _split(text, "be a number with or without a unit")
    if unit == "":
        return number
    for units in (_SECONDS, _BYTES):
        if unit in units:
            return number * units[unit]
    if unit == "%":
        return number / 100
    if unit == "x":
        return number
    return parse_rate(text)


def parse_positive_number(word: str) -> float:
    """Return a plain number above zero, without a unit."""
    number, unit = _split(word, "be a plain number")
    if unit or number <= 0:
        raise ParameterError("be a plain number above zero", word)
    return number


def is_number(word: str) -> bool:
    """Whether *word* is a number, with or without a unit; the unit may be unknown."""
    return bool(_VALUE.fullmatch(word))
