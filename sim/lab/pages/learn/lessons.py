"""Lessons as data: the questions, the combinations to play, the explanations, and notes for the trainer.

A lesson is a YAML file in ``sim/lab/lessons``. It holds no results: right answers are conditions on measures, and
numbers in its texts are names of measures in braces, filled in from the run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Mapping

from sim.errors import ScenarioError
from sim.scenario.models import Claim
from sim.scenario.yaml.nodes import plain
from sim.scenario.yaml.parse import read

THEMES = ("waiting and cascades", "retries", "breakers and fallbacks", "queues", "too much load", "sick parts")
"""What lessons are about, in the order in which the page shows them: the topics of the gallery."""

FOLDER = Path(__file__).parents[2] / "lessons"


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure of one combination; ``play`` empty: of the combination that the step plays."""

    measure: str
    of: str = "system"
    during: str = "all"
    play: Play | None = None


@dataclass(frozen=True, slots=True)
class Play:
    """A combination to play: a variant (empty: the first), the switches that are on, and settings by path."""

    variant: str = ""
    with_: tuple[str, ...] = ()
    set_: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> str:
        """The combination in words."""
        parts = [self.variant or "as written", *(f"with {name}" for name in self.with_)]
        return ", ".join([*parts, *(f"{path} = {value}" for path, value in self.set_)])


@dataclass(frozen=True, slots=True)
class Guess:
    """A number to predict, in the unit of its measure (shares in percent); right if *within* of it.

    *within* is in percent points for shares, else a share of what was measured.
    """

    of: Measured
    least: float
    most: float
    step: float
    within: float


@dataclass(frozen=True, slots=True)
class Choice:
    """Options to choose from. Right is the one whose claims all hold, or, with *most*, the one measured highest."""

    options: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    most: tuple[Measured, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The options in order."""
        return tuple(one.of for one in self.most) or tuple(self.options)


@dataclass(frozen=True, slots=True)
class Step:
    """Predict, run, explain: one question, the combination that answers it, and what there is to say then."""

    title: str
    minutes: float
    ask: str
    question: Guess | Choice
    play: Play
    show: tuple[Measured, ...]
    values: dict[str, Measured]
    explain: str
    rests_on: tuple[str, ...] = ()
    """Claims of the scenario that say what the explanation says; they are checked over several seeds."""
    trainer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """What to try at the end: switches and settings to choose, and goals that the run is held against."""

    ask: str
    minutes: float
    variants: tuple[str, ...]
    toggles: tuple[str, ...]
    settings: dict[str, tuple[str, ...]]
    goals: dict[str, Any]
    hint: str
    known: Play
    """One way to reach the goals, so that a test can check that one exists."""
    afterwards: str = ""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson on one shipped scenario."""

    name: str
    title: str
    order: int
    theme: str
    scenario: str
    aim: str
    before: str
    steps: tuple[Step, ...]
    attempt: Attempt
    trainer: tuple[str, ...] = ()

    @property
    def minutes(self) -> float:
        """How long it takes with a room: the sum of its steps."""
        return sum(step.minutes for step in self.steps) + self.attempt.minutes


@cache
def lessons() -> dict[str, Lesson]:
    """Return every lesson by name, theme by theme, and in their order within one."""
    found = [lesson_from(path.stem, path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))]
    ordered = sorted(found, key=lambda lesson: (THEMES.index(lesson.theme), lesson.order))
    return {lesson.name: lesson for lesson in ordered}


def lesson_from(name: str, text: str) -> Lesson:
    """Return the lesson written in *text*; raises ``ScenarioError`` where it is not YAML, ``KeyError`` for a gap."""
    root, problems = read(text, name)
    if root is None or problems:
        raise ScenarioError([problem.line for problem in problems])
    data = plain(root)
    return Lesson(
        name, data["title"], int(data["order"]), data["theme"], data["scenario"], data["aim"], data["before"],
        tuple(_step(one) for one in data["steps"]), _attempt(data["try"]), tuple(data.get("trainer", ())),
    )  # fmt: skip


def _step(data: Mapping[str, Any]) -> Step:
    question = _guess(data["number"]) if "number" in data else _choice(data)
    return Step(
        data["title"], float(data["minutes"]), data["ask"], question, _play(data["play"]),
        tuple(_measured(one) for one in data["show"]),
        {name: _measured(one) for name, one in data.get("values", {}).items()},
        data["explain"], tuple(data.get("rests on", ())), tuple(data.get("trainer", ())),
    )  # fmt: skip


def _play(data: Mapping[str, Any]) -> Play:
    settings = tuple((path, str(value)) for path, value in data.get("set", {}).items())
    return Play(data.get("variant", ""), tuple(data.get("with", ())), settings)


def _measured(data: Mapping[str, Any]) -> Measured:
    play = _play(data["play"]) if "play" in data else None
    return Measured(data["measure"], data.get("of", "system"), data.get("during", "all"), play)


def _guess(data: Mapping[str, Any]) -> Guess:
    numbers = [float(data[key]) for key in ("from", "to", "step", "within")]
    return Guess(_measured(data), *numbers)


def _choice(data: Mapping[str, Any]) -> Choice:
    if "most" in data:
        rule = data["most"]
        during = rule.get("during", "all")
        return Choice(most=tuple(Measured(rule["measure"], of, during) for of in rule["of"]))
    return Choice({label: tuple(map(_claim, claims)) for label, claims in data["options"].items()})


def _claim(data: Mapping[str, Any]) -> Any:
    return Claim.model_validate(dict(data))


def _attempt(data: Mapping[str, Any]) -> Attempt:
    return Attempt(
        data["ask"], float(data["minutes"]), tuple(data.get("variants", ())), tuple(data.get("toggles", ())),
        {path: tuple(map(str, values)) for path, values in data.get("settings", {}).items()},
        {name: _claim(one) for name, one in data["goals"].items()}, data["hint"], _play(data["known"]),
        data.get("afterwards", ""),
    )  # fmt: skip
