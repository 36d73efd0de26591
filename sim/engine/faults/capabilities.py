"""Which parts of a system must be built so that faults can strike them; all others are built without."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from sim.scenario import models
from sim.scenario.rules.fault_targets import Strikes


@dataclass(frozen=True, slots=True)
class Needs:
    """Names of nodes and links: *fragile* doors and recipes that ask whether they may go on, *freezable* work that can
    be interrupted, *paced* work that asks its replica how fast it is, and *links* that some fault strikes."""

    fragile: set[str] = field(default_factory=set)
    freezable: set[str] = field(default_factory=set)
    paced: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)


def needs(scenario: models.Scenario, strikes: Mapping[str, Strikes]) -> Needs:
    """Return what the faults of *scenario* need; *strikes* tells what each strikes."""
    found = Needs()
    for name, fault in scenario.faults.items():
        struck = strikes[name]
        found.links.update(struck.links)
        nodes = {*struck.services, *struck.queues}
        kills = isinstance(fault, models.Death) or (isinstance(fault, models.Poison) and fault.effect == "crash")
        if kills or isinstance(fault, models.Pause):
            found.freezable.update(nodes)
        if isinstance(fault, models.Errors | models.Poison):
            found.fragile.update(nodes)
        if isinstance(fault, models.Leak | models.Deploy) or (isinstance(fault, models.Death) and fault.warm_up):
            found.paced.update(struck.services)
        if isinstance(fault, models.Slow):
            found.paced.update(service for service, indexes in struck.services.items() if indexes is not None)
    found.fragile.update(found.freezable, found.paced)
    return found
