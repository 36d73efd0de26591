"""Services: how operations begin and end at the replicas of a service, and how faults act on them.

What is the same for all replicas of a service stands here: how an operation that has ended releases its worker and
answers, how an attempt is rejected, and what a crash, a pause or an injected error does. Only services that a fault can
strike wrap their operations in the checks for it.

Not modelled: the time that starting and stopping take, other than as faults.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.engine.calls.attempt import Attempt, Then
from sim.engine.calls.ends import close, drop, turn_away
from sim.outcomes import ERROR, OK, PENDING, REFUSED, REJECTED
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.engine.clock.streams import Draw
    from sim.engine.services.interfaces import Rotation, SlowStarting
    from sim.engine.services.processor_time import ProcessorTime
    from sim.engine.services.replica import Replica


class Service:
    """The replicas of one service, and how operations begin and end there."""

    __slots__ = (
        "kernel",
        "name",
        "component",
        "replicas",
        "pool",
        "full",
        "waited_too_long",
        "crashed",
        "injected",
        "work_steps",
        "slow_factors",
        "speed_factors",
        "error_injectors",
        "late_error_injectors",
        "on_restart",
        "on_crash",
        "outages",
        "rotation",
        "on_pool_change",
        "slow_starts",
        "on_leave",
        "processor_time",
    )

    def __init__(self, kernel: Kernel, name: str, component: int) -> None:
        self.kernel, self.name, self.component = kernel, name, component
        self.replicas: list[Replica] = []
        self.pool = self.replicas
        """Those that calls go to: all, unless they come and go."""
        self.full, self.waited_too_long = reason_code(component, "line full"), reason_code(component, "waited too long")
        self.crashed, self.injected = reason_code(component, "crashed"), reason_code(component, "injected errors")
        self.work_steps: list[tuple[Any, Draw]] = []
        """Work steps with their healthy draw, for the `slow` fault."""
        self.slow_factors: dict[str, float] = {}
        """Active factors on the work of all replicas, by fault."""
        self.speed_factors: dict[str, Callable[[Replica, float], float]] = {}
        """Factors on the work that a replica begins at an instant, by fault."""
        self.error_injectors: dict[str, Callable[[Attempt], int]] = {}
        """Active faults that may fail an operation at its beginning: each gives the reason, or 0."""
        self.late_error_injectors: dict[str, Callable[[Attempt], int]] = {}
        """The same at its end."""
        self.on_restart: list[Callable[[Replica], None]] = []
        """Called with each replica that is back after a crash, empty."""
        self.on_crash: list[Callable[[Sequence[Replica]], None]] = []
        """Called with the replicas that have died, after the attempts that were there."""
        self.on_leave: Callable[[Attempt, bool], None] | None = None
        """Called when an attempt leaves a replica, and whether it was rejected: limits learn from it."""
        self.rotation: Rotation | None = None
        """With health checks: the replicas that balancers use."""
        self.slow_starts: SlowStarting | None = None
        """With slow start: the weights of replicas that are new."""
        self.on_pool_change: list[Callable[[], None]] = []
        """Called when replicas have come or gone, or when health checks have changed their mind about one."""
        self.processor_time: ProcessorTime | None = None
        """Where something reads it: the processor time of the replicas."""
        self.outages: list[tuple[int, float, float]] = []
        """(replica, begin, end) of every time that one was down; not over yet: NaN."""

    def reject(self, attempt: Attempt, reason: int) -> None:
        """Answer rejected at once."""
        if self.on_leave is not None:
            self.on_leave(attempt, True)
        turn_away(attempt, REJECTED, reason, self.kernel.now)

    def finish(self, attempt: Attempt) -> None:
        """The operation has ended: release the worker, then answer (a message is answered first)."""
        attempt.left_at = self.kernel.now
        if self.on_leave is not None:
            self.on_leave(attempt, False)
        step = attempt.step
        if step.answers_first:
            step.route.answer(attempt)
            attempt.replica.release(attempt)
        else:
            replica = attempt.replica
            if replica.holds_workers and not replica.line and not replica.queues:
                replica.free += 1  # as in ``release``, without a call
            else:
                replica.release(attempt)
            step.route.answer(attempt)

    def fail(self, attempt: Attempt, outcome: int, reason: int) -> None:
        """The operation failed: its caller gets an error, with the reason from where it arose."""
        attempt.result = ERROR
        if attempt.outcome == PENDING:
            attempt.reason = reason
        self.finish(attempt)

    def finish_replied(self, attempt: Attempt) -> None:
        """The end of an operation that may have replied before."""
        if not attempt.replied:
            self.finish(attempt)
            return
        attempt.left_at = self.kernel.now
        if self.on_leave is not None:
            self.on_leave(attempt, False)
        attempt.replica.release(attempt)
        close(attempt)

    def fail_replied(self, attempt: Attempt, outcome: int, reason: int) -> None:
        """The operation failed after the reply: the caller has its answer and does not learn of it."""
        if not attempt.replied:
            self.fail(attempt, outcome, reason)
        else:
            self.finish_replied(attempt)

    # --- under faults -------------------------------------------------------------------------------------

    def deliver_if_up(self, attempt: Attempt) -> None:
        """The endpoint of a service that may be down."""
        replica = attempt.replica if attempt.replica.index >= 0 else self.replicas[0]
        if not replica.down:
            replica.deliver(attempt)
        else:
            self.turn_away_down(attempt, replica)

    def turn_away_down(self, attempt: Attempt, replica: Replica) -> None:
        """No process is there: the call is refused, or nothing comes back."""
        attempt.replica = replica
        if not replica.refuses:
            drop(attempt)
            return
        turn_away(attempt, REFUSED, self.crashed, nan)

    def begin_if_up(self, program: Then, fail: Callable[[Attempt, int, int], None]) -> Then:
        """Wrap *program*, an operation's first step, for a service that may be paused, crashed or made to fail."""

        def begin(attempt: Attempt) -> None:
            if attempt.replica.frozen:
                attempt.replica.deferred.append((begin_if_alive, (attempt,)))
            elif self.error_injectors and (reason := _injected_error(attempt, self.error_injectors)):
                if reason > 0:  # else the replica dies in this instant, and the request with it
                    fail(attempt, ERROR, reason)
            else:
                program(attempt)

        def begin_if_alive(attempt: Attempt) -> None:
            if not attempt.killed:
                begin(attempt)

        def enter(attempt: Attempt) -> None:
            attempt.killed = False
            if self.error_injectors or attempt.replica.frozen:
                begin(attempt)
            else:
                program(attempt)

        return enter

    def end_unless_injected(self, finish: Then, fail: Callable[[Attempt, int, int], None]) -> Then:
        """Wrap the end of an operation for errors that come after the work."""

        def end(attempt: Attempt) -> None:
            if self.late_error_injectors and (reason := _injected_error(attempt, self.late_error_injectors)):
                fail(attempt, ERROR, reason)
            else:
                finish(attempt)

        return end

    def crash(self, replicas: Sequence[Replica], refuse: bool, attempts: Sequence[Attempt]) -> None:
        """These *replicas* die; *attempts* are all that is open in the run."""
        for replica in replicas:
            if not replica.down:
                self.outages.append((replica.index, self.kernel.now, nan))
            replica.down += 1
            replica.blocked += 1
            replica.refuses += refuse
        self._lose_work(replicas, refuse, attempts, self.crashed)

    def stop(self, replica: Replica, attempts: Sequence[Attempt], reason: int) -> int:
        """Stop *replica* on purpose: nothing gets in until ``start_again``; return how many visits it ends."""
        replica.down += 1
        replica.refuses += 1
        return self._lose_work([replica], True, attempts, reason)

    def start_again(self, replica: Replica) -> None:
        """*replica* boots after it was stopped; a crash that has struck meanwhile may still hold it down."""
        replica.down -= 1
        replica.refuses -= 1
        if replica.down:
            self.outages.append((replica.index, self.kernel.now, nan))

    def _lose_work(self, replicas: Sequence[Replica], refuse: bool, attempts: Sequence[Attempt], reason: int) -> int:
        ended = 0
        for replica in replicas:
            self.count_processor_time(replica)
            replica.book_unfinished_work()
        for attempt in attempts:
            here: Any = attempt.replica  # leaf calls have none yet; they never go to a service that can crash
            if here.index >= 0 and here.service is self and attempt.left_at is None and here in replicas:
                if attempt.entered_at == attempt.entered_at:
                    self._kill(attempt, refuse, reason)
                    ended += 1
        for tell in self.on_crash:
            tell(replicas)
        for replica in replicas:
            replica.clear()
        return ended

    def count_processor_time(self, replica: Replica) -> None:
        """Count the processor time of *replica* before its work is interrupted, or continues."""
        if self.processor_time is not None:
            self.processor_time.settle(replica)

    def _kill(self, attempt: Attempt, refuse: bool, reason: int) -> None:
        now = self.kernel.now
        attempt.killed = True
        if attempt.replica.wait_timer is not None and attempt.started_at != attempt.started_at:
            attempt.wait_timer.outcome = OK
        if getattr(attempt, "replied", False):
            attempt.left_at = now
            close(attempt)
        elif refuse:
            turn_away(attempt, REFUSED, reason, now)
        else:
            attempt.left_at = now
            drop(attempt)

    def cancel(self, attempt: Attempt) -> None:
        """Stop the work for *attempt* at once, since its caller has gone, and free its worker."""
        if self.on_leave is not None:
            self.on_leave(attempt, False)
        replica = attempt.replica
        self.count_processor_time(replica)
        replica.stop_work(attempt)
        attempt.killed = True
        attempt.left_at = self.kernel.now
        close(attempt)
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
        self.outages[number] = (index, begin, self.kernel.now)
        for tell in self.on_restart:
            tell(replica)

    def freeze(self, replicas: Sequence[Replica]) -> None:
        """The beginning of a pause of *replicas*."""
        for replica in replicas:
            self.count_processor_time(replica)
            replica.frozen += 1
            replica.blocked += 1
            if replica.frozen == 1:
                in_progress = [work.freeze() for work in replica.in_progress]
                replica.in_progress = dict.fromkeys(in_progress)

    def thaw(self, replicas: Sequence[Replica]) -> None:
        """The end of a pause: frozen work continues, then everything that came meanwhile, in order."""
        for replica in replicas:
            self.count_processor_time(replica)
            replica.frozen -= 1
            replica.blocked -= 1
            if replica.frozen:
                continue
            for work in replica.in_progress:
                work.run()
            deferred, replica.deferred = replica.deferred, []
            for function, arguments in deferred:
                function(*arguments)
            replica.take_next()


def _injected_error(attempt: Attempt, error_injectors: dict[str, Callable[[Attempt], int]]) -> int:
    """Return the reason of the first of *error_injectors* that strikes *attempt*, or 0."""
    for harm in error_injectors.values():
        if reason := harm(attempt):
            return reason
    return 0
