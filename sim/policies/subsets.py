"""Which replicas a caller knows, where each knows only some of them.

::

    deterministic   callers in rounds: each round shuffles all replicas once and deals them out, a subset to each caller
    random          each caller gives every replica a random number of its own, and knows those with the least

Dealt out, each replica is known by as many callers as any other, but for what does not divide. At random, some are
known by many callers and some by none. When replicas come or go, dealing shuffles all again; with numbers, each caller
changes one replica at most.

Sources: B. Beyer, C. Jones, J. Petoff, N. R. Murphy (eds.), Site Reliability Engineering, ch. 20, "A Subset Selection
Algorithm: Deterministic Subsetting"; grpc/proposal, A68-random-subsetting.md (rendezvous hashing).

Not modelled: apertures that overlap in part (Finagle), and subsets by labels (Envoy's subset load balancer).
"""

from __future__ import annotations

from typing import Callable, Sequence, TypeVar

Replica = TypeVar("Replica")
Uniform = Callable[[], float]


class Draws:
    """Random numbers that are drawn once, and are the same whenever they are asked for again."""

    __slots__ = ("uniform", "drawn")

    def __init__(self, uniform: Uniform) -> None:
        self.uniform = uniform
        self.drawn: list[float] = []

    def __getitem__(self, index: int) -> float:
        while len(self.drawn) <= index:
            self.drawn.append(self.uniform())
        return self.drawn[index]


class Subsets:
    """Gives each caller its subset of *size* replicas; *stream* gives random numbers by the name of their use."""

    __slots__ = ("size", "dealt", "stream", "draws")

    def __init__(self, size: int, dealt: bool, stream: Callable[[str], Uniform]) -> None:
        self.size, self.dealt, self.stream = size, dealt, stream
        self.draws: dict[int, Draws] = {}

    def of(self, caller: int, replicas: Sequence[Replica], numbers: Sequence[int]) -> list[Replica]:
        """Return those of *replicas*, which have these *numbers*, that *caller* knows: all, if there are no more."""
        if len(replicas) <= self.size:
            return list(replicas)
        if self.dealt:
            return self._hand(caller, replicas)
        draws = self._draws(caller, "caller")
        nearest = sorted(range(len(replicas)), key=lambda i: draws[numbers[i]])[: self.size]
        return [replicas[i] for i in sorted(nearest)]

    def _hand(self, caller: int, replicas: Sequence[Replica]) -> list[Replica]:
        """Return what *caller* is dealt in its round."""
        count = len(replicas) // self.size
        number, place = divmod(caller, count)
        draws, shuffled = self._draws(number, "round"), list(replicas)
        for i in range(len(shuffled) - 1, 0, -1):  # R. A. Fisher, F. Yates; D. Knuth, TAOCP vol. 2, algorithm P
            j = int(draws[i] * (i + 1))
            shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
        return shuffled[place * self.size : (place + 1) * self.size]

    def _draws(self, number: int, what: str) -> Draws:
        if number not in self.draws:
            self.draws[number] = Draws(self.stream(f"subsets of {what} {number}"))
        return self.draws[number]
