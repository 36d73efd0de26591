"""Circuit breakers: stop calling a callee that fails, and try again after a while. This one counts failures in a row.

``Breaker`` holds the three states and their generations, which all kinds share. ``sim.policies.window_breaker`` decides
by ratios instead. Not modelled: a background probe; as in most libraries a breaker leaves "open" only when a call
comes.
"""

from __future__ import annotations

from typing import Callable

from sim.errors import ParameterError

CLOSED, OPEN, HALF_OPEN = range(3)
STATES = ("closed", "open", "half-open")
"""The names of the states; a state is a position here."""
PASSING_BY = -1
"""The generation of a call that passed a breaker without being admitted while it was not closed; none is ever in it."""


class Breaker:
    """The states of a breaker. Subclasses add the rule by which it opens and closes.

    It stays open for at least *open_for_s*: a call at exactly that instant is a probe. Exactly *probes* calls pass
    half-open. Outcomes of calls admitted before the last transition change nothing (their generation is old). A probe
    whose outcome never comes keeps it half-open for good and every further call is refused, as in resilience4j without
    a maximum wait in half-open: a link without a timeout can show just that.

    A breaker that stops retries only lets first tries *pass by*. While it is closed they count as any call does;
    otherwise they take no place, prolong no open time and decide no probe. The idea is reported in M. Brooker, "Fixing
    retries with token buckets and circuit breakers", 2022, whose published code has one share over all time and no
    states: there successful first tries alone can allow retries again, here a probe must succeed.

    *on_change* is called with the instant and the new state's name at each transition.
    """

    __slots__ = ("open_for_s", "probes", "state", "generation", "_on_change", "_probe_at", "_probing")

    def __init__(self, open_for_s: float, probes: int, on_change: Callable[[float, str], None] | None) -> None:
        at_least_one("probes", probes)
        if not open_for_s > 0:
            raise ParameterError("be a duration above zero", open_for_s, place="open for")
        self.open_for_s, self.probes = open_for_s, probes
        self.state = CLOSED
        self.generation = 0
        """Counts transitions. A caller notes it when admitted and passes it back with the outcome."""
        self._on_change = on_change
        self._probing = 0  # half-open: probes that were let through
        self._probe_at = 0.0  # open: the first instant at which a probe may pass

    def admit(self, now: float) -> bool:
        """Whether a call may start at *now*; a refusal takes no time."""
        if self.state == CLOSED:
            return True
        if self.state == OPEN:
            if now < self._probe_at:
                return False
            self._enter(HALF_OPEN, now)
        if self._probing == self.probes:
            return False
        self._probing += 1
        return True

    def pass_by(self, now: float) -> int:
        """Let a call pass in any state at *now*; return the generation that its outcome belongs to, if it counts."""
        return self.generation if self.state == CLOSED else PASSING_BY

    def record(self, generation: int, ok: bool, now: float, took_s: float = 0.0) -> None:
        """Fold in the outcome, known at *now* after *took_s*, of a call that was admitted in *generation*."""
        raise NotImplementedError

    def release(self, generation: int) -> None:
        """Give back the place of a call that was admitted in *generation* and then never made."""
        if generation == self.generation and self.state == HALF_OPEN:
            self._probing -= 1

    def _forget(self) -> None:
        """Reset all counts of outcomes."""
        raise NotImplementedError

    def _enter(self, state: int, now: float) -> None:
        """Change to *state*: a new generation begins and every count starts again."""
        self.state = state
        self.generation += 1
        self._probing = 0
        self._forget()
        if state == OPEN:
            self._probe_at = now + self.open_for_s
        if self._on_change is not None:
            self._on_change(now, STATES[state])


class CircuitBreaker(Breaker):
    """Fail fast after *failures* consecutive failures; let *probes* calls test the water after *open_for_s* seconds.

    Use it on calls whose failure costs the caller time. At a steady random failure rate it lowers availability, and
    it counts failures only: a slow callee never opens it unless a timeout makes slow calls fail. All probes must
    succeed to close it, and the first failure opens it again, for *open_for_s* from that failure.

    Source: M. Nygard, Release It!, 2nd ed., ch. 5; generations as in Sony's gobreaker; the defaults of a scenario
    (5 failures, 30 s, 1 probe) from the guide "Microservices API Communication", "Circuit Breaker".
    """

    __slots__ = ("failures", "_count")

    def __init__(
        self, failures: int, open_for_s: float, probes: int, on_change: Callable[[float, str], None] | None = None
    ) -> None:
        at_least_one("failures", failures)
        super().__init__(open_for_s, probes, on_change)
        self.failures = failures
        self._count = 0  # closed: failures in a row; half-open: probes that came back well

    def record(self, generation: int, ok: bool, now: float, took_s: float = 0.0) -> None:
        """Fold in the outcome, known at *now*, of a call that was admitted in *generation*; *took_s* is moot."""
        if generation != self.generation:
            return
        if self.state == HALF_OPEN:
            if not ok:
                self._enter(OPEN, now)
                return
            self._count += 1
            if self._count == self.probes:
                self._enter(CLOSED, now)
        elif ok:
            self._count = 0
        else:
            self._count += 1
            if self._count == self.failures:
                self._enter(OPEN, now)

    def _forget(self) -> None:
        self._count = 0


def at_least_one(place: str, value: float) -> None:
    """Raise ParameterError at *place* unless *value* is a count of at least 1."""
    if not value >= 1:
        raise ParameterError("be a whole number of at least 1", value, place=place)
