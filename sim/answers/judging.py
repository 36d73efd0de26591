"""What an exercise is, a student's own numbers for it, and how an answer is judged.

Numbers are picked by a digest of name, exercise and quantity: the same on every machine and in every version of
Python and numpy.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sim.answers.parse_answer import is_rounded, quoted, read, shown
from sim.errors import ParameterError

if TYPE_CHECKING:
    from sim.scenario.scenario_file import ScenarioFile

Given = Mapping[str, float]
"""The numbers of one student's question by name; ``seed`` is the seed of the student's runs."""
Answer = float | str


@dataclass(frozen=True, slots=True)
class Slip:
    """A typical wrong answer: its value, and a hint at the mistake behind it."""

    answer: Callable[[Any], float | None]
    hint: str


@dataclass(frozen=True, slots=True)
class Exercise:
    """A question with holes for a student's numbers, and the way to what is expected.

    *unit* is ``s``, ``ms``, ``%``, ``x``, ``/s``, a noun to count, or ``yes or no``. An answer is right within
    *within* of what is expected, relatively, or *nearer* absolutely, whichever is wider; whole numbers of things to
    count must be met exactly unless either is given. *slips* and *expected* get the given numbers, and with a
    *scenario* the run of it instead.
    """

    ask: str
    options: Mapping[str, Sequence[float]]
    expected: Callable[[Any], Answer]
    why: str
    unit: str
    slips: tuple[Slip, ...] = ()
    within: float = 0.02
    nearer: float = 0.0
    scenario: Callable[[Given], ScenarioFile] | None = None


@dataclass(frozen=True, repr=False)
class Task:
    """An exercise with one student's numbers."""

    name: str
    exercise: Exercise
    given: Given

    @property
    def question(self) -> str:
        """The question in words, with the student's numbers."""
        return self.exercise.ask.format(**self.given)

    @cached_property
    def scenario(self) -> ScenarioFile:
        """What the student is asked to play; raises ``ParameterError`` where the question needs no run."""
        if self.exercise.scenario is None:
            raise ParameterError("be one with a run in it; this one is worked out by hand", self.name, place="exercise")
        return self.exercise.scenario(self.given)

    @property
    def seed(self) -> int:
        """The seed of the student's runs."""
        return int(self.given["seed"])

    @cached_property
    def known(self) -> Any:
        """What the expected answer is worked out from: the numbers, or the student's own run."""
        if self.exercise.scenario is None:
            return self.given
        from sim.experiments.run import run

        return run(self.scenario, seed=self.seed)

    def __repr__(self) -> str:
        return f"Exercise {self.name}. {self.question}"

    def _repr_markdown_(self) -> str:
        return f"**Exercise {self.name}.** {self.question}"


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """Whether an answer is right, and the words about it; true when it is right."""

    correct: bool
    message: str
    expected: Answer | None = None

    def __bool__(self) -> bool:
        return self.correct

    def __repr__(self) -> str:
        return self.message


def numbers_for(exercise: Exercise, name: str, seed: int | str) -> dict[str, float]:
    """Return the numbers of *exercise* for the student or number *seed*."""
    who = identity(seed)
    found = {key: options[_digest(who, name, key) % len(options)] for key, options in exercise.options.items()}
    return {**found, "seed": _digest(who, "runs") % 9000 + 1000}


def identity(seed: int | str) -> str:
    """Return the text that stands for a student: letters' case, spaces and ways to write an accent do not count."""
    if isinstance(seed, bool) or not isinstance(seed, int | str):
        raise ParameterError("be your name or a whole number", seed, place="seed")
    text = " ".join(unicodedata.normalize("NFKC", str(seed)).casefold().split())
    if not text:
        raise ParameterError("be your name or a whole number", seed, place="seed")
    return text


def _digest(*words: str) -> int:
    return int.from_bytes(sha256("\x1f".join(words).encode()).digest()[:8], "big")


