"""The join code of a room, which cannot be guessed cheaply, and the trainer's own key.

The code has six letters out of 30, 729 million in all, drawn by the operating system. At the rates allowed here, trying
them all takes seven years. Wrong codes are counted by address and in all; an admitted session stays admitted.
Not modelled: encryption; on an open network others can listen, so a room is for exercises and not for secrets.
"""

from __future__ import annotations

import hmac
import secrets
from collections import deque
from dataclasses import dataclass, field
from threading import Lock

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and capital letters, without those that look alike (0 O, 1 I L) and without U."""
LETTERS = 6
PER_ADDRESS, IN_ALL, WINDOW_S = 20, 200, 60.0
"""Wrong codes allowed in a window, from one address and from all of them."""
MOST_ADDRESSES = 2_000

OPEN, WRONG, WAIT = "open", "wrong", "wait"


def new_code() -> str:
    """Return a fresh join code from the operating system's randomness."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))


def new_key() -> str:
    """Return a fresh key for the trainer's own address."""
    return secrets.token_urlsafe(24)


@dataclass(slots=True)
class JoinCode:
    """Admits sessions that enter *code*; *key* is the trainer's. Instants are seconds of one monotonic clock."""

    code: str
    key: str
    _wrong: dict[str, deque[float]] = field(default_factory=dict)
    _all: deque[float] = field(default_factory=deque)
    _lock: Lock = field(default_factory=Lock)

    def check(self, code: str, address: str, now: float) -> str:
        """Return ``open``, ``wrong``, or ``wait`` after too many wrong codes, even for the right one."""
        with self._lock:
            mine = self._wrong.get(address, deque())
            for times in (mine, self._all):
                while times and times[0] <= now - WINDOW_S:
                    times.popleft()
            if len(mine) >= PER_ADDRESS or len(self._all) >= IN_ALL:
                return WAIT
            if hmac.compare_digest(tidy(code).encode(), self.code.encode()):
                return OPEN
            mine.append(now)
            self._all.append(now)
            self._keep(address, mine)
            return WRONG

    def is_trainer(self, key: str) -> bool:
        """Whether *key* is the trainer's."""
        return hmac.compare_digest(key.encode("utf-8", "replace"), self.key.encode())

    def _keep(self, address: str, times: deque[float]) -> None:
        """Remember the wrong codes of an address, and forget the longest quiet one where there are too many."""
        self._wrong.pop(address, None)
        self._wrong[address] = times
        if len(self._wrong) > MOST_ADDRESSES:
            del self._wrong[next(iter(self._wrong))]


def tidy(code: str) -> str:
    """Return a code as it was meant: capital letters, without blanks and dashes; only the first few count.

    >>> tidy(" ab3-9kz ")
    'AB39KZ'
    """
    return "".join(letter for letter in code[:40].upper() if letter in ALPHABET)[: LETTERS + 1]
