"""Combinations side by side, paired: replication by replication they meet the same arrivals, keys and faults."""

from __future__ import annotations

from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Callable, Iterable, Mapping

from sim.errors import ParameterError
from sim.experiments.pool import Announce, Pool
from sim.experiments.run import Run, planned, run_all, written_windows
from sim.results.statistics import Interval, interval, paired
from sim.results.wanted import ALL, Wanted
from sim.scenario.loading import Playable, Settings, loaded

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

    from sim.experiments.rows import DifferenceRow, DifferenceRowWithValues
    from sim.scenario.models import Scenario


class Comparison:
    """Runs of several combinations by label; the first is the baseline that the others are held against.

    ``rows`` and ``table`` hold the paired difference of every measure, in the measure's unit.

    >>> import sim
    >>> found = sim.compare("hedging", replications=2)
    >>> found.baseline, list(found.runs)
    ('alone', ['alone', 'hedged'])
    """

    def __init__(self, runs: dict[str, Run]) -> None:
        self.runs = runs

    @property
    def baseline(self) -> str:
        """The label of the baseline."""
        return next(iter(self.runs))

    @cached_property
    def rows(self) -> list[DifferenceRow]:
        """Every measure that both sides have: the means, and the paired difference with its 95 % interval.

        ``distinguishable`` is False where the interval of the difference contains zero, and None where that is not
        known: from a single replication, or while a value is undecided (``undecided`` counts the pairs in which one is)
        that could move zero into the interval or out of it.
        """
        base = self.runs[self.baseline]
        units = {(row["measure"], row["of"], row["during"]): row["unit"] for row in base.rows}
        rows: list[DifferenceRow] = []
        for label, run in list(self.runs.items())[1:]:
            for key, values in run.values.items():
                if key not in base.values:
                    continue
                pairs = [(a, b) for a, b in zip(base.values[key], values) if a is not None and b is not None]
                difference = interval([b - a for a, b in pairs])
                if units[key] == "ratio":
                    difference = difference.within(-1.0, 1.0)
                extremes, undecided = _extremes(base, run, key)
                distinguishable = _is_clear(difference)
                if undecided and len({(_is_clear(extreme), (extreme.mean or 0.0) > 0) for extreme in extremes}) > 1:
                    distinguishable = None
                rows.append({
                    "combination": label, "measure": key[0], "of": key[1], "during": key[2],
                    "baseline": interval([a for a, _ in pairs]).mean, "mean": interval([b for _, b in pairs]).mean,
                    "difference": difference.mean, "low": difference.low, "high": difference.high,
                    "standard error": difference.error,
                    "distinguishable": distinguishable, "runs": len(pairs), "unit": units[key], "undecided": undecided,
                })  # fmt: skip
        return rows

    @property
    def rows_with_values(self) -> list[DifferenceRowWithValues]:
        """``rows``, each with its ``values``: the difference in each replication, None where a side has no value."""
        base = self.runs[self.baseline].values
        rows: list[DifferenceRowWithValues] = []
        for row in self.rows:
            key = (row["measure"], row["of"], row["during"])
            rows.append({**row, "values": paired(self.runs[row["combination"]].values[key], base[key])})
        return rows

    @property
    def table(self) -> pandas.DataFrame:
        """``rows`` as a data frame."""
        import pandas

        return pandas.DataFrame(self.rows)

    @property
    def cut_off(self) -> str:
        """The first budget that ended a run early."""
        return next((run.cut_off for run in self.runs.values() if run.cut_off), "")

    def plot(self, dark: bool = False) -> Figure:
        """Return the figure of all combinations on shared axes."""
        from sim.experiments.figures import comparison_figure

        return comparison_figure({label: run.view for label, run in self.runs.items()}, dark)

    def _repr_html_(self) -> str:
        wanted = self.table[self.table["measure"].isin(("goodput ratio", "answered ratio", "done ratio"))]
        return str(wanted.to_html(index=False))

    def __repr__(self) -> str:
        title = self.runs[self.baseline].scenario.title
        return f"<Comparison of {title!r}: {' against '.join(self.runs)}>"


