"""Answers as people write them, and numbers as people read them."""

from __future__ import annotations

import math
import re
from numbers import Real

_NUMBER = re.compile(r"([-+]?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?) ?([^0-9.,]*)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}
_SHARES = {"%": 1.0, "ratio": 100.0}
YES, NO = "yes", "no"


def read(answer: object, unit: str) -> float | str | None:
    """Return *answer* in *unit*, or None when it cannot be one.

    >>> read("0.25 s", "ms"), read(3, "%"), read("Yes", "yes or no"), read("soon", "s")
    (250.0, 3.0, 'yes', None)
    """
    if unit == "yes or no":
        return _read_word(answer)
    if isinstance(answer, str):
        return _read_text(answer.strip(), unit)
    if isinstance(answer, bool) or not isinstance(answer, Real):
        return None
    return float(answer) if math.isfinite(answer) else None


def _read_word(answer: object) -> str | None:
    if isinstance(answer, bool):
        return YES if answer else NO
    word = answer.strip().casefold() if isinstance(answer, str) else ""
    return word if word in (YES, NO) else None


def _read_text(text: str, unit: str) -> float | None:
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    number, written = float(found[1]), found[2].strip()
    for table in (_SECONDS, _SHARES):
        if unit in table and written in table:
            return number * table[written] / table[unit]
    known = written in ("", unit) or not (unit in _SECONDS or unit in _SHARES or written in _SECONDS | _SHARES)
    return number if known and math.isfinite(number) else None


def shown(answer: float | str, unit: str) -> str:
    """Return an answer with four digits and its unit.

    >>> shown(1234.56, "ms"), shown(1, "calls"), shown(0.0512345, "s"), shown("no", "yes or no")
    ('1235 ms', '1 call', '0.05123 s', 'no')
    """
    if isinstance(answer, str):
        return answer
    number = f"{answer:.0f}" if abs(answer) >= 1000 else f"{answer:.4g}"
    counted = unit.removesuffix("s") if number == "1" and len(unit) > 2 else unit
    return f"{number}{'' if unit in ('%', '/s', 'x') else ' '}{counted}"
