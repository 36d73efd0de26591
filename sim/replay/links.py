"""The series of each link in a replay: attempts sent, their ends for the caller, and attempts that were stopped.

Not modelled: single attempts, and the time of those that were never answered.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.diagram.layout import Layout
from sim.diagram.system import Drawing
from sim.outcomes import ABANDONED, ATTEMPT_OUTCOMES, DEGRADED, ERROR, REFUSED, REJECTED, TIMEOUT
from sim.replay.clock import Clock
from sim.results.book import Book
from sim.results.index.breakers import changes as breaker_changes
from sim.results.index.breakers import how_many
from sim.results.index.columns import Floats, Ints, rows_of
from sim.results.measures import link_defences

Entry = dict[str, Any]
BAD_ENDS = (TIMEOUT, ERROR, REFUSED, REJECTED, ABANDONED)
"""Ends of an attempt that are counted one by one where they occur; the last is not a failure: another was first."""


def links(book: Book, clock: Clock, drawing: Drawing, layout: Layout) -> list[Entry]:
    """Return an entry for each arrow of *drawing*: where it runs, and what was measured of it."""
    found = []
    for arrow in drawing.arrows:
        name = f"{arrow.caller} -> {arrow.callee}"
        edge = (arrow.caller, arrow.callee)
        entry: Entry = {
            "name": name, "caller": arrow.caller, "callee": arrow.callee, "kind": arrow.kind,
            "policies": list(arrow.policies), "back": edge in layout.back,
            "bends": [[column, round(height, 3)] for column, height in layout.bends.get(edge, ())],
        }  # fmt: skip
        if name in book.links:
            entry |= link(book, clock, name)
        elif arrow.kind == "dead letters":
            entry |= dead_letters(book, clock, arrow.caller, arrow.callee)
        found.append({"rates": {}, "levels": {}, "decisions": [], "breaker": None, **entry})
    return found


def link(book: Book, clock: Clock, name: str) -> Entry:
    """Return attempts, retries, answers, failures (when the caller has them) and short-circuited calls per second.

    ``took`` is the mean time in milliseconds from sending to a good answer, of those answered in a frame; -1 where
    none is. ``in flight`` are attempts whose caller still waits (means). Ends that occur, and decisions that the
    link's policies can make (``decisions``), have a rate each. ``breaker`` holds the changes of its circuit breaker as
    [instant, state], 0 closed, 0.5 half-open, 1 open; of several (``breakers``) their mean; None without one.
    """
    code = book.links.index(name)
    rows = book.attempts_by_link.rows(code)
    sent = rows[book.tried[rows]]
    outcome = book.attempts["outcome"]
    answered = sent[outcome[sent] <= DEGRADED]
    failed = sent[book.failed[sent] & (outcome[sent] != ABANDONED)]
    told = link_defences.told(book, name)
    return {
        "n": len(sent),
        **_breaker(book, name),
        "decisions": told,
        "rates": {
            "attempts": clock.rates(book.sent_at[sent]),
            "retries": clock.rates(book.sent_at[sent[book.attempts["number"][sent] > 1]]),
            "answered": clock.rates(book.ended_at[answered]),
            "took": clock.averages(book.ended_at[answered], 1e3 * _took_s(book, answered)),
            "failures": clock.rates(book.ended_at[failed]),
            "short-circuited": clock.rates(book.sent_at[rows[~book.tried[rows]]]),
            **{
                ATTEMPT_OUTCOMES[end]: clock.rates(book.ended_at[sent[outcome[sent] == end]])
                for end in BAD_ENDS if np.any(outcome[sent] == end)
            },
            **{decision: clock.rates(link_defences.decided_at(book, name, decision)) for decision in told},
        },
        "levels": {"in flight": clock.levels(book.sent_at[sent], np.minimum(book.ended_at[sent], book.end))},
    }  # fmt: skip


def _took_s(book: Book, rows: Ints) -> Floats:
    took: Floats = book.ended_at[rows] - book.sent_at[rows]
    return took


def _breaker(book: Book, name: str) -> Entry:
    states_of = breaker_changes(book)
    if name not in states_of:
        return {"breaker": None, "breakers": 0}
    at, states = states_of[name]
    told = [[round(t, 3), state] for t, state in zip(at.tolist(), states.tolist())]
    return {"breaker": told, "breakers": how_many(book, name)}


def dead_letters(book: Book, clock: Clock, queue: str, letters: str) -> Entry:
    """Return how many messages of *queue* went to *letters* per second: those published there with an origin."""
    code = book.record.queues.index(letters)
    mine = (book.messages["queue"] == code) & (book.messages["origin"] >= 0)
    came_from = rows_of(book.messages["id"], book.messages["origin"][mine])
    at = book.published_at[mine][book.messages["queue"][came_from] == book.record.queues.index(queue)]
    return {"n": len(at), "rates": {"attempts": clock.rates(at)}}
