"""What a point-to-point queue decides: who gets a message next, when it comes back, and when it is given up.

``DeliveryPolicy`` holds the rules, ``VisibilityQueue`` applies them to messages. Whoever plays the queue sets the
timers: it calls ``expire`` when a delivery's ``visible_at`` is reached and ``wake`` when a rest is over. Each
operation is O(1) (``take`` skips what is over, each message once). Returned messages go to the back of the line.
Left out: the network, message groups, and the duplicates that real standard queues deliver inside the visibility
timeout now and then.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Callable

from sim.errors import ParameterError
from sim.quantities import BackoffLaw

VISIBLE, RESTING, IN_FLIGHT, OVER = range(4)
"""Where a message is: in the line, waiting for its redelivery, with a consumer, or acknowledged or given up."""


class DeliveryPolicy:
    """Hide a delivered message for *visibility_s*; deliver it *max_deliveries* times at most; rest it after errors.

    *max_deliveries* counts all deliveries (SQS ``maxReceiveCount``; RabbitMQ's delivery-limit is one less) and may
    be infinite. *redelivery* gives the rest in seconds after the n-th delivery's handler failed.
    Source: Amazon SQS Developer Guide, "Amazon SQS visibility timeout" and "Using dead-letter queues".
    """

    __slots__ = ("visibility_s", "max_deliveries", "redelivery")

    def __init__(self, visibility_s: float, max_deliveries: float, redelivery: BackoffLaw) -> None:
        if not visibility_s > 0:
            raise ParameterError("be a duration above zero", visibility_s, place="visibility timeout")
        if not max_deliveries >= 1:
            raise ParameterError(
                "be a whole number of at least 1, or 'unlimited'", max_deliveries, place="max deliveries"
            )
        self.visibility_s, self.max_deliveries, self.redelivery = visibility_s, max_deliveries, redelivery

    def may_start(self, deliveries: int) -> bool:
        """Whether a message with that many deliveries behind it may be delivered once more."""
        return deliveries < self.max_deliveries

    def rest_s(self, deliveries: int) -> float | None:
        """Return the rest after an error in the last of *deliveries*, in seconds; None when it was the last allowed."""
        return self.redelivery.wait_s(deliveries) if deliveries < self.max_deliveries else None


class Message:
    """A message as its queue sees it; the queue owns *state* and *deliveries* and never looks at *body*."""

    __slots__ = ("body", "state", "deliveries", "delivery")

    def __init__(self, body: Any) -> None:
        self.body = body
        self.state = VISIBLE
        self.deliveries = 0
        self.delivery: Delivery | None = None
        """The delivery that hides it; None unless it is in flight."""


class Delivery:
    """One handing-over of a message; it is also the receipt. *visible_at* is when silence returns the message."""

    __slots__ = ("message", "number", "visible_at")

    def __init__(self, message: Message, number: int, visible_at: float) -> None:
        self.message, self.number, self.visible_at = message, number, visible_at


class VisibilityQueue:
    """Keep the messages of one queue: visible in the order they became so, resting, or in flight.

    A handler's error returns its message after the policy's rest, and the error of the last delivery allowed gives it
    up at that instant. Silence returns it at ``visible_at``; after the last delivery allowed it is given up when the
    next one would start. Any delivery's acknowledgement ends the message, even one whose visibility has ended; other
    deliveries run on and their words change nothing. ``on_dead(message, now)`` gets what is given up: into a
    dead-letter queue or lost, that is its affair.
    """

    __slots__ = ("policy", "visible", "resting", "in_flight", "_on_dead", "_line")

    def __init__(self, policy: DeliveryPolicy, on_dead: Callable[[Message, float], None]) -> None:
        self.policy = policy
        self.visible = self.resting = self.in_flight = 0
        """How many messages are in each of these states; the backlog is the first two."""
        self._on_dead = on_dead
        self._line: deque[Message] = deque()  # may still hold messages that are over; they are skipped

    def send(self, message: Message) -> None:
        """Put a new message at the end of the line."""
        self._line.append(message)
        message.state = VISIBLE
        self.visible += 1

    def take(self, now: float) -> Delivery | None:
        """Deliver the next visible message at *now*, if any; messages out of deliveries are given up on the way."""
        self.dead_letter_expired(now)
        if not self._line:
            return None
        message = self._line.popleft()
        self.visible -= 1
        self.in_flight += 1
        message.state = IN_FLIGHT
        message.deliveries += 1
        delivery = message.delivery = Delivery(message, message.deliveries, now + self.policy.visibility_s)
        return delivery

    def dead_letter_expired(self, now: float) -> bool:
        """Give up those out of deliveries who are next; whether there were any."""
        line, policy, any_buried = self._line, self.policy, False
        while line and ((message := line[0]).state != VISIBLE or not policy.may_start(message.deliveries)):
            line.popleft()
            if message.state == VISIBLE:
                self.visible -= 1
                self._give_up(message, now)
                any_buried = True
        return any_buried

    def ack(self, delivery: Delivery) -> bool:
        """End the message of *delivery*; False when it was over already."""
        message = delivery.message
        if message.state == OVER:
            return False
        if message.state == VISIBLE:
            self.visible -= 1
        elif message.state == RESTING:
            self.resting -= 1
        else:
            self.in_flight -= 1
        message.state, message.delivery = OVER, None
        return True

    def nack(self, delivery: Delivery, now: float) -> float | None:
        """Say that the handler failed at *now*; return the rest in seconds after which ``wake`` is due, if any.

        None means that there is nothing to wait for: the message is visible again, or given up, or *delivery* no
        longer hides it (silence was first, or another delivery settled it).
        """
        message = delivery.message
        if message.delivery is not delivery:
            return None
        self._uncover(message)
        rest_s = self.policy.rest_s(message.deliveries)
        if rest_s is None:
            self._give_up(message, now)
        elif rest_s == 0:
            self.send(message)
        else:
            message.state = RESTING
            self.resting += 1
            return rest_s
        return None

    def wake(self, message: Message) -> bool:
        """Make a rested message visible; False when it was acknowledged meanwhile."""
        if message.state != RESTING:
            return False
        self.resting -= 1
        self.send(message)
        return True

    def expire(self, delivery: Delivery, now: float) -> bool:
        """Return the message of *delivery* to the line if its visibility has ended by *now* in silence."""
        message = delivery.message
        if message.delivery is not delivery or now < delivery.visible_at:
            return False
        self._uncover(message)
        self.send(message)
        return True

    def change_visibility(self, delivery: Delivery, seconds: float, now: float) -> bool:
        """Hide the message until *seconds* after *now* (0: return it at once); False when it is hidden no more."""
        if delivery.message.delivery is not delivery:
            return False
        delivery.visible_at = now + seconds
        if seconds == 0:
            self.expire(delivery, now)
        return True

    def _uncover(self, message: Message) -> None:
        message.delivery = None
        self.in_flight -= 1

    def _give_up(self, message: Message, now: float) -> None:
        message.state = OVER
        self._on_dead(message, now)