class Tries:
    """The different wrong answers of each student to each exercise, as long as this Python runs.

    The same answer again is the same try, so a cell that is run twice says the same twice.
    """

    __slots__ = ("_wrong",)

    def __init__(self) -> None:
        self._wrong: dict[tuple[str, str], list[Answer]] = {}

    def is_first(self, exercise: str, student: str, wrong: Answer) -> bool:
        """Note a *wrong* answer, and return whether the student has given no other one before it."""
        known = self._wrong.setdefault((exercise, student), [])
        if wrong not in known:
            known.append(wrong)
        return known[0] == wrong


def judge(task: Task, answer: object, student: str, tries: Tries, *, reveal: bool = False) -> Verdict:
    """Return the verdict on *answer* to *task*: at a first wrong answer a hint, at a later one what is expected."""
    asked, name = task.exercise, f"Exercise {task.name}"
    given = None if answer is None else read(answer, asked.unit)
    if given is None and not reveal:
        if answer is None:
            return Verdict(False, f"{name}: no answer yet. Put yours in place of None and run the cell again.")
        return Verdict(False, f"{name}: the answer must be {_kind(asked)}, got {quoted(answer)}.")
    right = asked.expected(task.known)
    told = shown(right, asked.unit)
    why = asked.why.format(**task.given, expected=told)
    if given is None:
        return Verdict(False, f"{name}: expected {told}{_margin(right, asked)}. {why}", right)
    if _near(given, right, asked) or _rounds_to(answer, given, right):
        return Verdict(True, f"{name}: correct, {told}. {why}", right)
    hint = _hint(task, given, right)
    said = f"{name}: not yet. You said {shown(given, asked.unit)}"
    if tries.is_first(task.name, student, given) and not reveal:
        another = "Try again: another wrong answer, or `reveal=True`, shows what is expected and why."
        return Verdict(False, f"{said}. Hint: {hint or _direction(given, right)} {another}")
    return Verdict(
        False,
        f"{said}; expected {told}{_margin(right, asked)}." + (f" Hint: {hint}" if hint else "") + f" {why}",
        right,
    )


def _kind(asked: Exercise) -> str:
    if asked.unit == "yes or no":
        return "yes or no"
    return f"one number, in {asked.unit}, such as 12.5 or 12,5 (1,234 may be either of two numbers)"


def _direction(given: Answer, right: Answer) -> str:
    """Return the least that helps, where no typical slip explains the answer."""
    if isinstance(given, str) or isinstance(right, str):
        return "the question turns on one number in it; work out what happens at that number."
    return "it is more than that." if given < right else "it is less than that."


def _rounds_to(answer: object, given: Answer, right: Answer) -> bool:
    """Whether *answer* is the expected number, rounded."""
    if isinstance(given, str) or isinstance(right, str):
        return False
    return is_rounded(answer, given, right)


def _near(given: Answer, right: Answer, asked: Exercise) -> bool:
    if isinstance(given, str) or isinstance(right, str):
        return given == right
    return abs(given - right) <= _slack(right, asked)


def _slack(right: float, asked: Exercise) -> float:
    return max(abs(right) * asked.within, asked.nearer) + 1e-9


def _margin(right: Answer, asked: Exercise) -> str:
    if isinstance(right, str) or _slack(right, asked) < 1e-6:
        return ""
    return f" (within {shown(_slack(right, asked), asked.unit)})"


def _hint(task: Task, given: Answer, right: Answer) -> str:
    """Return what may have gone wrong: a slip of the exercise first, then a factor that a unit explains."""
    if isinstance(given, str) or isinstance(right, str):
        return ""
    asked = task.exercise
    for slip in asked.slips:
        wrong = slip.answer(task.known)
        if wrong is not None and math.isfinite(wrong) and _near(given, wrong, asked):
            return slip.hint.format(**task.given)
    for factor, mixed in ((1000.0, "seconds and milliseconds"), (100.0, "a share and percent")):
        if _near(given * factor, right, asked) or _near(given / factor, right, asked):
            return f"you are off by a factor of {factor:g}: have you mixed up {mixed}?"
    return ""
