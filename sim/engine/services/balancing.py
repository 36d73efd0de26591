"""How callers pick one of several replicas; a balancer knows nothing of dead replicas without health checks.

Not modelled: weights that are configured, and balancers that do not share what they have counted.
"""

from __future__ import annotations

from itertools import count, cycle
from typing import TYPE_CHECKING, Callable, Sequence

from sim.errors import not_played
from sim.policies.balancing import PeakEwma

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.clock.kernel import Kernel
    from sim.engine.clock.streams import Draw
    from sim.engine.services.interfaces import SlowStarting
    from sim.engine.services.replica import Replica
    from sim.quantities import Balance


class Pool(list["Replica"]):
    """Replicas that calls may go to, of a service where they come and go during the run."""


class Latencies:
    """The latency of each replica as the callers on one link see it, for balancing by peak EWMA."""

    __slots__ = ("kernel", "decay_s", "of")

    def __init__(self, kernel: Kernel, decay_s: float) -> None:
        self.kernel, self.decay_s = kernel, decay_s
        self.of: dict[Replica, PeakEwma] = {}

    def cost(self, replica: Replica) -> float:
        """Return what one more call to *replica* would cost."""
        if replica not in self.of:
            self.of[replica] = PeakEwma(self.decay_s)
        return self.of[replica].cost(self.kernel.now, replica.outstanding)

    def settled(self, attempt: Attempt) -> None:
        """*attempt* has ended for its caller: learn how long it took."""
        replica = attempt.replica
        replica.outstanding -= 1
        if replica.index >= 0:
            now = self.kernel.now
            if replica not in self.of:
                self.of[replica] = PeakEwma(self.decay_s)
            self.of[replica].observe(now, now - attempt.sent_at)


def balancer(
    balance: Balance,
    replicas: Sequence[Replica],
    uniform: Draw,
    latencies: Latencies | None = None,
    slow_starts: SlowStarting | None = None,
) -> Callable[[], Replica]:
    """Return a function that picks the replica of the next call of one link."""
    usual = _usual(balance, replicas, uniform, latencies)
    if slow_starts is None or (len(replicas) == 1 and not isinstance(replicas, Pool)):
        return usual
    return slow_starts.weighing(usual, replicas, counts_outstanding(balance))


def _usual(
    balance: Balance, replicas: Sequence[Replica], uniform: Draw, latencies: Latencies | None
) -> Callable[[], Replica]:
    changing = isinstance(replicas, Pool)
    if len(replicas) == 1 and not changing:
        return lambda: replicas[0]
    if balance.kind == "round robin":
        return _in_turn(replicas) if changing else cycle(replicas).__next__
    if balance.kind == "random":
        return lambda: replicas[int(uniform() * len(replicas))]
    if balance.kind == "least outstanding":
        turn = count().__next__

        def least() -> Replica:
            first = turn() % len(replicas)
            return min((*replicas[first:], *replicas[:first]), key=lambda replica: replica.outstanding)

        return least

    if balance.kind not in ("best", "peak ewma"):
        raise not_played("balance", balance.kind)
    cost: Callable[[Replica], float] = _outstanding if latencies is None else latencies.cost

    def best() -> Replica:
        """The cheapest of some drawn without replacement; the first drawn wins a tie."""
        left = list(range(len(replicas)))
        drawn = []
        for _ in range(min(balance.choices, len(replicas))):
            drawn.append(replicas[left.pop(int(uniform() * len(left)))])
        return min(drawn, key=cost)

    return best


def _outstanding(replica: Replica) -> float:
    return replica.outstanding


def _in_turn(replicas: Sequence[Replica]) -> Callable[[], Replica]:
    """Return what gives one of *replicas* after the other, however many there are at the time."""
    turn = count().__next__
    return lambda: replicas[turn() % len(replicas)]


def counts_outstanding(balance: Balance) -> bool:
    """Whether the balancer needs to know how many calls each replica has unanswered."""
    return balance.kind in ("least outstanding", "best", "peak ewma")
