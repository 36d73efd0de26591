"""The measures that a caller asks of a run: their names, subjects and windows, as a value.

A face knows which measures it shows or judges, and the value travels with the run to the process that plays it. There
each family computes the measures that are wanted and no others, in the windows that are wanted and no others. A
measure has the same value, whatever else is wanted.

Not modelled: columns of a record, which are computed on first use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, NamedTuple

from sim.results.index.windows import is_written_window


class Ask(NamedTuple):
    """One *measure*, *of* a subject *during* a window; None stands for each subject, or each window, that has it."""

    measure: str
    of: str | None = None
    during: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The measures to compute: those that *asks* names, or every measure if it is None.

    *during* names windows in seconds (``500s to 600s``) to measure besides the run's own and those of *asks*.

    >>> shown = Wanted.of(["goodput ratio", "latency p95"], ["fault", "after"])
    >>> shown.has("latency p95", "readers", "after"), shown.has("latency p95", "readers", "all")
    (True, False)
    """

    asks: tuple[Ask, ...] | None = None
    during: tuple[str, ...] = ()

    @classmethod
    def of(cls, measures: Iterable[str], during: Iterable[str | None] = (None,)) -> Wanted:
        """Return each of *measures* of every subject, in each window of *during*."""
        windows = tuple(during)
        return cls(tuple(Ask(measure, None, window) for measure in measures for window in windows))

    @classmethod
    def for_claims(cls, claims: Iterable[Any]) -> Wanted:
        """Return the measures that *claims* (``scenario.models.Claim``) speak of."""
        return cls(tuple(dict.fromkeys(Ask(claim.measure, claim.of, claim.during) for claim in claims)))

    def __or__(self, other: Wanted) -> Wanted:
        """Return all that either of the two wants."""
        if self.asks is None or other.asks is None:
            return Wanted(None, tuple(dict.fromkeys((*self.windows, *other.windows))))
        asks, during = ((*self.asks, *other.asks), (*self.during, *other.during))
        return Wanted(tuple(dict.fromkeys(asks)), tuple(dict.fromkeys(during)))

    @property
    def windows(self) -> tuple[str, ...]:
        """The windows in seconds that a run does not have by itself."""
        asked = (ask.during for ask in self.asks or () if ask.during is not None and is_written_window(ask.during))
        return tuple(dict.fromkeys((*self.during, *asked)))

    def any_of(self, measures: Iterable[str]) -> bool:
        """Whether one of *measures* is wanted at all."""
        return self.asks is None or not {ask.measure for ask in self.asks}.isdisjoint(measures)

    def among(self, measures: Iterable[str], windows: Iterable[str]) -> list[str] | None:
        """Return those of *windows* in which one of *measures* is wanted; None if all of them are."""
        if self.asks is None:
            return None
        names = set(measures)
        asked = {ask.during for ask in self.asks if ask.measure in names}
        return None if None in asked else [window for window in windows if window in asked]

    def subjects(self, measures: Iterable[str]) -> dict[str, set[str | None]] | None:
        """Return the subjects of which each of *measures* is wanted, None for each subject; None if all are."""
        if self.asks is None:
            return None
        names, found = set(measures), dict[str, set[str | None]]()
        for ask in self.asks:
            if ask.measure in names:
                found.setdefault(ask.measure, set()).add(ask.of)
        return found

    def has(self, measure: str, of: str, during: str) -> bool:
        """Whether a measure of one subject in one window is wanted."""
        if self.asks is None:
            return True
        options = ((measure, one, window) for one in (of, None) for window in (during, None))
        return any(Ask(*option) in self.asks for option in options)


ALL = Wanted()
"""Every measure of a run, in all of its windows."""

NOTHING = Wanted(())
"""No measure: the identities are checked all the same."""
