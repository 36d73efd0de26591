"""Baulking in words: the share of clients who leave at once, by how many they find before them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from sim.errors import ParameterError
from sim.quantities.units import parse_share

_RULE = "be '1/(n+1)', a share from a length on such as 50% from 3, or a list of shares such as [0%, 20%, 100%]"


@dataclass(frozen=True, slots=True)
class BaulkLaw:
    """Who leaves: *shares* are those that leave who find 0, 1, 2 … before them, the last also with more.

    Without shares the share that stays of those who find n is 1/(n+1).
    """

    shares: tuple[float, ...] = ()
    text: object = "1/(n+1)"

    def leaves(self, found: int) -> float:
        """Return the probability that a client who finds *found* before it leaves.

        >>> BaulkLaw().leaves(3), BaulkLaw((0.0, 0.5)).leaves(7)
        (0.75, 0.5)
        """
        if not self.shares:
            return found / (found + 1)
        return self.shares[min(found, len(self.shares) - 1)]


def parse_baulking(value: object) -> BaulkLaw:
    """Return the law written as ``1/(n+1)``, ``50% from 3`` or a list of shares.

    >>> parse_baulking("50% from 2").shares
    (0.0, 0.0, 0.5)
    """
    if isinstance(value, list) and value:
        return BaulkLaw(_shares(value), list(value))
    if not isinstance(value, str):
        raise ParameterError(_RULE, value)
    words = value.split()
    if "".join(words) == "1/(n+1)":
        return BaulkLaw((), value)
    if len(words) == 3 and words[1] == "from" and words[2].isdecimal() and int(words[2]) <= 100_000:
        return BaulkLaw((*(0.0,) * int(words[2]), parse_share(words[0])), value)
    raise ParameterError(_RULE, value)


def _shares(values: Sequence[object]) -> tuple[float, ...]:
    return tuple(parse_share(value) for value in values)
