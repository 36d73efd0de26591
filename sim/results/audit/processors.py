"""Identities of processors: all work that was done had a core, and no core did two things at once."""

from __future__ import annotations

import math
from typing import Iterator

import numpy as np

from sim.results.audit.time import RELATIVE
from sim.results.audit.violation import Breach
from sim.results.book import Book
from sim.results.index.columns import Ints
from sim.results.index.processors import Level, rows_of_host, rows_of_service


def core_seconds(book: Book) -> Breach | None:
    """At each replica the cores in use add up, over time, to the work of all pieces, which are counted one by one.

    No piece of work has more than one core, and a replica, or all that stands on a host, not more than there are.
    """
    record = book.record
    columns, scenario = record.processors, record.scenario
    used = columns["busy"] * (columns["ended_at"] - columns["began_at"])
    for replica, served_s in record.served_s.items():
        service, _, number = replica.partition("#")
        mine = rows_of_service(book, service)
        mine = mine[columns["replica"][mine] == int(number)]
        total = math.fsum(used[mine].tolist())
        if abs(total - served_s) > RELATIVE * max(served_s, 1.0):
            return Breach(f"core-seconds in use at {replica}", f"be those of its work, {served_s!r}", total)
    for rows, cores, name in _bounds(book):
        over = np.flatnonzero(columns["busy"][rows] > np.minimum(columns["running"][rows], cores) * (1 + RELATIVE))
        if len(over):
            row = rows[over[0]]
            rule = f"be those of its pieces of work at most, and {cores:g}"
            return Breach(f"cores in use at {name}", rule, float(columns["busy"][row]), float(columns["began_at"][row]))
    for name, host in scenario.machines.items():
        level = Level(columns, rows := rows_of_host(book, name), columns["busy"][rows])
        over = np.flatnonzero(
            (level.levels > float(host.cores) * (1 + RELATIVE)) & (np.diff(level.times, append=0) > 0)
        )
        if len(over):
            return Breach(f"cores in use on {name}", f"be {host.cores:g} at most", float(level.levels[over[0]]))
    return None


def _bounds(book: Book) -> Iterator[tuple[Ints, float, str]]:
    scenario = book.record.scenario
    for name in scenario.sharing:
        yield rows_of_service(book, name), float(scenario.services[name].shared_cores), name
