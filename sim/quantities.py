"""Values with units: durations, rates, shares, factors, sizes, and the laws of chance written in words.

Every parser takes the text of a scenario and returns a frozen value in SI units (seconds, per second, bytes);
``ParameterError`` says what was expected. The words hold no commas or brackets, so that they are safe in YAML's
flow style. Left out: calendar time, money, and units that a scenario does not need.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Callable, Sequence

from sim.errors import ParameterError, did_you_mean
from sim.laws import KINDS, cut_normal_mean
from sim.laws import Law as Law  # passed on: a law is a quantity

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
    """Return seconds; zero is refused."""
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
"""Whatever is counted above this was meant to be without a bound, and would not fit where it is added up."""


MOST_REPLICATIONS = 100_000
"""Intervals narrow with the square root of the number of runs: ten runs more than halve those of two, and at so many as
this they are 0.6 % of a run's own deviation. More were meant for something else, and would never end."""


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


# --- laws of chance -----------------------------------------------------------------------------------------


LAW_FORMS = {
    "5ms": "always the same",
    "exponential 5ms": "by its mean",
    "lognormal 40ms cv 2": "by its mean and coefficient of variation",
    "lognormal p50 40ms p99 400ms": "by its median and 99th percentile",
    "gamma 5ms cv 0.5": "by its mean and coefficient of variation; Erlang of k phases has cv 1/sqrt(k)",
    "normal 10ms sd 2ms": "by its mean and standard deviation; what falls below zero is zero",
    "uniform 1ms to 3ms": "anything in between",
    "mix 99% 100ms 1% 2s": "one of several laws by its share; mix 90% exponential 50ms 10% exponential 550ms, too",
    "empirical data/file.csv": "one of the seconds in a file beside the scenario, a number in each line",
}
"""Every form of a law of chance: an example, and what its numbers mean."""
_LAW_RULE = f"be a duration or a law such as {', '.join(list(LAW_FORMS)[:-1])} or {list(LAW_FORMS)[-1]}"
_OTHER_LAWS = {
    "exp": "did you mean 'exponential'?",
    "deterministic": "a plain duration is always the same",
    "fixed": "a plain duration is always the same",
    "erlang": "a gamma with cv 1/sqrt(k) is Erlang of k phases",
    "hyperexponential": "a mix of exponentials is hyperexponential",
    "pareto": "a lognormal with a large cv has a heavy tail; an empirical law can be any other",
    "weibull": "a gamma or a lognormal comes close; an empirical law can be any other",
}


def parse_law(text: object) -> Law:
    """Return the law written in *text*; a plain duration is constant.

    >>> parse_law("exponential 5ms").mean
    0.005
    """
    if not isinstance(text, str):
        raise ParameterError(_LAW_RULE, text, "the unit is missing" if isinstance(text, (int, float)) else "")
    words = text.split()
    try:
        return _law(words, text)
    except (IndexError, _Unreadable):
        raise ParameterError(_LAW_RULE, text, _law_hint(words[0]) if words else "") from None


def _law_hint(kind: str) -> str:
    return "" if kind in KINDS else _OTHER_LAWS.get(kind.lower()) or did_you_mean(kind, KINDS)


def parse_positive_law(text: object) -> Law:
    """Return the law written in *text*; zero is refused."""
    law = parse_law(text)
    if law.is_zero:
        raise ParameterError("be a duration or a law above zero", text)
    return law


_PER_REQUEST = ("per", "request", "in", "flight")


def parse_work(text: object) -> Law:
    """Return the law of a service time: a law, or one that grows with the load.

    >>> parse_work("1s plus 10ms per request in flight").per_request_s
    0.01
    """
    words = text.split() if isinstance(text, str) else []
    if "plus" not in words:
        return parse_law(text)
    at = words.index("plus")
    if tuple(words[at + 2 :]) != _PER_REQUEST:
        raise ParameterError("be a law, or one that grows with load such as 1s plus 10ms per request in flight", text)
    law = parse_law(" ".join(words[:at]))
    return replace(law, per_request_s=parse_duration(words[at + 1]), text=str(text))


class _Unreadable(Exception):
    """The words are not of a known form."""


def _expect(condition: bool) -> None:
    if not condition:
        raise _Unreadable


