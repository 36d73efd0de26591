"""What a service does about too much work: at its door, beside its line, and when a worker takes the next one.

Left out: limits shared by the replicas of a service (each replica decides by itself, as a process would).
"""

from __future__ import annotations

from sim.scenario import models


def is_plain(model: models.Service, operation: str) -> bool:
    """Whether calls of *operation* are only ever taken in turn, by whoever is free, for a time drawn beforehand."""
    return not any(isinstance(step, models.Work) and step.work.per_request_s for step in model.operations[operation])
