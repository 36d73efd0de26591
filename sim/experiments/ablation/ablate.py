"""Ablation: combinations of toggles on the same seeds, their effects, and the fewest toggles that meet the goals.

Every combination meets the same arrivals, keys and faults, replication by replication, so an effect is a mean of
paired differences. Not modelled: costs of a defence; the fewest switches are counted, not weighed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any, Callable, Iterable, Mapping, cast

from sim.errors import ParameterError, ScenarioError, did_you_mean
from sim.experiments.ablation.factorial import MOST_IN_FULL, Combination, contrasts, design, effect
from sim.experiments.compare import Comparison
from sim.experiments.pool import Announce, Pool
from sim.experiments.run import Run, judge_on, planned, run_all, written_windows
from sim.results.claims import HOLDS, Verdict
from sim.results.headlines import ENOUGH, with_worst
from sim.results.measures.registry import NAMES
from sim.results.statistics import interval
from sim.results.wanted import ALL, Wanted
from sim.scenario.loading import Playable, Settings, loaded
from sim.scenario.models import Claim
from sim.scenario.rules.measurable import must_be_in_its_unit

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

    from sim.experiments.rows import EffectRow, Value
    from sim.scenario.scenario_file import ScenarioFile

NONE = "(none)"
"""The label of the combination without any toggle; no toggle can have this name."""

GOOD_ENOUGH = "95%"
"""The goodput ratio above which a workload counts as saved, where no goals are given."""


@dataclass(frozen=True, slots=True)
class Met:
    """Which combinations meet all *goals*; *verdicts* has every goal's verdict for every combination played."""

    goals: dict[str, Claim]
    verdicts: dict[Combination, dict[str, Verdict]]

    @property
    def by(self) -> tuple[Combination, ...]:
        """Every combination that meets all goals, fewest switches first."""
        return tuple(on for on, verdicts in self.verdicts.items() if all(v.verdict == HOLDS for v in verdicts.values()))

    @property
    def fewest(self) -> tuple[Combination, ...]:
        """The combinations that meet all goals with the fewest switches: several if they tie, none if none does."""
        least = min((len(on) for on in self.by), default=0)
        return tuple(on for on in self.by if len(on) == least)


