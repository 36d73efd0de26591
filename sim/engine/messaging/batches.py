"""Deliveries in batches: a worker takes several messages at once, handles one after another, and answers for all.

Each message keeps an attempt of its own, so its request, its effects, its calls and its work are recorded as those of
any delivery. The batch adds what they share: one way over the link, one worker from begin to end, one answer::

    queue ── take up to `batch` ──> link ──> a worker: batch work, message 1, message 2, … ──> link ──> all answered

The handling of a message begins where that of the one before ends. The queue learns of all ends at the end of the
batch: where a message failed, all of them fail (or only those that did). A batch that is not full waits for more
messages, without a window until the end of the instant: meanwhile its worker is reserved, and it takes part in the
queue's dispatch as one more consumer. Messages are hidden from the instant at which they are taken.

Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS" (batching window, partial batch responses).

Not modelled: messages of a batch that are handled side by side; bytes (Lambda's 6 MB); pollers apart from workers; and
splitting a batch in two after an error, which Lambda does for streams only (`BisectBatchOnFunctionError`).
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.engine.calls.attempt import Attempt
from sim.engine.calls.ends import drop, lose_answer
from sim.engine.clock.kernel import AFTERWARDS
from sim.engine.messaging.delivery import ROOT_FRAME, Delivery
from sim.outcomes import DEGRADED, ERROR, PENDING, REFUSED
from sim.record.recorder import MarkCodes, reason_code

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Failed, Then
    from sim.engine.clock.kernel import Kernel
    from sim.engine.messaging.queue import Queue
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.record.recorder import Recorder
    from sim.scenario import models

BATCH = MarkCodes()["batch"]


class Batch:
    """The deliveries that one worker takes together, and how far it has come with them."""

    __slots__ = ("delivery", "replica", "attempts", "begun", "is_sent", "has_arrived", "_is_looping", "_has_ended")

    def __init__(self, delivery: BatchDelivery, replica: Replica) -> None:
        self.delivery, self.replica = delivery, replica
        self.attempts: list[Attempt] = []
        self.begun = 0
        """How many of the attempts have begun; the last of them is the one that is handled."""
        self.is_sent = self.has_arrived = False
        """Whether it takes no more messages, and whether its worker has it."""
        self._is_looping = self._has_ended = False

    def has_room(self) -> bool:
        """Whether another message fits in."""
        return not self.is_sent

    def wants_message(self) -> bool:
        """Whether another message fits in."""
        return not self.is_sent

    def may_begin(self, attempt: Attempt) -> bool:
        """Whether *attempt*, which has not begun, waits for its turn at the worker of this batch."""
        return self.has_arrived and attempt in self.attempts[self.begun :]

    @property
    def current(self) -> Attempt:
        """The attempt that is handled, or was handled last."""
        return self.attempts[self.begun - 1]

    def begin_next(self) -> None:
        """Begin the next message; those that take no time follow in a loop, so that the stack stays flat."""
        self._is_looping = self._has_ended = True
        while self._has_ended:
            self._has_ended = False
            attempt = self.attempts[self.begun]
            self.begun += 1
            if self.begun == 1:
                self.replica.take(attempt)
            else:
                self.replica.hand_over(self.attempts[self.begun - 2], attempt)
                self.delivery.begin_message(attempt)
        self._is_looping = False

    def ended(self, attempt: Attempt) -> None:
        """The handling of *attempt* has ended, well or not: the next one begins, or the batch is answered."""
        delivery = self.delivery
        attempt.left_at = delivery.kernel.now
        if delivery.service.on_leave is not None:
            delivery.service.on_leave(attempt, False)
        if self.begun == len(self.attempts) or (delivery.stops and attempt.result > DEGRADED):
            delivery.answer_for(self)
            self.replica.release(attempt)
        elif self._is_looping:
            self._has_ended = True
        else:
            self.begin_next()


class BatchDelivery(Delivery):
    """Delivers one queue's messages in batches to the replicas of one service."""

    begin_message: Then
    """Begins the operation for a message; the route begins it for the first of a batch, after the batch's own work."""
    send_answer: Then
    """Carries the answer of a batch, as that of its first attempt, to the queue."""

    def __init__(
        self,
        kernel: Kernel,
        recorder: Recorder,
        ids: Callable[[], int],
        code: int,
        queue: Queue,
        service: Service,
        model: models.BatchConsumer,
    ) -> None:
        super().__init__(kernel, recorder, ids, code, queue)
        self.service, self.size, self.window_s = service, model.batch, float(model.window)
        self.returns_all, self.stops = model.returns == "all", model.after_error == "stop"
        self.batch_failed = reason_code(service.component, "batch failed")
        self.mark = recorder.marks.rows.write
        self.gathered: Batch | None = None
        """The batch that waits for more messages."""
        self.at_work: dict[Batch, None] = {}
        """The batches that are at their workers."""
        service.on_crash.append(self._on_crash)

    def join_route(self, begin_message: Then, begin_batch: Then) -> None:
        """Begin messages and batches so, and let single messages give no answers."""
        route = self.route
        self.begin_message, self.send_answer = begin_message, route.answer
        route.begin, route.answer = begin_batch, _hold_answer

    # --- gathering ------------------------------------------------------------------------------------------------

    def start(self, replica: Replica, receipt: Any) -> None:
        """A free worker of *replica* has a message: it joins the batch that is gathered, or begins one."""
        batch = self.gathered
        if batch is None:
            batch = Batch(self, replica)
            replica.reserve()
        self._add(batch, receipt)
        core, now = self.queue.core, self.kernel.now
        while len(batch.attempts) < self.size and (more := core.take(now)) is not None:
            self._add(batch, more)
        if len(batch.attempts) == self.size:
            self._send(batch)
        elif self.gathered is None:
            self.gathered = batch
            self.queue.add_consumer(batch, self.start)
            self.kernel.at(now + self.window_s, AFTERWARDS, self._on_window_end, batch)

    def _add(self, batch: Batch, receipt: Any) -> None:
        """Deliver one message with *batch*; its visibility starts now."""
        number = self.next_id()
        envelope = receipt.message.body
        attempt = Attempt(self, ROOT_FRAME, envelope.request, number, self.kernel.now)
        attempt.number, attempt.message, attempt.call = receipt.number, receipt, batch
        attempt.unanswerable = attempt.killed = False
        attempt.replica = batch.replica
        self.open[number] = attempt
        self.deliveries.write((number, envelope.number))
        self.visibility.add(attempt)
        batch.attempts.append(attempt)

    def _on_window_end(self, batch: Batch) -> None:
        if not batch.is_sent:
            self._send(batch)

    def _send(self, batch: Batch) -> None:
        """Send *batch* to its worker: the first attempt travels for all."""
        batch.is_sent = True
        if self.gathered is batch:
            self.gathered = None
            self.queue.remove_consumer(batch)
        first = batch.attempts[0]
        self.route.send(first)
        if first.unanswerable and not batch.has_arrived:  # lost on its way
            batch.replica.unreserve()
            _lose(batch)

    def deliver(self, attempt: Attempt) -> None:
        """The batch of *attempt* is at the replica whose worker is reserved for it."""
        batch: Batch = attempt.call
        batch.has_arrived = True
        batch.replica.unreserve()
        if batch.replica.down:
            _lose(batch)
        else:
            self.mark((self.kernel.now, BATCH, self.service.component, attempt.request.id))
            self.at_work[batch] = None
            batch.begin_next()

    # --- answering ------------------------------------------------------------------------------------------------

    def answer_for(self, batch: Batch) -> None:
        """All messages have been handled, or no more are: send the answer of *batch*."""
        del self.at_work[batch]
        attempts = batch.attempts
        has_failed = any(attempt.result > DEGRADED for attempt in attempts)
        for attempt in attempts[batch.begun :]:
            attempt.left_at = nan
            self._fail(attempt)
        for attempt in attempts[: batch.begun]:
            if has_failed and self.returns_all and attempt.result <= DEGRADED:
                self._fail(attempt)
        self.send_answer(attempts[0])
        if attempts[0].unanswerable:  # the answer is lost
            _lose(batch)

    def _fail(self, attempt: Attempt) -> None:
        """Let *attempt* fail with its batch."""
        attempt.result = ERROR
        if attempt.outcome == PENDING:
            attempt.reason = self.batch_failed

    def receive(self, attempt: Attempt) -> None:
        """The answer of a batch is here, carried by its first attempt: each message is acknowledged, or returns."""
        batch: Batch = attempt.call
        is_lost = self.queue.down or attempt.result == REFUSED
        for one in batch.attempts:
            if is_lost:
                lose_answer(one)
            else:
                Delivery.receive(self, one)

    def _on_crash(self, replicas: Sequence[Replica]) -> None:
        """Replicas have died with the batches at their workers."""
        for batch in [batch for batch in self.at_work if batch.replica in replicas]:
            del self.at_work[batch]
            _lose(batch)


def _lose(batch: Batch) -> None:
    """Nothing comes back for the messages of *batch*: they return when their visibility ends."""
    for attempt in batch.attempts:
        drop(attempt)


def _hold_answer(attempt: Attempt) -> None:
    """A message of a batch is not answered alone: neither early (`reply`) nor by the death of its worker."""


def ending_in_batches(finish: Then, fail: Failed) -> tuple[Then, Failed]:
    """Wrap the ends of an operation that handles messages in batches; its other callers are answered as ever."""

    def finish_one(attempt: Attempt) -> None:
        if isinstance(attempt.step, BatchDelivery):
            attempt.call.ended(attempt)
        else:
            finish(attempt)

    def fail_one(attempt: Attempt, outcome: int, reason: int) -> None:
        if not isinstance(attempt.step, BatchDelivery):
            fail(attempt, outcome, reason)
            return
        if not getattr(attempt, "replied", False):  # else it is done for its sender, whatever follows
            attempt.result = ERROR
            if attempt.outcome == PENDING:
                attempt.reason = reason
        attempt.call.ended(attempt)

    return finish_one, fail_one
