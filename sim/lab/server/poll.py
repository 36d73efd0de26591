"""The poll of a room: one question at a time and the predictions of its participants, kept in memory only.

A prediction belongs to a browser session; a new one replaces it. No name is asked, and nothing is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

MOST_VOTES = 1_000


@dataclass(frozen=True, slots=True)
class Question:
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
class Poll:
    """The poll of one room, shared by all sessions of a server; safe to use from any thread."""

    asked: Question | None = None
    shown: str = ""
    """The lesson that the trainer shows now, by name; the page Notes follows it."""
    _votes: dict[str, str] = field(default_factory=dict)
    _present: dict[str, None] = field(default_factory=dict)
    _count: int = 0
    _lock: Lock = field(default_factory=Lock)

    def ask(self, text: str, options: tuple[str, ...], lesson: str = "", step: int = 0) -> Question:
        """Put a new question to the room; what was predicted before is forgotten."""
        with self._lock:
            self._count += 1
            self._votes.clear()
            self.asked = Question(self._count, text, options, lesson, step)
            return self.asked

    def predict(self, user: str, number: int, option: str) -> bool:
        """Note the prediction of *user*; False where the question is closed or does not have this option."""
        with self._lock:
            asked = self.asked
            if asked is None or asked.number != number or not asked.is_open or option not in asked.options:
                return False
            if user not in self._votes and len(self._votes) >= MOST_VOTES:
                return False
            self._votes[user] = option
            return True

    def prediction(self, user: str) -> str:
        """Return the prediction of *user*, or an empty string."""
        with self._lock:
            return self._votes.get(user, "")

    def close(self, answer: str = "", right: str = "") -> None:
        """Take no more predictions, and show the *answer* where there is one."""
        with self._lock:
            if self.asked is not None:
                old = self.asked
                self.asked = Question(old.number, old.text, old.options, old.lesson, old.step, False, answer, right)

    def clear(self) -> None:
        """Take the question away."""
        with self._lock:
            self.asked = None
            self._votes.clear()

    def counts(self) -> dict[str, int]:
        """Return how many predict each option, in the order of the options."""
        with self._lock:
            if self.asked is None:
                return {}
            found = dict.fromkeys(self.asked.options, 0)
            for option in self._votes.values():
                found[option] += 1
            return found

    def join(self, user: str) -> None:
        """Note that *user* has joined."""
        with self._lock:
            if len(self._present) < MOST_VOTES:
                self._present[user] = None

    @property
    def present(self) -> int:
        """How many sessions have joined so far."""
        return len(self._present)
