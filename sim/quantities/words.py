"""Choices in words: arrival processes, key distributions, load balancing, and conditions of branches."""

from __future__ import annotations

from dataclasses import dataclass

from sim.errors import ParameterError, did_you_mean
from sim.quantities.units import parse_duration, parse_positive_duration, parse_positive_number, parse_share


@dataclass(frozen=True, slots=True)
class Arrivals:
    """An arrival process: *kind* poisson, regular, gamma or at; *batch* requests at each instant.

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
        if (not bunch or batch > 0) and (len(kind) == 1 or (kind[1:2] == ["cv"] and len(kind) == 3)):
            cv = parse_positive_number(kind[2]) if len(kind) == 3 else 1.0
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
        return Keys("zipf", int(words[1]), parse_positive_number(words[3]), str(text))
    raise ParameterError(rule, text)


@dataclass(frozen=True, slots=True)
class Balance:
    """A balancing rule: round robin, random, least outstanding, best of *choices* replicas, or peak EWMA.

    Peak EWMA takes the cheaper of two by latency, whose average decays over *decay_s* (``sim.policies.balancing``).
    """

    kind: str
    choices: int = 0
    text: str = "round robin"
    decay_s: float = 10.0

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
    if words[:2] == ["peak", "ewma"] and len(words) in (2, 3):
        decay_s = parse_positive_duration(words[2]) if len(words) == 3 else 10.0
        return Balance("peak ewma", 2, str(text), decay_s)
    hint = did_you_mean(text, (*kinds, "peak ewma")) if isinstance(text, str) else ""
    raise ParameterError("be round robin, random, least outstanding, best of 2 or peak ewma", text, hint)


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition of a branch: a *share* of requests, one of *keys*, or the outcome of the step named *step*."""

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
