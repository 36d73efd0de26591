"""Backoff in words: the wait before each further attempt, and the chance in it.

::

    immediate 2 then  exponential 1s factor 2 cap 20s  jitter 20%
    (0 s, 0 s)        (1 s, 2 s, 4 s, … 20 s)          (each times 0.8 to 1.2)

The n-th wait follows the n-th attempt. A cap holds before chance is added, so a wait may be longer than the cap, as in
gRPC. A list of waits repeats its last one, begins again, or ends the attempts.

Not modelled: waits that a callee asks for (``sim.policies.pushback``), and chance in whole seconds (Sidekiq's).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Callable

from sim.errors import ParameterError, did_you_mean
from sim.quantities.forms import Form
from sim.quantities.units import UNLIMITED, is_number, parse_duration

REPEAT, AGAIN, STOP = "repeat", "again", "stop"
"""What follows the last wait of a list: the last one again and again, the list from its beginning, or nothing."""


@dataclass(frozen=True, slots=True)
class BackoffLaw:
    """Waits between attempts, in seconds; *kind* is none, fixed, linear, exponential, polynomial or list.

    The n-th wait is first * factor**(n-1), first + (n-1) * step, first + step * (n-1+origin)**power, or the n-th of
    *waits*, kept in [least, cap]; *immediate* waits of zero come first. Chance: *jitter* is a share and a time by which
    a wait may be shorter or longer, *extra* a share by which it may be longer, *spread* the time by which the n-th wait
    may be longer, n times.
    """

    kind: str = "none"
    first: float = 0.0
    factor: float = 1.0
    step: float = 0.0
    least: float = 0.0
    cap: float = UNLIMITED
    text: str = "none"
    power: float = 1.0
    origin: float = 0.0
    waits: tuple[float, ...] = ()
    then: str = REPEAT
    immediate: int = 0
    jitter: tuple[float, float] = (0.0, 0.0)
    extra: float = 0.0
    spread: float = 0.0

    def __str__(self) -> str:
        return self.text

    @property
    def most_waits(self) -> float:
        """How many waits there are: a list may end, after which nothing is tried again."""
        return self.immediate + len(self.waits) if self.kind == "list" and self.then == STOP else UNLIMITED

    @property
    def is_random(self) -> bool:
        """Whether waits are drawn."""
        return self.jitter != (0.0, 0.0) or self.extra > 0 or self.spread > 0

    def wait_s(self, n: int) -> float:
        """Return the wait before attempt n + 1 (n counts from 1), without chance.

        >>> [parse_backoff("exponential 1s factor 2 cap 10s").wait_s(n) for n in (1, 2, 3, 4, 5)]
        [1.0, 2.0, 4.0, 8.0, 10.0]
        >>> [parse_backoff("polynomial 15s power 4").wait_s(n) for n in (1, 2, 3, 4, 5)]
        [15.0, 16.0, 31.0, 96.0, 271.0]
        """
        n -= self.immediate
        if n < 1:
            return 0.0
        try:
            wait = self._grown_s(n)
        except OverflowError:
            wait = UNLIMITED
        return min(max(wait, self.least), self.cap)

    def _grown_s(self, n: int) -> float:
        if self.kind == "exponential":
            return self.first * self.factor ** (n - 1)
        if self.kind == "linear":
            return self.first + (n - 1) * self.step
        if self.kind == "polynomial":
            return self.first + self.step * math.pow(n - 1 + self.origin, self.power)
        if self.kind == "list":
            last = len(self.waits) - 1
            return self.waits[(n - 1) % (last + 1) if self.then == AGAIN else min(n - 1, last)]
        return self.first

    def drawn_s(self, n: int, uniform: Callable[[], float]) -> float:
        """Return the wait before attempt n + 1 with its chance; *uniform* gives the next number in [0, 1).

        >>> parse_backoff("2s jitter 50%").drawn_s(1, lambda: 0.25)
        1.5
        """
        wait = base = self.wait_s(n)
        if n <= self.immediate:
            return wait
        share, time_s = self.jitter
        if share or time_s:
            wait += (2 * uniform() - 1) * (share * base + time_s)
        if self.extra:
            wait += uniform() * self.extra * base
        if self.spread:
            wait += uniform() * self.spread * (n - self.immediate)
        return max(wait, 0.0)


_CHANCE = "[jitter {jitter:share or duration}] [extra {extra:share}] [spread {spread:duration}]"
_BOUNDS = "[min {least:duration}] [cap {cap:duration}]"
_FORMS = {
    "none": Form("none", "none"),
    "": Form(f"{{first:duration}} [then {{then:word}}] {_CHANCE}", "100ms"),
    "fixed": Form(f"fixed {{first:duration}} {_BOUNDS} {_CHANCE}", "fixed 2s"),
    "linear": Form(f"linear {{first:duration}} [step {{step:duration}}] {_BOUNDS} {_CHANCE}", "linear 1s step 2s"),
    "polynomial": Form(
        f"polynomial {{first:duration}} [step {{step:duration}}] [power {{power:positive number}}]"
        f" [from {{origin:positive number}}] {_BOUNDS} {_CHANCE}",
        "polynomial 15s step 1s power 4",
    ),
    "exponential": Form(
        f"exponential {{first:duration}} [factor {{factor:plain factor}}] {_BOUNDS} {_CHANCE}",
        "exponential 1s factor 2 min 1s cap 20s",
    ),
}
"""The ways to write a backoff, by the word that each begins with; a list of waits is the one without a word."""
_EXAMPLES = [
    *(form.example for word, form in _FORMS.items() if word != "polynomial"), "5s 1min 1h then stop"
]  # fmt: skip
_RULE = f"be a backoff such as {', '.join(_EXAMPLES[:-1])} or {_EXAMPLES[-1]}"


def parse_backoff(text: object) -> BackoffLaw:
    """Return the backoff written in *text*; a plain duration is fixed, ``exponential 1s`` doubles."""
    words = text.split() if isinstance(text, str) else []
    immediate, words = _immediate(words)
    if not words:
        raise ParameterError(_RULE, text)
    waits = _leading_waits(words)
    words = words[max(len(waits) - 1, 0) :]
    kind = words[0] if words[0] in _FORMS else ""
    form = _FORMS[kind]
    if not form.fits(words):
        hint = form.hint(words) if kind or waits else did_you_mean(words[0], [*filter(None, _FORMS), "immediate"])
        raise ParameterError(_RULE, text, hint)
    values = form.read(words)
    if kind == "none":
        return BackoffLaw(text=str(text), immediate=immediate)
    return BackoffLaw(**_completed(kind, values, waits, text), immediate=immediate, text=str(text))


def _immediate(words: list[str]) -> tuple[int, list[str]]:
    """Return how many waits are immediate, and the words of the others: ``immediate 2 then 5s``, ``immediate then``."""
    if words[:1] != ["immediate"]:
        return 0, words
    count, rest = (int(words[1]), words[2:]) if words[1:2] and words[1].isdecimal() else (1, words[1:])
    return count, rest[1:] if rest[:1] == ["then"] else []


def _leading_waits(words: list[str]) -> list[str]:
    """Return the words at the beginning that are numbers: the waits of a list, or one wait."""
    return words[: next((i for i, word in enumerate(words) if not is_number(word)), len(words))]


def _completed(kind: str, values: dict[str, Any], waits: list[str], text: object) -> dict[str, Any]:
    """Return the arguments of the law of *kind*: what was not written has the kind's default."""
    if kind == "" and (len(waits) > 1 or "then" in values):
        if values.setdefault("then", REPEAT) not in (REPEAT, AGAIN, STOP):
            hint = did_you_mean(values["then"], [REPEAT, AGAIN, STOP])
            raise ParameterError("end with `then repeat`, `then again` or `then stop`", text, hint)
        times = tuple(parse_duration(word) for word in waits)
        return {"kind": "list", "waits": times, **values, "first": times[0]}
    step = 1.0 if kind == "polynomial" else values["first"]
    return {"kind": kind or "fixed", "factor": 2.0, "step": step, "power": 2.0, **values}
