"""Cores that the work steps of a replica share, and hosts whose cores several replicas share (processor sharing).

All pieces of work at one replica have the same speed at each instant, so one number says how far each has come: the
virtual time, which runs at this speed. A piece that needs 50 ms has ended when the virtual time is 50 ms later than at
its begin. So the pieces are in a heap by their virtual end, and the next end of a replica is the only event on the heap
of the run; it is put there again whenever the speed changes::

    piece ── begin ──> Processor (virtual time, heap) ── divides ──> alone: its own cores
                              │                                      or a Machine: the cores of a host
                       next end on the heap ──> piece.done

Source: the virtual time of A. Parekh and R. Gallager, "A generalized processor sharing approach to flow control",
IEEE/ACM Transactions on Networking 1(3), 1993, here with equal weights inside a replica.

Not modelled: time slices, the cost of switching, and pieces that are bound to one core.
"""

from __future__ import annotations

from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.engine.clock.heap import heappush as put_on_heap
from sim.engine.clock.kernel import ANSWER, Event, calling
from sim.policies.processor import Quota, fair_parts

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.record.rows import Rows


END_OF_WORK, QUOTA_USED_UP, NEW_PERIOD = range(3)
ROUNDING = 1e-9
"""Work that ends within this part of a period after the quota is used up ends with it: it is the same instant."""


class Change(Event):
    """The next change at a processor: an end of work, a quota that is used up, or a new period."""

    __slots__ = ("processor", "kind", "at")

    def __init__(self, processor: Processor, at: float, kind: int) -> None:
        self.callbacks = _ON_CHANGE
        self.processor, self.at, self.kind = processor, at, kind

    def fire(self) -> None:
        """Let it happen, if it is still the next one."""
        if self.processor.next_change is self:
            self.processor.change(self.kind)


_ON_CHANGE = calling(Change, "fire")


class Processor:
    """The cores of one replica, shared equally by all work that runs there."""

    __slots__ = (
        "kernel",
        "cores",
        "weight",
        "service",
        "index",
        "write",
        "running",
        "served_s",
        "next_change",
        "divide",
        "busy",
        "_speed",
        "_virtual",
        "_since",
        "_pieces",
        "_number",
        "_row_since",
    )

    def __init__(self, kernel: Kernel, rows: Rows, service: int, index: int, cores: float, weight: float) -> None:
        self.kernel, self.cores, self.weight = kernel, cores, weight
        self.service, self.index, self.write = service, index, rows.write
        self.running = 0
        """Pieces of work that run, or would if they had a core."""
        self.served_s = 0.0
        """The work of all pieces that have ended, or were stopped."""
        self.next_change: Change | None = None
        self.divide: Callable[[], None] = self.alone
        """Work out again how many cores this one has, and all that share them."""
        self.busy = self._speed = 0.0
        """Cores in use; and cores for each piece."""
        self._virtual, self._since, self._row_since = 0.0, kernel.now, kernel.now
        self._pieces: list[tuple[float, int, Any]] = []
        self._number = 0

    # --- pieces of work -----------------------------------------------------------------------------------

    def begin(self, piece: Any) -> None:
        """Run *piece*, which needs ``left_s`` on a core of its own."""
        self.advance()
        piece.begun_at = self._virtual
        self._number += 1
        heappush(self._pieces, (self._virtual + piece.left_s, self._number, piece))
        self._set_running(self.running + 1)
        self.divide()

    def stop(self, piece: Any) -> None:
        """Run *piece* no more; it has left the processor when this returns."""
        self.advance()
        self.served_s += self.served(piece)
        piece.processor = None
        self._set_running(self.running - 1)
        self.divide()

    def served(self, piece: Any) -> float:
        """Return the processor time that *piece* has had since its begin."""
        self.advance()
        return min(max(self._virtual - float(piece.begun_at), 0.0), float(piece.left_s))

    def open_s(self) -> float:
        """Return the work done so far: of all pieces, those that still run included."""
        return self.served_s + sum(self.served(piece) for piece in self.pieces())

    def pieces(self) -> list[Any]:
        """Return the pieces of work that are on it."""
        return [piece for _, _, piece in self._pieces if piece.processor is self]

    # --- time ---------------------------------------------------------------------------------------------

    def advance(self) -> None:
        """Bring the virtual time up to now."""
        now = self.kernel.now
        if now > self._since:
            self._virtual += (now - self._since) * self._speed
            self._since = now

    def need(self) -> float:
        """Return the cores that it could use now."""
        return min(self.running, self.cores)

    def alone(self) -> None:
        """Use its own cores: no other replica shares them."""
        self.use(min(self.running, self.cores))

    def use(self, busy: float) -> None:
        """Use *busy* cores from now on (the virtual time is that of now), and find the next change."""
        if busy != self.busy:
            self.note()
            self.busy = busy
        self._speed = busy / self.running if self.running else 0.0
        self.plan()

    def plan(self) -> None:
        """Put the next change on the heap."""
        at = self._next_end()
        if at < inf:
            self.put(at, END_OF_WORK)
        else:
            self.next_change = None

    def _next_end(self) -> float:
        """Return when the first piece ends at this speed; infinity if none does."""
        pieces = self._pieces
        while pieces and pieces[0][2].processor is not self:
            heappop(pieces)
        if not pieces:
            self._virtual = 0.0
            return inf
        left = pieces[0][0] - self._virtual
        if left <= 0:
            return self.kernel.now
        return self.kernel.now + left / self._speed if self._speed else inf

    def put(self, at: float, kind: int) -> None:
        """Put a change at *at* on the heap, unless the next one is that already."""
        planned = self.next_change
        if planned is None or planned.at != at or planned.kind != kind:
            self.next_change = change = Change(self, at, kind)
            put_on_heap(self.kernel.heap, (at, ANSWER, self.kernel.next_id(), change))

    def change(self, kind: int) -> None:
        """The next change is due: the first piece ends."""
        self.next_change = None
        self.advance()
        virtual_end, _, piece = heappop(self._pieces)
        self._virtual = virtual_end
        self.served_s += piece.left_s
        piece.processor = None
        self._set_running(self.running - 1)
        self.divide()
        piece.done()

    # --- the record ---------------------------------------------------------------------------------------

    def _set_running(self, running: int) -> None:
        self.note()
        self.running = running

    def note(self) -> None:
        """Write the row of the time since the last one, in which as many ran on as many cores."""
        now = self.kernel.now
        if now > self._row_since:
            if self.running:
                self.write((self.service, self.index, self._row_since, now, self.running, self.busy))
            self._row_since = now


