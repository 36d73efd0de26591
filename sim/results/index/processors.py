"""Cores in use and work that runs, over time, at a service or on a host.

A row of the record is a time in which as much work ran at one replica on as many cores. The level of all replicas
together is a step function; its integral up to each of its steps gives areas in any window.

Not modelled: single pieces of work.
"""

from __future__ import annotations

import math

import numpy as np

from sim.mechanisms.faults.targets import on_host
from sim.record.record import Columns
from sim.results.index.columns import Floats, Ints
from sim.results.index.record_index import RecordIndex
from sim.results.index.windows import Window


def rows_of_service(index: RecordIndex, service: str) -> Ints:
    """Return the rows of all replicas of *service*, in order of their begins."""
    columns = index.record.processors
    rows: Ints = np.flatnonzero(columns["service"] == index.record.services.index(service))
    return rows


def rows_of_host(index: RecordIndex, host: str) -> Ints:
    """Return the rows of all replicas that stand on *host*, in order of their begins."""
    columns = index.record.processors
    there = np.zeros(len(columns["service"]), np.bool_)
    for service, indexes in on_host(index.record.scenario, host)[0].items():
        mine = columns["service"] == index.record.services.index(service)
        there |= mine if indexes is None else mine & np.isin(columns["replica"], indexes)
    rows: Ints = np.flatnonzero(there)
    return rows


def cores_of_service(index: RecordIndex, service: str) -> float:
    """Return the cores that the replicas of *service* may use on average, of their own; infinity without a bound.

    Replicas that an autoscaler or an operator can add count too.
    """
    model = index.model(service)
    quota = math.inf if model.cpu is None or model.cpu.quota is None else float(model.cpu.quota)
    return min(float(model.shared_cores), quota) * int(model.most_replicas)


class Level:
    """The sum of a column over the rows that cover an instant: its integral in any span."""

    def __init__(self, columns: Columns, rows: Ints, values: Floats) -> None:
        began, ended = columns["began_at"][rows], columns["ended_at"][rows]
        times = np.concatenate([began, ended])
        order = np.argsort(times, kind="stable")
        self.times: Floats = times[order]
        sums = np.cumsum(np.concatenate([values, -values])[order])
        self.levels: Floats = np.maximum(sums, 0.0)  # what rounding leaves of a sum that is zero may be below it
        lengths = np.diff(self.times, append=self.times[-1:])
        self._integral: Floats = np.concatenate([[0.0], np.cumsum(self.levels * lengths)[:-1]]) if len(times) else times

    def until(self, at: Floats) -> Floats:
        """Return the integral from the begin of the run up to each of the instants *at*."""
        if not len(self.times):
            return np.zeros(len(at))
        found: Floats = np.interp(at, self.times, self._integral)
        return found

    def area(self, window: Window) -> float:
        """Return the integral over *window*."""
        edges = np.array(window.spans, np.float64).reshape(-1, 2)
        return max(float(np.sum(self.until(edges[:, 1]) - self.until(edges[:, 0]))), 0.0)


def levels(columns: Columns, rows: Ints) -> tuple[Level, Level]:
    """Return the pieces of work that run, and the cores in use, over time."""
    return (
        Level(columns, rows, columns["running"][rows].astype(np.float64)),
        Level(columns, rows, columns["busy"][rows]),
    )
