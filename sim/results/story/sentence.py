"""A sentence of a story, with its time, kind, place and value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """One event of the story: its time (s), text, kind (a symptom, an action or the close), place and value."""

    at_s: float
    text: str
    kind: str
    of: str
    value: float | None = None
    at_first: str = ""
    """The part of it that is known at ``at_s``, if that is not all: without later counts, lengths and ends."""
    known_s: float | None = None
    """The time when all of it is known (s), if that is later than ``at_s``."""

    def known_at(self, time_s: float) -> str:
        """Return the part that is known at an instant; nothing before it happens.

        >>> begins = Sentence(60.0, "web: timeouts; 812 in all", "timeouts", "web", 812, "web: timeouts", 180.0)
        >>> begins.known_at(59.0), begins.known_at(60.0), begins.known_at(180.0)
        ('', 'web: timeouts', 'web: timeouts; 812 in all')
        """
        if time_s < self.at_s:
            return ""
        return self.at_first if self.known_s is not None and time_s < self.known_s else self.text

    def __str__(self) -> str:
        return f"{self.at_s:.1f} s  {self.text}"
