"""Events of single replicas and of the autoscaler: the first of each kind, and how many there were.

Reported over the whole run: a replica that dies or joins is never usual.

Not modelled: replicas that leave after draining, and cancelled boots, which have no visible effect.
"""

from __future__ import annotations

from typing import Iterator

from sim.fields.labels import percent
from sim.mechanisms.services.autoscale import METRICS
from sim.number_words import counted, number
from sim.results.book import Book
from sim.results.index.readings import deciding, held_back
from sim.results.story.sentence import Sentence

_EVENTS = {
    "died": "replica {which} dies",
    "unhealthy": "health checks take replica {which} out of the rotation",
    "healthy": "health checks put replica {which} back into the rotation",
    "slow start": "replica {which} is new or well again, and gets few calls at first",
    "replica joins": "the {who}'s replica {which} has booted and joins",
    "replica drains": "the {who} lets replica {which} drain",
    "replica killed": "the {who} kills replica {which}",
}
"""The sentence about a single replica, by the kind of event."""
SHARES = METRICS[:2]
"""Metrics that are shares."""


def replica_events(book: Book) -> Iterator[Sentence]:
    """Yield the events of single replicas: for each service the first of a kind, and their number."""
    seen: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for at, kind, of, which in book.record.events:
        if kind in _EVENTS:
            seen.setdefault((kind, of), []).append((at, which))
    for (kind, of), events in seen.items():
        at, which = events[0]
        again = f", the first of {number(len(events))} such times" if len(events) > 1 else ""
        who = "operator" if book.model(of).is_scaled_by_hand else "autoscaler"
        text = f"{of}: {_EVENTS[kind].format(which=f'#{which}', who=who)}"
        yield Sentence(at, text + again, kind, of, len(events), text, book.end)
    for service in book.record.services:
        yield from _asked(book, service)


def _asked(book: Book, service: str) -> Iterator[Sentence]:
    """Yield the autoscaler's first requests for more and for fewer replicas, and the extremes."""
    wanted = [(at, int(many)) for at, kind, of, many in book.record.events if kind == "autoscaler" and of == service]
    before = [book.model(service).replicas, *(many for _, many in wanted)]
    for kind, far, word in (("scales up", max, "most"), ("scales down", min, "fewest")):
        moves = [(at, now, then) for (at, now), then in zip(wanted, before) if (now > then) == (far is max)]
        if not moves:
            continue
        (at, now, then), furthest = moves[0], far(now for _, now, _ in moves)
        text = f"{service}: the autoscaler asks for {counted(now, 'replica')} instead of {number(then)}"
        text += _because(book, service, at)
        again = f", the first of {number(len(moves))} such times, for {number(furthest)} at the {word}"
        yield Sentence(at, text + again * (len(moves) > 1), kind, service, len(moves), text, book.end)


def _because(book: Book, service: str, at: float) -> str:
    """Return what the metric that decided at *at* read, and what held its number back; nothing where none is known."""
    look = next((one for one in reversed(deciding(book, service)) if one.at == at), None)
    if look is None:
        return ""
    if look.metric in SHARES:
        reason = f"{look.metric} {percent(look.value)} of {percent(look.target)}"
    else:
        what = "messages" if look.metric == METRICS[2] else "calls in flight"
        reason = f"{look.value:.3g} {what} a replica of {look.target:.3g}"
    by = [one for one in ("window", "steps", "bounds") if at in held_back(book, service, one)]
    return f" ({reason}{f', held back by its {by[0]}' if by else ''})"
