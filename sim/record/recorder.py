"""The recorder writes a run's rows: numbers, packed into blocks of typed columns from time to time.

A row is written once, when both of its sides have ended (the caller's and the callee's), so no row is looked up again.
Open rows stay in a dict by id (insertion order is the order of sending) until the end.
"""

from __future__ import annotations

from typing import Any, Iterator, Sequence

import numpy as np

from sim.errors import ModelError, describe
from sim.record import record
from sim.record.blocks import Blocks, put
from sim.record.record import REASONS, Columns
from sim.record.rows import ROWS_OF, Rows
from sim.record.storage import Storage, Types, size_of

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
PROCESSORS = "service replica began_at ended_at running busy".split()

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
    "began_at",
    "busy",
}
_NARROW = {"site", "replica", "outcome", "workload", "operation", "kind", "place", "service"}
_REASON_CODES = len(REASONS)
Event = tuple[float, str, str, str]
"""(time, kind, component, detail) of something rare; see ``Record.events``."""

PACK_AT = 200_000
IN_MEMORY = 1 / 32
"""The part of `max memory` that packed rows may take before they are written to the disk."""
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
    """Rows of one kind, written to *rows* and packed into typed blocks from time to time."""

    __slots__ = ("names", "rows", "blocks")

    def __init__(self, names: list[str], storage: Storage) -> None:
        self.names = names
        self.rows: Rows = ROWS_OF[len(names)]()
        self.blocks = Blocks({name: _type_of(name) for name in names}, storage)

    def __len__(self) -> int:
        return self.blocks.rows + self.rows.size() // len(self.names)

    def pack(self) -> None:
        """Move the rows written so far into typed columns."""
        if not self.rows.size():
            return
        self.blocks.append(self.rows.take())

    def drain(self) -> Iterator[Columns]:
        """Iterate over the packed rows in the order of writing, and forget them; the cause becomes where and why."""
        for rows in self.blocks.drain():
            if "cause" in rows:
                code = rows.pop("cause")
                rows["where"], rows["why"] = code // _REASON_CODES - 1, code % _REASON_CODES
            yield rows


def _final(names: list[str]) -> Types:
    """Return the types of the record's columns of a table; where and why take the place of the cause."""
    split = ("where", "why") if "cause" in names else ()
    return {name: _type_of(name) for name in (*names, *split) if name != "cause"}


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
        "processors",
        "packed",
        "_storage",
        "_tables",
    )

    def __init__(self, max_memory: float) -> None:
        self._storage = storage = Storage(max_memory * IN_MEMORY)
        self.requests, self.attempts = Table(REQUESTS, storage), Table(ATTEMPTS, storage)
        self.leaves, self.segments = Table(LEAVES, storage), Table(SEGMENTS, storage)
        self.messages, self.deliveries = Table(MESSAGES, storage), Table(DELIVERIES, storage)
        self.effects, self.marks = Table(EFFECTS, storage), Table(MARKS, storage)
        self.processors = Table(PROCESSORS, storage)
        self._tables = (
            self.requests,
            self.attempts,
            self.leaves,
            self.segments,
            self.messages,
            self.deliveries,
            self.effects,
            self.marks,
            self.processors,
        )
        self.packed = 0
        """Number of values in packed blocks so far."""
        self.open_requests: dict[int, Any] = {}
        self.open_attempts: dict[int, Any] = {}
        self.open_messages: dict[int, Any] = {}
        self.events: list[Event] = []
        self.census_at: list[float] = []
        self.census: list[list[int]] = []

    def finish(self) -> None:
        """Pack all rows, and prepare the storage for the columns of the record."""
        for table in self._tables:
            table.pack()
        self._storage.reserve(size_of(_final(ATTEMPTS), len(self.leaves)) + sum(
            size_of(_final(table.names), len(table)) for table in self._tables if table is not self.leaves
        ))  # fmt: skip

    def columns(self, table: Table, sort_by: str) -> Columns:
        """Return all rows of *table* as columns, in the order of *sort_by*; the table is empty then."""
        order = np.argsort(table.blocks.column(sort_by), kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        found, first = self._storage.columns(_final(table.names), len(place)), 0
        for rows in table.drain():
            after = first + len(rows[sort_by])
            put(rows, place[first:after], found)
            first = after
        return found

    def attempt_columns(self, of_clients: Sequence[bool]) -> Columns:
        """Return the attempts by id, including those of leaf calls: every id has one row. The tables are empty then.

        *of_clients* holds for each site whether it is a client's.
        """
        found = self._storage.columns(_final(ATTEMPTS), len(self.attempts) + len(self.leaves))
        clients = np.asarray(of_clients, dtype=bool)
        for rows in self.attempts.drain():
            rows["parent"][clients[rows["site"]]] = -1
            put(rows, rows["id"], found)
        for rows in self.leaves.drain():
            owner, asked = rows["parent"], clients[rows["site"]]
            put({
                **rows, "request": np.where(asked, owner, found["request"][np.where(asked, 0, owner)]),
                "parent": np.where(asked, -1, owner), "number": 1, "entered_at": rows["sent_at"],
                "left_at": rows["ended_at"], "worked_s": np.nan, "where": -1,
            }, rows["id"], found)  # fmt: skip
        return found

    def close(self) -> None:
        """Forget the rows that were not made into columns."""
        self._storage.close()

    def pack(self) -> None:
        """Pack the rows written so far; called from time to time, outside the hot path."""
        for table in self._tables:
            if table.rows.size() > PACK_AT:
                self.packed += table.rows.size()
                table.pack()

    def over_memory(self, limit_bytes: float, crowded: bool = False) -> bool:
        """Whether the rows exceed *limit_bytes*, at 8 bytes a number; *crowded*: including rows in flight."""
        used = self.packed * 8
        if crowded:
            used += sum(table.rows.size() for table in self._tables) * 32
            used += (len(self.open_requests) + len(self.open_attempts) + len(self.open_messages)) * IN_FLIGHT_BYTES
        return used > limit_bytes
