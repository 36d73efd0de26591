"""The material of a report: its main run, the combinations to compare it with, and all claims.

Each combination is played once, even if several parts of the page need it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Iterable, Mapping

from sim.errors import ParameterError
from sim.experiments.check import Checked
from sim.experiments.compare import Comparison
from sim.experiments.pool import Pool
from sim.experiments.run import Run, claims_of, judge_claims, planned, run_all, switched_on, written_windows
from sim.experiments.sides import others
from sim.results.wanted import Wanted
from sim.scenario.loading import Settings
from sim.scenario.models import Scenario
from sim.scenario.scenario_file import ScenarioFile

Combination = tuple[str, tuple[str, ...]]
"""A variant (empty if there are none) and the toggles that are on."""
MOST_TOGGLES = 6
"""A scenario without variants is compared with each of its first toggles on."""


@dataclass(frozen=True, slots=True)
class Report:
    """The material of a report: its main run, the combinations to compare it with, and the claims."""

    scenario: ScenarioFile
    run: Run
    comparison: Comparison | None
    checked: Checked | None

    @property
    def cut_off(self) -> str:
        """The first budget that ended a run early; empty when all are complete."""
        compared = self.comparison.cut_off if self.comparison else ""
        return self.run.cut_off or compared or (self.checked.cut_off if self.checked else "")

    @property
    def holds(self) -> bool:
        """Whether every claim holds; True if none was judged."""
        return self.checked is None or self.checked.holds


def play(
    scenario: ScenarioFile, variant: str | None = None, with_: Iterable[str] = (), without: Iterable[str] = (),
    set_: Settings = (), seed: int | None = None, replications: int | None = None,
    workers: int | None = 1, progress: Callable[[float], None] | None = None,
) -> Report:  # fmt: skip
    """Play everything for a report: one combination, its comparison with the others, and all the claims.

    Each combination is played once, unless the compared ones have different faults: then a comparison is measured over
    the faults of all of them, a claim over its own. With *set_* the claims are not judged, because they are about the
    unchanged scenario.
    """
    changes = dict(set_) if isinstance(set_, Mapping) else list(set_)
    mine = (variant or first_variant(scenario), _in_order(scenario, switched_on(scenario, with_, without)))
    compared = _compared(scenario, mine[0])
    claimed = {} if changes else _claimed(scenario)
    wanted = list(dict.fromkeys([mine, *compared.values(), *claimed]))
    systems = {(name, on): scenario.resolve(name or None, on, changes) for name, on in wanted}
    sides = [systems[one] for one in compared.values()]
    again = [(one, sides) for one in dict.fromkeys(compared.values()) if others(systems[one], sides)]
    measured = Wanted(during=tuple(written_windows(scenario)))
    jobs: list[tuple[Combination, list[Any]]] = [*((one, []) for one in wanted), *again]
    plans = [planned(systems[one], seed, replications, measured, against) for one, against in jobs]
    with Pool(workers) as pool:
        found = run_all(plans, pool, progress)
    runs = dict(zip(wanted, found))
    side_by_side = runs | dict(zip((one for one, _ in again), found[len(wanted) :], strict=True))
    comparison = Comparison({label: side_by_side[one] for label, one in compared.items()}) if compared else None
    return Report(scenario, runs[mine], comparison, _judged(scenario, claimed, runs) if claimed else None)


def first_variant(scenario: Scenario) -> str:
    """Return the default variant; empty if there are none."""
    return next(iter(scenario.variants), "")


def _in_order(scenario: Scenario, toggles: Iterable[str]) -> tuple[str, ...]:
    """Return *toggles* in the order of the file; unknown names stay, and ``resolve`` rejects them."""
    order = list(scenario.toggles)
    return tuple(sorted(toggles, key=lambda name: order.index(name) if name in order else len(order)))


def _compared(scenario: Scenario, variant: str) -> dict[str, Combination]:
    """Return the compared combinations by label: the variants, or the only variant without and with each toggle."""
    if len(scenario.variants) > 1:
        return {name: (name, ()) for name in scenario.variants}
    toggles = [key for key, toggle in scenario.toggles.items() if not toggle.for_ or variant in toggle.for_]
    if not toggles:
        return {}
    return {
        variant or "as written": (variant, ()),
        **{f"with {one}": (variant, (one,)) for one in toggles[:MOST_TOGGLES]},
    }


def _claimed(scenario: Scenario) -> dict[Combination, None]:
    """Return the combinations of all claims, including the baselines of differences."""
    found: dict[Combination, None] = {}
    for claim in scenario.expect.values():
        found[claim.variant or first_variant(scenario), _in_order(scenario, claim.with_)] = None
        if claim.than:
            found[claim.than, ()] = None
    return found


def _judged(scenario: ScenarioFile, claimed: Iterable[Combination], runs: Mapping[Combination, Run]) -> Checked:
    """Return the verdicts of all claims, in the order of the file."""
    checked, verdicts = Checked(scenario), {}
    for variant, on in claimed:
        run = runs[variant, on]
        mine = judge_claims(claims_of(scenario, variant, on), run, lambda other: runs[other, ()])
        verdicts.update(mine)
        checked.digests.update(dict.fromkeys(mine, run.scenario.digest))
        checked.cut_off = checked.cut_off or run.cut_off
        for name, held in run.identities.items():
            checked.identities[name] = checked.identities.get(name, True) and held
    checked.verdicts = {name: verdicts[name] for name in scenario.expect}
    return checked


def check_format(name: str) -> str:
    """Return *name* if a page of that format exists; raises ParameterError."""
    if name not in ("page", "pocket"):
        raise ParameterError("be page or pocket", name, place="--format")
    return name
