"""Which parts of a system must be built so that faults can strike them; all others are built without."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from sim.scenario import models
from sim.scenario.rules.fault_targets import FaultTargets


@dataclass(frozen=True, slots=True)
class Needs:
    """Names of nodes and links, by the capability that they need.

    *can_die*: replicas and recipes check whether they are still up. *can_pause*: work can be interrupted.
    *has_variable_speed*: work asks its replica how fast it is. *links*: links that some fault strikes.
    """

    can_die: set[str] = field(default_factory=set)
    can_pause: set[str] = field(default_factory=set)
    has_variable_speed: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)


def needs(scenario: models.Scenario, fault_targets: Mapping[str, FaultTargets]) -> Needs:
    """Return what the faults of *scenario* need; *fault_targets* tells what each strikes."""
    found = Needs()
    for name, fault in scenario.faults.items():
        targets = fault_targets[name]
        found.links.update(targets.links)
        nodes = {*targets.services, *targets.queues}
        kills = isinstance(fault, models.Death) or (isinstance(fault, models.Poison) and fault.effect == "crash")
        if kills or isinstance(fault, models.Pause):
            found.can_pause.update(nodes)
        if isinstance(fault, models.Errors | models.Poison):
            found.can_die.update(nodes)
        if isinstance(fault, models.Leak | models.Deploy) or (isinstance(fault, models.Death) and fault.warm_up):
            found.has_variable_speed.update(targets.services)
        if isinstance(fault, models.Slow):
            found.has_variable_speed.update(
                service for service, indexes in targets.services.items() if indexes is not None
            )
    found.can_die.update(found.can_pause, found.has_variable_speed)
    return found
