"""Every fault on every part of a system, one at a time: the cost of each, and the effect of each defence on the worst.

The scenario's own faults are taken out. Every run of a replication meets the same arrivals, with and without a fault,
with and without a switch, so a loss is a difference of pairs. Not modelled: combinations of faults and of switches.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Callable, Iterable, Mapping

from sim.errors import ParameterError, ScenarioError
from sim.experiments.fault_matrix.batch import run_each
from sim.experiments.fault_matrix.catalogue import Attempted, injections
from sim.experiments.fault_matrix.lost_requests import observe
from sim.experiments.fault_matrix.result import Matrix
from sim.experiments.fault_matrix.trial import Defence, Trial
from sim.experiments.pool import Announce, Pool
from sim.scenario.loading import Playable, Settings, loaded

if TYPE_CHECKING:
    from sim.scenario.models import Scenario
    from sim.scenario.scenario_file import ScenarioFile

WORST = 5
"""The number of the worst faults on which the defences are tried."""

FAULT = "the fault"
"""The name under which each fault is injected."""


def matrix(
    scenario: Playable, variant: str | None = None, with_: Iterable[str] = (), toggles: Iterable[str] | None = None,
    faults: Iterable[str] = (), on: Iterable[str] = (), sizes: Mapping[str, str] | None = None,
    at_s: float | None = None, for_s: float | None = None, worst: int = WORST, replications: int | None = None,
    seed: int | None = None, workers: int | None = 1, progress: Callable[[float], None] | None = None,
    set_: Settings = (), announce: Announce | None = None,
) -> Matrix:  # fmt: skip
    """Try every fault on every node and link of one combination, and each of *toggles* against the *worst* of them.

    The combination is *variant* (default: the first) *with_* the toggles that are on anyway; *toggles* default to all
    others that belong to it. *faults* (``slow``, ``crash silent``…), *on* (nodes and links) and *sizes*
    (``{"slow": "20x"}``) choose among ``injections``. The fault lasts *for_s* from *at_s*; by default a sixth of the
    measured time, after a third of it, in whole seconds. *seed* and *replications* default to the scenario's own.

    Raises ``ParameterError`` for a name, a size or a window that cannot be meant, ``ScenarioError`` for a combination
    that does not exist, ``ModelError`` if the books do not balance.

    >>> import sim
    >>> found = sim.matrix("hedging", faults=["crash"], on=["search"], worst=0, replications=1)
    >>> found.rows[0]["on"], found.rows[0]["lost"] > 0
    ('search', True)
    """
    set_ = dict(set_) if isinstance(set_, Mapping) else list(set_)
    chosen = loaded(scenario).resolve(variant, with_, set_)
    own = chosen.toggles_on
    base = _with_fault(chosen, own, None, None)
    begin, span = window(base, at_s, for_s)
    tried = injections(base, faults, on, sizes)
    systems = [_with_fault(chosen, own, fault, (begin, span)) for fault in tried]
    defences, left_out = _defences(chosen, own, toggles)
    times, root = base.replications if replications is None else replications, base.seed if seed is None else seed
    extract = partial(observe, begin=begin, end=begin + span)
    kept = min(max(worst, 0), len(tried))
    total = times * (1 + len(tried) + (1 + kept) * len(defences))
    with Pool(workers) as pool:
        pool.announce(announce, total)
        first = times * (1 + len(tried))
        without, *with_fault = run_each(
            pool, [base, *systems], root, times, extract, _part(progress, 0, first, total)
        )  # fmt: skip
        trials = [Trial(fault, tuple(without), tuple(seen)) for fault, seen in zip(tried, with_fault, strict=True)]
        trials.sort(key=lambda trial: (-(trial.lost.mean or 0.0), -(trial.share.mean or 0.0)))
        none_and_worst = [None, *(trial.fault for trial in trials[:kept])]
        defended = [
            _with_fault(chosen, (*own, name), fault, (begin, span)) for name in defences for fault in none_and_worst
        ]
        part = _part(progress, first, total - first, total)
        seen_with = iter(run_each(pool, defended, root, times, extract, part))
    shielded = []
    for name in defences:
        calm, *faced = (next(seen_with) for _ in none_and_worst)
        shielded.append(Defence(name, tuple(without), tuple(calm), {
            trial.name: Trial(trial.fault, tuple(without), tuple(seen))
            for trial, seen in zip(trials[:kept], faced, strict=True)
        }))  # fmt: skip
    return Matrix(base, root, (begin, begin + span), tuple(trials), tuple(shielded), left_out)


def _part(
    progress: Callable[[float], None] | None, done: int, runs: int, of: int
) -> Callable[[float], None] | None:  # fmt: skip
    """Return the progress of *runs* after the first *done*."""
    return None if progress is None else lambda share: progress((done + share * runs) / of)


def window(scenario: Scenario, at_s: float | None = None, for_s: float | None = None) -> tuple[float, float]:
    """Return when a fault begins and how long it lasts, in seconds; the defaults are whole seconds where they can be.

    Raises ``ParameterError`` unless it lies between the warm-up and the end of the arrivals.
    """
    measured = scenario.duration - scenario.warmup
    begin = _whole(scenario.warmup + measured / 3) if at_s is None else at_s
    span = _whole(measured / 6) if for_s is None else for_s
    if not scenario.warmup < begin < scenario.duration:
        rule = f"lie between the warm-up ({scenario.warmup:g} s) and the end of the arrivals ({scenario.duration:g} s)"
        raise ParameterError(rule, f"{begin:g} s", place="at")
    if not span > 0:
        raise ParameterError("be longer than nothing", f"{span:g} s", place="for")
    if span > scenario.duration - begin:
        rule = f"be over before the arrivals end ({scenario.duration:g} s)"
        raise ParameterError(rule, f"{span:g} s from {begin:g} s on", place="for")
    return begin, span


def _whole(seconds: float) -> float:
    return float(math.floor(seconds)) if seconds >= 1 else seconds


def _with_fault(
    scenario: ScenarioFile, toggles: tuple[str, ...], fault: Attempted | None, when: tuple[float, float] | None
) -> ScenarioFile:
    """Return the combination with one fault instead of its own, and without claims, which speak of others."""
    faults = {FAULT: fault.on(*when)} if fault is not None and when is not None else {}
    try:
        return scenario.resolve(scenario.variant, toggles, {"expect": {}, "faults": faults})
    except ScenarioError as error:
        where = f"fault {fault.kind}: " if fault is not None else ""
        raise ScenarioError(line.replace(f"set_ faults.{FAULT}.", where) for line in error.problems) from None


def _defences(
    chosen: ScenarioFile, own: tuple[str, ...], toggles: Iterable[str] | None
) -> tuple[list[str], dict[str, str]]:
    """Return the switches to try, and those that cannot be on in this combination with the reason."""
    candidates = [
        name for name, toggle in chosen.toggles.items()
        if name not in own and (toggle.for_ is None or chosen.variant in toggle.for_)
    ] if toggles is None else list(toggles)  # fmt: skip
    left_out: dict[str, str] = {}
    for name in candidates:
        try:
            _with_fault(chosen, (*own, name), None, None)
        except ScenarioError as error:
            if toggles is not None:
                raise
            left_out[name] = error.problems[0]
    return [name for name in candidates if name not in left_out], left_out