class Ablation:
    """Combinations of *toggles* on top of one variant, fewest switches first, all on the same seeds.

    ``runs`` maps the toggles that are on, in the file's order, to a ``Run``. ``left_out`` maps the combinations that
    cannot be played (two toggles set one path differently) to the reason. Effects are in the measure's unit.

    >>> import sim
    >>> found = sim.ablate("jitter", ["full jitter", "equal jitter"], replications=1)
    >>> list(found.runs), list(found.left_out)
    ([(), ('full jitter',), ('equal jitter',)], [('full jitter', 'equal jitter')])
    """

    def __init__(
        self, toggles: tuple[str, ...], runs: dict[Combination, Run], left_out: dict[Combination, str]
    ) -> None:
        self.toggles = toggles
        self.runs = runs
        self.left_out = left_out

    @property
    def baseline(self) -> Run:
        """The run without any toggle."""
        return self.runs[()]

    @property
    def full(self) -> bool:
        """Whether every combination that can be played was; beyond five toggles only some are."""
        return len(self.toggles) <= MOST_IN_FULL

    @cached_property
    def window(self) -> str:
        """The window to show, by the goodput where no toggle is on: see ``sim.results.index.windows.shown_window``."""
        return self.baseline.shown_window

    @property
    def cut_off(self) -> str:
        """The first budget that ended a run early."""
        return next((run.cut_off for run in self.runs.values() if run.cut_off), "")

    @property
    def alone(self) -> Comparison:
        """Each toggle alone against none, as a ``Comparison`` with the baseline ``(none)``."""
        return Comparison({label(on): run for on, run in self.runs.items() if len(on) <= 1})

    def effects(self, measure: str = "goodput ratio", of: str = "system", during: str | None = None) -> list[EffectRow]:
        """Return the main effect of each toggle on a measure, then the interaction of each two (kind, toggles, mean…).

        A main effect is the mean, over the settings of the other toggles, of the value with it minus the value
        without; an interaction is half of what one toggle's effect changes when the other is on. Both are taken in
        each replication, then averaged with a 95 % t-interval (of each effect by itself, not of all at once).
        ``settings`` counts those that could be paired: with toggles that exclude each other, or in the reduced
        design, fewer than all; with none, as for interactions in the reduced design, the mean is None. Settings in
        which no run knows the measure are left out; a replication counts if it knows all the others.
        *during* defaults to ``window``. Source: see ``sim.experiments.ablation.factorial``.

        Raises ``ParameterError`` for a measure that no run has.
        """
        key = (measure, of, self.window if during is None else during)
        self._find(key, "effects")
        values = {on: run.find(key) or [] for on, run in self.runs.items()}
        known = {
            on: by_replication
            for on, by_replication in values.items()
            if any(value is not None for value in by_replication)
        }
        wanted = [*((name,) for name in self.toggles), *combinations(self.toggles, 2)]
        return [self._effect("main" if len(on) == 1 else "interaction", on, key, known) for on in wanted]

    def _effect(
        self, kind: str, on: Combination, key: tuple[str, str, str], known: Mapping[Combination, list[float | None]]
    ) -> EffectRow:
        settings = contrasts(on, known, self.toggles)
        spread = interval(effect(settings))
        clear = None if spread.low is None or spread.high is None else not spread.low <= 0 <= spread.high
        undecided = sum(any(run.between.get(key, ())) for run in self.runs.values())
        if clear is not None and undecided and not self._is_sure(on, key, known):
            clear = None
        return {
            "kind": kind, "toggles": on, "measure": key[0], "of": key[1], "during": key[2], "mean": spread.mean,
            "low": spread.low, "high": spread.high, "distinguishable": clear, "settings": len(settings),
            "runs": spread.n, "unit": NAMES[key[0]][0], "undecided": undecided,
        }  # fmt: skip

    def _is_sure(self, on: Combination, key: tuple[str, str, str], known: Mapping[Combination, Any]) -> bool:
        """Whether an effect is distinguishable from zero, or is not, whichever values the undecided ones take."""
        clear = set()
        for most in (True, False):  # all that has the switches at its most and the rest at its least, and the opposite
            values = {}
            for combination in known:
                bound = 1 if (_sign(combination, on) > 0) == most else 0
                ranges = self.runs[combination].ranges(key)
                values[combination] = [None if limits is None else limits[bound] for limits in ranges]
            spread = interval(effect(contrasts(on, values, self.toggles)))
            if spread.low is None or spread.high is None or not math.isfinite(spread.low + spread.high):
                return False
            clear.add((not spread.low <= 0 <= spread.high, spread.low > 0))
        return len(clear) == 1

    def meets(self, claims: Mapping[str, Claim] | Iterable[Claim] | None = None) -> Met:
        """Judge goals on every combination, and so find the fewest switches that meet them all.

        Goals are claims, by name or in order, without a combination of their own. Default: the goodput ratio in
        ``window`` of all that ``served`` names is above 95 % in every replication. The scenario's own claims are
        not the default, because most of them state what goes wrong, and with which switches. A goal whose value is
        unknown is not met.

        Raises ``ParameterError`` for a goal on a measure that no run has, with a bound in another unit than the
        measure's, or with `variant`, `with` or `than`.
        """
        goals = self._default_goals() if claims is None else _named(claims)
        for name, goal in goals.items():
            if goal.with_ or goal.than is not None or goal.variant is not None:
                asked = goal.variant or goal.than or goal.with_
                rule = "speak of any combination, without variant, with and than"
                raise ParameterError(rule, asked, place=f"goal {name!r}")
            self._find((goal.measure, goal.of, goal.during), f"goal {name!r}")
            must_be_in_its_unit(goal, f"goal {name!r}")
        return Met(goals, {
            on: {name: judge_on(name, goal, run) for name, goal in goals.items()} for on, run in self.runs.items()
        })  # fmt: skip

    def claims(self, names: Iterable[str] | None = None) -> dict[str, Claim]:
        """Return the scenario's claims about this variant as goals: what they say, whatever switches they say it of.

        *names* choose among them; the default is all whose measure some run has. Claims about a difference (`than`)
        are not goals. Raises ``ParameterError`` for a name that is none of them.
        """
        scenario = self.baseline.scenario
        first = next(iter(scenario.variants), "")
        goals = {
            name: claim.model_copy(update={"variant": None, "with_": []}) for name, claim in scenario.expect.items()
            if claim.than is None and (claim.variant or first) == self.baseline.variant
        }  # fmt: skip
        if names is None:
            known = {key for run in self.runs.values() for key in run.values}
            return {name: goal for name, goal in goals.items() if (goal.measure, goal.of, goal.during) in known}
        chosen = list(names)
        for name in chosen:
            if name not in goals:
                hint = did_you_mean(name, goals) or f"there are {', '.join(goals) or 'none'}"
                raise ParameterError(
                    "name a claim about this variant, and not one against another (`than`)", name, hint, "claim"
                )
        return {name: goals[name] for name in chosen}

    def fewest_for_claims(self) -> dict[str, tuple[Combination, ...]]:
        """Return, for each of ``claims()`` by itself, the combinations with the fewest switches that meet it."""
        return {name: self.meets({name: goal}).fewest for name, goal in self.claims().items()}

    def _default_goals(self) -> dict[str, Claim]:
        asked = {"measure": "goodput ratio", "during": self.window, "above": GOOD_ENOUGH}
        return {name: Claim.model_validate({**asked, "of": name}) for name in self.served}

    @cached_property
    def served(self) -> tuple[str, ...]:
        """Every workload, and after one that has several operations each of those that enough requests asked for.

        A workload's mean hides an operation that few ask for, so each is to be served well.
        """
        index = {(row["measure"], row["of"], row["during"]): row["n"] for row in self.baseline.rows}
        names: list[str] = []
        for workload in self.baseline.record.workloads:
            operations = {
                of: n
                for (measure, of, during), n in index.items()
                if measure == "goodput ratio" and of.startswith(f"{workload}/") and during == self.window
            }
            frequent = [of for of, n in operations.items() if n >= ENOUGH * len(self.baseline.replications)]
            names += [workload, *(frequent if len(operations) > 1 else ())]
        return tuple(names)

    @property
    def shown(self) -> list[str]:
        """Every workload, each followed by its worst operation in any combination if it has several."""
        rows = (run.rows for run in self.runs.values())
        return with_worst(rows, self.baseline.record.workloads, [self.window])

    def _find(self, key: tuple[str, str, str], place: str) -> None:
        """Raise ``ParameterError`` unless some run has the measure."""
        if any(run.find(key) is not None for run in self.runs.values()):
            return
        names = {" | ".join(each) for run in self.runs.values() for each in run.values}
        asked, rule = " | ".join(key), "name a measure, of and during that a run has"
        raise ParameterError(rule, asked, did_you_mean(asked, sorted(names)), place)

    @cached_property
    def rows(self) -> list[dict[str, Value]]:
        """Every measure of every combination: which it is, one truth for each toggle, then the run's own columns."""
        return [
            {
                "combination": label(on), **{f"with {name}": name in on for name in self.toggles},
                **cast("dict[str, Value]", row),
            }
            for on, run in self.runs.items() for row in run.rows
        ]  # fmt: skip

    @property
    def table(self) -> pandas.DataFrame:
        """``rows`` as a data frame."""
        import pandas

        return pandas.DataFrame(self.rows)

    def plot(self, dark: bool = False) -> Figure:
        """Return the figure: every combination's goodput as a heat map, and each switch's main effect."""
        from sim.experiments.ablation.figure import MEASURE, ablation_figure

        shown = self.shown
        effects = [row for name in shown for row in self.effects(MEASURE, name)]
        return ablation_figure(self.runs, self.toggles, shown, self.window, effects, len(self.left_out), dark)

    def _repr_html_(self) -> str:
        """Show the effects on every workload's goodput in a notebook."""
        import pandas

        rows = [row for name in self.baseline.record.workloads for row in self.effects(of=name)]
        return str(pandas.DataFrame(rows).to_html(index=False))

    def __repr__(self) -> str:
        which = self.baseline.variant or "as written"
        return f"<Ablation of {self.baseline.scenario.title!r}, {which}: {len(self.runs)} combinations>"


