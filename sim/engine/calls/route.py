"""The one way of a call: a step sends an attempt over a route, and the answer comes back over the same route.

A call, the sending of a message and its delivery to a consumer all take this way, with the same few verbs::

    step ──── send ───> transport ── deliver ──> endpoint ── begin ──> operation
         <── receive ── transport <───────────── answer ───────────────────┘

- A *step* starts attempts, with the policies of its link, and ends the caller's side of each. Steps of operations are
  calls and sends (``plain``, ``retrying``, ``pipeline``, ``leaf``); a queue's is its ``Delivery``.
- A *transport* carries an attempt to its endpoint and the answer back. It is a ``Network``, or nothing at all where a
  link costs nothing: then `send` is the endpoint's `deliver`, and `answer` is the step's `receive`.
- An *endpoint* takes an attempt in: a replica, which a balancer has chosen; a queue, which stores the message and
  answers at once; or the worker of a consumer that has asked for a message.

Two more verbs end what is under way: `cancel` (the caller does not wait any more) and `close` (the callee is done and
sends no answer). ``ends`` has the ways in which an attempt ends, the same for every step and every endpoint.

A queue joins two routes. To its publisher it is an endpoint; to its consumers it is the caller, whose steps are
deliveries. A transport that keeps a state for each caller (a session) takes the place of ``Network``.

Not modelled: an answer that takes another way than its request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Protocol

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt, Failed, Then

Verb = Callable[[Any], None]
"""Done with an attempt: sent, delivered, begun, answered."""


class Transport(Protocol):
    """Carries attempts to their endpoint and answers back to their step; many steps may share one."""

    def send(self, attempt: Attempt) -> None:
        """Carry *attempt* to its endpoint: ends in ``attempt.step.route.deliver``, or loses or refuses it."""

    def answer(self, attempt: Attempt) -> None:
        """Carry the answer back: ends in ``attempt.step.receive``, or loses it."""


class Endpoint(Protocol):
    """Takes attempts in; every one is answered, closed or dropped later (``ends``)."""

    def deliver(self, attempt: Attempt) -> None:
        """Take *attempt* in: begin its operation, let it wait, or turn it away."""


class Route:
    """Where the attempts of one step go, and how their answers come back; made by ``assembly.routes`` only.

    ``send`` hands an attempt to the transport, which calls ``deliver`` to hand it to the endpoint. The endpoint calls
    ``begin`` when it is the attempt's turn (None where a queue only stores), and ``answer`` to hand the answer to the
    transport. ``settled`` is called when the caller's side of an attempt has ended, for balancers that count what is
    outstanding.
    """

    __slots__ = ("send", "deliver", "begin", "answer", "settled", "counts")

    def __init__(self, send: Verb, deliver: Verb, begin: Verb | None, answer: Verb, settled: Verb | None) -> None:
        self.send, self.deliver, self.begin, self.answer, self.settled = send, deliver, begin, answer, settled
        self.counts = settled is not None
        """Whether a balancer counts what is outstanding; a condition may put a watch into ``settled`` too."""


class Continuation:
    """What comes after a step, by how it ended: it is made with the operation, or the client, around the step.

    ``then`` follows a good end, ``degraded`` an answer that was degraded (only calls have one), ``failed`` a failure.
    """

    __slots__ = ("then", "degraded", "failed")

    def __init__(self, then: Then, degraded: Then, failed: Failed) -> None:
        self.then, self.degraded, self.failed = then, degraded, failed

    @classmethod
    def after(cls, then: Then, failed: Failed) -> Continuation:
        """Return the continuation of a step that ends well or fails."""
        return cls(then, then, failed)

    def wrapped(self, wrap: Callable[[Callable[..., None]], Callable[..., None]]) -> Continuation:
        """Return the same ways, each wrapped."""
        return Continuation(wrap(self.then), wrap(self.degraded), wrap(self.failed))
