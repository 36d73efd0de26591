"""Answers as people write them, and numbers as people read them."""

from __future__ import annotations

import math
import re
from numbers import Real

_NUMBER = re.compile(r"([-+]?[0-9]+(?:[.,][0-9]+)?(?:e[-+]?[0-9]+)?) ?([^0-9.,]*)")
_THOUSANDS_OR_NOT = re.compile(r"[-+]?[1-9][0-9]{0,2},[0-9]{3}(?![0-9])")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}
_SHARES = {"%": 1.0, "ratio": 100.0}
YES, NO = "yes", "no"


def read(answer: object, unit: str) -> float | str | None:
    """Return *answer* in *unit*, or None when it cannot be one.

    A decimal comma is a point; ``1,234`` may be either of two numbers and is read as none.

    >>> read("0.25 s", "ms"), read("13,3 %", "%"), read("Yes", "yes or no"), read("soon", "s"), read("1,234", "s")
    (250.0, 13.3, 'yes', None, None)
    """
    if unit == "yes or no":
        return _read_word(answer)
    if isinstance(answer, str):
        return _read_text(answer.strip(), unit)
    if isinstance(answer, bool) or not isinstance(answer, Real):
        return None
    try:
        return float(answer) if math.isfinite(answer) else None
    except OverflowError:
        return None


def _read_word(answer: object) -> str | None:
    if isinstance(answer, bool):
        return YES if answer else NO
    word = answer.strip().casefold() if isinstance(answer, str) else ""
    return word if word in (YES, NO) else None


def _read_text(text: str, unit: str) -> float | None:
    found = _NUMBER.fullmatch(text)
    if found is None or _THOUSANDS_OR_NOT.match(text):
        return None
    number, written = float(found[1].replace(",", ".")), found[2].strip()
    for table in (_SECONDS, _SHARES):
        if unit in table and written in table:
            value = number * table[written] / table[unit]
            return value if math.isfinite(value) else None
    known = written in ("", unit) or not (unit in _SECONDS or unit in _SHARES or written in _SECONDS | _SHARES)
    return number if known and math.isfinite(number) else None


def is_rounded(answer: object, given: float, right: float) -> bool:
    """Whether *answer* is what is *right*, rounded to as many digits as it is written with, two at the least.

    *given* is the answer as it was read. Zeros before the first other digit do not count.

    >>> is_rounded(2.2, 2.2, 2.176), is_rounded("2,18 x", 2.18, 2.176), is_rounded(2, 2.0, 2.176)
    (True, True, False)
    """
    found = _NUMBER.fullmatch(str(answer).strip()) if isinstance(answer, (str, Real)) else None
    if found is None or given <= 0 or right <= 0:
        return False
    digits = len(re.sub(r"[^0-9]", "", found[1].partition("e")[0]).lstrip("0"))
    return digits >= 2 and math.isclose(float(f"{right:.{digits - 1}e}"), given, rel_tol=1e-9)


def quoted(answer: object) -> str:
    """Return an answer that cannot be read, short enough for a message."""
    try:
        text = str(answer)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a number too large to write"
    return repr(text if len(text) <= 40 else text[:37] + "...")


def shown(answer: float | str, unit: str) -> str:
    """Return an answer with four digits and its unit.

    >>> shown(1234.56, "ms"), shown(1, "calls"), shown(0.0512345, "s"), shown("no", "yes or no")
    ('1235 ms', '1 call', '0.05123 s', 'no')
    """
    if isinstance(answer, str):
        return answer
    number = f"{answer:.0f}" if 1000 <= abs(answer) < 1e15 else f"{answer:.4g}"
    counted = unit.removesuffix("s") if number == "1" and len(unit) > 2 else unit
    return f"{number}{'' if unit in ('%', '/s', 'x') else ' '}{counted}"
