"""Rows of numbers as the engine writes them: the one part that the compiled core replaces by another definition.

``write`` takes a row as a tuple. It is a list's own ``extend`` here, and puts doubles into a buffer in the compiled
core (``core/rows.pyx``); both give the same blocks. There is a class for each width, because the compiled ``write``
takes a tuple of that many doubles.
"""

from __future__ import annotations

from struct import pack
from typing import Any, Callable

import numpy as np
from numpy.typing import NDArray


class Rows:
    """Rows of one width that were written and not taken yet."""

    __slots__ = ("_numbers", "write")
    width: int

    def __init__(self) -> None:
        self._numbers: list[Any] = []
        self.write: Callable[[tuple[float, ...]], None] = self._numbers.extend

    def size(self) -> int:
        """Return how many numbers are waiting to be taken."""
        return len(self._numbers)

    def take(self) -> NDArray[np.float64]:
        """Return the rows written since the last time, one in each line, and forget them."""
        rows = np.frombuffer(pack(f"{len(self._numbers)}d", *self._numbers)).reshape(-1, self.width)
        self._numbers.clear()
        return rows


class RowsOf2(Rows):
    """Rows of two numbers."""

    __slots__ = ()
    width = 2


class RowsOf4(Rows):
    """Rows of four numbers."""

    __slots__ = ()
    width = 4


class RowsOf5(Rows):
    """Rows of five numbers."""

    __slots__ = ()
    width = 5


class RowsOf6(Rows):
    """Rows of six numbers."""

    __slots__ = ()
    width = 6


class RowsOf10(Rows):
    """Rows of ten numbers."""

    __slots__ = ()
    width = 10


class RowsOf14(Rows):
    """Rows of fourteen numbers."""

    __slots__ = ()
    width = 14


ROWS_OF = {kind.width: kind for kind in (RowsOf2, RowsOf4, RowsOf5, RowsOf6, RowsOf10, RowsOf14)}
"""The class for each width."""
