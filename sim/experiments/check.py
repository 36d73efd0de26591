"""Play every combination that a scenario's claims name, and judge every claim: the test of a scenario's text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable, Iterable, Mapping

from sim.experiments.pool import Announce, Pool
from sim.experiments.run import claims_of, judge_claims, planned, run_all
from sim.results.claims import Verdict
from sim.results.wanted import NOTHING, Wanted
from sim.scenario.loading import Playable, Settings, loaded

if TYPE_CHECKING:
    from sim.scenario.models import Scenario
    from sim.scenario.scenario_file import ScenarioFile


Combination = tuple[str, tuple[str, ...]]
"""A variant (empty if there are none) and the toggles that are on."""


@dataclass(slots=True)
class Checked:
    """The verdicts on one scenario's claims."""

    scenario: ScenarioFile
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    identities: dict[str, bool] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    """Claim to the digest of the combination it was judged on."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Claim to how long it took: the time of a combination is shared by its claims. It is not part of any result."""
    cut_off: str = ""

    @property
    def holds(self) -> bool:
        """True if every claim holds, every identity too, and nothing was cut off."""
        return all(v.verdict == "holds" for v in self.verdicts.values()) and not self.cut_off


def check(
    scenario: Playable, replications: int | None = None, seed: int | None = None, workers: int | None = 1,
    progress: Callable[[float], None] | None = None, with_: Iterable[str] = (),
    set_: Settings = (), announce: Announce | None = None,
) -> Checked:  # fmt: skip
    """Judge every claim of *scenario*; *replications* and *seed* default to the scenario's own.

    Every combination has the toggles *with_* on too and is changed by *set_*: do the claims still hold?

    Raises ``ModelError`` if the books of any run do not balance.

    >>> import sim
    >>> shop = sim.Scenario(
    ...     version=1, title="One shop", duration="20s",
    ...     workload={"people": {"calls": "shop.buy", "rate": "5/s"}},
    ...     services={"shop": {"operations": {"buy": [{"work": "exponential 20ms"}]}}},
    ...     expect={"served": {"measure": "answered ratio", "of": "people", "above": "95%"}},
    ... )
    >>> found = sim.check(shop, replications=2)
    >>> found.holds, found.verdicts["served"].verdict
    (True, 'holds')
    """
    with Pool(workers) as pool:
        return check_in(pool, scenario, replications, seed, progress, with_, set_, announce)


def check_in(
    pool: Pool, scenario: Playable, replications: int | None = None, seed: int | None = None,
    progress: Callable[[float], None] | None = None, with_: Iterable[str] = (),
    set_: Settings = (), announce: Announce | None = None,
) -> Checked:  # fmt: skip
    """Judge every claim as ``check`` does, in the processes of *pool*, which may play other scenarios too."""
    file, more = loaded(scenario), tuple(with_)
    checked = Checked(file)
    set_ = dict(set_) if isinstance(set_, Mapping) else list(set_)
    combinations = _combinations(file)
    systems = {one: _resolved(file, one, more, set_) for one in combinations}
    wanted = _wanted(file, systems)
    plans = [
        planned(systems[one] if one in systems else _resolved(file, one, more, set_), seed, replications, wanted[one])
        for one in wanted
    ]
    pool.announce(announce, sum(plan.replications for plan in plans))
    runs = dict(zip(wanted, run_all(plans, pool, progress), strict=True))
    for variant, toggles in combinations:
        run = runs[variant, toggles]
        checked.cut_off = checked.cut_off or run.cut_off
        for name, held in run.identities.items():
            checked.identities[name] = checked.identities.get(name, True) and held
        asked = claims_of(file, variant, toggles)
        claims = {name: claim for name, claim in run.scenario.expect.items() if name in asked}
        verdicts = judge_claims(claims, run, lambda other: runs[other, ()])
        checked.verdicts.update(verdicts)
        checked.seconds.update(dict.fromkeys(verdicts, run.seconds / max(len(verdicts), 1)))
        checked.digests.update(dict.fromkeys(verdicts, run.scenario.digest))
    checked.verdicts = {name: checked.verdicts[name] for name in file.expect if name in checked.verdicts}
    return checked


def _resolved(file: ScenarioFile, one: Combination, more: tuple[str, ...], set_: Settings) -> ScenarioFile:
    """Return a combination with the toggles *more* on too, changed by *set_*."""
    variant, toggles = one
    return file.resolve(variant or None, tuple(dict.fromkeys([*toggles, *more])), set_)


def _combinations(scenario: Scenario) -> list[Combination]:
    """Return the combinations that claims speak of, each once; without claims, the first variant."""
    first = next(iter(scenario.variants), "")
    order = list(scenario.toggles)
    combinations = []
    for claim in scenario.expect.values():
        combinations.append((claim.variant or first, tuple(sorted(claim.with_, key=order.index))))
    return list(dict.fromkeys(combinations)) or [(first, ())]


def _wanted(file: Scenario, resolved: Mapping[Combination, ScenarioFile]) -> dict[Combination, Wanted]:
    """Return the measures that the claims need of each combination, also of one that others are held against."""
    found = dict.fromkeys(resolved, NOTHING)
    for (variant, toggles), combination in resolved.items():
        asked = claims_of(file, variant, toggles)
        for claim in (claim for name, claim in combination.expect.items() if name in asked):
            for side in [(variant, toggles), *([(claim.than, ())] if claim.than else [])]:
                found[side] = found.get(side, NOTHING) | Wanted.for_claims([claim])
    return found
