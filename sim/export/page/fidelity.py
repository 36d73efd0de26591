"""The fidelity card: what a scenario models and assumes, the limits of every run, and the run's versions.

The modelled parts are read from the resolved scenario. The limits are a fixed list, because they hold for every
scenario; a new mechanism removes its line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from sim.experiments.run import Run
from sim.export.summary import versions
from sim.scenario.models import Link, Scenario

LEFT_OUT = (
    "Machines: services share no processor, memory, disk or network card; a worker is a place, not a core.",
    "Bytes: links have latency and loss, no bandwidth; the size of a message costs nothing.",
    "Clocks: every part of the system reads the same time exactly.",
    "People: nobody is called, deploys, restarts or scales anything unless the scenario says so.",
    "Distributions hold for all time: nothing warms up, fragments or leaks unless the scenario says so.",
)
"""The limits of every run."""

OF_A_SERVICE = ("limit", "shed", "line", "concurrency", "refuse_late", "autoscale", "health_checks", "max_wait")
"""A service's own defences."""


@dataclass(frozen=True, slots=True)
class Fidelity:
    """The card of a run: lines of text, and *played*, pairs of a term and its value."""

    modelled: Sequence[str]
    assumed: Sequence[str]
    left_out: Sequence[str]
    played: Sequence[tuple[str, object]]


def fidelity(run: Run) -> Fidelity:
    """Return the card of a run."""
    scenario = run.scenario
    requests = sum(int(row["n"]) for row in run.rows if (row["measure"], row["of"], row["during"]) == WHOLE)
    played: list[tuple[str, object]] = [
        ("scenario", scenario.title),
        ("combination", " with ".join(part for part in (run.variant, ", ".join(run.toggles)) if part) or "as written"),
        ("seed", run.seed),
        ("replications", len(run.replications)),
        ("requests measured", f"{requests:,} in all replications"),
        ("digest of the resolved scenario", scenario.digest),
        *versions().items(),
    ]
    return Fidelity(modelled(scenario), scenario.assumptions, LEFT_OUT, played)


WHOLE = ("offered", "system", "all")


def modelled(scenario: Scenario) -> list[str]:
    """Return the parts of a resolved scenario, in words with counts."""
    found = [
        f"{_counted(len(scenario.workload), 'workload')}: {', '.join(scenario.workload)}",
        f"{_counted(len(scenario.services), 'service')} with workers and waiting lines: {', '.join(scenario.services)}",
    ]
    if scenario.queues:
        found.append(f"{_counted(len(scenario.queues), 'queue')}: {', '.join(scenario.queues)}")
    fields = {name: field.alias or name for name, field in Link.model_fields.items()}
    fields["operations"] = "other settings for single operations"
    for name, words in fields.items():
        on = [link for link, model in scenario.links.items() if name in model.model_fields_set]
        if on:
            found.append(f"{words} on {', '.join(on)}")
    for key in OF_A_SERVICE:
        on = [name for name, model in scenario.services.items() if key in model.model_fields_set]
        if on:
            found.append(f"{key.replace('_', ' ')} at {', '.join(on)}")
    if scenario.stores:
        found.append(f"{_counted(len(scenario.stores), 'store')}: {', '.join(scenario.stores)}")
    for name, fault in scenario.faults.items():
        found.append(f"the fault {name}, {fault.timing}")
    return found


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"
