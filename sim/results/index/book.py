"""The columns of a record as every measure needs them: codes instead of names, infinity for "never", rows on shelves.

A ``Book`` is opened once for a run and computes each derived column on first use. It knows how the tables hang
together (an attempt's parent, a visit's service, a message's deliveries) and nothing about any one measure.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Iterable

import numpy as np

from sim.quantities import UNLIMITED
from sim.record.record import DEGRADED, LOST, OPEN, SHORT_CIRCUITED, Columns, Record
from sim.results import effect_accounting as duties
from sim.results import work
from sim.results.effect_accounting import Duties
from sim.results.index import breakers
from sim.results.index.columns import Bools, Floats, Ints, Shelf, never, rows_of
from sim.results.index.intervals import steps
from sim.results.index.windows import Struck, Window, after_warmup, windows
from sim.results.measures import autoscaling as fleet


class Book:
    """A record, opened for reading; *during* names written windows (``500s to 600s``) to add to its own.

    *beside* are the windows of faults in the runs that this one is held against (see ``windows``).
    """

    def __init__(self, record: Record, during: Iterable[str] = (), beside: Iterable[Struck] = ()) -> None:
        self.record = record
        self.struck: list[Struck] = after_warmup([*record.windows, *beside], record.warmup_s)
        self.windows: dict[str, Window] = windows(record, during, beside)
        self.end: float = record.ended_at
        """When the run ended; what is still open lasts until then."""
        self.requests: Columns = record.requests
        self.attempts: Columns = record.attempts
        self.messages: Columns = record.messages

    def fault_end(self, name: str | None = None) -> float | None:
        """Return when the last fault (or the last window of fault *name*) ended, here or in the runs beside it."""
        return max((end for fault, _, end in self.struck if name in (None, fault)), default=None)

    # --- requests -------------------------------------------------------------------------------------------

    @cached_property
    def arrived_at(self) -> Floats:
        """When each request arrived."""
        return np.asarray(self.requests["arrived_at"], np.float64)

    @cached_property
    def answered_at(self) -> Floats:
        """When each request had its outcome; infinity for open and lost ones."""
        return never(self.requests["ended_at"])

    @cached_property
    def succeeded(self) -> Bools:
        """Which requests ended ok or degraded, whenever."""
        return np.asarray(self.requests["outcome"] <= DEGRADED)

    @cached_property
    def answered(self) -> Bools:
        """Which requests ended ok or degraded within the deadline of their workload."""
        return self.succeeded & (self.answered_at <= self.arrived_at + self._limit("deadline"))

    @cached_property
    def done_by(self) -> Floats:
        """Until when each request's effects count as done (`done within`); infinity without a limit."""
        return self.arrived_at + self._limit("done_within")

    def _limit(self, name: str) -> Floats:
        """Return a workload's time limit for each request; infinity where it has none."""
        limits = [getattr(self.record.scenario.workload[workload], name) for workload in self.record.workloads]
        by_code = np.array([np.inf if limit is None else float(limit) for limit in limits])
        return by_code[self.requests["workload"]] if len(by_code) else np.zeros(0)

    @cached_property
    def request_shelves(self) -> list[tuple[str, Shelf, int]]:
        """(name, shelf, group) of everything that requests are counted for, by arrival.

        These are each workload, each ``workload/operation`` that was asked for, and ``system``.
        """
        record, columns = self.record, self.requests
        workload, operation = columns["workload"].astype(np.int64), columns["operation"].astype(np.int64)
        many = len(record.operations)
        pairs = workload * many + operation
        by_workload = Shelf(workload, len(record.workloads), self.arrived_at)
        by_pair = Shelf(pairs, len(record.workloads) * many, self.arrived_at)
        whole = Shelf(np.zeros(len(workload), np.int64), 1, self.arrived_at)
        found = [(name, by_workload, code) for code, name in enumerate(record.workloads)]
        for pair in np.unique(pairs).tolist():
            found.append((f"{record.workloads[pair // many]}/{record.operations[pair % many]}", by_pair, pair))
        return [*found, ("system", whole, 0)]

    # --- what several families share, each from the module that tells its story ------------------------------

    @cached_property
    def duties(self) -> Duties:
        """The ledger's entries."""
        return duties.duties(self)

    @cached_property
    def open(self) -> Bools:
        """Which requests have no outcome yet and may still be answered."""
        return np.asarray(self.requests["outcome"] == OPEN)

    @cached_property
    def done(self) -> Bools:
        """Which requests had every due effect applied exactly once, within `done within`, whatever still comes."""
        return self.duties.kept & (self.duties.kept_at <= self.done_by)

    @cached_property
    def good(self) -> Bools:
        """Which requests were answered and done, whatever still comes."""
        return self.answered & self.done

    @cached_property
    def may_be_good(self) -> Bools:
        """Which requests are good, or may turn out so: more than ``good`` where something is undecided at the end."""
        return (self.answered | self.open) & self.duties.may_do

    @cached_property
    def undecided(self) -> Bools:
        """Which requests may turn out good, and may not."""
        return self.may_be_good & ~self.good

    @cached_property
    def good_at(self) -> Floats:
        """When each good request had become so; infinity for the others."""
        return np.where(self.good, np.maximum(self.answered_at, self.duties.kept_at), np.inf)

    @cached_property
    def work(self) -> tuple[Floats, Floats, Floats]:
        """Worker-seconds of each visit: (work, the part of it for callers that had left, time held)."""
        return work.work_s(self)

    @cached_property
    def tried_once(self) -> Bools:
        """Which attempts would have been made if every call were tried once."""
        return work.tried_once(self)

    @cached_property
    def breakers(self) -> dict[str, tuple[Floats, Floats]]:
        """Begin and end of the open periods of each link that has a breaker."""
        return breakers.open_periods(self)

    # --- attempts -------------------------------------------------------------------------------------------

    @cached_property
    def sent_at(self) -> Floats:
        """When each attempt was sent."""
        return np.asarray(self.attempts["sent_at"], np.float64)

    @cached_property
    def entered_at(self) -> Floats:
        """When each attempt reached its callee."""
        return never(self.attempts["entered_at"])

    @cached_property
    def started_at(self) -> Floats:
        """When each attempt got a worker."""
        return never(self.attempts["started_at"])

    @cached_property
    def left_at(self) -> Floats:
        """When each attempt left its callee."""
        return never(self.attempts["left_at"])

    @cached_property
    def ended_at(self) -> Floats:
        """When each attempt was over for its caller."""
        return never(self.attempts["ended_at"])

    @cached_property
    def tried(self) -> Bools:
        """Which rows are attempts: a short-circuited call was wanted and never made."""
        return np.asarray(self.attempts["outcome"] != SHORT_CIRCUITED)

    @cached_property
    def failed(self) -> Bools:
        """Which attempts ended badly for their caller, who then left."""
        outcome = self.attempts["outcome"]
        return np.asarray((outcome > DEGRADED) & (outcome != OPEN) & (outcome != LOST))

    @cached_property
    def links(self) -> tuple[str, ...]:
        """The names of all links that something could be sent over, in the order of their sites."""
        return tuple(dict.fromkeys(site.link for site in self.record.sites))

    @cached_property
    def link(self) -> Ints:
        """The link of each attempt, a code into ``links``."""
        return self._per_site([self.links.index(site.link) for site in self.record.sites])

    @cached_property
    def kind(self) -> Ints:
        """What each attempt is: 0 a call, 1 a send, 2 a delivery."""
        return self._per_site([("call", "send", "delivery").index(site.kind) for site in self.record.sites])

    @cached_property
    def service(self) -> Ints:
        """The service that each attempt visits, a code into ``services``; -1 for a queue."""
        codes = {name: code for code, name in enumerate(self.record.services)}
        return self._per_site([codes.get(site.callee, -1) for site in self.record.sites])

    def _per_site(self, codes: list[int]) -> Ints:
        return np.array(codes, np.int64)[self.attempts["site"]] if codes else np.zeros(0, np.int64)

    @cached_property
    def request_of(self) -> Ints:
        """The request row of each attempt; -1 where there is none."""
        return rows_of(self.requests["id"], self.attempts["request"])

    @cached_property
    def parent(self) -> Ints:
        """The row of the attempt that each attempt was sent from; -1 for a client's and for a delivery."""
        return rows_of(self.attempts["id"], self.attempts["parent"])

    @cached_property
    def link_shelf(self) -> Shelf:
        """Attempts by link and time of sending."""
        return Shelf(self.link, len(self.links), self.sent_at)

    @cached_property
    def visit_shelf(self) -> Shelf:
        """Visits (attempts that reached a service) by service and time of entry."""
        return Shelf(self.service, len(self.record.services), self.entered_at)

    # --- services -------------------------------------------------------------------------------------------

    def model(self, service: str) -> Any:
        """Return the scenario's description of *service*."""
        return self.record.scenario.services[service]

    def workers(self, service: str) -> float:
        """Return the workers of all replicas that *service* can have; infinite when unlimited."""
        model = self.model(service)
        return UNLIMITED if model.workers == UNLIMITED else float(model.workers * self.replicas(service))

    def replicas(self, service: str) -> int:
        """Return how many replicas *service* can have; see ``missing`` for those that are not there."""
        model = self.model(service)
        return int(model.replicas if model.autoscale is None else model.autoscale.max_replicas)

    def missing(self, service: str) -> tuple[Floats, Floats]:
        """Return begin and end of the time that each worker of a replica is not there (autoscaled services only)."""
        spans = [span for absences in fleet.absences(self, service).values() for span in absences]
        begin, end = np.array(spans, np.float64).reshape(-1, 2).repeat(self._workers_each(service), axis=0).T
        return begin, end

    def _workers_each(self, service: str) -> int:
        workers = self.model(service).workers
        return 0 if workers == UNLIMITED else int(workers)

    def frees(self, service: str) -> bool:
        """Whether *service* frees its workers while calling."""
        return bool(self.model(service).while_calling == "free")

    @cached_property
    def segment_row(self) -> Ints:
        """The attempt row of each segment."""
        return rows_of(self.attempts["id"], self.record.segments["attempt"])

    def services_of(self, service: int) -> tuple[Floats, Floats]:
        """Return begin and end of every visit's service at *service* (a code), those in line excluded."""
        rows = self.visit_shelf.rows(service)
        begun = rows[np.isfinite(self.started_at[rows])]
        return self.started_at[begun], self.left_at[begun]

    def holders(self, service: int) -> Ints:
        """Return the attempt row of every time that a worker of *service* (a code) was held, as in ``holds``."""
        if self.frees(self.record.services[service]):
            rows: Ints = self.segment_row[self.service[self.segment_row] == service]
            return rows
        rows = self.visit_shelf.rows(service)
        return rows[np.isfinite(self.started_at[rows])]

    def outages(self, service: str) -> dict[int, list[tuple[float, float]]]:
        """Return when each replica of *service* that ever was down was so, by its number."""
        found: dict[int, list[tuple[float, float]]] = {}
        for name, replica, begin, end in self.record.down:
            if name == service:
                found.setdefault(replica, []).append((begin, min(end, self.end)))
        return found

    def all_down(self, service: str) -> list[tuple[float, float]]:
        """Return when all replicas of *service* were down at once."""
        spans = [span for down in self.outages(service).values() for span in down]
        times, levels = steps(*np.array(spans, np.float64).reshape(-1, 2).T)
        all_of_them = np.flatnonzero(levels >= self.replicas(service))
        return [(float(times[i]), float(times[i + 1])) for i in all_of_them]

    def holds(self, service: int) -> tuple[Floats, Floats]:
        """Return begin and end of every time that a worker of *service* (a code) was held."""
        if self.frees(self.record.services[service]):
            mine = self.service[self.segment_row] == service
            segments = self.record.segments
            return never(segments["started_at"][mine]), never(segments["ended_at"][mine])
        return self.services_of(service)

    def lines(self, service: int) -> tuple[Floats, Floats]:
        """Return begin and end of every wait for a worker of *service* (a code)."""
        rows = self.visit_shelf.rows(service)
        begin, end = self.entered_at[rows], np.minimum(self.started_at[rows], self.left_at[rows])
        if not self.frees(self.record.services[service]):
            return begin, end
        # whoever goes on after a call waits again; the first wait is a segment's too, once it has begun service
        new = ~np.isfinite(self.started_at[rows])
        segments = self.record.segments
        mine = self.service[self.segment_row] == service
        again_end = np.minimum(never(segments["started_at"][mine]), never(segments["ended_at"][mine]))
        return np.append(begin[new], segments["queued_at"][mine]), np.append(end[new], again_end)

    # --- messages -------------------------------------------------------------------------------------------

    @cached_property
    def published_at(self) -> Floats:
        """When each message was published."""
        return np.asarray(self.messages["published_at"], np.float64)

    @cached_property
    def settled_at(self) -> Floats:
        """When each message ended; infinity while it waits or is in flight."""
        return never(self.messages["ended_at"])

    @cached_property
    def message_shelf(self) -> Shelf:
        """Messages by queue and time of publication."""
        return Shelf(self.messages["queue"], len(self.record.queues), self.published_at)

    @cached_property
    def flights(self) -> tuple[Ints, Floats, Floats, Ints]:
        """Deliveries: (message row, begin, end, attempt row); a delivery is in flight no longer than its message."""
        attempt = rows_of(self.attempts["id"], self.record.deliveries["attempt"])
        message = rows_of(self.messages["id"], self.record.deliveries["message"])
        return message, self.sent_at[attempt], np.minimum(self.ended_at[attempt], self.settled_at[message]), attempt

    @cached_property
    def flight_queue(self) -> Ints:
        """The queue of each delivery."""
        return self.messages["queue"][self.flights[0]].astype(np.int64)

    @cached_property
    def rests(self) -> tuple[Ints, Floats, Floats]:
        """Times at which a message waits in its queue: (message row, begin, end).

        The k-th wait begins at publication or where the delivery before ended, and ends where the next one begins.
        """
        every = np.arange(len(self.published_at))
        message, began, ended, _ = self.flights
        rows = np.append(every, message)
        begin, end = np.append(self.published_at, ended), np.append(self.settled_at, began)
        first, last = np.lexsort((begin, rows)), np.lexsort((end, rows))
        rows, begin, end = rows[first], begin[first], end[last]
        real = end > begin
        return rows[real], begin[real], end[real]

    def backlog(self, queue: int) -> tuple[Floats, Floats, Floats]:
        """Return begin, end and time of publication of every wait of a message in *queue* (a code)."""
        rows, begin, end = self.rests
        mine = self.messages["queue"][rows] == queue
        return begin[mine], end[mine], self.published_at[rows[mine]]

    def in_flight(self, queue: int) -> tuple[Floats, Floats]:
        """Return begin and end of every delivery in flight from *queue* (a code)."""
        mine = self.flight_queue == queue
        return self.flights[1][mine], self.flights[2][mine]