class QuotaProcessor(Processor):
    """A processor with a quota for each period: when it is used up, nothing runs until the next period."""

    __slots__ = ("quota",)

    def __init__(
        self, kernel: Kernel, rows: Rows, service: int, index: int, cores: float, weight: float, quota: Quota
    ) -> None:
        super().__init__(kernel, rows, service, index, cores, weight)
        self.quota = quota

    def begin(self, piece: Any) -> None:
        """As for any processor; the first use begins the first period."""
        self.quota.use_at(self.kernel.now)
        Processor.begin(self, piece)

    def advance(self) -> None:
        """As for any processor, and take what was used from the quota."""
        used_s = (self.kernel.now - self._since) * self.busy
        Processor.advance(self)
        if used_s > 0:
            self.quota.left_s = max(self.quota.left_s - used_s, 0.0)
        self.quota.refill(self.kernel.now)

    def need(self) -> float:
        """As for any processor; nothing while it is throttled."""
        return min(self.running, self.cores) if self.quota.left_s > 0 else 0.0

    def alone(self) -> None:
        """As for any processor."""
        self.use(self.need())

    def plan(self) -> None:
        """The next change may also be the end of the quota, or of the period."""
        ends_at = self._next_end()
        if not self.running:
            self.next_change = None
            return
        at, kind = self.quota.next_at, NEW_PERIOD
        if self.busy and (used_up_at := self.kernel.now + self.quota.left_s / self.busy) < at:
            at, kind = used_up_at, QUOTA_USED_UP
        if ends_at <= at + ROUNDING * self.quota.period_s:
            at, kind = ends_at, END_OF_WORK
        self.put(at, kind)

    def change(self, kind: int) -> None:
        """As for any processor; or the quota is used up, or there is a new one."""
        if kind == END_OF_WORK:
            Processor.change(self, kind)
            return
        self.next_change = None
        self.advance()
        if kind == QUOTA_USED_UP:
            self.quota.left_s = 0.0  # whatever a rounding error has left of it
        self.divide()


class Machine:
    """A host's cores, shared by the processors of all replicas on it."""

    __slots__ = ("cores", "by_thread", "processors")

    def __init__(self, cores: float, by_thread: bool) -> None:
        self.cores, self.by_thread = cores, by_thread
        self.processors: list[Processor] = []

    def add(self, processor: Processor) -> None:
        """Let *processor* share the cores."""
        self.processors.append(processor)
        processor.divide = self.divide

    def divide(self) -> None:
        """Divide the cores among the processors, by their weights."""
        processors = self.processors
        for processor in processors:
            processor.advance()
        weights: Sequence[float] = [
            processor.weight * processor.running if self.by_thread else processor.weight for processor in processors
        ]
        parts = fair_parts(self.cores, [processor.need() for processor in processors], weights)
        for processor, part in zip(processors, parts):
            processor.use(part)
