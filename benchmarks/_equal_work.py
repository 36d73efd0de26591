"""Seeds with which both sides of a comparison do equal work.

Requests arrive by chance, and each side has random numbers of its own, so equal seeds are not equal work: a storm of
retries may break out early on one side and late on the other. Seeds 1, 2, 3 ... are tried on all sides, until one of
ours and one of each other side make the same number of attempts within 1 %; the first that do are taken. If none of the
first five agree, the nearest are taken, and what is compared is the cost of an attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

SEEDS, WITHIN = 5, 0.01


def distance(ours: int, other: int) -> float:
    """Return by which share two numbers of attempts differ."""
    return abs(ours - other) / other


@dataclass
class Seeds:
    """The seed of our side and of each other side, and the attempts that they make."""

    ours: tuple[int, int]
    others: dict[str, tuple[int, int]] = field(default_factory=dict)

    def unequal(self, other: str) -> bool:
        """Whether the work of the two sides differs by more than 1 %."""
        return distance(self.ours[1], self.others[other][1]) > WITHIN


def equal_seeds(ours: Callable[[int], int], others: Mapping[str, Callable[[int], int]]) -> Seeds:
    """Return the first seeds with equal work; each function gives the attempts of one side by seed.

    >>> found = equal_seeds({1: 149, 2: 138, 3: 145}.get, {"simpy": {1: 124, 2: 130, 3: 145}.get})
    >>> found.ours, found.others, found.unequal("simpy")
    ((3, 145), {'simpy': (3, 145)}, False)
    """
    mine: dict[int, int] = {}
    theirs: dict[str, dict[int, int]] = {name: {} for name in others}
    for last in range(1, SEEDS + 1):
        mine[last] = ours(last)
        for name, made in others.items():
            theirs[name][last] = made(last)
        nearest = min((_nearest(seed, made, theirs) for seed, made in mine.items()), key=_worst)
        first = next((one for one in (_nearest(*each, theirs) for each in mine.items()) if _worst(one) <= WITHIN), None)
        if first is not None:
            return first
    return nearest


def _nearest(seed: int, made: int, theirs: Mapping[str, Mapping[int, int]]) -> Seeds:
    """Return for one of our seeds the nearest one of each other side."""
    found = Seeds((seed, made))
    for name, by_seed in theirs.items():
        found.others[name] = min(by_seed.items(), key=lambda each: distance(made, each[1]))
    return found


def _worst(seeds: Seeds) -> float:
    return max(distance(seeds.ours[1], made) for _, made in seeds.others.values())
