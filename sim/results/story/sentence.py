"""A sentence of a story: when, in words, of which kind, where and how much."""

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
    """What of it is known at ``at_s`` already, where that is not all: without counts, lengths and ends to come."""
    known_s: float | None = None
    """When all of it is known (s), where that is later than ``at_s``."""

    def known_at(self, time_s: float) -> str:
        """Return what can be said of it at an instant; nothing before it happens.

        >>> begins = Sentence(60.0, "web: timeouts; 812 in all", "timeouts", "web", 812, "web: timeouts", 180.0)
        >>> begins.known_at(59.0), begins.known_at(60.0), begins.known_at(180.0)
        ('', 'web: timeouts', 'web: timeouts; 812 in all')
        """
        if time_s < self.at_s:
            return ""
        return self.at_first if self.known_s is not None and time_s < self.known_s else self.text

    def __str__(self) -> str:
        return f"{self.at_s:.1f} s  {self.text}"
