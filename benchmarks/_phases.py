"""What `phases.py` printed, and the medians over several processes of it."""

from __future__ import annotations

import json
import statistics
from functools import cache
from typing import NamedTuple

from _processes import PAGE_UNIT, note, spend


class Phases(NamedTuple):
    """CPU seconds by phase of a whole process, peaks of memory in MiB, and how much was played."""

    cpu_s: float
    phases: dict[str, float]
    play_mib: float
    peak_mib: float
    played: dict[str, int]

    def sum_s(self, *names: str) -> float:
        """Return the CPU of several phases."""
        return sum(self.phases[name] for name in names)


PLAYED = ("build", "play", "record", "collect")
"""The phases that make a record."""
LOOKED = ("measures", "verify")
"""The phases that look at a record."""


def phases(system: str, requests: int, cores: list[str], rounds: int = 1, seed: int = 1) -> dict[str, Phases]:
    """Run *system* in turn over the *cores*, and return the medians of each phase."""
    found: dict[str, list[Phases]] = {core: [] for core in cores}
    for core in cores:
        _warm_up(core, system == "compare")
    for _ in range(rounds):
        for core in cores:
            found[core].append(_once(system, requests, core, seed))
    note(f"{system}, {requests:,}: " + ", ".join(f"{core} {found[core][-1].cpu_s:.2f} s" for core in cores))
    return {core: _medians(all_runs) for core, all_runs in found.items()}


@cache
def _warm_up(core: str, compare: bool) -> None:
    """Leave compiled modules behind, of the command or of a run."""
    _once("compare" if compare else "W2", 20, core, 1)


def _medians(runs: list[Phases]) -> Phases:
    first = runs[0]
    return first._replace(
        cpu_s=statistics.median(one.cpu_s for one in runs),
        phases={name: statistics.median(one.phases[name] for one in runs) for name in first.phases},
    )


def _once(system: str, requests: int, core: str, seed: int) -> Phases:
    spent = spend(("phases.py", system, f"{requests}", f"{seed}"), core)
    found = json.loads(spent.text)
    measured, peaks = found.pop("phases"), found.pop("peaks")
    measured["end"] = max(spent.cpu_s - sum(measured.values()), 0.0)
    return Phases(spent.cpu_s, measured, peaks["play"] * PAGE_UNIT / 2**20, spent.peak_mib, found)
