"""Identities of counts: every request, attempt, message and effect is counted once, and has an owner."""

from __future__ import annotations

import numpy as np

from sim.record.record import (
    ATTEMPT_OUTCOMES,
    DEAD_LETTERED,
    IN_FLIGHT,
    MESSAGE_LOST,
    MESSAGE_OUTCOMES,
    OK,
    OUTCOMES,
    WAITING,
)
from sim.results.audit.violation import Breach
from sim.results.book import Book
from sim.results.effect_accounting import DUE
from sim.results.index.columns import Bools, Floats, Ints, rows_of


def requests(book: Book) -> Breach | None:
    """The number of request rows equals the number offered; each request is there once, with one outcome."""
    workload, outcome = book.requests["workload"], book.requests["outcome"]
    rows = np.bincount(workload, minlength=len(book.record.workloads))
    for code, name in enumerate(book.record.workloads):
        offered = book.record.offered.get(name, 0)
        if rows[code] != offered:
            return Breach(f"requests of {name}", f"be as many as were offered, {offered}", int(rows[code]))
    return _first(
        book.arrived_at, ~_known(outcome, len(OUTCOMES)), "outcome of a request", "be a known one", outcome
    ) or _repeated(book.requests["id"], "request", book.arrived_at)


def attempts(book: Book) -> Breach | None:
    """Each attempt belongs to one request, its parent was sent before it, and the clients' tries add up."""
    columns, sent_at, parent = book.attempts, book.sent_at, book.parent
    orphan = book.request_of < 0
    lost = (columns["parent"] >= 0) & (parent < 0)
    nested = np.flatnonzero(parent >= 0)
    above = parent[nested]
    early = np.zeros(len(parent), np.bool_)
    early[nested] = (sent_at[above] > sent_at[nested]) | (columns["request"][above] != columns["request"][nested])
    found = (
        _repeated(columns["id"], "attempt", sent_at)
        or _first(sent_at, orphan, "request of an attempt", "exist", columns["request"])
        or _first(sent_at, lost, "parent of an attempt", "exist", columns["parent"])
        or _first(sent_at, early, "parent of an attempt", "be of its request and sent before", columns["parent"])
    )
    if found:
        return found
    own = (columns["parent"] < 0) & (book.kind == 0) & book.tried
    tries = np.bincount(book.request_of[own], minlength=len(book.arrived_at))
    counted = book.requests["attempts"]
    return _first(book.arrived_at, tries != counted, "tries of a client", "be as many as its attempts", counted, tries)


def links(book: Book) -> Breach | None:
    """Every attempt on a link has one known outcome, and only open or lost ones have no end."""
    outcome = book.attempts["outcome"]
    for code, name in enumerate(book.links):
        rows = book.attempts_by_link.rows(code)
        ended = int(np.bincount(outcome[rows][_known(outcome[rows], len(ATTEMPT_OUTCOMES))]).sum())
        if ended != int((book.link == code).sum()):
            return Breach(f"outcomes on {name}", f"add up to its {int((book.link == code).sum())} attempts", ended)
    endless = ~np.isfinite(book.ended_at) & (outcome < OUTCOMES.index("lost"))
    return _first(book.sent_at, endless, "end of an attempt with an outcome", "be known", outcome)


