"""The recorder writes a run's rows: flat lists of numbers, packed into numpy blocks from time to time.

A row is written once, when both of its sides have ended (the caller's and the callee's), so no row is looked up again.
Open rows stay in a dict by id (insertion order is the order of sending) until the end.
"""

from __future__ import annotations

from struct import pack
from typing import Any, Callable, Sequence

import numpy as np

from sim.errors import ModelError, describe
from sim.record import record
from sim.record.record import REASONS, Columns

REQUESTS = "id workload operation key client arrived_at ended_at outcome cause attempts".split()
ATTEMPTS = (
    "id request parent site replica number sent_at entered_at started_at left_at ended_at outcome cause worked_s"
).split()
LEAVES = "id parent site sent_at started_at ended_at".split()
"""Attempts of leaf calls that were answered ok; the other columns follow from these. During the run the parent of
a client's attempt is its request; in the record it has none (-1)."""
SEGMENTS = "attempt queued_at started_at ended_at".split()
MESSAGES = "id queue request key published_at ended_at outcome deliveries origin publisher".split()
DELIVERIES = "attempt message".split()
EFFECTS = "request site key at attempt".split()
MARKS = "at kind place request".split()

_FLOATS = {
    "arrived_at",
    "ended_at",
    "sent_at",
    "entered_at",
    "started_at",
    "left_at",
    "worked_s",
    "queued_at",
    "at",
    "published_at",
}
_NARROW = {"site", "replica", "outcome", "workload", "operation", "kind", "place"}
_REASON_CODES = len(REASONS)
Event = tuple[float, str, str, str]
"""(time, kind, component, detail) of something rare; see ``Record.events``."""

PACK_AT = 200_000
IN_FLIGHT_BYTES = 512
"""Approximate size of a request, an attempt or a message in flight (a request has at least one attempt)."""


def reason_code(place: int, reason: str) -> int:
    """Return the code of *reason* at the place with code *place*; 0 means none. Raises ``ModelError`` if unknown."""
    if reason not in REASONS:
        raise ModelError(describe("reason", "be declared by a mechanism, or in sim/record/record.py", reason))
    return (place + 1) * _REASON_CODES + REASONS.index(reason)


class MarkCodes(dict[str, float]):
    """The code of each kind of mark; an unknown kind is a ``ModelError``."""

    def __init__(self) -> None:
        super().__init__((kind, float(code)) for code, kind in enumerate(record.MARKS))

    def __missing__(self, kind: str) -> float:
        raise ModelError(describe("mark", "be declared by a mechanism, or in sim/record/record.py", kind))


class Table:
    """Rows of one kind; ``write`` takes a row as a tuple of numbers."""

    __slots__ = ("names", "flat", "_blocks", "write")

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.flat: list[float] = []
        self._blocks: list[list[np.ndarray[Any, Any]]] = []
        self.write: Callable[[tuple[float, ...]], None] = self.flat.extend

    def __len__(self) -> int:
        return sum(len(block[0]) for block in self._blocks) + len(self.flat) // len(self.names)

    def pack(self) -> None:
        """Move the rows written so far into typed columns."""
        if not self.flat:
            return
        rows = np.frombuffer(pack(f"{len(self.flat)}d", *self.flat)).reshape(-1, len(self.names))
        self._blocks.append([rows[:, i].astype(_type_of(name)) for i, name in enumerate(self.names)])
        self.flat.clear()

    def columns(self, sort_by: str) -> Columns:
        """Return all rows as columns, in the order of *sort_by*."""
        self.pack()
        found: Columns = {}
        for i, name in enumerate(self.names):
            parts = [block[i] for block in self._blocks]
            found[name] = np.concatenate(parts) if parts else np.empty(0, _type_of(name))
        order = np.argsort(found[sort_by], kind="stable")
        return _told({name: column[order] for name, column in found.items()})

    def scatter(self, into: Columns, also: Callable[[Columns], Columns] | None = None) -> None:
        """Write every row to its place in *into*, given by its id, and the columns *also* that follow from it."""
        self.pack()
        for block in self._blocks:
            rows = dict(zip(self.names, block, strict=True))
            at = rows["id"]
            more = also(rows) if also else {}
            for name, values in {**rows, **more}.items():
                into[name][at] = values


def _told(columns: Columns) -> Columns:
    """Return *columns* with the cause split into where and why."""
    if "cause" in columns:
        code = columns.pop("cause")
        columns["where"], columns["why"] = code // _REASON_CODES - 1, code % _REASON_CODES
    return columns


def _type_of(name: str) -> type[np.generic]:
    return np.float64 if name in _FLOATS else np.int16 if name in _NARROW else np.int32


class Recorder:
    """All tables of a run, its open rows, and the rare events."""

    __slots__ = (
        "requests",
        "attempts",
        "leaves",
        "segments",
        "messages",
        "deliveries",
        "effects",
        "open_requests",
        "open_attempts",
        "open_messages",
        "events",
        "census_at",
        "census",
        "marks",
        "packed",
        "_tables",
    )

    def __init__(self) -> None:
        self.requests, self.attempts, self.segments = Table(REQUESTS), Table(ATTEMPTS), Table(SEGMENTS)
        self.leaves = Table(LEAVES)
        self.messages, self.deliveries, self.effects = Table(MESSAGES), Table(DELIVERIES), Table(EFFECTS)
        self.marks = Table(MARKS)
        self._tables = (
            self.requests,
            self.attempts,
            self.leaves,
            self.segments,
            self.messages,
            self.deliveries,
            self.effects,
            self.marks,
        )
        self.packed = 0
        """Number of values in packed blocks so far."""
        self.open_requests: dict[int, Any] = {}
        self.open_attempts: dict[int, Any] = {}
        self.open_messages: dict[int, Any] = {}
        self.events: list[Event] = []
        self.census_at: list[float] = []
        self.census: list[list[int]] = []

    def attempt_columns(self, of_clients: Sequence[bool]) -> Columns:
        """Return the attempts by id, including those of leaf calls: every id has one row.

        *of_clients* holds for each site whether it is a client's.
        """
        n = len(self.attempts) + len(self.leaves)
        found: Columns = {name: np.zeros(n, _type_of(name)) for name in ATTEMPTS}
        found["number"][:] = 1
        found["worked_s"][:] = np.nan
        self.attempts.scatter(found)
        clients = np.asarray(of_clients, dtype=bool)

        def told(row: Columns) -> Columns:
            owner, asked = row["parent"], clients[row["site"]]
            request = np.where(asked, owner, found["request"][np.where(asked, 0, owner)])
            return {"entered_at": row["sent_at"], "left_at": row["ended_at"], "request": request}

        self.leaves.scatter(found, told)
        found["parent"][clients[found["site"]]] = -1
        return _told(found)

    def pack(self) -> None:
        """Pack the rows written so far; called from time to time, outside the hot path."""
        for table in self._tables:
            if len(table.flat) > PACK_AT:
                self.packed += len(table.flat)
                table.pack()

    def over_memory(self, limit_bytes: float, crowded: bool = False) -> bool:
        """Whether the rows exceed *limit_bytes*, at 8 bytes a number; *crowded*: including rows in flight."""
        used = self.packed * 8
        if crowded:
            used += sum(len(table.flat) for table in self._tables) * 32
            used += (len(self.open_requests) + len(self.open_attempts) + len(self.open_messages)) * IN_FLIGHT_BYTES
        return used > limit_bytes
