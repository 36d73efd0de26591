"""The series of each node in a replay: workloads, services and queues, each from the book's own intervals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.quantities import UNLIMITED
from sim.replay.clock import Clock, Values, rounded
from sim.results.book import Book
from sim.results.index import occupancy
from sim.results.index.intervals import lowest_at

Entry = dict[str, Any]


def workload(book: Book, clock: Clock, name: str) -> Entry:
    """Return arrivals, timely answers, done work and goodput per second, and the share of arrivals well served.

    ``good`` is the share of those who *arrived* in a frame, in percent; ``goodput`` counts when they became well
    served.
    """
    mine = book.requests["workload"] == book.record.workloads.index(name)
    arrived = book.arrived_at[mine]
    done_at = np.where(book.ledger.expected, book.ledger.fulfilled_at, book.answered_at)
    return {
        "n": len(arrived),
        "deadline_s": book.record.scenario.workload[name].deadline,
        "rates": {
            "offered": clock.rates(arrived),
            "answered": clock.rates(book.answered_at[mine & book.answered]),
            "done": clock.rates(done_at[mine & book.done]),
            "goodput": clock.rates(book.good_at[mine]),
            "good": clock.shares(arrived, book.arrived_at[mine & book.good]),
        },
        "levels": {"in flight": clock.levels(arrived, np.minimum(book.answered_at[mine], book.end))},
    }


def service(book: Book, clock: Clock, name: str) -> Entry:
    """Return workers held, those there to be held, and visits in line (means); visits that entered, were turned away.

    Visits are counted per second.
    """
    code = book.record.services.index(name)
    model, workers = book.model(name), occupancy.workers(book, name)
    rows = book.visits_by_service.rows(code)
    entered, started, left = book.entered_at[rows], book.started_at[rows], book.left_at[rows]
    turned_away = ~np.isfinite(started) & (left == entered)
    places = None if model.places == UNLIMITED else int(model.places) * occupancy.replicas(book, name)
    return {
        "n": len(rows),
        "workers": None if math.isinf(workers) else int(workers),
        "places": places,
        "frees": occupancy.has_segments(book, name),
        "down": [list(span) for span in occupancy.all_down(book, name)],
        "rates": {"arrivals": clock.rates(entered), "rejected": clock.rates(entered[turned_away])},
        "levels": {
            "busy": clock.levels(*occupancy.held(book, code)),
            "in service": clock.levels(*occupancy.in_service(book, code)) if occupancy.has_segments(book, name) else 0,
            "waiting": clock.levels(*occupancy.queued(book, code)),
            "there": 0 if math.isinf(workers) else _there(book, clock, name, workers),
        },
    }


def _there(book: Book, clock: Clock, name: str, workers: float) -> Values:
    """Return how many of all *workers* can work: those of replicas that are there and not down (means)."""
    outages = [span for spans in occupancy.outages(book, name).values() for span in spans]
    begin, end = np.array(outages, np.float64).reshape(-1, 2).T
    down = clock.means(begin, end) * workers / occupancy.replicas(book, name)
    return rounded(np.maximum(workers - down - clock.means(*occupancy.absent_workers(book, name)), 0.0))


def queue(book: Book, clock: Clock, name: str) -> Entry:
    """Return the backlog, what is in flight (means), the age of the oldest (at a frame's begin), and flows."""
    code = book.record.queues.index(name)
    begin, end, published = book.backlog(code)
    flying = book.in_flight(code)
    rows = book.messages_by_queue.rows(code)
    instants = clock.instants()
    oldest = lowest_at(instants, begin, end, published)
    return {
        "n": len(rows),
        "rates": {"published": clock.rates(book.published_at[rows]), "deliveries": clock.rates(flying[0])},
        "levels": {
            "backlog": clock.levels(begin, end),
            "in flight": clock.levels(*flying),
            "oldest": rounded(np.where(np.isfinite(oldest), instants - oldest, 0.0)),
        },
    }
