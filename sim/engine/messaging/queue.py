"""Point-to-point queues on the clock: messages are accepted, delivered to free workers, and acknowledged or not.

A queue joins two routes. To its publisher it is an endpoint that answers at once: the message is stored, which says
nothing about its being handled. To its consumers it is a caller, whose attempts are deliveries (``delivery``)::

    send ── deliver ──> Queue [visible | in flight | delayed] ── Delivery ──> a free worker of a consumer
         <── answer ──┘                      └── too many deliveries ──> dead letters

``sim.policies.delivery`` decides when a message may be delivered again; this sets its timers, finds a consumer and
writes the rows.

Not modelled: the broker's own capacity and time.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.calls.ends import drop, turn_away
from sim.engine.clock.kernel import livelock_error
from sim.outcomes import DEAD_LETTERED, MESSAGE_LOST, REFUSED
from sim.policies.delivery import IN_FLIGHT as MESSAGE_IN_FLIGHT
from sim.policies.delivery import DeliveryPolicy, Message, VisibilityQueue
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.interfaces import MessageTaker
    from sim.record.recorder import Recorder
    from sim.scenario import models


MOST_OF_ONE_REQUEST = 200_000
"""Messages of one request to one queue in one instant; a handler of no time that feeds its own queue sends more."""


class Envelope:
    """What the record needs to know of a message."""

    __slots__ = ("number", "request", "published_at", "origin", "publisher", "message")

    def __init__(self, number: int, request: Any, published_at: float, origin: int, publisher: int) -> None:
        self.number, self.request, self.published_at = number, request, published_at
        self.origin, self.publisher = origin, publisher


class Queue:
    """One queue: its messages, and the replicas whose free workers take from it."""

    __slots__ = (
        "kernel",
        "recorder",
        "name",
        "code",
        "component",
        "core",
        "next_number",
        "dead_letters",
        "visibility_s",
        "consumers",
        "deliver_by",
        "_turn",
        "_instant",
        "_published",
        "paused",
        "down",
        "refuses",
        "crashed",
        "visibility_reason",
    )

    def __init__(
        self,
        kernel: Kernel,
        recorder: Recorder,
        name: str,
        code: int,
        component: int,
        model: models.Queue,
        numbers: Callable[[], int],
    ) -> None:
        self.kernel, self.recorder, self.name, self.code = kernel, recorder, name, code
        self.component = component
        refuses_late = model.late_acknowledgement == "refused"
        policy = DeliveryPolicy(
            model.visibility_timeout, model.max_deliveries, model.redelivery, model.max_stalled, refuses_late
        )
        self.core = VisibilityQueue(policy, self._on_exhausted)
        self.next_number = numbers
        self.dead_letters: Queue | None = None
        self.visibility_s = model.visibility_timeout
        self.consumers: list[MessageTaker] = []
        self.deliver_by: dict[MessageTaker, Callable[[Any, Any], None]] = {}
        """Delivers a message, by its receipt, to the consumer that has asked for one."""
        self._turn = 0
        self._instant = -1.0
        self._published: dict[int, int] = {}
        """How many messages each request has sent here in this instant."""
        self.paused = self.down = self.refuses = 0
        self.crashed = reason_code(component, "crashed")
        self.visibility_reason = reason_code(component, "timeout")

    def add_consumer(self, taker: MessageTaker, deliver: Callable[[Any, Any], None]) -> None:
        """Let *taker*, a replica with free workers or a batch, take messages, which *deliver* sends to it."""
        self.consumers.append(taker)
        self.deliver_by[taker] = deliver

    def remove_consumer(self, taker: MessageTaker) -> None:
        """*taker* takes no more messages at all."""
        self.forget(taker)
        del self.deliver_by[taker]

    def forget(self, replica: MessageTaker) -> None:
        """*replica* takes no more messages for now."""
        self.consumers.remove(replica)
        self._turn = self._turn % len(self.consumers) if self.consumers else 0

    def remember(self, replica: MessageTaker) -> None:
        """*replica* takes messages again."""
        self.consumers.append(replica)

    @property
    def backlog(self) -> int:
        """Messages that are visible, or delayed until their redelivery."""
        return self.core.visible + self.core.resting

    @property
    def in_flight(self) -> int:
        """Messages hidden by a delivery."""
        return self.core.in_flight

    @property
    def unsettled(self) -> bool:
        """Whether a consumer may still handle a message of this queue."""
        return bool(self.deliver_by) and self.backlog + self.in_flight > 0

    # --- publishing ---------------------------------------------------------------------------------------

    def deliver(self, attempt: Attempt) -> None:
        """A send is here: accept the message and acknowledge it, which says nothing about its being done."""
        if self.down:
            self._turn_away(attempt)
            return
        attempt.entered_at = attempt.left_at = self.kernel.now
        self.publish(attempt.request, -1, attempt.id)
        attempt.step.route.answer(attempt)

    def _turn_away(self, attempt: Attempt) -> None:
        if self.refuses:
            turn_away(attempt, REFUSED, self.crashed, nan)
        else:
            drop(attempt)

    def publish(self, request: Any, origin: int, publisher: int) -> None:
        """Put a new message behind the others, and deliver it if a worker is free."""
        if self.kernel.now != self._instant:
            self._instant, self._published = self.kernel.now, {}
        self._published[request.id] = times = self._published.get(request.id, 0) + 1
        if times > MOST_OF_ONE_REQUEST:
            raise livelock_error(self._instant, f"request {request.id} sends {times} messages to {self.name} in it")
        number = self.next_number()
        message = Message(Envelope(number, request, self.kernel.now, origin, publisher))
        self.recorder.open_messages[number] = (self, message)
        self.core.send(message)
        self.dispatch()

    # --- delivering ---------------------------------------------------------------------------------------

    def dispatch(self) -> None:
        """Deliver visible messages to free workers, consumers in turn."""
        core, consumers = self.core, self.consumers
        idle = 0
        while core.visible and idle < len(consumers):
            replica = consumers[self._turn]
            self._turn = (self._turn + 1) % len(consumers)
            if replica.has_room() and self.dispatch_to(replica):
                idle = 0
            else:
                idle += 1

    def dispatch_to(self, replica: MessageTaker) -> bool:
        """Deliver the next message to a free worker of *replica*; False when there is none to deliver."""
        if self.paused or self.down:
            return False
        if (
            self.core.dead_letter_expired(self.kernel.now) and not replica.wants_message()
        ):  # a dead letter has found this worker first
            return False
        receipt = self.core.take(self.kernel.now)
        if receipt is None:
            return False
        self.deliver_by[replica](replica, receipt)
        return True

    def settle(self, message: Message, outcome: int) -> None:
        """*message* has ended: write its row."""
        envelope = message.body
        del self.recorder.open_messages[envelope.number]
        self._write(message, outcome, self.kernel.now)

    def _write(self, message: Message, outcome: int, ended_at: float) -> None:
        envelope = message.body
        request = envelope.request
        self.recorder.messages.rows.write(
            (
                envelope.number,
                self.code,
                request.id,
                request.key,
                envelope.published_at,
                ended_at,
                outcome,
                message.deliveries,
                envelope.origin,
                envelope.publisher,
            )
        )

    def delay(self, message: Message, delay_s: float) -> None:
        """Make *message* visible again after *delay_s*."""
        self.kernel.after(delay_s, self._wake, message)

    def _wake(self, message: Message) -> None:
        if self.core.wake(message):
            self.dispatch()

    def _on_exhausted(self, message: Message, now: float) -> None:
        envelope, events = message.body, self.recorder.events
        if self.dead_letters is None:
            events.append((now, "message lost", self.name, str(envelope.number)))
            self.settle(message, MESSAGE_LOST)
        else:
            events.append((now, "dead-lettered", self.name, str(envelope.number)))
            self.settle(message, DEAD_LETTERED)
            self.dead_letters.publish(envelope.request, envelope.number, envelope.publisher)

    def close(self, waiting: int, in_flight: int) -> None:
        """At the end of the run: write what is still here."""
        for queue, message in self.recorder.open_messages.values():
            if queue is self:
                self._write(message, in_flight if message.state == MESSAGE_IN_FLIGHT else waiting, nan)

    # --- under faults -------------------------------------------------------------------------------------

    def crash(self, refuse: bool) -> None:
        """The broker is down: its messages survive, nothing gets in or out."""
        self.down += 1
        self.refuses += refuse

    def restore(self, refuse: bool) -> None:
        """The broker is back."""
        self.down -= 1
        self.refuses -= refuse
        self.dispatch()

    def pause(self) -> None:
        """Deliver nothing for a while."""
        self.paused += 1

    def unpause(self) -> None:
        """Deliver again."""
        self.paused -= 1
        self.dispatch()
