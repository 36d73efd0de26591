"""Deliveries: the attempts whose caller is a queue and whose callee is the worker of a consumer.

A delivery takes the one way of every call (``calls.route``): over the link from the queue to the consumer, and its
answer, the acknowledgement, comes back the same way::

    queue ── send ──> network ── deliver ──> the worker that asked ── begin ──> operation
          <─ receive ─ network <──────────── answer ─────────────────────────────┘

A worker asks before the message leaves: it is reserved while the message travels, and lost with the message at most
until the message's visibility ends. The timeout of a delivery is that visibility.

Several messages at once are in ``batches``.

Not modelled: consumers that fetch before a worker is free.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from sim.engine.calls.attempt import Attempt, Frame
from sim.engine.calls.ends import answered, close, drop, give_up, lose_answer
from sim.engine.calls.step import Step
from sim.engine.messaging.queue import Queue
from sim.outcomes import DEGRADED, DONE, PENDING, REFUSED, TIMEOUT
from sim.policies.delivery import OVER
from sim.record.recorder import MarkCodes

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.replica import Replica
    from sim.record.recorder import Recorder

REFUSED_LATE = MarkCodes()["late acknowledgement"]


class RootFrame(Frame):
    """Stands for the frame that sent a delivery: no operation of this run."""

    __slots__ = ()

    def __init__(self) -> None:
        self.id = -1


ROOT_FRAME = RootFrame()


def deliver_to_worker(attempt: Attempt) -> None:
    """The message of *attempt* is at the replica whose worker is reserved for it: the endpoint of a delivery."""
    replica = attempt.replica
    replica.unreserve()
    if replica.down:
        drop(attempt)
    else:
        replica.take(attempt)


class Delivery(Step):
    """Delivers one queue's messages to the replicas of one service: the step of attempts whose caller is the queue."""

    __slots__ = ("deliveries", "queue", "visibility")
    deliver = staticmethod(deliver_to_worker)
    """The endpoint: the worker that has asked for the message."""

    def __init__(self, kernel: Kernel, recorder: Recorder, ids: Callable[[], int], code: int, queue: Queue) -> None:
        super().__init__(kernel, recorder, ids, code)
        self.answers_first = True
        self.deliveries, self.queue = recorder.deliveries.rows, queue
        self.visibility = kernel.timer_queue(queue.visibility_s, _on_visibility_timeout)

    def start(self, replica: Replica, receipt: Any) -> None:
        """Send a message to a free worker of *replica*; its visibility starts now."""
        number = self.next_id()
        envelope = receipt.message.body
        attempt = Attempt(self, ROOT_FRAME, envelope.request, number, self.kernel.now)
        attempt.number = receipt.number
        attempt.message = receipt
        attempt.unanswerable = False
        self.open[number] = attempt
        self.deliveries.write((number, envelope.number))
        self.visibility.add(attempt)
        attempt.replica = replica
        replica.reserve()
        self.route.send(attempt)
        if attempt.unanswerable and attempt.entered_at != attempt.entered_at:  # lost on its way
            replica.unreserve()

    def has_timer(self, attempt: Attempt) -> bool:
        """A delivery ends with its visibility at the latest."""
        return True

    def receive(self, attempt: Attempt) -> None:
        """The answer of the consumer is here: an acknowledgement ends the message, a late one unless it is refused."""
        queue, core, receipt = self.queue, self.queue.core, attempt.message
        if queue.down or attempt.result == REFUSED:  # no answer gets through: the visibility will end without one
            lose_answer(attempt)
            return
        is_late = attempt.outcome != PENDING
        if is_late:
            close(attempt)
        else:
            answered(attempt)
        if attempt.result <= DEGRADED:
            if core.ack(receipt):
                queue.settle(receipt.message, DONE)
            elif is_late and core.policy.refuses_late:
                queue.recorder.marks.rows.write((self.kernel.now, REFUSED_LATE, queue.component, attempt.request.id))
        elif not is_late:
            delay_s = core.nack(receipt, self.kernel.now)
            if delay_s is not None:
                queue.delay(receipt.message, delay_s)
            elif receipt.message.state != OVER:
                queue.kernel.after(0.0, Queue.dispatch, queue)


def _on_visibility_timeout(attempt: Attempt) -> None:
    """The visibility of a delivery has ended without an answer: its message can be delivered again."""
    queue: Queue = attempt.step.queue
    give_up(attempt, TIMEOUT, queue.visibility_reason)
    receipt = attempt.message
    receipt.visible_at = attempt.expires_at
    if queue.core.expire(receipt, queue.kernel.now):
        queue.dispatch()
