"""Plain English for numbers: counts with their noun, spans with their unit, shares in percent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


def number(value: float) -> str:
    """Return a number with three digits, more only before the point, and commas from 1,000 on.

    >>> [number(value) for value in (1, 2.5, 0.333333, 1234, 12345.6)]
    ['1', '2.5', '0.333', '1,234', '12,346']
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def counted(count: float, noun: str) -> str:
    """Return a count with its noun, in the plural unless it is one.

    >>> [counted(1, "timeout"), counted(0, "timeout"), counted(20000, "try")]
    ['1 timeout', '0 timeouts', '20,000 tries']
    """
    return f"{number(count)} {noun if count == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """Return the regular plural of *noun*.

    >>> plural("retry"), plural("delay"), plural("search")
    ('retries', 'delays', 'searches')
    """
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def seconds(span_s: float) -> str:
    """Return a span in seconds, or in milliseconds if it is short.

    >>> [seconds(30), seconds(1.26), seconds(0.25)]
    ['30 s', '1.3 s', '250 ms']
    """
    if 0 < span_s < 0.95:
        return f"{number(span_s * 1000)} ms"
    return f"{span_s:.0f} s" if span_s == round(span_s) else f"{span_s:.1f} s"


def share(ratio: float) -> str:
    """Return a share in percent; what is neither none nor all never reads as if it were.

    >>> [share(value) for value in (0, 0.0004, 0.5, 0.9996, 1)]
    ['0 %', 'under 0.1 %', '50 %', 'over 99.9 %', '100 %']
    """
    if 0 < ratio < 0.001 or 0.999 < ratio < 1:
        return "under 0.1 %" if ratio < 0.5 else "over 99.9 %"
    return f"{ratio * 100:.1f}".removesuffix(".0") + " %"


def percent(share: float) -> str:
    """Return a share with the digits that distinguish it from none and from all.

    >>> [percent(x) for x in (0, 0.0004, 0.0123, 0.5, 0.9987, 1)]
    ['0%', '0.04%', '1.2%', '50%', '99.87%', '100%']
    """
    nearest = min(share, 1 - share)
    digits = 0 if nearest >= 0.1 or nearest <= 0 else 1 if nearest >= 0.01 else 2
    return f"{share * 100:.{digits}f}%"
