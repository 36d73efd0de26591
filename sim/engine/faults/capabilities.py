"""Which parts of a system must be built so that faults can strike them; all others are built without."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from sim.mechanisms.faults.parts import CAN_FAIL, CAN_PAUSE, VARIABLE_SPEED
from sim.mechanisms.faults.targets import FaultTargets
from sim.scenario import models


@dataclass(frozen=True, slots=True)
class Needs:
    """Names of nodes and links, by the capability that they need.

    *can_die*: replicas and recipes check whether they are still up. *can_pause*: work can be interrupted.
    *has_variable_speed*: work asks its replica how fast it is. *links*: links that some fault strikes.
    *paths*: links that choose the replica of an attempt when it is sent, because a fault strikes the paths to some.
    *watched*: links and workloads of whose ends some condition asks. *shares_cores*: how long work takes depends on
    the other work.
    """

    can_die: set[str] = field(default_factory=set)
    can_pause: set[str] = field(default_factory=set)
    has_variable_speed: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    watched: set[str] = field(default_factory=set)
    shares_cores: set[str] = field(default_factory=set)


def needs(scenario: models.Scenario, fault_targets: Mapping[str, FaultTargets]) -> Needs:
    """Return the capabilities that the faults of *scenario* need in the parts that they strike."""
    found = Needs()
    for name, fault in scenario.faults.items():
        targets = fault_targets[name]
        found.links.update(targets.links)
        if targets.paths is not None:
            found.paths.update(targets.links)
        asked = [(service, fault.needs(indexes)) for service, indexes in targets.services.items()]
        asked += [(queue, fault.needs(None) - {VARIABLE_SPEED}) for queue in targets.queues]
        for node, capabilities in asked:
            for capability in capabilities:
                getattr(found, _SETS[capability]).add(node)
    found.can_die.update(found.can_pause, found.has_variable_speed)
    return found


_SETS = {CAN_PAUSE: "can_pause", CAN_FAIL: "can_die", VARIABLE_SPEED: "has_variable_speed"}
