"""What an autoscaler read, what its metrics asked for, and what held that back, from the events of the record.

Not modelled: held worker time where it alone decides, without limits; the record has none of its readings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.results.index.columns import Floats, Ints
from sim.results.index.record_index import RecordIndex


class Reading(NamedTuple):
    """One metric at one look: its value for each replica, its target, and the replicas that it asks for."""

    at: float
    metric: str
    value: float
    target: float
    asked: int


def readings(index: RecordIndex, service: str) -> list[Reading]:
    """Return all readings of the autoscaler of *service*, in order."""
    found = []
    for at, kind, of, detail in index.record.events:
        if kind == "autoscaler reads" and of == service:
            metric, value, target, asked = detail.split()
            found.append(Reading(at, metric, float(value), float(target), int(asked)))
    return found


def deciding(index: RecordIndex, service: str) -> list[Reading]:
    """Return the reading of each look that asked for most replicas: the first of them."""
    looks: dict[float, Reading] = {}
    for reading in readings(index, service):
        best = looks.setdefault(reading.at, reading)
        if reading.asked > best.asked:
            looks[reading.at] = reading
    return list(looks.values())


def asked(index: RecordIndex, service: str) -> tuple[Floats, Ints]:
    """Return the instants of the looks, and the replicas that were asked for from each on; at first those there are."""
    looks = deciding(index, service)
    at = np.array([0.0, *(look.at for look in looks)], np.float64)
    return at, np.array([index.model(service).replicas, *(look.asked for look in looks)], np.int64)


def held_back(index: RecordIndex, service: str, by: str) -> Floats:
    """Return when *by* (window, steps or bounds) held back what was asked for."""
    events = [one for one in index.record.events if one[1] == "autoscaler held back" and one[2] == service]
    return np.array([at for at, _, _, detail in events if detail.endswith(by)], np.float64)
