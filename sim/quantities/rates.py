"""Rates over time in words: constant, a ramp, steps, a daily wave, or the counts in a file.

A rate is piecewise linear.

Not modelled: rates that depend on the answers of the system.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from sim.errors import ParameterError, did_you_mean
from sim.quantities.forms import Form
from sim.quantities.units import parse_duration, parse_rate


@dataclass(frozen=True, slots=True)
class RateShape:
    """A rate over time, piecewise linear: *pieces* are (from_s, rate_then, to_s, rate_at_the_end).

    Beyond the last piece the rate stays at *after* (zero for a trace, which has ended). ``trace`` shapes have a
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


_DIURNAL_PIECES = 720


def _constant(values: Mapping[str, Any], text: str) -> RateShape:
    return RateShape((), values["rate"], text)


def _ramp(values: Mapping[str, Any], text: str) -> RateShape:
    low, high, start = values["low"], values["high"], values.get("start", 0.0)
    pieces = [(0.0, low, start, low)] if start else []
    return RateShape((*pieces, (start, low, start + values["over"], high)), high, text)


def _steps(values: Mapping[str, Any], text: str) -> RateShape:
    words = values["words"]
    if len(words) % 2:
        raise ParameterError(_RULE, text)
    rates = [parse_rate(word) for word in words[::2]]
    times = [parse_duration(word) for word in words[1::2]]
    if times[0] != 0 or any(b <= a for a, b in itertools.pairwise(times)):
        raise ParameterError("name its steps' times in order and the first at 0s", text)
    pieces = tuple((a, rate, b, rate) for a, b, rate in zip(times, times[1:], rates))
    return RateShape(pieces, rates[-1], text)


def _diurnal(values: Mapping[str, Any], text: str) -> RateShape:
    """A sine between two rates, lowest at time zero; 720 chords a period, within 1e-5 of the sine."""
    low: float = values["low"]
    high: float = values["high"]
    period: float = values["period"]

    def rate(i: int) -> float:
        return (low + high) / 2 - (high - low) / 2 * math.cos(2 * math.pi * i / _DIURNAL_PIECES)

    pieces = []
    for cycle in range(32):
        for i in range(_DIURNAL_PIECES):
            start = period * (cycle + i / _DIURNAL_PIECES)
            pieces.append((start, rate(i), period * (cycle + (i + 1) / _DIURNAL_PIECES), rate(i + 1)))
    return RateShape(tuple(pieces), low, text)


def _trace(values: Mapping[str, Any], text: str) -> RateShape:
    scale, compress = values.get("scale", 1.0), values.get("compress", 1.0)
    if 0 in (scale, compress):
        raise ParameterError("scale and compress by factors above zero", text)
    return RateShape((), 0.0, text, values["path"], scale, compress)


_FORMS: Mapping[str, tuple[Form, Callable[[Mapping[str, Any], str], RateShape]]] = {
    "": (Form("{rate:rate}", "100/s"), _constant),
    "ramp": (
        Form(
            "ramp {low:rate} to {high:rate} over {over:positive duration} [from {start:duration}]",
            "ramp 10/s to 100/s over 60s",
        ),
        _ramp,
    ),
    "steps": (Form("steps {words:word...}", "steps 9/s 0s 20/s 20s 9/s 30s"), _steps),
    "diurnal": (
        Form("diurnal {low:rate} to {high:rate} every {period:positive duration}", "diurnal 10/s to 100/s every 24h"),
        _diurnal,
    ),
    "trace": (
        Form("trace {path:word} [scale {scale:factor}] [compress {compress:factor}]",
             "trace data/file.csv scale 20x compress 20x"),
        _trace,
    ),
}  # fmt: skip
"""The ways to write a rate over time, by the word that each begins with."""
_EXAMPLES = [form.example for form, _ in _FORMS.values()]
_RULE = f"be a rate over time such as {', '.join(_EXAMPLES[:-1])} or {_EXAMPLES[-1]}"


def parse_rate_shape(text: object) -> RateShape:
    """Return the rate over time written in *text*."""
    if not isinstance(text, str) or not text.split():
        raise ParameterError(_RULE, text, "the unit is missing" if isinstance(text, (int, float)) else "")
    words = text.split()
    kind = words[0] if words[0] in _FORMS else ""
    form, make = _FORMS[kind]
    if not form.fits(words):
        hint = form.hint(words) if kind else did_you_mean(words[0], [word for word in _FORMS if word])
        raise ParameterError(_RULE, text, hint)
    return make(form.read(words), text)
