"""Verdicts on claims: a sentence about a measure holds, fails, or cannot be decided from the replications."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Sequence

from sim.errors import ParameterError, did_you_mean
from sim.results.measures.registry import NAMES
from sim.results.rows import Measure
from sim.results.statistics import paired

HOLDS, FAILS, CANNOT_TELL = "holds", "fails", "cannot tell"
Values = Sequence[float | None]
Range = tuple[float, float]
Between = Sequence[tuple[float, float] | None]
"""The bounds of each undecided value; None if it is decided."""

BOUNDS: dict[str, tuple[str, Callable[[float, Any], bool]]] = {
    "above": ("above {}", lambda value, bound: value > bound),
    "below": ("below {}", lambda value, bound: value < bound),
    "at_least": ("at least {}", lambda value, bound: value >= bound),
    "at_most": ("at most {}", lambda value, bound: value <= bound),
    "between": ("between {}", lambda value, bound: bound[0] <= value <= bound[1]),
    "is_": ("exactly {}", lambda value, bound: math.isclose(value, bound, rel_tol=1e-9, abs_tol=1e-12)),
}
"""The bounds that a claim may have, in words and as a test; all that are given must hold."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a claim: *claim* is its name, *text* its sentence, *values* the measured values.

    *values* has one entry for each replication, None if unknown; with `than` they are differences. *between* has the
    bounds of each value that is undecided when the run ends.
    """

    claim: str
    verdict: str
    values: tuple[float | None, ...]
    text: str
    between: tuple[tuple[float, float] | None, ...] = ()

    @property
    def undecided(self) -> bool:
        """Whether the verdict depends on something that is undecided when a run ends."""
        return self.verdict == CANNOT_TELL and any(self.between)


def judge(
    name: str, claim: Any, values: Values | None, baseline: Values | None = None, between: Between = (),
    baseline_between: Between = (),
) -> Verdict:  # fmt: skip
    """Judge *claim* (a ``scenario.models.Claim``) on one value for each replication.

    *baseline* are the values of the variant named by `than`, replication by replication. It holds if it holds in every
    replication, in at least the asked share of them (``9 of 10``, rounded up), or for their mean. Unknown values count
    for neither side: the verdict is "cannot tell" unless the others decide. An undecided value holds if all values
    within its bounds (*between*) hold, fails if none holds, and counts for neither side otherwise.

    Raises ParameterError for a measure that does not exist or an ``in`` that cannot be read.
    """
    if claim.measure not in NAMES:
        raise ParameterError("be a measure", claim.measure, did_you_mean(claim.measure, NAMES), f"measure of {name!r}")
    known = list(values or [])
    ranges = _ranges(known, between)
    if claim.than is not None:
        pairs = baseline is not None and len(baseline) == len(known)
        others = _ranges(baseline or (), baseline_between)
        known = paired(known, baseline) if baseline is not None and pairs else []
        ranges = [_less(a, b) for a, b in zip(ranges, others, strict=True)] if pairs else []
    found = tuple(None if one is None or one[0] == one[1] else one for one in ranges)
    return Verdict(name, _verdict(claim, ranges), tuple(known), describe_claim(claim), found if any(found) else ())


def _ranges(values: Values, between: Between) -> list[Range | None]:
    """Return the bounds of each value; None if it is unknown."""
    undecided = list(between) or [None] * len(values)
    return [
        one or (None if value is None else (value, value)) for value, one in zip(values, undecided, strict=True)
    ]  # fmt: skip


def _less(one: Range | None, other: Range | None) -> Range | None:
    """Return the bounds of the difference of two values."""
    if one is None or other is None:
        return None
    if math.inf in (one[0], other[0]):
        return None
    return one[0] - other[1], one[1] - other[0]


def select(measures_by_replication: Iterable[Iterable[Measure]], claim: Any) -> list[float | None]:
    """Return the value of *claim* in each replication; None without a row for it."""
    wanted = (claim.measure, claim.of, claim.during)
    return [
        next((row.value for row in rows if (row.measure, row.of, row.during) == wanted), None)
        for rows in measures_by_replication
    ]


def describe_claim(claim: Any) -> str:
    """Return the claim in words, its bounds in the unit of its measure."""
    unit = NAMES[claim.measure][0]
    bounds = []
    for field, (words, _) in BOUNDS.items():
        if (bound := getattr(claim, field)) is not None:
            values = bound if isinstance(bound, list) else [bound]
            bounds.append(words.format(" and ".join(_in_unit(value, unit) for value in values)))
    difference = f", less that of {claim.than}," if claim.than else ""
    share = "" if claim.in_ == "every" else f", in {claim.in_}"
    return f"{claim.measure} of {claim.of} during {claim.during}{difference} is {' and '.join(bounds)}{share}"


def _in_unit(value: float, unit: str) -> str:
    """Return *value* as a scenario writes it.

    >>> _in_unit(0.5, "ratio"), _in_unit(15.0, "s"), _in_unit(3.0, "messages")
    ('50%', '15s', '3')
    """
    if unit == "ratio":
        return f"{value * 100:g}%"
    return f"{value:g}{unit}" if unit in ("s", "/s", "x") else f"{value:g}"


def _verdict(claim: Any, values: list[Range | None]) -> str:
    known = [value for value in values if value is not None]
    if claim.in_ == "mean":
        if not values or len(known) < len(values):
            return CANNOT_TELL
        least, most = (sum(ends) / len(known) if math.inf in ends else math.fsum(ends) / len(known)
                       for ends in zip(*known, strict=True))  # fmt: skip
        return HOLDS if _surely(claim, least, most) else CANNOT_TELL if _perhaps(claim, least, most) else FAILS
    if not values:
        return CANNOT_TELL
    needed = _needed(claim.in_, len(values))
    if sum(_surely(claim, *value) for value in known) >= needed:
        return HOLDS
    good = sum(value is None or _perhaps(claim, *value) for value in values)
    return FAILS if good < needed else CANNOT_TELL


def _needed(wanted: str, replications: int) -> int:
    """Return the number of *replications* in which a claim must hold; ``9 of 10`` is a share if there are not ten."""
    if wanted == "every":
        return replications
    words = wanted.split()
    if len(words) == 3 and words[1] == "of" and words[0].isdecimal() and words[2].isdecimal():
        least, of = int(words[0]), int(words[2])
        if 0 < least <= of:
            return -(-least * replications // of)
    raise ParameterError("be every, mean or a share such as 9 of 10", wanted, did_you_mean(wanted, ["every", "mean"]))


def _surely(claim: Any, least: float, most: float) -> bool:
    """Whether every value between the bounds holds: a claim allows one interval, so both ends decide."""
    return _within(claim, least) and _within(claim, most)


def _perhaps(claim: Any, least: float, most: float) -> bool:
    """Whether some value from *least* to *most* holds: one of the ends, or one between them at a bound of the claim."""
    at = [bound for field in BOUNDS if (bound := getattr(claim, field)) is not None]
    edges = [edge for bound in at for edge in (bound if isinstance(bound, list) else [bound]) if least < edge < most]
    cuts = sorted({least, *edges, most})
    inside = [(a + b) / 2 for a, b in itertools.pairwise(cuts) if math.isfinite(a)]
    inside = [cuts[-2] + 1.0 if math.isinf(one) else one for one in inside]
    return any(_within(claim, value) for value in (*cuts, *inside))


def _within(claim: Any, value: float) -> bool:
    bounds = ((test, getattr(claim, field)) for field, (_, test) in BOUNDS.items())
    return all(test(value, bound) for test, bound in bounds if bound is not None)