def messages(book: Book) -> Breach | None:
    """Messages published are done, dead-lettered, lost, expired, waiting or in flight; and their deliveries agree.

    A `send` that was answered ok published once; a message in flight has an open delivery, and a waiting one has none;
    deliveries are counted alike in both tables.
    """
    columns, published_at = book.messages, book.published_at
    outcome = columns["outcome"]
    row, _, end, _ = book.deliveries_in_flight
    counted = np.bincount(row[row >= 0], minlength=len(outcome))
    flying = np.bincount(row[(row >= 0) & ~np.isfinite(end)], minlength=len(outcome)) > 0
    is_open = (outcome == WAITING) | (outcome == IN_FLIGHT)
    answered_sends = book.attempts["id"][(book.kind == 1) & (book.attempts["outcome"] == OK)]
    first_hand = columns["publisher"][columns["origin"] < 0]
    unpublished = answered_sends[~np.isin(answered_sends, first_hand)]
    if len(unpublished):
        at = book.sent_at[rows_of(book.attempts["id"], unpublished[:1])[0]]
        return Breach("a send that was acknowledged", "have published its message", "none", float(at))
    counts, at = columns["deliveries"], published_at
    misplaced = is_open & (flying != (outcome == IN_FLIGHT))
    return (
        _repeated(columns["id"], "message", at)
        or _repeated(first_hand, "publisher of a message", at[columns["origin"] < 0])
        or _first(at, ~_known(outcome, len(MESSAGE_OUTCOMES)), "outcome of a message", "be a known one", outcome)
        or _first(at, np.isfinite(book.settled_at) == is_open, "end of a message", "fit its outcome", outcome)
        or _first(at, misplaced, "an open message", "wait, or be in flight in a delivery", outcome)
        or _first(at, counted != counts, "deliveries of a message", "be counted alike", counts, counted)
    )


def dead_letters(book: Book) -> Breach | None:
    """Every dead-lettered message is exactly one message of the dead-letter queue; without that queue it is lost."""
    columns, names, queues = book.messages, book.record.queues, book.record.scenario.queues
    outcome, origin = columns["outcome"], columns["origin"]
    sources = rows_of(columns["id"], origin[origin >= 0])
    arrived = np.bincount(sources[sources >= 0], minlength=len(outcome))
    expected = (outcome == DEAD_LETTERED).astype(np.int64)
    kept = np.array([*(queues[name].dead_letters is not None for name in names), False])[columns["queue"]]
    wrong = ((outcome == MESSAGE_LOST) & kept) | ((expected == 1) & ~kept)
    at = book.published_at
    return _first(at, arrived != expected, "dead letters of a message", "be one, or none", expected, arrived) or _first(
        at, wrong, "a message given up", "be dead-lettered if there is where", outcome
    )


def effects(book: Book) -> Breach | None:
    """Due effects have one status each; each application is in one entry, by an attempt in service."""
    effects, ledger = book.record.effects, book.ledger
    applied = int(ledger.count.sum())
    if applied != len(effects["at"]):
        return Breach("effects in the ledger", f"be as many as were applied, {len(effects['at'])}", applied)
    parts = int(np.count_nonzero(ledger.status <= DUE))
    if parts != (due := int(np.count_nonzero(ledger.due))):
        return Breach("effects due", f"be applied once, duplicated, missing or undecided, {parts} together", due)
    row = rows_of(book.attempts["id"], effects["attempt"])
    served = (row >= 0) & (book.started_at[row] <= effects["at"]) & (effects["at"] <= book.left_at[row])
    return _first(effects["at"], ~served, "an effect", "be applied by an attempt in service", effects["attempt"])


def _known(codes: Ints, names: int) -> Bools:
    return np.asarray((codes >= 0) & (codes < names))


def _first(
    at: Floats, wrong: Bools, component: str, rule: str, found: Ints, expected: Ints | None = None
) -> Breach | None:
    """Return the violation in the earliest wrong row, if there is one."""
    rows = np.flatnonzero(wrong)
    if len(rows) == 0:
        return None
    row = rows[np.argmin(at[rows])]
    because = "" if expected is None else f" ({int(expected[row])} by the other count)"
    return Breach(component, rule + because, int(found[row]), float(at[row]))


def _repeated(ids: Ints, what: str, at: Floats) -> Breach | None:
    """Return the violation by the first duplicate id."""
    order = np.argsort(ids, kind="stable")
    again = np.zeros(len(ids), np.bool_)
    again[order[1:]] = ids[order[1:]] == ids[order[:-1]]
    return _first(at, again, f"id of a {what}", "be unique", ids)
