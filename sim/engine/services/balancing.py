"""How callers pick one of several replicas; a balancer knows nothing of dead replicas without health checks.

Not modelled: weights, and balancers that share what they have counted.
"""

from __future__ import annotations

from itertools import count, cycle
from typing import TYPE_CHECKING, Callable, Sequence

from sim.errors import not_played

if TYPE_CHECKING:
    from sim.engine.clock.streams import Draw
    from sim.engine.services.replica import Replica
    from sim.quantities import Balance


class Pool(list["Replica"]):
    """Replicas that calls may go to, of a service where they come and go during the run."""


def balancer(balance: Balance, replicas: Sequence[Replica], uniform: Draw) -> Callable[[], Replica]:
    """Return a function that picks the replica of the next call of one link."""
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

    if balance.kind != "best":
        raise not_played("balance", balance.kind)

    def best() -> Replica:
        """The least outstanding of some drawn without replacement; the first drawn wins a tie."""
        left = list(range(len(replicas)))
        drawn = []
        for _ in range(min(balance.choices, len(replicas))):
            drawn.append(replicas[left.pop(int(uniform() * len(left)))])
        return min(drawn, key=lambda replica: replica.outstanding)

    return best


def _in_turn(replicas: Sequence[Replica]) -> Callable[[], Replica]:
    """Return what gives one of *replicas* after the other, however many there are at the time."""
    turn = count().__next__
    return lambda: replicas[turn() % len(replicas)]


def counts_outstanding(balance: Balance) -> bool:
    """Whether the balancer needs to know how many calls each replica has unanswered."""
    return balance.kind in ("least outstanding", "best")
