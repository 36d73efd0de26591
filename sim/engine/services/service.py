"""Services: what begins and ends a recipe, turning visits away, and what faults do to all replicas of a service."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.engine.calls.attempt import NOWHERE, Attempt, Then, close_left, drop
from sim.outcomes import ERROR, OK, PENDING, REFUSED, REJECTED
from sim.record.recorder import cause

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.engine.clock.streams import Draw
    from sim.engine.services.interfaces import Rotation
    from sim.engine.services.replica import Replica


class Service:
    """The replicas of one service, and what begins and ends a recipe there."""

    __slots__ = ("kernel", "env", "name", "place", "replicas", "pool", "full", "impatient", "crashed", "injected",
                 "works", "slowness", "paces", "harms", "harms_after", "on_restart", "outages",
                 "rotation")  # fmt: skip

    def __init__(self, kernel: Kernel, name: str, place: int) -> None:
        self.kernel, self.env, self.name, self.place = kernel, kernel.env, name, place
        self.replicas: list[Replica] = []
        self.pool = self.replicas
        """Those that calls go to: all, unless they come and go."""
        self.full, self.impatient = cause(place, "line full"), cause(place, "waited too long")
        self.crashed, self.injected = cause(place, "crashed"), cause(place, "injected errors")
        self.works: list[tuple[Any, Draw]] = []
        """Work steps with their healthy draw, for the `slow` fault."""
        self.slowness: dict[str, float] = {}
        """Active factors on the work of all replicas, by fault."""
        self.paces: dict[str, Callable[[Replica, float], float]] = {}
        """Factors on the work that a replica begins at an instant, by fault."""
        self.harms: dict[str, Callable[[Attempt], int]] = {}
        """Active faults that may fail a recipe at its beginning: each gives the cause, or 0."""
        self.harms_after: dict[str, Callable[[Attempt], int]] = {}
        """The same at its end."""
        self.on_restart: list[Callable[[Replica], None]] = []
        """Told of each replica that is back after a crash, empty."""
        self.rotation: Rotation | None = None
        """With health checks: the replicas that balancers use."""
        self.outages: list[tuple[int, float, float]] = []
        """(replica, begin, end) of every time that one was down; not over yet: NaN."""

    def reject(self, attempt: Attempt, why: int) -> None:
        """Answer rejected at once."""
        attempt.left_at = self.env._now
        attempt.result = REJECTED
        if attempt.outcome == PENDING:
            attempt.cause = why
        attempt.step.answer(attempt)

    def finish(self, attempt: Attempt) -> None:
        """The recipe is over: release the worker, then answer."""
        attempt.left_at = now = self.env._now
        replica = attempt.replica
        if replica.queues and attempt.step.speaks_first:
            attempt.step.answer(attempt)
            replica.release(now)
            return
        if replica.line or replica.queues:
            replica.release(now)
        else:
            replica.free += 1
        attempt.step.answer(attempt)

    def fail(self, attempt: Attempt, outcome: int, why: int) -> None:
        """The recipe failed: its caller is told error, with the cause from where it arose."""
        attempt.result = ERROR
        if attempt.outcome == PENDING:
            attempt.cause = why
        self.finish(attempt)

    def finish_replied(self, attempt: Attempt) -> None:
        """The end of a recipe that may have replied before."""
        if not attempt.replied:
            self.finish(attempt)
            return
        attempt.left_at = now = self.env._now
        attempt.replica.release(now)
        close_left(attempt)

    def fail_replied(self, attempt: Attempt, outcome: int, why: int) -> None:
        """Failing after the reply: the caller was told otherwise and is not told now."""
        if not attempt.replied:
            self.fail(attempt, outcome, why)
        else:
            self.finish_replied(attempt)

    # --- under faults -------------------------------------------------------------------------------------

    def arrive_fragile(self, attempt: Attempt) -> None:
        """The door of a service that may be down."""
        replica = attempt.replica if attempt.replica.index >= 0 else self.replicas[0]
        if not replica.down:
            replica.arrive(attempt)
        else:
            self.turn_away_down(attempt, replica)

    def turn_away_down(self, attempt: Attempt, replica: Replica) -> None:
        """Nobody is there: the call is refused, or nothing comes back."""
        attempt.replica = replica
        if not replica.refuses:
            drop(attempt)
            return
        attempt.left_at = nan
        attempt.result = REFUSED
        if attempt.outcome == PENDING:
            attempt.cause = self.crashed
        attempt.step.answer(attempt)

    def begin_fragile(self, program: Then, fail: Callable[[Attempt, int, int], None]) -> Then:
        """Wrap *program*, a recipe's first step, for a service that may be paused, crashed or made to fail."""

        def begin(attempt: Attempt) -> None:
            if attempt.replica.frozen:
                attempt.replica.deferred.append((begin_if_alive, (attempt,)))
            elif self.harms and (why := _harmed(attempt, self.harms)):
                if why > 0:  # else the replica dies in this instant, and the request with it
                    fail(attempt, ERROR, why)
            else:
                program(attempt)

        def begin_if_alive(attempt: Attempt) -> None:
            if not attempt.killed:
                begin(attempt)

        def enter(attempt: Attempt) -> None:
            attempt.killed = False
            if self.harms or attempt.replica.frozen:
                begin(attempt)
            else:
                program(attempt)

        return enter

    def end_fragile(self, finish: Then, fail: Callable[[Attempt, int, int], None]) -> Then:
        """Wrap the end of a recipe for errors that come after the work."""

        def end(attempt: Attempt) -> None:
            if self.harms_after and (why := _harmed(attempt, self.harms_after)):
                fail(attempt, ERROR, why)
            else:
                finish(attempt)

        return end

    def crash(self, replicas: Sequence[Replica], refuse: bool, attempts: Sequence[Attempt]) -> None:
        """These *replicas* die; *attempts* are all that is open in the run."""
        for replica in replicas:
            if not replica.down:
                self.outages.append((replica.index, self.env._now, nan))
            replica.down += 1
            replica.blocked += 1
            replica.refuses += refuse
            replica.book_unfinished_work()
        for attempt in attempts:
            # leaf calls have no replica yet; they never go to a service that can crash
            here: Any = getattr(attempt, "replica", NOWHERE)
            if here.index >= 0 and here.service is self and attempt.left_at is None and here in replicas:
                if attempt.entered_at == attempt.entered_at:
                    self._kill(attempt, refuse)
        for replica in replicas:
            replica.clear()

    def _kill(self, attempt: Attempt, refuse: bool) -> None:
        attempt.killed = True
        attempt.left_at = self.env._now
        if attempt.replica.patience is not None and attempt.started_at != attempt.started_at:
            attempt.patience.outcome = OK
        if getattr(attempt, "replied", False):
            close_left(attempt)
        elif refuse:
            attempt.result = REFUSED
            if attempt.outcome == PENDING:
                attempt.cause = self.crashed
            attempt.step.answer(attempt)
        else:
            drop(attempt)

    def cancel(self, attempt: Attempt) -> None:
        """Stop at once what is being done for *attempt*, whose caller has gone, and free its worker."""
        replica = attempt.replica
        replica.stop_work(attempt)
        attempt.killed = True
        attempt.left_at = self.env._now
        close_left(attempt)
        replica.let_go(attempt)

    def restore(self, replicas: Sequence[Replica], refuse: bool) -> None:
        """The end of a crash window of *replicas*: each is back, empty, if no other window holds it down."""
        for replica in replicas:
            replica.down -= 1
            replica.blocked -= 1
            replica.refuses -= refuse
            if not replica.down:
                self._note_restart(replica)
            replica.take_next()

    def _note_restart(self, replica: Replica) -> None:
        number = next(i for i in range(len(self.outages) - 1, -1, -1) if self.outages[i][0] == replica.index)
        index, begin, _ = self.outages[number]
        self.outages[number] = (index, begin, self.env._now)
        for tell in self.on_restart:
            tell(replica)

    def freeze(self, replicas: Sequence[Replica]) -> None:
        """The beginning of a pause of *replicas*."""
        for replica in replicas:
            replica.frozen += 1
            replica.blocked += 1
            if replica.frozen == 1:
                pieces = [piece.freeze() for piece in replica.pieces]
                replica.pieces = dict.fromkeys(pieces)

    def thaw(self, replicas: Sequence[Replica]) -> None:
        """The end of a pause: frozen work goes on, then everything that came meanwhile, in order."""
        for replica in replicas:
            replica.frozen -= 1
            replica.blocked -= 1
            if replica.frozen:
                continue
            for piece in replica.pieces:
                piece.run()
            deferred, replica.deferred = replica.deferred, []
            for function, arguments in deferred:
                function(*arguments)
            replica.take_next()


def _harmed(attempt: Attempt, harms: dict[str, Callable[[Attempt], int]]) -> int:
    """Return the cause of the first of *harms* that strikes *attempt*, or 0."""
    for harm in harms.values():
        if why := harm(attempt):
            return why
    return 0