def _is_clear(difference: Interval) -> bool | None:
    """Whether zero lies outside of an interval; None where there is none."""
    if difference.low is None or difference.high is None:
        return None
    return not difference.low <= 0 <= difference.high


def _extremes(base: Run, run: Run, key: tuple[str, str, str]) -> tuple[tuple[Interval, ...], int]:
    """Return the least and the greatest differences that two runs can come to, and in how many pairs one is undecided.

    The two agree where nothing is.
    """
    if key not in base.between and key not in run.between:
        return (), 0
    sides = [side.ranges(key) for side in (base, run)]
    pairs = [(a, b) for a, b in zip(*sides) if a is not None and b is not None]
    undecided = sum(a[0] < a[1] or b[0] < b[1] for a, b in pairs)
    least, most = [b[0] - a[1] for a, b in pairs], [b[1] - a[0] for a, b in pairs]
    if not all(map(isfinite, (*least, *most))):
        return (Interval(None, None, None, 0), interval([0.0, 0.0])), undecided
    return (interval(least), interval(most)), undecided


def compare(
    scenario: Playable, variants: Iterable[str] | None = None, toggle: str | Iterable[str] | None = None,
    variant: str | None = None, seed: int | None = None, replications: int | None = None,
    set_: Settings = (), workers: int | None = 1,
    progress: Callable[[float], None] | None = None, announce: Announce | None = None, wanted: Wanted = ALL,
) -> Comparison:  # fmt: skip
    """Play combinations of *scenario* on the same seeds and return their ``Comparison``.

    Without *toggle*: the *variants* (default: all of them), in order. With *toggle* (one name, or several to flip
    one by one): *variant* (default: the first) without any, and with each. All are measured over the same stretch of
    the clock: where their faults differ, `fault` is the union of them all. *scenario* may be a file or the name of a
    shipped one; *seed* and *replications* default to the scenario's own. The measures that are *wanted* are computed.

    Raises ``ParameterError`` where there is nothing to compare, ``ScenarioError`` for a combination that does not
    exist, and ``ModelError`` if the books do not balance.

    >>> import sim
    >>> found = sim.compare("hedging", toggle="cancel losers", variant="hedged", replications=2)
    >>> of_fault = [row for row in found.rows if row["of"] == "readers" and row["during"] == "fault"]
    >>> [row["difference"] > 0.3 for row in of_fault if row["measure"] == "goodput ratio"]
    [True]
    """
    file = loaded(scenario)
    set_ = dict(set_) if isinstance(set_, Mapping) else list(set_)
    combinations = _combinations(file, variants, toggle, variant)
    wanted |= Wanted((), tuple(written_windows(file)))
    sides = {label: file.resolve(name, with_=on, set_=set_) for label, name, on in combinations}
    plans = [planned(resolved, seed, replications, wanted, sides.values()) for resolved in sides.values()]
    with Pool(workers) as pool:
        pool.announce(announce, sum(plan.replications for plan in plans))
        return Comparison(dict(zip(sides, run_all(plans, pool, progress), strict=True)))


def _combinations(
    scenario: Scenario, variants: Iterable[str] | None, toggle: str | Iterable[str] | None, variant: str | None
) -> list[tuple[str, str | None, tuple[str, ...]]]:  # fmt: skip
    if toggle is not None:
        if variants is not None:
            raise ParameterError("be given with variants or with a toggle, not both", list(variants), place="compare")
        toggles = [toggle] if isinstance(toggle, str) else list(toggle)
        base = variant or next(iter(scenario.variants), None)
        return [(base or "as written", base, ()), *((f"with {name}", base, (name,)) for name in toggles)]
    names = list(scenario.variants) if variants is None else list(variants)
    if len(names) < 2:
        raise ParameterError(
            "name at least two variants, or a toggle", names,
            f"there are the toggles {', '.join(scenario.toggles)}" if scenario.toggles else "", "compare"
        )  # fmt: skip
    if len(set(names)) < len(names):
        raise ParameterError("name each variant once", names, place="compare")
    return [(name, name, ()) for name in names]