def ablate(
    scenario: Playable, toggles: Iterable[str] | None = None, variant: str | None = None,
    replications: int | None = None, seed: int | None = None, workers: int | None = 1,
    progress: Callable[[float], None] | None = None, set_: Settings = (), announce: Announce | None = None,
    wanted: Wanted = ALL,
) -> Ablation:  # fmt: skip
    """Play the combinations of *toggles* (default: all that belong to *variant*, by default the first).

    Up to five toggles every combination is played; beyond that none, each alone, all but one, and all. *seed* and
    *replications* default to the variant's own and are the same for all, whatever a toggle says.

    Raises ``ScenarioError`` for a variant or a toggle that does not exist, or one that cannot be played alone, and
    ``ParameterError`` where there is no toggle at all.

    >>> import sim
    >>> found = sim.ablate("jitter", ["full jitter"], replications=2)
    >>> found.effects("goodput ratio", of="clients")[0]["mean"] > 0.5
    True
    """
    set_ = dict(set_) if isinstance(set_, Mapping) else list(set_)
    file = loaded(scenario)
    base = file.resolve(variant, (), set_)
    base = file.resolve(base.variant, (), set_)  # without the toggles that a resolved scenario brings along
    names = _in_order(file, toggles, base.variant)
    resolved, left_out = _playable(file, base.variant, names, set_)
    chosen = base.seed if seed is None else seed
    times = base.replications if replications is None else replications
    wanted |= Wanted((), tuple(written_windows(file)))
    plans = [planned(one, chosen, times, wanted, resolved.values()) for one in resolved.values()]
    with Pool(workers) as pool:
        pool.announce(announce, times * len(plans))
        return Ablation(names, dict(zip(resolved, run_all(plans, pool, progress), strict=True)), left_out)