def _law(words: Sequence[str], text: str) -> Law:
    kind, rest = words[0], words[1:]
    if kind not in KINDS:
        _expect(len(words) == 1 and bool(_VALUE.fullmatch(kind)))
        return Law("constant", parse_duration(kind), text=text)
    if kind == "constant":
        _expect(len(rest) == 1)
        return Law("constant", parse_duration(rest[0]), text=text)
    if kind == "exponential":
        _expect(len(rest) == 1)
        return Law(kind, parse_duration(rest[0]), text=text)
    if kind == "lognormal" and rest[0] == "p50":
        _expect(len(rest) == 4 and rest[2] == "p99")
        median, tail = parse_positive_duration(rest[1]), parse_duration(rest[3])
        if tail <= median:
            raise ParameterError("have a p99 above its p50", text)
        mu, sigma = math.log(median), math.log(tail / median) / 2.3263478740408408
        return Law(kind, math.exp(mu + sigma**2 / 2), (mu, sigma), text=text)
    if kind in ("lognormal", "gamma"):
        _expect(len(rest) == 3 and rest[1] == "cv")
        mean, cv = parse_positive_duration(rest[0]), _positive_number(rest[2])
        if kind == "gamma":
            return Law(kind, mean, (1 / cv**2, mean * cv**2), text=text)
        sigma = math.sqrt(math.log1p(cv**2))
        return Law(kind, mean, (math.log(mean) - sigma**2 / 2, sigma), text=text)
    if kind == "normal":
        _expect(len(rest) == 3 and rest[1] == "sd")
        mean, sd = parse_duration(rest[0]), parse_duration(rest[2])
        return Law(kind, cut_normal_mean(mean, sd), (mean, sd), text=text)
    if kind == "uniform":
        _expect(len(rest) == 3 and rest[1] == "to")
        low, high = parse_duration(rest[0]), parse_duration(rest[2])
        if high < low:
            raise ParameterError("run from the smaller to the larger value", text)
        return Law(kind, (low + high) / 2, (low, high), text=text)
    if kind == "empirical":
        _expect(len(rest) == 1)
        return Law(kind, math.nan, path=rest[0], text=text)
    return _mix(rest, text)


def _mix(words: Sequence[str], text: str) -> Law:
    starts = [i for i, word in enumerate(words) if word.endswith("%")]
    _expect(len(starts) >= 2 and starts[0] == 0)
    parts = []
    for i, start in enumerate(starts):
        inner = words[start + 1 : starts[i + 1] if i + 1 < len(starts) else None]
        _expect(len(inner) > 0)
        parts.append((parse_share(words[start]), _law(inner, " ".join(inner))))
    if abs(math.fsum(share for share, _ in parts) - 1) > 1e-9:
        raise ParameterError("have shares that add up to 100%", text)
    if any(law.kind in ("mix", "empirical") for _, law in parts):
        raise ParameterError("mix plain laws only", text)
    mean = math.fsum(share * law.mean for share, law in parts)
    return Law("mix", mean, parts=tuple(parts), text=text)


def _positive_number(word: str) -> float:
    number, unit = _split(word, "be a plain number")
    if unit or number <= 0:
        raise ParameterError("be a plain number above zero", word)
    return number


# --- backoff ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BackoffLaw:
    """Waits between attempts: the n-th wait is first * factor**(n-1) or first + (n-1) * step, kept in [least, cap].

    *kind* is none, fixed, linear or exponential. All in seconds.
    """

    kind: str = "none"
    first: float = 0.0
    factor: float = 1.0
    step: float = 0.0
    least: float = 0.0
    cap: float = UNLIMITED
    text: str = "none"

    def __str__(self) -> str:
        return self.text

    def wait_s(self, n: int) -> float:
        """Return the wait before attempt n + 1 (n counts from 1), without jitter.

        >>> [parse_backoff("exponential 1s factor 2 cap 10s").wait_s(n) for n in (1, 2, 3, 4, 5)]
        [1.0, 2.0, 4.0, 8.0, 10.0]
        """
        if self.kind == "exponential":
            try:
                wait = self.first * self.factor ** (n - 1)
            except OverflowError:
                wait = UNLIMITED
        elif self.kind == "linear":
            wait = self.first + (n - 1) * self.step
        else:
            wait = self.first
        return min(max(wait, self.least), self.cap)


_BACKOFF_RULE = (
    "be a backoff such as none, 100ms, fixed 2s, linear 1s step 2s or exponential 1s factor 2 min 1s cap 20s"
)


