"""Backoff in words: the wait before each further attempt, without jitter.

Not modelled: waits that a callee asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.errors import ParameterError, did_you_mean
from sim.quantities.forms import Form
from sim.quantities.units import UNLIMITED


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


_FORMS = {
    "none": Form("none", "none"),
    "": Form("{first:duration}", "100ms"),
    "fixed": Form("fixed {first:duration} [min {least:duration}] [cap {cap:duration}]", "fixed 2s"),
    "linear": Form(
        "linear {first:duration} [step {step:duration}] [min {least:duration}] [cap {cap:duration}]",
        "linear 1s step 2s",
    ),
    "exponential": Form(
        "exponential {first:duration} [factor {factor:plain factor}] [min {least:duration}] [cap {cap:duration}]",
        "exponential 1s factor 2 min 1s cap 20s",
    ),
}
"""The ways to write a backoff, by the word that each begins with."""
_EXAMPLES = [form.example for form in _FORMS.values()]
_RULE = f"be a backoff such as {', '.join(_EXAMPLES[:-1])} or {_EXAMPLES[-1]}"


def parse_backoff(text: object) -> BackoffLaw:
    """Return the backoff written in *text*; a plain duration is fixed, ``exponential 1s`` doubles."""
    words = text.split() if isinstance(text, str) else []
    if not words:
        raise ParameterError(_RULE, text)
    kind = words[0] if words[0] in _FORMS else ""
    form = _FORMS[kind]
    if not form.fits(words):
        hint = form.hint(words) if kind else did_you_mean(words[0], [word for word in _FORMS if word])
        raise ParameterError(_RULE, text, hint)
    values = form.read(words)
    if kind == "none":
        return BackoffLaw(text=str(text))
    return BackoffLaw(kind or "fixed", **{"factor": 2.0, "step": values["first"], **values}, text=str(text))