def label(on: Combination) -> str:
    """Return a combination in words.

    >>> label(()), label(("retries", "short timeout"))
    ('(none)', 'retries + short timeout')
    """
    return " + ".join(on) or NONE


def _sign(combination: Combination, on: Combination) -> int:
    """Return with which sign a combination counts in the effect of the switches *on*."""
    return -1 if sum(name not in combination for name in on) % 2 else 1


def _in_order(scenario: ScenarioFile, toggles: Iterable[str] | None, variant: str) -> tuple[str, ...]:
    """Return the toggles in the file's order; unknown ones last, for ``resolve`` to refuse."""
    file = list(scenario.toggles)
    if toggles is None:
        homes = {name: toggle.for_ for name, toggle in scenario.toggles.items()}
        ordered = [name for name in file if (home := homes[name]) is None or variant in home]
    else:
        asked = [toggles] if isinstance(toggles, str) else list(toggles)
        ordered = [name for name in file if name in asked] + [name for name in asked if name not in file]
    if not ordered:
        others = dict.fromkeys(name for toggle in scenario.toggles.values() for name in toggle.for_ or ())
        hint = f"there are toggles for {', '.join(others)}" if others else "the scenario has no toggles"
        raise ParameterError("name at least one toggle of the variant", variant or "as written", hint, "ablate")
    return tuple(ordered)


def _playable(
    scenario: ScenarioFile, variant: str, names: tuple[str, ...], set_: Settings
) -> tuple[dict[Combination, Any], dict[Combination, str]]:
    """Return the resolved combinations, and the reason for each that cannot be; one toggle alone must be playable."""
    resolved: dict[Combination, Any] = {}
    left_out: dict[Combination, str] = {}
    for on in design(names):
        try:
            resolved[on] = scenario.resolve(variant, on, set_)
        except ScenarioError as error:
            if len(on) < 2:
                raise
            left_out[on] = error.problems[0]
    return resolved, left_out


def _named(claims: Mapping[str, Claim] | Iterable[Claim]) -> dict[str, Claim]:
    if isinstance(claims, Mapping):
        return dict(claims)
    return {f"goal {number}": claim for number, claim in enumerate(claims, start=1)}
