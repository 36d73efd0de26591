"""The registry of the laws of chance, and their parsers.

The parser, the rule in its messages and the table in the documentation are made of the forms of all laws.
"""

from __future__ import annotations

from dataclasses import replace

from sim.errors import ParameterError, did_you_mean
from sim.quantities.law import Law, Unreadable, read_law
from sim.quantities.mixtures import Empirical, Mix
from sim.quantities.plain_laws import PLAIN_LAWS
from sim.quantities.units import parse_duration

LAWS: tuple[type[Law], ...] = (*PLAIN_LAWS, Mix, Empirical)
"""Every law of chance that a scenario can write."""

LAW_FORMS = {form.example: form.meaning for law in LAWS for form in law.forms if form.meaning}
"""Every form of a law of chance: an example, and the meaning of its numbers."""

_WORDS = [form.word for law in LAWS for form in law.forms if form.word]
_LAW_RULE = f"be a duration or a law such as {', '.join(list(LAW_FORMS)[:-1])} or {list(LAW_FORMS)[-1]}"
_WORK_RULE = "be a law, or one that grows with load such as 1s plus 10ms per request in flight"
_PER_REQUEST = ("per", "request", "in", "flight")
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
        return read_law(words, text, LAWS)
    except Unreadable:
        raise ParameterError(_LAW_RULE, text, _hint(words[0]) if words else "") from None


def _hint(word: str) -> str:
    return "" if word in _WORDS else _OTHER_LAWS.get(word.lower()) or did_you_mean(word, _WORDS)


def parse_positive_law(text: object) -> Law:
    """Return the law written in *text*; zero is an error."""
    law = parse_law(text)
    if law.is_zero:
        raise ParameterError("be a duration or a law above zero", text)
    return law


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
        raise ParameterError(_WORK_RULE, text)
    law = parse_law(" ".join(words[:at]))
    return replace(law, per_request_s=parse_duration(words[at + 1]), text=str(text))
