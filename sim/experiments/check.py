"""Play every combination that a scenario's claims name, and judge every claim: the test of a scenario's text."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable

from sim.experiments.processes import open_pool, useful_processes
from sim.experiments.run import Run, claims_of, judge_claims, run_resolved, written_windows
from sim.results.claims import Verdict

if TYPE_CHECKING:
    from concurrent.futures import Executor


@dataclass(slots=True)
class Checked:
    """What became of one scenario's claims."""

    scenario: Any
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    identities: dict[str, bool] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    """Claim to the digest of the combination it was judged on."""
    cut_off: str = ""

    @property
    def holds(self) -> bool:
        """True if every claim holds, every identity too, and nothing was cut off."""
        return all(v.verdict == "holds" for v in self.verdicts.values()) and not self.cut_off


def check(
    scenario: Any, replications: int | None = None, seed: int | None = None, workers: int | None = 1,
    progress: Callable[[float], None] | None = None,
) -> Checked:  # fmt: skip
    """Judge every claim of *scenario*; *replications* and *seed* default to the scenario's own.

    Raises ``ModelError`` if the books of any run do not balance.
    """
    checked = Checked(scenario)
    combinations, windows = _combinations(scenario), written_windows(scenario)
    runs: dict[tuple[str, tuple[str, ...]], Run] = {}
    pool: Executor | None = None

    def played(variant: str, toggles: tuple[str, ...]) -> Run:
        key = (variant, toggles)
        if key not in runs:
            part = None if progress is None else _part(progress, len(runs), len(combinations))
            resolved = scenario.resolve(variant or None, with_=toggles)
            runs[key] = run_resolved(resolved, seed, replications, workers, part, pool, windows)
        return runs[key]

    with ExitStack() as stack:
        for variant, toggles in combinations:
            run = played(variant, toggles)
            if pool is None:
                pool = shared_pool(stack, run, workers, len(combinations))
            checked.cut_off = checked.cut_off or run.cut_off
            for name, held in run.identities.items():
                checked.identities[name] = checked.identities.get(name, True) and held
            claims = claims_of(scenario, variant, toggles)
            verdicts = judge_claims(claims, run, lambda other: played(other, ()))
            checked.verdicts.update(verdicts)
            checked.digests.update(dict.fromkeys(verdicts, run.scenario.digest))
    checked.verdicts = {name: checked.verdicts[name] for name in scenario.expect}
    return checked


def shared_pool(stack: ExitStack, run: Run, workers: int | None, combinations: int) -> Executor | None:
    """Return processes for all the combinations, if the first of them shows that it pays."""
    events = sum(replication.events_played for replication in run.replications)
    times = len(run.replications)
    left = events * (combinations - 1)
    processes = useful_processes(workers, left, times - 1) if times > 1 and combinations > 1 else 1
    return stack.enter_context(open_pool(processes)) if processes > 1 else None


def _combinations(scenario: Any) -> list[tuple[str, tuple[str, ...]]]:
    """Return the combinations that claims speak of, each once; without claims, the first variant."""
    first = next(iter(scenario.variants), "")
    order = list(scenario.toggles)
    found = []
    for claim in scenario.expect.values():
        found.append((claim.variant or first, tuple(sorted(claim.with_, key=order.index))))
    return list(dict.fromkeys(found)) or [(first, ())]


def _part(progress: Callable[[float], None], i: int, of: int) -> Callable[[float], None]:
    return lambda share: progress(min((i + share) / of, 1.0))
