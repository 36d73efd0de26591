"""What the circuit breakers did, from their events: the state of each over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.results.columns import Floats

if TYPE_CHECKING:
    from sim.results.book import Book

STATES = {"breaker closed": 0.0, "breaker half-open": 0.5, "breaker open": 1.0}
"""The kinds of events, with the number that stands for the state in a series."""


def changes(book: Book) -> dict[str, tuple[Floats, Floats]]:
    """Return (instants, states from each on) of every link that has a breaker; closed before the first."""
    links = book.record.scenario.links
    guarded = [name for name in book.links if name in links and links[name].breaker is not None]
    found: dict[str, tuple[Floats, Floats]] = {}
    for name in guarded:
        mine = [(at, STATES[kind]) for at, kind, of, _ in book.record.events if of == name and kind in STATES]
        pairs = np.array(mine, np.float64).reshape(-1, 2)
        found[name] = (pairs[:, 0], pairs[:, 1])
    return found


def open_periods(book: Book) -> dict[str, tuple[Floats, Floats]]:
    """Return begin and end of the open periods of every link that has a breaker."""
    found = {}
    for name, (times, states) in changes(book).items():
        is_open = states == STATES["breaker open"]
        found[name] = (times[is_open], np.append(times[1:], np.inf)[: len(times)][is_open])
    return found
