"""The decisions of a point-to-point queue: which message is next, when it is redelivered, and when it is given up.

``DeliveryPolicy`` holds the rules, ``VisibilityQueue`` applies them to messages. The engine sets the timers: it calls
``expire`` at a delivery's ``visible_at`` and ``wake`` when a redelivery delay has passed. Each operation is O(1)
(``take`` skips settled messages, each once). Returned messages go to the back of the queue.

Not modelled: the network, message groups, the duplicates that real standard queues deliver inside the visibility
timeout now and then, the interval of BullMQ's check for stalled jobs (up to ``stalledInterval`` later), and the renewal
of a lock by a consumer at work (``change_visibility`` is there for it).
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any, Callable

from sim.errors import ParameterError
from sim.quantities import UNLIMITED, BackoffLaw

VISIBLE, RESTING, IN_FLIGHT, OVER = range(4)
"""The state of a message: visible, delayed, in flight, or settled (acknowledged or given up)."""


class DeliveryPolicy:
    """Hide a delivered message for *visibility_s*; deliver it *max_deliveries* times at most; delay it after errors.

    *max_deliveries* counts all deliveries (SQS ``maxReceiveCount``; RabbitMQ's delivery-limit is one less) and may
    be infinite; a *redelivery* that is a list which stops bounds it too. *redelivery* gives the delay in seconds after
    the handler of the n-th delivery failed.
    A delivery whose visibility ends without an answer is *stalled*. With a finite *max_stalled* stalls are counted
    apart: they do not count as deliveries, and a message that has stalled more often than this is given up. With
    *refuses_late* an acknowledgement counts only while its delivery hides the message.

    Source: Amazon SQS Developer Guide, "Amazon SQS visibility timeout" and "Using dead-letter queues"; BullMQ,
    ``src/commands/moveStalledJobsToWait-9.lua`` (a job that has stalled more than ``maxStalledCount`` is failed by the
    worker that would begin it next) and ``includes/removeLock.lua`` (only the owner of its lock can finish a job).
    """

    __slots__ = ("visibility_s", "max_deliveries", "redelivery", "max_stalled", "refuses_late", "delay_s")

    def __init__(
        self,
        visibility_s: float,
        max_deliveries: float,
        redelivery: BackoffLaw,
        max_stalled: float = UNLIMITED,
        refuses_late: bool = False,
    ) -> None:
        if not visibility_s > 0:
            raise ParameterError("be a duration above zero", visibility_s, place="visibility timeout")
        if not max_deliveries >= 1:
            raise ParameterError(
                "be a whole number of at least 1, or 'unlimited'", max_deliveries, place="max deliveries"
            )
        if not max_stalled >= 0:
            raise ParameterError("be a whole number of at least 0, or 'unlimited'", max_stalled, place="max stalled")
        self.visibility_s, self.redelivery = visibility_s, redelivery
        self.max_deliveries = min(max_deliveries, redelivery.most_waits + 1)
        self.max_stalled, self.refuses_late = max_stalled, refuses_late
        self.delay_s: Callable[[int], float] = redelivery.wait_s

    def draw_delays(self, uniform: Callable[[], float]) -> None:
        """Draw the chance in the delays from *uniform*, which gives the next number in [0, 1)."""
        self.delay_s = partial(self.redelivery.drawn_s, uniform=uniform)

    def may_start(self, deliveries: int, stalled: int = 0) -> bool:
        """Whether a message may be delivered once more after *deliveries* that count and *stalled* ones."""
        return deliveries < self.max_deliveries and stalled <= self.max_stalled

    def rest_s(self, deliveries: int) -> float | None:
        """Return the delay in seconds after an error in the last of *deliveries*; None when it was the last allowed."""
        return self.delay_s(deliveries) if deliveries < self.max_deliveries else None


class Message:
    """A message as its queue sees it; the queue owns *state* and *deliveries* and never looks at *body*."""

    __slots__ = ("body", "state", "deliveries", "delivery", "stalled")

    def __init__(self, body: Any) -> None:
        self.body = body
        self.state = VISIBLE
        self.deliveries = 0
        self.delivery: Delivery | None = None
        """The delivery that hides it; None unless it is in flight."""
        self.stalled = 0
        """Deliveries that ended without an answer, where the policy counts them apart."""


class Delivery:
    """One delivery of a message, and its receipt. Without an answer the message returns at *visible_at*."""

    __slots__ = ("message", "number", "visible_at")

    def __init__(self, message: Message, number: int, visible_at: float) -> None:
        self.message, self.number, self.visible_at = message, number, visible_at


class VisibilityQueue:
    """The messages of one queue: visible (in the order in which they became so), delayed, or in flight.

    A handler's error returns its message after the policy's delay; after the last delivery allowed the message is given
    up at once. Without an answer it returns at ``visible_at``; after the last delivery allowed it is given up when the
    next one would start. The acknowledgement of any delivery settles the message, even of one whose visibility has
    ended, unless the policy refuses late ones; other deliveries continue and their answers change nothing.
    ``on_dead(message, now)`` receives a message that is given up: it moves it to a dead-letter queue or counts it as
    lost.
    """

    __slots__ = ("policy", "visible", "resting", "in_flight", "_on_dead", "_line")

    def __init__(self, policy: DeliveryPolicy, on_dead: Callable[[Message, float], None]) -> None:
        self.policy = policy
        self.visible = self.resting = self.in_flight = 0
        """The number of messages in each of these states; the backlog is the first two."""
        self._on_dead = on_dead
        self._line: deque[Message] = deque()  # may still hold settled messages; they are skipped

    def send(self, message: Message) -> None:
        """Append a new message."""
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
        """Give up the next messages that are out of deliveries; whether there were any."""
        line, policy, any_buried = self._line, self.policy, False
        while line and (
            (message := line[0]).state != VISIBLE
            or not policy.may_start(message.deliveries - message.stalled, message.stalled)
        ):
            line.popleft()
            if message.state == VISIBLE:
                self.visible -= 1
                self._give_up(message, now)
                any_buried = True
        return any_buried

    def ack(self, delivery: Delivery) -> bool:
        """Settle the message of *delivery*; False when it was settled already, or when it is late and refused."""
        message = delivery.message
        if message.state == OVER or (message.delivery is not delivery and self.policy.refuses_late):
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
        """Record that the handler failed at *now*; return the delay in seconds after which ``wake`` is due, if any.

        None: there is nothing to wait for. The message is visible again, or given up, or *delivery* no longer hides it
        (its visibility ended first, or another delivery settled it).
        """
        message = delivery.message
        if message.delivery is not delivery:
            return None
        self._uncover(message)
        rest_s = self.policy.rest_s(message.deliveries - message.stalled)
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
        """Make a delayed message visible; False when it was acknowledged meanwhile."""
        if message.state != RESTING:
            return False
        self.resting -= 1
        self.send(message)
        return True

    def expire(self, delivery: Delivery, now: float) -> bool:
        """Make the message of *delivery* visible if its visibility timeout has ended by *now* without an answer."""
        message = delivery.message
        if message.delivery is not delivery or now < delivery.visible_at:
            return False
        self._uncover(message)
        if self.policy.max_stalled != UNLIMITED:
            message.stalled += 1
        self.send(message)
        return True

    def change_visibility(self, delivery: Delivery, seconds: float, now: float) -> bool:
        """Hide the message until *seconds* after *now* (0: return it at once); False when it is no longer hidden."""
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
