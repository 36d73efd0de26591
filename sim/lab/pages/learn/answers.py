"""A prediction compared with the run: the option that is right, the error of a number, the goals that are met.

No right answer is known here beforehand. Where the run has too few samples to decide, no answer is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable

from sim.experiments.run import judge_on
from sim.lab.pages.learn.lessons import Attempt, Choice, Guess, Measured, Play, Step
from sim.lab.widgets.results import in_unit
from sim.results.claims import HOLDS, describe_claim
from sim.results.measures.registry import NAMES

Runs = Callable[[Play], Any]
"""Gives the run of a combination of the lesson's scenario."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the run says: *right* is the option or the number in words, *value* the number; None if it is unknown."""

    right: str | None
    value: float | None = None


def value_of(measured: Measured, run: Any) -> float | None:
    """Return one measure of *run* (its mean over the replications); None where it is unknown."""
    try:
        found: float | None = run.value(measured.measure, measured.of, measured.during)
    except KeyError:
        return None
    return found


def in_words(measured: Measured, run: Any) -> str:
    """Return one measure of *run* with its unit, or ``undecided``."""
    value = value_of(measured, run)
    return "undecided" if value is None else in_unit(value, NAMES[measured.measure][0])


def answer(question: Guess | Choice, run: Any) -> Answer:
    """Return what *run* answers to a question."""
    if isinstance(question, Guess):
        value = value_of(question.of, run)
        return Answer(None if value is None else in_words(question.of, run), value)
    if question.most:
        values = {one.of: value_of(one, run) for one in question.most}
        told = {of: value for of, value in values.items() if value is not None}
        best = max(told, key=lambda of: told[of], default=None)
        tied = sum(value == told[best] for value in told.values()) > 1 if best is not None else True
        return Answer(best if len(told) == len(values) and not tied else None)
    right = [label for label, claims in question.options.items() if all(holds(claim, run) for claim in claims)]
    return Answer(right[0] if len(right) == 1 else None)


def holds(claim: Any, run: Any) -> bool:
    """Whether a condition of a lesson holds in every replication of *run*."""
    return judge_on("", claim, run).verdict == HOLDS


def is_right(question: Guess | Choice, prediction: Any, found: Answer) -> bool:
    """Whether a prediction is right: the same option, or a number within the question's tolerance.

    A share is predicted in percent, and the tolerance then counts percent points; else it is a share of what was
    measured.
    """
    if isinstance(question, Choice):
        return found.right is not None and prediction == found.right
    if found.value is None:
        return False
    if NAMES[question.of.measure][0] == "ratio":
        return abs(float(prediction) - 100 * found.value) <= question.within
    return abs(float(prediction) - found.value) <= question.within * abs(found.value)


def verdict(question: Guess | Choice, prediction: Any, found: Answer) -> str:
    """Return what to say of a prediction, in one sentence."""
    if found.right is None:
        return "This run does not decide it: there are too few requests to say, or two answers are equally near."
    if is_right(question, prediction, found):
        return f"You predicted it: {found.right}."
    if isinstance(question, Guess):
        unit = "%" if NAMES[question.of.measure][0] == "ratio" else f" {NAMES[question.of.measure][0]}"
        return f"Not this time: you said {float(prediction):g}{unit}, and it is {found.right}."
    return f"Not this time: you said {prediction!r}, and it is {found.right!r}."


def filled(text: str, step: Step, runs: Runs) -> str:
    """Return *text* with each ``{name}`` replaced by what was measured; what is counted is named by the text itself.

    Unknown names raise ``KeyError``.
    """

    def measured(found: re.Match[str]) -> str:
        one = step.values[found[1]]
        words = in_words(one, runs(one.play or step.play))
        unit = NAMES[one.measure][0]
        return words.removesuffix(f" {unit}") if unit not in ("ratio", "s") else words

    return re.sub(r"\{([^{}]+)\}", measured, text)


def goals_met(attempt: Attempt, run: Any) -> dict[str, tuple[bool, str]]:
    """Return for each goal whether it is met, and what it asks, with what was measured."""
    found = {}
    for name, claim in attempt.goals.items():
        shown = in_words(Measured(claim.measure, claim.of, claim.during), run)
        found[name] = (holds(claim, run), f"{describe_claim(claim)}: {shown}")
    return found