def parse_backoff(text: object) -> BackoffLaw:
    """Return the backoff written in *text*; a plain duration is fixed, ``exponential 1s`` doubles."""
    if not isinstance(text, str) or not text.split():
        raise ParameterError(_BACKOFF_RULE, text)
    words = text.split()
    kind, rest = words[0], words[1:]
    if kind == "none" and not rest:
        return BackoffLaw(text=text)
    if kind not in ("fixed", "linear", "exponential"):
        if rest or not _VALUE.fullmatch(kind):
            raise ParameterError(_BACKOFF_RULE, text, did_you_mean(kind, ["none", "fixed", "linear", "exponential"]))
        return BackoffLaw("fixed", parse_duration(kind), text=text)
    readers: dict[str, Callable[[str], float]] = {"cap": parse_duration, "min": parse_duration}
    if kind == "linear":
        readers["step"] = parse_duration
    if kind == "exponential":
        readers["factor"] = _plain_factor
    if len(rest) % 2 != 1:
        raise ParameterError(_BACKOFF_RULE, text)
    found = {}
    for name, value in zip(rest[1::2], rest[2::2]):
        if name not in readers:
            raise ParameterError(_BACKOFF_RULE, text, did_you_mean(name, readers))
        found[name] = readers[name](value)
    first = parse_duration(rest[0])
    return BackoffLaw(
        kind, first, found.get("factor", 2.0), found.get("step", first), found.get("min", 0.0),
        found.get("cap", UNLIMITED), text,
    )  # fmt: skip


def _plain_factor(word: str) -> float:
    return _positive_number(word[:-1] if word.endswith("x") else word)


# --- rates over time ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RateShape:
    """A rate over time, piecewise linear: *pieces* are (from_s, rate_then, to_s, rate_at_the_end).

    Beyond the last piece the rate stays at *after* (a trace is over and falls to zero). ``trace`` shapes have a
    *path* and get their pieces from the file's per-second counts: *scale* multiplies the rate, *compress* plays
    the file's clock faster without changing the rate.
    """

    pieces: tuple[tuple[float, float, float, float], ...]
    after: float
    text: str
    path: str = ""
    scale: float = 1.0
    compress: float = 1.0

    def __str__(self) -> str:
        return self.text

    def with_counts(self, counts: Sequence[float]) -> RateShape:
        """Return this trace with its pieces filled from *counts*, one number a second of the file's clock."""
        pieces, start = [], 0
        for i in range(1, len(counts) + 1):
            if i == len(counts) or counts[i] != counts[start]:
                rate = counts[start] * self.scale
                pieces.append((start / self.compress, rate, i / self.compress, rate))
                start = i
        return RateShape(tuple(pieces), 0.0, self.text, self.path, self.scale, self.compress)

    def until(self, end_s: float) -> list[tuple[float, float, float, float]]:
        """Return the pieces that cover [0, end_s], the last one cut or added."""
        found = []
        for start, low, stop, high in self.pieces:
            if start >= end_s:
                break
            if stop > end_s:
                high = low + (high - low) * (end_s - start) / (stop - start)
                stop = end_s
            found.append((start, low, stop, high))
        reached = found[-1][2] if found else 0.0
        if reached < end_s:
            found.append((reached, self.after, end_s, self.after))
        return found

    def mean_until(self, end_s: float) -> float:
        """Return the mean rate over [0, end_s], per second."""
        area = math.fsum((low + high) / 2 * (stop - start) for start, low, stop, high in self.until(end_s))
        return area / end_s if end_s else 0.0

    def peak_until(self, end_s: float) -> float:
        """Return the highest rate in [0, end_s], per second."""
        return max(max(low, high) for _, low, _, high in self.until(end_s))


_RATE_RULE = (
    "be a rate over time such as 100/s, ramp 10/s to 100/s over 60s, steps 9/s 0s 20/s 20s 9/s 30s, "
    "diurnal 10/s to 100/s every 24h or trace data/file.csv scale 20x compress 20x"
)
_DIURNAL_PIECES = 720


def parse_rate_shape(text: object) -> RateShape:
    """Return the rate over time written in *text*."""
    if not isinstance(text, str) or not text.split():
        raise ParameterError(_RATE_RULE, text, "the unit is missing" if isinstance(text, (int, float)) else "")
    words = text.split()
    readers = {"ramp": _ramp, "steps": _steps, "diurnal": _diurnal, "trace": _trace}
    if words[0] not in readers:
        if len(words) > 1 or not _VALUE.fullmatch(words[0]):
            raise ParameterError(_RATE_RULE, text, did_you_mean(words[0], readers))
        return RateShape((), parse_rate(words[0]), text)
    try:
        return readers[words[0]](words[1:], text)
    except (IndexError, _Unreadable):
        raise ParameterError(_RATE_RULE, text) from None


