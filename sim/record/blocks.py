"""The packed rows of one table, as blocks of typed columns in the order of writing."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from sim.record.record import Columns
from sim.record.storage import Kept, Storage, Types, release


class Blocks:
    """Blocks of rows with columns of *types*, by name; *storage* decides where each block is kept."""

    __slots__ = ("names", "types", "rows", "_storage", "_kept")

    def __init__(self, types: Types, storage: Storage) -> None:
        self.names, self.types = list(types), list(types.values())
        self.rows = 0
        """The number of rows in all blocks so far."""
        self._storage = storage
        self._kept: list[Kept] = []

    def append(self, rows: NDArray[np.float64]) -> None:
        """Add one block, a row of numbers for each row."""
        columns = [rows[:, i].astype(kind) for i, kind in enumerate(self.types)]
        self._kept.append(self._storage.keep(columns))
        self.rows += len(rows)

    def column(self, name: str) -> NDArray[Any]:
        """Return one column of all rows, in the order of writing."""
        i = self.names.index(name)
        parts = [self._storage.read(kept, self.types, i) for kept in self._kept]
        return np.concatenate(parts) if parts else np.empty(0, self.types[i])

    def drain(self) -> Iterator[Columns]:
        """Iterate over the blocks in the order of writing, and forget each."""
        self._kept.reverse()
        while self._kept:
            kept = self._kept.pop()
            yield {name: self._storage.read(kept, self.types, i) for i, name in enumerate(self.names)}


def put(rows: Mapping[str, Any], at: NDArray[Any], into: Columns) -> None:
    """Write *rows* (columns, or one value for all) to their places *at* in the columns *into* of one table."""
    for name, values in rows.items():
        into[name][at] = values
    release([next(iter(into.values()))])
