"""A sentence of a story: when, in words, of which kind, where and how much."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing that happened: when (s), in words, of which kind (a symptom's, an act's or a closing one), where, how
    much."""

    at_s: float
    text: str
    kind: str
    of: str
    value: float | None = None

    def __str__(self) -> str:
        return f"{self.at_s:.1f} s  {self.text}"
