"""A circuit breaker by rules: every rule in which the breakers of products differ is a setting.

``CircuitBreaker`` and ``WindowBreaker`` are the two common sets of rules, and faster. The settings that make this one a
product's are presets of the format (``sim.mechanisms.links.breaker_presets``), which cite the products' sources.

Not modelled: waits in the open state that a callee asks for, and breakers that are opened by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Callable

from sim.errors import ParameterError
from sim.policies.breaker import CLOSED, HALF_OPEN, OPEN, PASSING_BY, Breaker, at_least_one
from sim.policies.tallies import Tally


@dataclass(frozen=True, slots=True)
class OpeningRule:
    """When a closed breaker opens: after *failures* (in a row, or in the window), or at a share of its calls.

    Shares are judged from *minimum_calls* on, after each call or only *after_failures*; they open it when they are
    reached, or only *above* them. *of* says which calls a share is of: those that ``ended``, that were ``sent``, or
    that were ``asked`` for, refused ones included.
    """

    failures: int | None = 5
    in_window: bool = False
    failure_rate: float | None = None
    slow_rate: float | None = None
    slow_call_s: float | None = None
    minimum_calls: int = 1
    after_failures: bool = False
    above: bool = False
    of: str = "ended"

    def by_rates(self, tally: Tally) -> bool:
        """Whether a rate of *tally* opens it."""
        return self.reaches(tally.failed, tally.total, self.failure_rate) or self.reaches(
            tally.slow, tally.total, self.slow_rate
        )

    def reaches(self, bad: int, of: int, rate: float | None) -> bool:
        """Whether *bad* calls *of* all are too large a share."""
        if rate is None or not bad:
            return False
        share = bad / of if of else inf
        return share > rate if self.above else share >= rate


@dataclass(frozen=True, slots=True)
class ProbeRule:
    """Half-open: which calls pass, and how their outcomes are judged.

    *limit*: ``in all`` *probes* calls pass; or as many may be out ``at once``, and each outcome frees a place; or
    ``none``. *judged*: ``each`` outcome counts at once, *successes* of *probes* close it, and it opens when they can no
    longer be reached; or the rates decide ``at minimum``, after the smaller of the minimum of calls and the probes; or
    ``all`` probes are awaited. After *most_s* without a decision it is *then* open, or closed.
    """

    probes: int = 1
    successes: int = 1
    limit: str = "in all"
    judged: str = "each"
    most_s: float = inf
    then: int = OPEN


class RuleBreaker(Breaker):
    """A breaker with a rule to open, a *tally* that it judges, a rule for probes, and open times that may grow.

    *open_s* gives the length of the n-th open period since it was last closed. It ends at that time, or *longer*: after
    it. It leaves "open" when a call comes, or *by_itself* (``wakes_at`` and ``wake``: the engine keeps the time).
    While it is closed, *clears_s* clears its counts at the first call after that span, and outcomes of calls from
    before count no more (gobreaker's Interval). *counts_late*: an outcome counts in the state that it arrives in,
    whenever its call began (most products). *keeps_tally*: the tally is not cleared when the state changes (opossum).
    """

    __slots__ = (
        "opening",
        "probing",
        "tally",
        "longer",
        "by_itself",
        "clears_s",
        "counts_late",
        "keeps_tally",
        "wakes_at",
        "_open_s",
        "_opened",
        "_in_row",
        "_known",
        "_succeeded",
        "_failed",
        "_slow",
        "_cleared_at",
    )

    def __init__(
        self,
        opening: OpeningRule,
        probing: ProbeRule,
        tally: Tally,
        open_s: Callable[[int], float],
        *,
        longer: bool = False,
        by_itself: bool = False,
        clears_s: float = inf,
        counts_late: bool = False,
        keeps_tally: bool = False,
        on_change: Callable[[float, str], None] | None = None,
    ) -> None:
        super().__init__(open_s(1), probing.probes, on_change)
        at_least_one("successes", probing.successes)
        if probing.successes > probing.probes:
            raise ParameterError(f"be at most the {probing.probes} probes", probing.successes, place="successes")
        self.opening, self.probing, self.tally = opening, probing, tally
        self.longer, self.by_itself, self.clears_s = longer, by_itself, clears_s
        self.counts_late, self.keeps_tally = counts_late, keeps_tally
        self.wakes_at = inf
        self._open_s = open_s
        self._opened = 0  # open periods since it was last closed
        self._in_row = 0
        self._known = self._succeeded = self._failed = self._slow = 0  # of the probes
        self._cleared_at = 0.0

    # --- calls ------------------------------------------------------------------------------------------------

    def admit(self, now: float) -> bool:
        """Whether a call may start at *now*."""
        passes = self._passes(now)
        of = self.opening.of
        if of == "asked" or (of == "sent" and passes and self.state == CLOSED):
            self.tally.began(now)
        return passes

    def _passes(self, now: float) -> bool:
        if self.state == CLOSED:
            self._clear_in_time(now)
            return True
        if self.state == OPEN:
            if now <= self._probe_at if self.longer else now < self._probe_at:
                return False
            self._enter(HALF_OPEN, now)
        if self.probing.limit != "none":
            if self._probing >= self.probes:
                return False
            self._probing += 1
        return True

    def pass_by(self, now: float) -> int:
        """Let a call pass in any state; it is asked for and sent as any other."""
        if self.state == CLOSED:
            self._clear_in_time(now)
        if self.opening.of == "asked" or (self.opening.of == "sent" and self.state == CLOSED):
            self.tally.began(now)
        return self.generation if self.state == CLOSED else PASSING_BY

    def release(self, generation: int) -> None:
        """Give back the place of a call that was admitted in *generation* and then never made."""
        if generation != self.generation:
            return
        if self.state == CLOSED and self.opening.of == "sent":
            self.tally.began(self._cleared_at, -1)
        elif self.state == HALF_OPEN and self.probing.limit != "none":
            self._probing -= 1

    def record(self, generation: int, ok: bool, now: float, took_s: float = 0.0) -> None:
        """Fold in the outcome, known at *now* after *took_s*, of a call that was admitted in *generation*."""
        if self.state == CLOSED:
            self._clear_in_time(now)
        if generation == PASSING_BY or (generation != self.generation and not self.counts_late):
            return
        slow = self.opening.slow_call_s is not None and took_s > self.opening.slow_call_s
        if self.state == CLOSED or self.keeps_tally:
            self.tally.ended(now, self.opening.of == "ended", not ok, slow, now - took_s)
        if self.state == CLOSED:
            self._in_row = 0 if ok else self._in_row + 1
            if not (ok and self.opening.after_failures) and self._opens():
                self._enter(OPEN, now)
        elif self.state == HALF_OPEN:
            self._judge_probe(ok, slow, now)

    # --- judging ----------------------------------------------------------------------------------------------

    def _opens(self) -> bool:
        rule, tally = self.opening, self.tally
        if rule.failures is not None:
            if not rule.in_window:
                return self._in_row >= rule.failures
            return tally.failed >= rule.failures and tally.total >= rule.minimum_calls
        return tally.total >= rule.minimum_calls and rule.by_rates(tally)

    def _judge_probe(self, ok: bool, slow: bool, now: float) -> None:
        rule, generation = self.probing, self.generation
        self._known += 1
        self._succeeded += ok and not (slow and self.opening.slow_rate is not None)
        self._failed += not ok
        self._slow += slow
        if rule.judged == "each":
            if self._succeeded >= rule.successes:
                self._enter(CLOSED, now)
            elif self._known - self._succeeded > rule.probes - rule.successes:
                self._enter(OPEN, now)
        else:
            enough = rule.probes if rule.judged == "all" else min(self.opening.minimum_calls, rule.probes)
            if self._known >= enough:
                self._enter(OPEN if self._probes_failed() else CLOSED, now)
        if self.generation == generation and rule.limit == "at once":
            self._probing -= 1

    def _probes_failed(self) -> bool:
        rule, known = self.opening, self._known
        if rule.failures is not None:
            return self._succeeded < self.probing.successes
        return rule.reaches(self._failed, known, rule.failure_rate) or rule.reaches(self._slow, known, rule.slow_rate)

    # --- states -----------------------------------------------------------------------------------------------

    def wake(self, now: float) -> None:
        """Change the state because of the time alone, at ``wakes_at``."""
        self._enter(HALF_OPEN if self.state == OPEN else self.probing.then, now)

    def _clear_in_time(self, now: float) -> None:
        """While closed: a new period of counting begins at the first call after the last one."""
        if now - self._cleared_at > self.clears_s:
            self.generation += 1
            self._cleared_at = now
            self._in_row = 0
            self.tally.clear(now)

    def _forget(self) -> None:
        self._in_row = self._known = self._succeeded = self._failed = self._slow = 0

    def _enter(self, state: int, now: float) -> None:
        """Change to *state*: a new generation begins; the length of an open period follows from its number."""
        self._cleared_at = now
        if not self.keeps_tally:
            self.tally.clear(now)
        self.wakes_at = inf
        if state == OPEN:
            self._opened += 1
            self.open_for_s = self._open_s(self._opened)
            self.wakes_at = now + self.open_for_s if self.by_itself else inf
        elif state == HALF_OPEN:
            self.wakes_at = now + self.probing.most_s
        else:
            self._opened = 0
        Breaker._enter(self, state, now)
