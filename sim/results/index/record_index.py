"""The columns of a record in the form that measures need: codes instead of names, infinity for "never", grouped rows.

A ``RecordIndex`` is made once for a run and computes each column on first use. It joins the tables (an attempt's
parent, a visit's service, a message's deliveries) and knows no measure.

Not modelled: columns that need several tables at once; ``Book`` has them.
"""

from __future__ import annotations

from typing import Any, Iterable

import numpy as np

from sim.record.record import DEGRADED, LOST, OPEN, SHORT_CIRCUITED, Columns, Record
from sim.results.index.columns import Bools, Floats, GroupedRows, Ints, nan_to_inf, rows_of
from sim.results.index.derived import DerivedColumns, derived
from sim.results.index.windows import FaultSpan, Window, after_warmup, windows


class RecordIndex(DerivedColumns):
    """A record, indexed for reading; *during* names written windows (``500s to 600s``) to add to its own.

    *compared* are the windows of faults in the runs that this one is compared with (see ``windows``).
    """

    def __init__(self, record: Record, during: Iterable[str] = (), compared: Iterable[FaultSpan] = ()) -> None:
        super().__init__(record)
        self.record = record
        self.fault_spans: list[FaultSpan] = after_warmup([*record.windows, *compared], record.warmup_s)
        self.windows: dict[str, Window] = windows(record, during, compared)
        self.end: float = record.ended_at
        """The end of the run; open intervals last until then."""
        self.requests: Columns = record.requests
        self.attempts: Columns = record.attempts
        self.messages: Columns = record.messages

    def fault_end(self, name: str | None = None) -> float | None:
        """Return the end of the last fault (or of the last window of fault *name*), here or in the compared runs."""
        return max((end for fault, _, end in self.fault_spans if name in (None, fault)), default=None)

    @derived
    def _ends(self) -> dict[str, float]:
        """The end of the last window of each fault."""
        ends: dict[str, float] = {}
        for name, _, end in self.fault_spans:
            ends[name] = max(end, ends.get(name, end))
        return ends

    def ends_of_faults(self, window: str) -> float | None:
        """Return the end of the last fault for `all` and `fault`, or of the fault with the name of *window*."""
        return max(self._ends.values(), default=None) if window in ("all", "fault") else self._ends.get(window)

    def model(self, service: str) -> Any:
        """Return the scenario's description of *service*."""
        return self.record.scenario.services[service]

    # --- requests -------------------------------------------------------------------------------------------

    @derived
    def arrived_at(self) -> Floats:
        """When each request arrived."""
        return np.asarray(self.requests["arrived_at"], np.float64)

    @derived
    def answered_at(self) -> Floats:
        """When each request had its outcome; infinity for open and lost ones."""
        return nan_to_inf(self.requests["ended_at"])

    @derived
    def succeeded(self) -> Bools:
        """Requests that ended ok or degraded, at any time."""
        return np.asarray(self.requests["outcome"] <= DEGRADED)

    @derived
    def answered(self) -> Bools:
        """Requests that ended ok or degraded within the deadline of their workload."""
        return self.succeeded & (self.answered_at <= self.arrived_at + self._limit("deadline"))

    @derived
    def open(self) -> Bools:
        """Requests that have no outcome yet and may still be answered."""
        return np.asarray(self.requests["outcome"] == OPEN)

    @property
    def done_by(self) -> Floats:
        """The latest instant at which each request's effects count as done (`done within`), or infinity."""
        return self.arrived_at + self._limit("done_within")

    def _limit(self, name: str) -> Floats:
        """Return the workload's time limit for each request; infinity without one."""
        limits = [getattr(self.record.scenario.workload[workload], name) for workload in self.record.workloads]
        by_code = np.array([np.inf if limit is None else float(limit) for limit in limits])
        return by_code[self.requests["workload"]] if len(by_code) else np.zeros(0)

    @derived
    def request_groups(self) -> list[tuple[str, GroupedRows, int]]:
        """(name, grouped rows, group) of every subject of request measures, by arrival.

        These are each workload, each ``workload/operation`` that was asked for, and ``system``.
        """
        record, columns = self.record, self.requests
        workload, operation = columns["workload"].astype(np.int64), columns["operation"].astype(np.int64)
        operations = len(record.operations)
        pairs = workload * operations + operation
        by_workload = GroupedRows(workload, len(record.workloads), self.arrived_at)
        by_pair = GroupedRows(pairs, len(record.workloads) * operations, self.arrived_at)
        whole = GroupedRows(np.zeros(len(workload), np.int64), 1, self.arrived_at)
        found = [(name, by_workload, code) for code, name in enumerate(record.workloads)]
        for pair in np.unique(pairs).tolist():
            found.append(
                (f"{record.workloads[pair // operations]}/{record.operations[pair % operations]}", by_pair, pair)
            )
        return [*found, ("system", whole, 0)]

    # --- attempts -------------------------------------------------------------------------------------------

    @derived
    def sent_at(self) -> Floats:
        """When each attempt was sent."""
        return np.asarray(self.attempts["sent_at"], np.float64)

    @derived
    def entered_at(self) -> Floats:
        """When each attempt reached its callee."""
        return nan_to_inf(self.attempts["entered_at"])

    @derived
    def started_at(self) -> Floats:
        """When each attempt got a worker."""
        return nan_to_inf(self.attempts["started_at"])

    @derived
    def left_at(self) -> Floats:
        """When each attempt left its callee."""
        return nan_to_inf(self.attempts["left_at"])

    @derived
    def ended_at(self) -> Floats:
        """When each attempt ended for its caller."""
        return nan_to_inf(self.attempts["ended_at"])

    @derived
    def tried(self) -> Bools:
        """Rows that are attempts: a short-circuited call was never made."""
        return np.asarray(self.attempts["outcome"] != SHORT_CIRCUITED)

    @derived
    def failed(self) -> Bools:
        """Attempts that failed for their caller, which then left."""
        outcome = self.attempts["outcome"]
        return np.asarray((outcome > DEGRADED) & (outcome != OPEN) & (outcome != LOST))

    @derived
    def links(self) -> tuple[str, ...]:
        """The names of all links of calls, sends and deliveries, in the order of their sites."""
        return tuple(dict.fromkeys(site.link for site in self.record.sites))

    @derived
    def link(self) -> Ints:
        """The link of each attempt, a code into ``links``."""
        return self._per_site([self.links.index(site.link) for site in self.record.sites])

    @derived
    def kind(self) -> Ints:
        """The kind of each attempt: 0 a call, 1 a send, 2 a delivery."""
        return self._per_site([("call", "send", "delivery").index(site.kind) for site in self.record.sites])

    @derived
    def service(self) -> Ints:
        """The service that each attempt visits, a code into ``services``; -1 for a queue."""
        codes = {name: code for code, name in enumerate(self.record.services)}
        return self._per_site([codes.get(site.callee, -1) for site in self.record.sites])

    def _per_site(self, codes: list[int]) -> Ints:
        of_sites = np.array(codes, np.min_scalar_type(-len(codes) - 1))
        return of_sites[self.attempts["site"]] if codes else of_sites

    @derived
    def request_of(self) -> Ints:
        """The request row of each attempt; -1 where there is none."""
        return rows_of(self.requests["id"], self.attempts["request"])

    @derived
    def parent(self) -> Ints:
        """The row of the attempt that each attempt was sent from; -1 for a client's and for a delivery."""
        return rows_of(self.attempts["id"], self.attempts["parent"])

    @derived
    def segment_row(self) -> Ints:
        """The attempt row of each segment."""
        return rows_of(self.attempts["id"], self.record.segments["attempt"])

    @derived
    def attempts_by_link(self) -> GroupedRows:
        """Attempts by link and time of sending."""
        return GroupedRows(self.link, len(self.links), self.sent_at)

    @derived
    def visits_by_service(self) -> GroupedRows:
        """Visits (attempts that reached a service) by service and time of entry."""
        return GroupedRows(self.service, len(self.record.services), self.entered_at)

    # --- messages -------------------------------------------------------------------------------------------

    @derived
    def published_at(self) -> Floats:
        """When each message was published."""
        return np.asarray(self.messages["published_at"], np.float64)

    @derived
    def settled_at(self) -> Floats:
        """When each message ended; infinity while it waits or is in flight."""
        return nan_to_inf(self.messages["ended_at"])

    @derived
    def messages_by_queue(self) -> GroupedRows:
        """Messages by queue and time of publication."""
        return GroupedRows(self.messages["queue"], len(self.record.queues), self.published_at)

    @derived
    def deliveries_in_flight(self) -> tuple[Ints, Floats, Floats, Ints]:
        """Deliveries: (message row, begin, end, attempt row); a delivery is in flight no longer than its message."""
        attempt = rows_of(self.attempts["id"], self.record.deliveries["attempt"])
        message = rows_of(self.messages["id"], self.record.deliveries["message"])
        return message, self.sent_at[attempt], np.minimum(self.ended_at[attempt], self.settled_at[message]), attempt

    @derived
    def queue_of_delivery(self) -> Ints:
        """The queue of each delivery."""
        return self.messages["queue"][self.deliveries_in_flight[0]].astype(np.int64)

    @derived
    def waits_in_queue(self) -> tuple[Ints, Floats, Floats]:
        """Times at which a message waits in its queue: (message row, begin, end).

        The k-th wait begins at publication or where the delivery before ended, and ends where the next one begins.
        """
        every = np.arange(len(self.published_at))
        message, began, ended, _ = self.deliveries_in_flight
        rows = np.append(every, message)
        begin, end = np.append(self.published_at, ended), np.append(self.settled_at, began)
        first, last = np.lexsort((begin, rows)), np.lexsort((end, rows))
        rows, begin, end = rows[first], begin[first], end[last]
        real = end > begin
        return rows[real], begin[real], end[real]

    def backlog(self, queue: int) -> tuple[Floats, Floats, Floats]:
        """Return begin, end and time of publication of every wait of a message in *queue* (a code)."""
        rows, begin, end = self.waits_in_queue
        of_queue = self.messages["queue"][rows] == queue
        return begin[of_queue], end[of_queue], self.published_at[rows[of_queue]]

    def in_flight(self, queue: int) -> tuple[Floats, Floats]:
        """Return begin and end of every delivery in flight from *queue* (a code)."""
        of_queue = self.queue_of_delivery == queue
        return self.deliveries_in_flight[1][of_queue], self.deliveries_in_flight[2][of_queue]
