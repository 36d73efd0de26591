"""Columns that follow from a record: computed on first use, and kept in memory or in files.

Those of a long run, whose record is in files, are moved to files too, and the memory in which they were computed is
given back. Those of a small record stay in memory. Those of a large record in memory would need as much again, so some
of them stay there and the others are moved to files. Values do not change.

Not modelled: which of them are needed; nothing is computed before it is asked for.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from sim.record.record import Record
from sim.record.storage import in_file, release, to_file

T = TypeVar("T")


SMALL = 64 << 20
"""The columns that follow from a record with fewer bytes than this stay in memory."""
SHARE = 8
"""Those that follow from a larger record have one byte of memory for each eight bytes of the record."""


class DerivedColumns:
    """The columns of a record, and those that were derived from them so far."""

    def __init__(self, record: Record) -> None:
        tables = (record.requests, record.attempts, record.segments, record.messages, record.deliveries,
                  record.effects, record.marks, *([record.processors] if record.processors else []))  # fmt: skip
        self._in_files = [column for table in tables if in_file(column := next(iter(table.values())))]
        """One column of each file: all columns of a record are in one."""
        self._own = [column for table in tables for column in table.values()]
        size = sum(column.nbytes for column in self._own)
        self._room = 0.0 if self._in_files else math.inf if size < SMALL else size / SHARE
        """The bytes of memory that derived columns may still take."""

    def keep(self, value: T) -> T:
        """Return *value* with those of its arrays in files that do not fit into memory."""
        if self._room == math.inf:
            return value
        kept: T = self._moved(value)
        self.release()
        return kept

    def release(self) -> None:
        """Let the system take back the memory of columns in files."""
        release(self._in_files)

    def _moved(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return self._array_moved(value)
        if isinstance(value, tuple | list):
            return type(value)(map(self._moved, value))
        for name in getattr(type(value), "__slots__", ()):
            object.__setattr__(value, name, self._moved(getattr(value, name)))
        return value

    def _array_moved(self, array: NDArray[Any]) -> NDArray[Any]:
        if in_file(array) or array.size == 0 or any(np.may_share_memory(array, column) for column in self._own):
            return array
        if array.nbytes <= self._room:
            self._room -= array.nbytes
            return array
        moved = to_file(array)
        self._in_files.append(moved)
        return moved


class derived(Generic[T]):
    """A property that is computed once, and kept by ``DerivedColumns.keep``."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute, self.__doc__ = compute, compute.__doc__

    @overload
    def __get__(self, index: None, owner: type) -> derived[T]: ...

    @overload
    def __get__(self, index: DerivedColumns, owner: type) -> T: ...

    def __get__(self, index: DerivedColumns | None, owner: type) -> derived[T] | T:
        if index is None:
            return self
        value = index.__dict__[self.compute.__name__] = index.keep(self.compute(index))
        return value
