"""What the parts of a service know of each other, so that no two of their files need each other.

A replica knows its service as a `Home`, its queues as `MessageSource`s, and the rules of its admission control as an
`AdmissionRule` each; a service knows its health checks as a `Rotation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Protocol

from sim.engine.clock.kernel import TimerEntry
from sim.outcomes import PENDING

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt, Then


class Home(Protocol):
    """The service of a replica, as the replica sees it."""

    name: str
    full: int
    """The reason of a rejection by a full line."""
    waited_too_long: int
    """The reason of a rejection after waiting too long."""
    on_leave: Callable[[Attempt, bool], None] | None
    """Called when an attempt leaves, and whether it was rejected."""

    def reject(self, attempt: Attempt, reason: int) -> None:
        """Answer *attempt* rejected at once, with *reason*."""

    def turn_away_down(self, attempt: Attempt, replica: Any) -> None:
        """Refuse or lose *attempt*, which has reached a *replica* that is down."""

    def count_processor_time(self, replica: Any) -> None:
        """Count the processor time of *replica* before its work is interrupted, or continues."""


class MessageSource(Protocol):
    """A queue, as its consumers see it."""

    def dispatch_to(self, replica: Any) -> bool:
        """Deliver the next message to a free worker of *replica*; False when there is none to deliver."""

    def forget(self, replica: Any) -> None:
        """Deliver no more messages to *replica* for now."""

    def remember(self, replica: Any) -> None:
        """Deliver messages to *replica* again."""


class MessageTaker(Protocol):
    """A consumer, as its queues see it: a replica, or a batch that is gathered."""

    def has_room(self) -> bool:
        """Whether it can be offered a message now."""

    def wants_message(self) -> bool:
        """Whether it still wants one that it has been offered."""


class AdmissionRule(Protocol):
    """One rule of admission control; *reason* is that of its rejections."""

    reason: int

    def admits(self, replica: Any, attempt: Any, now: float) -> bool:
        """Whether *attempt* may enter, join the line of, or be begun at *replica*."""


class TokenLimit(Protocol):
    """A limit on the rate of calls, asked before the replica is entered."""

    def pass_on(self, admission: Any, attempt: Attempt) -> None:
        """Let *attempt* pass to the rules of *admission*, now or later, or reject it."""


class Rotation(Protocol):
    """The replicas that balancers use, as health checks see them."""

    replicas: Any
    is_closed: bool
    """Whether calls are refused because none is believed healthy."""
    unhealthy: int
    """The reason of these refusals."""
    on_good_check: list[Callable[[Any], None]]
    """Called with each replica whose check was good, if it counts as healthy."""

    def is_healthy(self, replica: Any) -> bool:
        """Whether *replica* is believed healthy."""

    def change(self) -> None:
        """Work out again which replicas are in the rotation."""

    def guarding(self, enter: Then) -> Then:
        """Wrap *enter*: calls are refused while the rotation is closed."""


class SlowStarting(Protocol):
    """The replicas in slow start, as the parts of their service see them."""

    def begin(self, replica: Any) -> None:
        """*replica* is new, or well again."""

    def weighing(self, usual: Callable[[], Any], replicas: Any, counts: bool) -> Callable[[], Any]:
        """Wrap a balancer, so that it gives few calls to new replicas."""


class QueueTimer(TimerEntry):
    """A timer entry: how long one attempt will wait in the line."""

    __slots__ = ("attempt",)

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.outcome = PENDING
        self.expires_at = 0.0
