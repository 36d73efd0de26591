"""Where the rows of a run are kept: in memory up to a limit, and from then on in temporary files.

The limit is given, so the same run takes the same way on every machine, and the values are the same both ways. A
temporary file has no name (on Windows: a name until it is closed), so it vanishes with the last array that is read from
it, and with the process, however that ends. Its space is reserved before it is mapped into memory: a full disk is an
error there, not the end of the process at the next write.

Not modelled: a limit for the disk, and compression.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from contextlib import contextmanager
from errno import EINVAL, ENOSYS, EOPNOTSUPP
from typing import IO, Any, Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from sim.errors import StorageError, describe

Arrays = list[NDArray[Any]]
Types = Mapping[str, type[np.generic]]
"""The types of columns, by name."""
Kept = Arrays | tuple[int, int]
"""The columns of a block, or its place in the file and its number of rows."""

ALIGNED = 64
"""Columns in a mapped file begin at multiples of this many bytes."""
DONT_NEED: int | None = getattr(mmap, "MADV_DONTNEED", None)
"""The advice that mapped memory is not needed now; Windows has none, and takes memory back as it needs it."""
_CHUNK = bytes(1 << 20)


class Storage:
    """Keeps blocks of columns: at most *limit_bytes* in memory, the others in a temporary file."""

    __slots__ = ("limit_bytes", "kept_bytes", "_file", "_end", "_pages", "_next")

    def __init__(self, limit_bytes: float) -> None:
        self.limit_bytes = limit_bytes
        self.kept_bytes = 0
        """The size of the blocks that were kept in memory."""
        self._file: IO[bytes] | None = None
        self._end = 0
        self._pages: mmap.mmap | None = None
        self._next = 0

    @property
    def on_disk(self) -> bool:
        """Whether some block did not fit into memory."""
        return self._file is not None

    def keep(self, block: Arrays) -> Kept:
        """Return *block* if it fits into the limit; else write it to the file and return its place there."""
        size = sum(column.nbytes for column in block)
        if self._file is None and self.kept_bytes + size <= self.limit_bytes:
            self.kept_bytes += size
            return block
        with _disk(size):
            if self._file is None:
                self._file = _temporary()
            place = self._end
            self._file.seek(place)
            for column in block:
                _write(self._file, np.ascontiguousarray(column).data.cast("B"))
        self._end += size
        return place, len(block[0])

    def read(self, kept: Kept, types: list[type[np.generic]], column: int) -> NDArray[Any]:
        """Return one column of a block that ``keep`` returned; *types* are those of all of its columns."""
        if isinstance(kept, list):
            return kept[column]
        place, rows = kept
        before = sum(np.dtype(kind).itemsize for kind in types[:column])
        found, file = np.empty(rows, types[column]), self._file
        assert file is not None
        with _disk(found.nbytes):
            file.seek(place + rows * before)
            _read(file, found.data.cast("B"))
        return found

    def close(self) -> None:
        """Remove the file of the blocks; columns of their own files stay."""
        if self._file is not None:
            self._file.close()

    def reserve(self, size: int) -> None:
        """Prepare a file for *size* bytes of ``columns`` if some block did not fit into memory: one for all tables."""
        if self.on_disk and size:
            self._pages, self._next = _mapped(size), 0

    def columns(self, types: Types, rows: int) -> dict[str, NDArray[Any]]:
        """Return columns of zeros, by name: in the reserved file, or in memory if there is none."""
        if self._pages is None or rows == 0:
            return {name: np.zeros(rows, kind) for name, kind in types.items()}
        found = {}
        for name, kind in types.items():
            found[name] = np.frombuffer(self._pages, kind, rows, self._next)
            self._next += _aligned(kind, rows)
        return found


def size_of(types: Types, rows: int) -> int:
    """Return the bytes that columns of *types* take in a file."""
    return sum(_aligned(kind, rows) for kind in types.values())


def _aligned(kind: type[np.generic], rows: int) -> int:
    return -(-rows * np.dtype(kind).itemsize // ALIGNED) * ALIGNED


def _mapped(size: int) -> mmap.mmap:
    """Return *size* zero bytes of a new temporary file."""
    with _disk(size), _temporary() as file:
        _reserve(file, size)
        return mmap.mmap(file.fileno(), size)


def to_file(column: NDArray[Any]) -> NDArray[Any]:
    """Return a copy of *column* (with one row or more) that a temporary file backs."""
    with _disk(column.nbytes), _temporary() as file:
        _write(file, np.ascontiguousarray(column).data.cast("B"))
        pages = mmap.mmap(file.fileno(), column.nbytes)
    return np.frombuffer(pages, column.dtype).reshape(column.shape)


def in_file(column: NDArray[Any]) -> bool:
    """Whether a temporary file backs *column*."""
    return _pages(column) is not None


def release(columns: Iterable[NDArray[Any]]) -> None:
    """Let the system take back the memory in which *columns* of files were read or written; they stay as they are."""
    if DONT_NEED is None:
        return
    for pages in {id(pages): pages for column in columns if (pages := _pages(column)) is not None}.values():
        pages.madvise(DONT_NEED)


def _temporary() -> IO[bytes]:
    return tempfile.TemporaryFile(buffering=0, prefix="pileup-")


def _pages(column: NDArray[Any]) -> mmap.mmap | None:
    """Return the file in which *column* lies, or None if it is in memory."""
    base: Any = column
    while isinstance(base, np.ndarray):
        base = base.base
    of = base.obj if isinstance(base, memoryview) else base
    return of if isinstance(of, mmap.mmap) else None


def _reserve(file: IO[bytes], size: int) -> None:
    """Give *file* its *size* on the disk."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in (EINVAL, ENOSYS, EOPNOTSUPP):
                raise
        else:
            return
    left = size
    while left > 0:
        _write(file, memoryview(_CHUNK)[:left])
        left -= len(_CHUNK)


def _write(file: IO[bytes], data: memoryview) -> None:
    while data:
        data = data[file.write(data) :]


def _read(file: IO[bytes], into: memoryview) -> None:
    while into:
        count: int = file.readinto(into)  # type: ignore[attr-defined]
        if count == 0:
            raise OSError(f"a temporary file has lost its last {len(into)} bytes")
        into = into[count:]


@contextmanager
def _disk(size: int) -> Iterator[None]:
    """Turn an error of the disk into a ``StorageError`` that says what to do."""
    try:
        yield
    except OSError as error:
        where, why = tempfile.gettempdir(), error.strerror or str(error)
        rule = f"have room for {size / 1e6:.1f} MB more of the run's rows"
        hint = "set TMPDIR to a folder with more room, or raise `max memory`"
        raise StorageError(describe(f"the temporary folder {where}", rule, why, hint)) from None
