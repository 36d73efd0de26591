"""The trace of one request across all services: spans, each cut into stretches by activity.

A stretch is a time with one activity of the visit: on the network, queued for a worker, served, waiting for the answer
to its own call, or backing off before a retry.

Not modelled: single steps of an operation between calls.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Iterable, Iterator

import numpy as np

from sim.outcomes import ABANDONED, DEGRADED, OPEN, TIMEOUT
from sim.record.record import ATTEMPT_OUTCOMES, MESSAGE_OUTCOMES, OUTCOMES, REASONS, Record
from sim.results.book import Book
from sim.results.effect_accounting import GHOST

UNDER_WAY, QUEUED, SERVED, WAITING, BACKING_OFF = "under way", "queued", "served", "waiting", "backing off"
KINDS = (UNDER_WAY, QUEUED, SERVED, WAITING, BACKING_OFF)
"""The activities of a visit; *waiting* is for the answer to a call that it made."""

Stretch = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a span (s on the scenario's clock); not *wanted* once its caller had left or given up."""

    kind: str
    begin_at: float
    end_at: float
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Span:
    """One line of a trace: a request, an attempt (a call, a send, a delivery), or a message.

    *ended_at* is when its caller had an answer or gave up, *left_at* when the work for it ended. *arose_here*: a
    failure began here, because nothing below it ended with the same reason.
    """

    kind: str
    name: str
    link: str
    depth: int
    number: int
    begin_at: float
    ended_at: float
    left_at: float
    outcome: str
    where: str
    why: str
    arose_here: bool
    parts: tuple[Part, ...]
    id: int = -1

    @property
    def failed(self) -> bool:
        """Whether its caller saw a failure."""
        return self.outcome not in ("ok", "degraded", "done", "abandoned", "waiting", "in flight")


@dataclass(frozen=True, slots=True)
class Trace:
    """A request's spans from the client down, in the order in which they began; the first is the request."""

    request: int
    workload: str
    operation: str
    spans: tuple[Span, ...]
    verdict: str = ""
    """``well served``, ``not well served``, or ``undecided`` where that was open when the run ended."""

    @property
    def begin_at(self) -> float:
        """When the request arrived."""
        return self.spans[0].begin_at

    @property
    def end_at(self) -> float:
        """The end of the last span that it caused."""
        return max(max(span.left_at, span.ended_at) for span in self.spans)

    @property
    def causes(self) -> tuple[Span, ...]:
        """The spans in which a failure began."""
        return tuple(span for span in self.spans if span.arose_here)


def trace(record: Record | Book, request: int) -> Trace:
    """Return the trace of *request* (an id); raises ``KeyError`` for an unknown one."""
    book = record if isinstance(record, Book) else Book(record)
    return _Reader(book, request).read()


