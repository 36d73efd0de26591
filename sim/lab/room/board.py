"""What the room is asked just now, and what it predicts: one question at a time, kept in memory only.

A prediction belongs to a browser session; a new one replaces it. Nobody's name is asked, and nothing is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

MOST_VOICES = 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the room. *answer* is what was measured, once the trainer shows it; *right* the option it means."""

    number: int
    text: str
    options: tuple[str, ...]
    lesson: str = ""
    step: int = 0
    is_open: bool = True
    answer: str = ""
    right: str = ""


@dataclass(slots=True)
class Board:
    """The state of one room, shared by all sessions of a server; safe to use from any thread."""

    asked: Asked | None = None
    shown: str = ""
    """The lesson that the trainer shows just now, by name; the page Notes follows it."""
    _voices: dict[str, str] = field(default_factory=dict)
    _present: dict[str, None] = field(default_factory=dict)
    _count: int = 0
    _lock: Lock = field(default_factory=Lock)

    def ask(self, text: str, options: tuple[str, ...], lesson: str = "", step: int = 0) -> Asked:
        """Put a new question to the room; what was predicted before is forgotten."""
        with self._lock:
            self._count += 1
            self._voices.clear()
            self.asked = Asked(self._count, text, options, lesson, step)
            return self.asked

    def predict(self, who: str, number: int, option: str) -> bool:
        """Note what *who* predicts; False where the question is over or the option is none of its."""
        with self._lock:
            asked = self.asked
            if asked is None or asked.number != number or not asked.is_open or option not in asked.options:
                return False
            if who not in self._voices and len(self._voices) >= MOST_VOICES:
                return False
            self._voices[who] = option
            return True

    def prediction(self, who: str) -> str:
        """Return what *who* has predicted, or an empty string."""
        with self._lock:
            return self._voices.get(who, "")

    def close(self, answer: str = "", right: str = "") -> None:
        """Take no more predictions, and show the *answer* where there is one."""
        with self._lock:
            if self.asked is not None:
                old = self.asked
                self.asked = Asked(old.number, old.text, old.options, old.lesson, old.step, False, answer, right)

    def clear(self) -> None:
        """Take the question away."""
        with self._lock:
            self.asked = None
            self._voices.clear()

    def counts(self) -> dict[str, int]:
        """Return how many predict each option, in the order of the options."""
        with self._lock:
            if self.asked is None:
                return {}
            found = dict.fromkeys(self.asked.options, 0)
            for option in self._voices.values():
                found[option] += 1
            return found

    def arrive(self, who: str) -> None:
        """Note that *who* has joined."""
        with self._lock:
            if len(self._present) < MOST_VOICES:
                self._present[who] = None

    @property
    def present(self) -> int:
        """How many sessions have joined so far."""
        return len(self._present)
