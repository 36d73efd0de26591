"""The rows of results: plain dictionaries with the keys given here, ready for a data frame or a JSON file."""

from __future__ import annotations

from typing import TypedDict

Value = str | float | bool | None
"""A cell of a row whose columns depend on what was played."""


class Undecided(TypedDict):
    """In how many replications a measure is undecided, and what its mean can come to."""

    undecided: int
    least: float | None
    most: float | None


MeasureRow = TypedDict(
    "MeasureRow",
    {
        "measure": str,
        "of": str,
        "during": str,
        "mean": float | None,
        "low": float | None,
        "high": float | None,
        "standard error": float | None,
        "n": int,
        "runs": int,
        "unit": str,
        "undecided": int,
        "least": float | None,
        "most": float | None,
    },
)
"""One measure over the replications of a run."""


class MeasureRowWithValues(MeasureRow):
    """A measure, and its value in each replication."""

    values: list[float | None]


DifferenceRow = TypedDict(
    "DifferenceRow",
    {
        "combination": str,
        "measure": str,
        "of": str,
        "during": str,
        "baseline": float | None,
        "mean": float | None,
        "difference": float | None,
        "low": float | None,
        "high": float | None,
        "standard error": float | None,
        "distinguishable": bool | None,
        "runs": int,
        "unit": str,
        "undecided": int,
    },
)
"""One measure of a combination against the baseline, paired replication by replication."""


class DifferenceRowWithValues(DifferenceRow):
    """A difference, and its value in each replication."""

    values: list[float | None]


class EffectRow(TypedDict):
    """The main effect of one toggle on a measure, or the interaction of two."""

    kind: str
    toggles: tuple[str, ...]
    measure: str
    of: str
    during: str
    mean: float | None
    low: float | None
    high: float | None
    distinguishable: bool | None
    settings: int
    runs: int
    unit: str
    undecided: int


StepRow = TypedDict(
    "StepRow",
    {
        "way": str,
        "rate": float,
        "begin_s": float,
        "end_s": float,
        "goodput ratio": float | None,
        "low": float | None,
        "high": float | None,
        "runs": int,
    },
)
"""One step of the load."""


class BreakerRow(TypedDict):
    """One share of the requests that a breaker stopped, spoiled or saved."""

    link: str
    share: str
    mean: float | None
    low: float | None
    high: float | None
    runs: int