def _ramp(words: Sequence[str], text: str) -> RateShape:
    _expect(len(words) in (5, 7) and words[1] == "to" and words[3] == "over")
    low, high, over = parse_rate(words[0]), parse_rate(words[2]), parse_positive_duration(words[4])
    start = 0.0
    if len(words) == 7:
        _expect(words[5] == "from")
        start = parse_duration(words[6])
    pieces = [(0.0, low, start, low)] if start else []
    return RateShape((*pieces, (start, low, start + over, high)), high, text)


def _steps(words: Sequence[str], text: str) -> RateShape:
    _expect(len(words) >= 2 and len(words) % 2 == 0)
    rates = [parse_rate(word) for word in words[::2]]
    times = [parse_duration(word) for word in words[1::2]]
    if times[0] != 0 or any(b <= a for a, b in zip(times, times[1:])):
        raise ParameterError("name its steps' times in order and the first at 0s", text)
    pieces = tuple((a, rate, b, rate) for a, b, rate in zip(times, times[1:], rates))
    return RateShape(pieces, rates[-1], text)


def _diurnal(words: Sequence[str], text: str) -> RateShape:
    """A sine between two rates, lowest at time zero; 720 chords a period, within 1e-5 of the sine."""
    _expect(len(words) == 5 and words[1] == "to" and words[3] == "every")
    low, high, period = parse_rate(words[0]), parse_rate(words[2]), parse_positive_duration(words[4])

    def rate(i: int) -> float:
        return (low + high) / 2 - (high - low) / 2 * math.cos(2 * math.pi * i / _DIURNAL_PIECES)

    pieces = []
    for cycle in range(32):
        for i in range(_DIURNAL_PIECES):
            start = period * (cycle + i / _DIURNAL_PIECES)
            pieces.append((start, rate(i), period * (cycle + (i + 1) / _DIURNAL_PIECES), rate(i + 1)))
    return RateShape(tuple(pieces), low, text)


def _trace(words: Sequence[str], text: str) -> RateShape:
    _expect(len(words) % 2 == 1)
    options = dict(zip(words[1::2], words[2::2]))
    _expect(set(options) <= {"scale", "compress"})
    factors = {name: parse_factor(value) for name, value in options.items()}
    if 0 in factors.values():
        raise ParameterError("scale and compress by factors above zero", text)
    return RateShape((), 0.0, text, words[0], factors.get("scale", 1.0), factors.get("compress", 1.0))