def examples(record: Record | Book, workload: str | None = None) -> dict[str, int]:
    """Return interesting requests by reason: typical, slowest, failed, ghost (if they exist), of *workload* or of all.

    *typical* has the median latency of the successful ones, *slowest* the largest, *failed* made the most attempts
    before it failed (among arrivals during a fault, if any), *ghost* had an effect although its caller got a failure.
    Arrivals during the warm-up do not count.
    """
    book = record if isinstance(record, Book) else Book(record)
    chosen = book.windows["all"].holds(book.arrived_at)
    if workload is not None:
        chosen &= book.requests["workload"] == book.record.workloads.index(workload)
    ids, took = book.requests["id"], book.answered_at - book.arrived_at
    found: dict[str, int] = {}
    well = np.flatnonzero(chosen & book.succeeded)
    if len(well):
        in_order = well[np.argsort(took[well], kind="stable")]
        found["typical"] = int(ids[in_order[(len(well) - 1) // 2]])
        found["slowest"] = int(ids[in_order[-1]])
    failed = chosen & ~book.succeeded & (book.requests["outcome"] != OPEN)
    in_fault = failed & book.windows["fault"].holds(book.arrived_at) if book.record.windows else failed
    badly = np.flatnonzero(in_fault if in_fault.any() else failed)
    if len(badly):
        rows = book.request_of
        did = np.bincount(rows[rows >= 0], minlength=len(ids))
        found["failed"] = int(ids[badly[np.argmax(did[badly])]])
    ghosts = book.ledger.request[book.ledger.status == GHOST]
    ghosts = ghosts[chosen[ghosts]]
    if len(ghosts):
        found["ghost"] = int(ids[ghosts[0]])
    return found


class _Reader:
    """Collects the rows of one request and turns them into spans."""

    def __init__(self, book: Book, request: int) -> None:
        self.book, self.record = book, book.record
        rows = np.flatnonzero(book.requests["id"] == request)
        if len(rows) != 1:
            raise KeyError(f"no request {request}")
        self.row, self.request = int(rows[0]), request
        self.attempts = np.flatnonzero(book.attempts["request"] == request).tolist()
        self.messages = np.flatnonzero(book.messages["request"] == request).tolist()
        ids = {int(book.messages["id"][row]): row for row in self.messages}
        delivered = dict(zip(book.record.deliveries["attempt"].tolist(), book.record.deliveries["message"].tolist()))
        self.message_of = {row: ids.get(delivered.get(int(book.attempts["id"][row]), -1)) for row in self.attempts}

    def read(self) -> Trace:
        columns = self.book.requests
        top = [row for row in self.attempts if self._parent(row) == -1 and self.message_of[row] is None]
        begin, end = float(self.book.arrived_at[self.row]), self._until(float(self.book.answered_at[self.row]))
        operation = self.record.operations[columns["operation"][self.row]]
        workload = self.record.workloads[columns["workload"][self.row]]
        outcome, where, why = self._ending(OUTCOMES, columns, self.row)
        parts = _cut(begin, end, end, [(WAITING, self._busy(top)), (BACKING_OFF, self._pauses(top))], rest=None)
        below = [span for row in top for span in self._attempt(row, 1)]
        arose = _arose(outcome, where, why, below)
        first = Span("request", operation, workload, 0, 1, begin, end, end, outcome, where, why, arose, parts)
        good, undecided = bool(self.book.good[self.row]), bool(self.book.undecided[self.row])
        verdict = "well served" if good else "undecided" if undecided else "not well served"
        return Trace(self.request, workload, operation, (first, *below), verdict)

    def _attempt(self, row: int, depth: int) -> Iterator[Span]:
        """Yield the span of an attempt and all below it."""
        book, columns = self.book, self.book.attempts
        site = self.record.sites[columns["site"][row]]
        sent, end = float(book.sent_at[row]), self._until(float(book.ended_at[row]))
        left = self._until(float(book.left_at[row])) if math.isfinite(book.entered_at[row]) else end
        attempt = int(columns["id"][row])
        calls = [other for other in self.attempts if self._parent(other) == row and self.message_of[other] is None]
        sent_on = [row for row in self.messages if book.messages["publisher"][row] == attempt and not self._moved(row)]
        below = [span for other in calls for span in self._attempt(other, depth + 1)]
        below += [span for message in sent_on for span in self._message(message, depth + 1)]
        below = _in_families(below, depth + 1)
        outcome, where, why = self._ending(ATTEMPT_OUTCOMES, columns, row)
        name = f"{site.callee}.{site.operation}" if site.operation else site.callee
        yield Span(
            site.kind, name, site.link, depth, int(columns["number"][row]), sent, end, left, outcome, where, why,
            _arose(outcome, where, why, below), self._parts(row, calls, sent, end, left), attempt,
        )  # fmt: skip
        yield from below

    def _parts(self, row: int, calls: list[int], sent: float, end: float, left: float) -> tuple[Part, ...]:
        book = self.book
        entered, started = float(book.entered_at[row]), float(book.started_at[row])
        over = max(left, end) if book.attempts["outcome"][row] != TIMEOUT else left
        known: list[tuple[str, Iterable[Stretch]]] = [
            (UNDER_WAY, [(sent, min(entered, over)), (left, over)]),
            (QUEUED, [(entered, min(started, left)), *self._queued_again(row)]),
            (WAITING, self._busy(calls)),
            (BACKING_OFF, self._pauses(calls)),
        ]
        return _cut(sent, over, end, known, rest=SERVED if started < math.inf else None)

    def _queued_again(self, row: int) -> list[Stretch]:
        """Return the times at which a visit that frees its worker while calling waited for one again."""
        segments = self.record.segments
        segment_rows = np.flatnonzero(segments["attempt"] == self.book.attempts["id"][row]).tolist()
        return [(float(segments["queued_at"][i]), self._until(float(segments["started_at"][i]))) for i in segment_rows]

    def _message(self, row: int, depth: int) -> Iterator[Span]:
        """Yield the span of a message, its deliveries, and the messages that it was dead-lettered into."""
        book, columns = self.book, self.book.messages
        begin, end = float(book.published_at[row]), float(columns["ended_at"][row])
        end = self._until(math.inf if math.isnan(end) else end)
        deliveries = [other for other in self.attempts if self.message_of[other] == row]
        below = [span for other in deliveries for span in self._attempt(other, depth + 1)]
        outcome = MESSAGE_OUTCOMES[columns["outcome"][row]]
        queue = self.record.queues[columns["queue"][row]]
        failed = outcome in ("dead-lettered", "lost", "expired")
        why = below[-1].why if failed and below else ""
        yield Span(
            "message", queue, queue, depth, 1, begin, end, end, outcome, queue if failed else "", why, False,
            _cut(begin, end, end, [(WAITING, self._busy(deliveries))], rest=QUEUED), int(columns["id"][row]),
        )  # fmt: skip
        yield from below
        for other in self.messages:
            if int(columns["origin"][other]) == int(columns["id"][row]):
                yield from self._message(other, depth + 1)

    # --- stretches ------------------------------------------------------------------------------------------

    def _moved(self, message: int) -> bool:
        """Whether a message came from another queue, and so belongs below that queue's message."""
        return bool(self.book.messages["origin"][message] >= 0)

    def _parent(self, row: int) -> int:
        return int(self.book.parent[row])

    def _until(self, at: float) -> float:
        return min(at, self.book.end)

    def _busy(self, rows: list[int]) -> list[Stretch]:
        book = self.book
        return [(float(book.sent_at[row]), self._until(float(book.ended_at[row]))) for row in rows]

    def _pauses(self, rows: list[int]) -> list[Stretch]:
        """Return the stretches between an attempt's end and the next attempt of the same call."""
        number, site = self.book.attempts["number"], self.book.attempts["site"]
        found = []
        for row in rows:
            sent_at = float(self.book.sent_at[row])
            tries = [other for other in rows if site[other] == site[row] and number[other] == number[row] - 1]
            before = [ended for other in tries if (ended := float(self.book.ended_at[other])) <= sent_at]
            if before:
                found.append((max(before), sent_at))
        return found

    def _ending(self, outcomes: tuple[str, ...], columns: dict[str, np.ndarray], row: int) -> tuple[str, str, str]:
        where = int(columns["where"][row])
        place = self.record.places[where] if where >= 0 else ""
        return outcomes[columns["outcome"][row]], place, REASONS[columns["why"][row]]


def _arose(outcome: str, where: str, why: str, below: list[Span]) -> bool:
    """Whether a failure has no span below it that ended with the same reason at the same place."""
    if not why or outcome in (OUTCOMES[0], OUTCOMES[DEGRADED], ATTEMPT_OUTCOMES[ABANDONED]):
        return False
    return not any(span.failed and (span.where, span.why) == (where, why) for span in below)


def _in_families(spans: list[Span], depth: int) -> list[Span]:
    """Return spans of *depth* in the order in which they began, each followed by those below it."""
    families: list[list[Span]] = []
    for span in spans:
        if span.depth == depth:
            families.append([span])
        else:
            families[-1].append(span)
    return [span for family in sorted(families, key=lambda family: family[0].begin_at) for span in family]


def _cut(
    begin: float, end: float, wanted_until: float, known: list[tuple[str, Iterable[Stretch]]], rest: str | None
) -> tuple[Part, ...]:
    """Return [begin, end) cut into parts: the first of *known* that covers an instant, else *rest* (None: a gap)."""
    stretches = [(kind, [(max(a, begin), min(b, end)) for a, b in found if b > a]) for kind, found in known]
    instants = {begin, end, wanted_until, *(at for _, found in stretches for pair in found for at in pair)}
    edges = sorted(at for at in instants if begin <= at <= end)
    parts: list[Part] = []
    for a, b in itertools.pairwise(edges):
        kind = next((kind for kind, found in stretches if any(x <= a and b <= y for x, y in found)), rest)
        if kind is None:
            continue
        wanted = b <= wanted_until
        if parts and (parts[-1].kind, parts[-1].end_at, parts[-1].wanted) == (kind, a, wanted):
            parts[-1] = Part(kind, parts[-1].begin_at, b, wanted)
        else:
            parts.append(Part(kind, a, b, wanted))
    return tuple(parts)
