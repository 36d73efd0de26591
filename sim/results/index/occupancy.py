"""Occupancy of a service over time: busy workers, absent replicas, and queued visits."""

from __future__ import annotations

import numpy as np

from sim.quantities import UNLIMITED
from sim.results.index.columns import Floats, Ints, nan_to_inf
from sim.results.index.intervals import steps
from sim.results.index.record_index import RecordIndex


def workers(index: RecordIndex, service: str) -> float:
    """Return the workers of all replicas that *service* can have; infinite when unlimited."""
    model = index.model(service)
    return UNLIMITED if model.threads == UNLIMITED else float(model.threads * replicas(index, service))


def replicas(index: RecordIndex, service: str) -> int:
    """Return the largest number of replicas of *service*; see ``absent_replicas`` for the absent ones."""
    return int(index.model(service).most_replicas)


def absent_workers(index: RecordIndex, service: str) -> tuple[Floats, Floats]:
    """Return begin and end of the times without each worker of a replica (only where these come and go)."""
    spans = [span for replica in absent_replicas(index, service).values() for span in replica]
    begin, end = np.array(spans, np.float64).reshape(-1, 2).repeat(_workers_each(index, service), axis=0).T
    return begin, end


def _workers_each(index: RecordIndex, service: str) -> int:
    each = index.model(service).threads
    return 0 if each == UNLIMITED else int(each)


def has_segments(index: RecordIndex, service: str) -> bool:
    """Whether the workers of *service* leave requests that have begun, which then have a segment for each stretch."""
    return bool(index.model(service).has_segments)


def in_service(index: RecordIndex, service: int) -> tuple[Floats, Floats]:
    """Return begin and end of every visit's service at *service* (a code), those in line excluded."""
    rows = index.visits_by_service.index(service)
    started, left = index.started_at[rows], index.left_at[rows]
    begun = np.isfinite(started)
    return (started, left) if begun.all() else (started[begun], left[begun])


def held_rows(index: RecordIndex, service: int) -> Ints:
    """Return the attempt row of every time that a worker of *service* (a code) was held, as in ``held``."""
    if has_segments(index, index.record.services[service]):
        rows: Ints = index.segment_row[index.service[index.segment_row] == service]
        return rows
    rows = index.visits_by_service.rows(service)
    return rows[np.isfinite(index.started_at[rows])]


def outages(index: RecordIndex, service: str) -> dict[int, list[tuple[float, float]]]:
    """Return the times when each replica of *service* was down, by its number."""
    found: dict[int, list[tuple[float, float]]] = {}
    for name, replica, begin, end in index.record.down:
        if name == service:
            found.setdefault(replica, []).append((begin, min(end, index.end)))
    return found


def all_down(index: RecordIndex, service: str) -> list[tuple[float, float]]:
    """Return the times when all replicas of *service* were down."""
    spans = [span for down in outages(index, service).values() for span in down]
    times, levels = steps(*np.array(spans, np.float64).reshape(-1, 2).T)
    all_of_them = np.flatnonzero(levels >= replicas(index, service))
    return [(float(times[i]), float(times[i + 1])) for i in all_of_them]


def held(index: RecordIndex, service: int) -> tuple[Floats, Floats]:
    """Return begin and end of every time that a worker of *service* (a code) was held."""
    if has_segments(index, index.record.services[service]):
        of_service = index.service[index.segment_row] == service
        segments = index.record.segments
        return nan_to_inf(segments["started_at"][of_service]), nan_to_inf(segments["ended_at"][of_service])
    return in_service(index, service)


def queued(index: RecordIndex, service: int) -> tuple[Floats, Floats]:
    """Return begin and end of every wait for a worker of *service* (a code)."""
    rows = index.visits_by_service.index(service)
    begin, end = index.entered_at[rows], np.minimum(index.started_at[rows], index.left_at[rows])
    if not has_segments(index, index.record.services[service]):
        return begin, end
    # a visit waits again after each call; its first wait is that of a segment too, once it has begun service
    new = ~np.isfinite(index.started_at[rows])
    segments = index.record.segments
    of_service = index.service[index.segment_row] == service
    again_end = np.minimum(nan_to_inf(segments["started_at"][of_service]), nan_to_inf(segments["ended_at"][of_service]))
    return np.append(begin[new], segments["queued_at"][of_service]), np.append(end[new], again_end)


def absent_replicas(index: RecordIndex, service: str) -> dict[int, list[tuple[float, float]]]:
    """Return the times when each replica of *service* was absent, by its number; empty where none comes and goes."""
    model = index.model(service)
    if not model.has_varying_replicas:
        return {}
    found: dict[int, list[tuple[float, float]]] = {replica: [] for replica in range(model.most_replicas)}
    since: dict[int, float] = dict.fromkeys(range(model.replicas, model.most_replicas), 0.0)
    for at, kind, of, detail in index.record.events:
        if of == service and kind == "replica leaves":
            since[int(detail)] = at
        elif of == service and kind == "replica joins":
            found[int(detail)].append((since.pop(int(detail)), at))
    for replica, begin in since.items():
        found[replica].append((begin, max(index.end, begin)))
    return found


def present_replicas(index: RecordIndex, service: str) -> tuple[Floats, Floats]:
    """Return begin and end of the presence of each replica of *service*."""
    spans = []
    for away in absent_replicas(index, service).values():
        edges = [0.0, *(edge for span in away for edge in span), index.end]
        spans += [(begin, end) for begin, end in zip(edges[::2], edges[1::2]) if end > begin]
    begin, end = np.array(spans, np.float64).reshape(-1, 2).T
    return begin, end
