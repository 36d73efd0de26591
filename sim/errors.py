"""The errors of the laboratory: wrong input and our own bugs. What happens to a call is never an exception."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Iterable


class LabError(Exception):
    """Everything that the laboratory raises on purpose.

    >>> issubclass(ScenarioError, LabError), issubclass(ParameterError, (LabError, ValueError))
    (True, True)
    """


class ParameterError(LabError, ValueError):
    """A single value that breaks a rule; *place* names where the value is, once that is known.

    >>> print(ParameterError("be a duration above zero", "0s", place="timeout"))
    timeout must be a duration above zero, got '0s'
    """

    def __init__(self, rule: str, value: object, hint: str = "", place: str = "") -> None:
        self.rule, self.value, self.hint, self.place = rule, value, hint, place
        super().__init__(describe(place or "value", rule, value, hint))

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as what it was made of."""
        return type(self), (self.rule, self.value, self.hint, self.place)


class ScenarioError(LabError):
    """A scenario that cannot be played: all the problems found, one line each.

    >>> ScenarioError(["title must be given, got nothing", "duration must be given, got nothing"]).problems
    ('title must be given, got nothing', 'duration must be given, got nothing')
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as what it was made of."""
        return type(self), (self.problems,)


class BudgetError(LabError):
    """A run was cut off by one of its budgets; *measured* says how far it came.

    >>> print(BudgetError("more than 60 s of processor time", "12 of 20 s played"))
    more than 60 s of processor time; until then: 12 of 20 s played
    """

    def __init__(self, reason: str, measured: str) -> None:
        self.reason, self.measured = reason, measured
        super().__init__(f"{reason}; until then: {measured}")

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as what it was made of."""
        return type(self), (self.reason, self.measured)


class StorageError(LabError):
    """The rows of a run do not fit on the disk; nothing of the run is left there."""


class ModelError(LabError):
    """A broken identity: a bug of ours, named with time and component.

    >>> print(not_played("fault of a link", "Jam"))
    fault of a link must be one that the engine plays, got 'Jam'
    """


def not_played(what: str, value: object) -> ModelError:
    """Return the bug that *what* is described in the format and nothing plays it; it is never played as another."""
    return ModelError(describe(what, "be one that the engine plays", value))


def describe(place: str, rule: str, value: object, hint: str = "") -> str:
    """Return ``place must rule, got value; hint``, the one form of every message."""
    shown = "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)
    if len(shown) > 80:
        shown = shown[:77] + "..."
    return f"{place} must {rule}, got {shown}" + (f"; {hint}" if hint else "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the nearest known word, or an empty string."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""
