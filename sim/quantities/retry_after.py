"""What a callee says about further attempts, in words: after a time, never, or when its next token comes.

Not modelled: a date.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Sequence

from sim.errors import ParameterError, did_you_mean
from sim.quantities.units import is_number, parse_duration


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """An attempt may follow *after_s* seconds later (infinite: none may), or when a rate limit has a *next_token*."""

    after_s: float = inf
    next_token: bool = False
    text: str = "never"

    def __str__(self) -> str:
        return self.text


def parse_retry_after(text: object) -> RetryAfter:
    """Return what is written in *text*: a time, or ``never``.

    >>> parse_retry_after("2s").after_s, parse_retry_after("never").after_s
    (2.0, inf)
    """
    return _parsed(text, ("never",), "be a duration such as 2s, or never")


def parse_retry_after_token(text: object) -> RetryAfter:
    """Return what a rate limit says: a time, ``never``, or ``next token``.

    >>> parse_retry_after_token("next token").next_token
    True
    """
    return _parsed(text, ("never", "next token"), "be next token, a duration such as 2s, or never")


def _parsed(text: object, words: Sequence[str], rule: str) -> RetryAfter:
    if isinstance(text, str) and text in words:
        return RetryAfter() if text == "never" else RetryAfter(0.0, True, text)
    if isinstance(text, str) and is_number(text):
        return RetryAfter(parse_duration(text), text=text)
    raise ParameterError(rule, text, did_you_mean(text, words) if isinstance(text, str) else "")
