"""Two-level factorial designs: the combinations of switches to play, and the effects computed from them.

Sources: D. Montgomery, Design and Analysis of Experiments, 8th ed., sections 6.2 and 6.3 (the 2^k design, main
effects, interactions as half the difference of differences); A. Law, Simulation Modeling and Analysis, 5th ed.,
section 12.2 (the same for simulations, replicated as a whole so that each replication gives one value of each effect).
Not modelled: interactions of three and more switches, and fractional designs with chosen aliases.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import Iterator, Mapping, Sequence

Combination = tuple[str, ...]
"""The switches that are on, in the order of the file; the empty one is the baseline."""

MOST_IN_FULL = 5
"""The most switches of which every combination is played: 32 of them; each further switch would double the work."""


def design(switches: Sequence[str]) -> list[Combination]:
    """Return the combinations of *switches* to play, fewest switches first.

    All of them up to ``MOST_IN_FULL`` switches; beyond that none, each alone, all but one, and all.

    >>> design(["a", "b"])
    [(), ('a',), ('b',), ('a', 'b')]
    """
    most = len(switches)
    sizes = range(most + 1) if most <= MOST_IN_FULL else (0, 1, most - 1, most)
    return [chosen for size in sizes for chosen in combinations(switches, size)]


def contrasts(
    of: Combination, values: Mapping[Combination, Sequence[float | None]], switches: Sequence[str]
) -> list[list[float | None]]:
    """Return what the switches *of* together change, in each setting of the others and each replication.

    For one switch a contrast is the value with it minus the value without it; for two it is half the difference
    between what the first changes with and without the second. *values* holds one value for each replication of each
    combination that was played; a setting of the others counts only if every combination that it needs is there.

    >>> contrasts(("a",), {(): [1.0], ("a",): [4.0]}, ["a"])
    [[3.0]]
    >>> contrasts(("a", "b"), {(): [0.0], ("a",): [1.0], ("b",): [1.0], ("a", "b"): [1.0]}, ["a", "b"])
    [[-0.5]]
    """
    others = [name for name in switches if name not in of]
    signs = [(part, (-1) ** (len(of) - len(part))) for part in _subsets(of)]
    differences = []
    for rest in _subsets(others):
        needed = [(tuple(name for name in switches if name in part or name in rest), sign) for part, sign in signs]
        if all(combination in values for combination, _ in needed):
            sides = [(values[combination], sign) for combination, sign in needed]
            differences.append([_signed_sum(sides, i, 2 ** (len(of) - 1)) for i in range(len(sides[0][0]))])
    return differences


def effect(settings: Sequence[Sequence[float | None]]) -> list[float | None]:
    """Return the mean over *settings* (see ``contrasts``) for each replication; None where a value is unknown."""
    means: list[float | None] = []
    for replication in zip(*settings):
        known = [value for value in replication if value is not None]
        means.append(math.fsum(known) / len(known) if len(known) == len(settings) else None)
    return means


def _subsets(names: Sequence[str]) -> Iterator[Combination]:
    for size in range(len(names) + 1):
        yield from combinations(names, size)


def _signed_sum(sides: Sequence[tuple[Sequence[float | None], int]], i: int, divisor: int) -> float | None:
    terms = [(values[i], sign) for values, sign in sides]
    known = [value * sign for value, sign in terms if value is not None]
    return math.fsum(known) / divisor if len(known) == len(terms) else None
