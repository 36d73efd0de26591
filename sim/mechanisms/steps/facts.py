"""What a reader of recipes wants to know of a step without playing it: where it leads, and which steps stand inside.

The expected effects of a request, the graph of a system and the shape of its engine are read from these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Sequence

from sim.mechanisms.steps.base import Step
from sim.mechanisms.steps.parts import OutcomeRule, Steps
from sim.quantities import Condition, Law


@dataclass(frozen=True, slots=True)
class Inner:
    """A recipe inside a step: its place in the step's own (``.then``), how often it is done, and under which condition.

    It is done where *condition* is *wanted*; without a condition always.
    """

    place: str
    steps: Steps
    times: int = 1
    condition: Condition | None = None
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What one step does itself, and the recipes inside it; *instead* is done when it fails."""

    work: Law | None = None
    effect: str = ""
    once_per: str = ""
    calls: str = ""
    """The operation called, ``service.operation``."""
    sends: str = ""
    """The queue of its message."""
    replies: bool = False
    forks: bool = False
    inner: tuple[Inner, ...] = ()
    instead: Steps = ()

    @property
    def target(self) -> str:
        """The operation called or the queue sent to; empty if there is none."""
        return self.calls or self.sends


_NOTHING = StepFacts()


class _Facts:
    """The verbs of a step, each as a fact."""

    def work(self, law: Law) -> StepFacts:
        return StepFacts(work=law)

    def wait(self, law: Law) -> StepFacts:
        return _NOTHING

    def call(self, operation: str, rule: OutcomeRule) -> StepFacts:
        return StepFacts(calls=operation, instead=rule.instead)

    def send(self, queue: str, rule: OutcomeRule) -> StepFacts:
        return StepFacts(sends=queue, instead=rule.instead)

    def effect(self, name: str, once_per: str) -> StepFacts:
        return StepFacts(effect=name, once_per=once_per)

    def read(self, store: str) -> StepFacts:
        return _NOTHING

    def write(self, store: str, if_unchanged: bool) -> StepFacts:
        return _NOTHING

    def fail(self, share: float, retry_after_s: float | None) -> StepFacts:
        return _NOTHING

    def reply(self) -> StepFacts:
        return StepFacts(replies=True)

    def branch(self, condition: Condition, then: Steps, otherwise: Steps) -> StepFacts:
        return StepFacts(
            inner=(Inner(".then", then, 1, condition, True), Inner(".else", otherwise, 1, condition, False))
        )

    def repeat(self, times: int, steps: Steps) -> StepFacts:
        return StepFacts(inner=(Inner("", steps, times),))

    def parallel(self, recipes: Sequence[Steps], times: int, needed: int, rule: OutcomeRule) -> StepFacts:
        inner = tuple(Inner(f".parallel[{i}]", steps, times) for i, steps in enumerate(recipes))
        return StepFacts(forks=True, inner=inner, instead=rule.instead)


def facts(step: Step) -> StepFacts:
    """Return what *step* does itself, and what stands inside it."""
    return step.express(_Facts())


def nested(step: Step) -> list[tuple[str, Steps]]:
    """Return the recipes that stand inside *step*, each after what its place adds to the step's own: ``.on error``.

    >>> from sim.mechanisms.steps import Branch
    >>> [place for place, _ in nested(Branch(branch="share 5%", then=["reply"], else_=[{"wait": "1s"}]))]
    ['.then', '.else', '.on error']
    """
    known = facts(step)
    return [*((inner.place, inner.steps) for inner in known.inner), (".on error", known.instead)]


def walk(steps: Steps) -> Iterator[StepFacts]:
    """Iterate over the facts of all steps of a recipe, those inside others included, outer ones first."""
    for step in steps:
        known = facts(step)
        yield known
        for inner in known.inner:
            yield from walk(inner.steps)
        yield from walk(known.instead)
