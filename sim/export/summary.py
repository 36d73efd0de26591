"""The JSON document of a run, a comparison or a check, for ``--json`` and for result folders."""

from __future__ import annotations

import json
import platform
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any, Iterable

from sim.experiments.run import Run, claims_of, judge_claims, run_resolved
from sim.results.claims import Verdict
from sim.results.headlines import with_worst
from sim.results.wanted import Wanted
from sim.version import VERSION

if TYPE_CHECKING:
    from sim.experiments.check import Checked
    from sim.experiments.compare import Comparison
    from sim.experiments.pool import Pool

_PACKAGES = ("simpy", "numpy", "networkx", "pydantic", "ruamel.yaml")


def versions() -> dict[str, str]:
    """Return the versions that a run's bytes depend on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"pileup": VERSION, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # pragma: no cover - a vendored library without metadata
            found[name] = "unknown"
    return found


def verdict_rows(verdicts: dict[str, Verdict]) -> list[dict[str, Any]]:
    """Return claims with their verdicts and values, and the bounds of undecided values."""
    return [
        {
            "claim": name, "says": verdict.text, "verdict": verdict.verdict, "values": list(verdict.values),
            "undecided": [None if one is None else [end if isfinite(end) else None for end in one]
                          for one in verdict.between] or None,
        }
        for name, verdict in verdicts.items()
    ]  # fmt: skip


def judged(run: Run, scenario: Any, set_: Iterable[str] = (), pool: Pool | None = None) -> dict[str, Verdict]:
    """Return the verdicts of the claims about exactly the combination that *run* played, with *set_*.

    A claim about a difference plays the other variant too, on the same seeds and with the same *set_*, in the processes
    of *pool* if there is one.
    """

    @cache
    def other(name: str) -> Run:
        resolved = scenario.resolve(name, (), list(set_))
        wanted = Wanted.for_claims(claims.values())
        return run_resolved(resolved, run.seed, len(run.replications), pool=pool, wanted=wanted)

    claims = claims_of(run.scenario, run.variant, run.toggles)
    return judge_claims(claims, run, other)


def run_document(run: Run, verdicts: dict[str, Verdict]) -> dict[str, Any]:
    """Return the document of a run."""
    return {
        "scenario": run.scenario.title,
        "variant": run.variant or None,
        "toggles": list(run.toggles),
        "seed": run.seed,
        "replications": len(run.replications),
        "digest": run.scenario.digest,
        "notes": run.notes,
        "assumptions": list(run.scenario.assumptions),
        "expect": verdict_rows(verdicts),
        "identities": run.identities,
        "cut off": run.cut_off or None,
        "events": [replication.events_played for replication in run.replications],
        "versions": versions(),
        "worst operations": worst_operations([run]),
        "measures": run.rows_with_values,
    }


def worst_operations(runs: Iterable[Run]) -> list[str]:
    """Return the worst operation (``workload/operation``) of each workload that has several, as the tables name it."""
    sides = list(runs)
    workloads = dict.fromkeys(name for run in sides for name in run.record.workloads)
    windows = ("fault", "after") if any(run.has_faults for run in sides) else ("all",)
    return [name for name in with_worst((run.rows for run in sides), workloads, windows) if "/" in name]


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return the document of a comparison: each run without its verdicts, and the paired differences."""
    first = next(iter(comparison.runs.values()))
    return {
        "scenario": first.scenario.title,
        "baseline": comparison.baseline,
        "combinations": {
            label: {
                "variant": run.variant or None, "toggles": list(run.toggles), "digest": run.scenario.digest,
                "identities": run.identities, "measures": run.rows_with_values,
            }
            for label, run in comparison.runs.items()
        },
        "seed": first.seed,
        "replications": len(first.replications),
        "cut off": comparison.cut_off or None,
        "versions": versions(),
        "worst operations": worst_operations(comparison.runs.values()),
        "differences": comparison.rows_with_values,
    }  # fmt: skip


def check_document(checked: dict[str, Checked]) -> dict[str, Any]:
    """Return the document of a check of several files."""
    return {
        "files": {
            name: {
                "scenario": one.scenario.title, "expect": verdict_rows(one.verdicts), "identities": one.identities,
                "digests": one.digests, "cut off": one.cut_off or None,
            }
            for name, one in checked.items()
        },
        "versions": versions(),
    }  # fmt: skip


def to_json(document: dict[str, Any]) -> str:
    """Return *document* as text: keys in their order, no NaN, one trailing newline."""
    return json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