# --- arrivals, keys, balancing ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How arrivals follow the rate: *kind* poisson, regular, gamma or at; *batch* requests at each instant.

    With batches the rate counts batches. ``regular`` arrivals start at time zero; *cv* is the coefficient of variation
    of the gaps of ``gamma`` ones.
    """

    kind: str
    batch: int = 1
    instants: tuple[float, ...] = ()
    text: str = "poisson"
    cv: float = 1.0

    def __str__(self) -> str:
        return self.text


_ARRIVALS_RULE = "be poisson, regular, gamma cv 2, any of these with batches of 5, or at 0s 1s 2s"


def parse_arrivals(text: object) -> Arrivals:
    """Return the arrival process written in *text*."""
    words = text.split() if isinstance(text, str) else []
    if words and words[0] == "at" and len(words) > 1:
        instants = tuple(parse_duration(word) for word in words[1:])
        if list(instants) != sorted(instants):
            raise ParameterError("name its instants in order", text)
        return Arrivals("at", instants=instants, text=str(text))
    kinds = {"poisson": 1, "regular": 1, "gamma": 3}
    if words and words[0] in kinds:
        kind, bunch = words[: kinds[words[0]]], words[kinds[words[0]] :]
        batch = int(bunch[2]) if len(bunch) == 3 and bunch[:2] == ["batches", "of"] and bunch[2].isdecimal() else 0
        if (not bunch or batch > 0) and (len(kind) == 1 or kind[1:2] == ["cv"] and len(kind) == 3):
            cv = _positive_number(kind[2]) if len(kind) == 3 else 1.0
            if not 0.01 <= cv <= 100:
                raise ParameterError("have a cv from 0.01 to 100", text)
            return Arrivals(words[0], batch or 1, text=str(text), cv=cv)
    hint = did_you_mean(words[0], [*kinds, "at"]) if words and words[0] not in kinds else ""
    raise ParameterError(_ARRIVALS_RULE, text, hint)


@dataclass(frozen=True, slots=True)
class Keys:
    """Business keys 0..count-1: uniform, or zipf with weights 1/rank**exponent."""

    kind: str
    count: int
    exponent: float = 1.0
    text: str = ""

    def __str__(self) -> str:
        return self.text


def parse_keys(text: object) -> Keys:
    """Return the key law written in *text*: ``uniform 5000`` or ``zipf 5000 exponent 1.2``."""
    rule = "be keys such as uniform 5000 or zipf 5000 exponent 1.2"
    words = text.split() if isinstance(text, str) else []
    if len(words) < 2 or words[0] not in ("uniform", "zipf"):
        raise ParameterError(rule, text, did_you_mean(words[0], ["uniform", "zipf"]) if words else "")
    if not words[1].isdecimal() or not 0 < int(words[1]) <= 10**7:
        raise ParameterError(rule, text, "the number of keys is 1 to 10000000")
    if len(words) == 2:
        return Keys(words[0], int(words[1]), text=str(text))
    if len(words) == 4 and words[0] == "zipf" and words[2] == "exponent":
        return Keys("zipf", int(words[1]), _positive_number(words[3]), str(text))
    raise ParameterError(rule, text)


@dataclass(frozen=True, slots=True)
class Balance:
    """How a caller picks a replica: round robin, random, least outstanding, or best of *choices*."""

    kind: str
    choices: int = 0
    text: str = "round robin"

    def __str__(self) -> str:
        return self.text


def parse_balance(text: object) -> Balance:
    """Return the balancing rule written in *text*."""
    kinds = ("round robin", "random", "least outstanding")
    if text in kinds:
        return Balance(str(text), text=str(text))
    words = text.split() if isinstance(text, str) else []
    if len(words) == 3 and words[:2] == ["best", "of"] and words[2].isdecimal() and int(words[2]) >= 1:
        return Balance("best", int(words[2]), str(text))
    hint = did_you_mean(text, kinds) if isinstance(text, str) else ""
    raise ParameterError("be round robin, random, least outstanding or best of 2", text, hint)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a branch asks: a *share* of requests, one of *keys*, or how the step named *step* ended."""

    kind: str
    share: float = 0.0
    keys: tuple[int, ...] = ()
    step: str = ""
    outcome: str = ""
    text: str = ""

    def __str__(self) -> str:
        return self.text


STEP_OUTCOMES = ("ok", "degraded", "failed", "error", "timeout", "refused", "rejected", "short-circuited")


def parse_condition(text: object) -> Condition:
    """Return the condition written in *text*: ``share 30%``, ``key 7 8``, ``charge failed``."""
    rule = "be a condition such as share 30%, key 7 8, or the name of an earlier step and its outcome (charge failed)"
    words = text.split() if isinstance(text, str) else []
    if len(words) == 2 and words[0] == "share":
        return Condition("share", share=parse_share(words[1]), text=str(text))
    if len(words) >= 2 and words[0] == "key" and all(word.isdecimal() for word in words[1:]):
        return Condition("key", keys=tuple(int(word) for word in words[1:]), text=str(text))
    if len(words) >= 2 and words[-1] in STEP_OUTCOMES:
        return Condition("step", step=" ".join(words[:-1]), outcome=words[-1], text=str(text))
    hint = did_you_mean(words[-1], STEP_OUTCOMES) if len(words) >= 2 else ""
    raise ParameterError(rule, text, hint)


# --- lines --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """How long work should wait at most, and over which interval that is judged; both in seconds."""

    target_s: float
    interval_s: float
    text: str = ""

    def __str__(self) -> str:
        return self.text


def parse_target(text: object) -> Target:
    """Return the target written in *text*: ``target 5ms interval 100ms``."""
    words = text.split() if isinstance(text, str) else []
    if len(words) != 4 or words[::2] != ["target", "interval"]:
        raise ParameterError("be a target such as target 5ms interval 100ms", text)
    target, interval = parse_positive_duration(words[1]), parse_positive_duration(words[3])
    if interval < target:
        raise ParameterError("have an interval of at least its target", text)
    return Target(target, interval, str(text))


@dataclass(frozen=True, slots=True)
class LineOrder:
    """Who is next in a line: *kind* is fifo, lifo, priority or adaptive lifo.

    The adaptive one is lifo while more than *above* wait and the line has not been empty for *after_s*.
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
