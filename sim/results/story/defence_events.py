"""Events of defences since the first fault: a sentence for each kind and place.

An event is reported if there was none before the fault, or more than ever (``onset``): calls that a throttle, a limit
or a bulkhead stopped, retries that a budget denied, hedges, stand-in answers, a cache that answers less, a limit on
calls in flight that falls. A defence that acts is not a symptom and does not count in the blast radius; requests that
fail by it show in the goodput. Rejections are reported with their reasons among the symptoms.

Not modelled: the run without the defence.
"""

from __future__ import annotations

from typing import Any, Iterator

import numpy as np

from sim.number_words import counted, number, share
from sim.quantities.line_order import PREEMPTIVE
from sim.record.record import REJECTED
from sim.results.book import Book
from sim.results.index import processors
from sim.results.index.columns import Bools, Floats
from sim.results.measures import link_defences
from sim.results.measures.batches import returned_at
from sim.results.measures.overload import levels, marked_at
from sim.results.onset import BeforeAfter, beyond_chance, first_in_a_row, lasts_until, lowest_pair
from sim.results.story.counted_event import CountedEvent
from sim.results.story.sentence import Sentence
from sim.scenario.models.links import LINK_DEFENCES

_DECISIONS = [one for defence in LINK_DEFENCES.values() for one in defence.decisions if one.does]

STOPPED = {one.measure: CountedEvent(one.thing, one.does) for one in _DECISIONS if one.reason}
"""The defences that stop tries before they are sent; the breaker's opening has its own sentence."""

MARKED = {one.measure: CountedEvent(one.thing, one.does) for one in _DECISIONS if one.mark}
"""The other decisions of a link, by the names of its measures."""

HEDGED = CountedEvent("hedge", "be sent")
AT_THE_DOOR = CountedEvent("call", "wait for a token of the rate limit")
PUSHED_BACK = CountedEvent("send", "be turned away, the queue being full")
FULL = 0.99
"""A host's cores are all in use above this share of them, in a second."""
INTERRUPTED = CountedEvent("step", "be interrupted for a more important request", "interruption")
HELD_UP = CountedEvent("send", "wait for room, the queue being full")
WITH_BATCH = CountedEvent("message", "return because another of their batch failed")
TOO_LATE = CountedEvent("acknowledgement", "be refused as too late")

KINDS = (
    *STOPPED,
    *MARKED,
    "hedges",
    "cache",
    "delayed",
    "pushed back",
    "late acknowledgements",
    "preempted",
    "cores full",
    "returned with batch",
    "limit falls",
)
"""All kinds of events; the value is the count since the fault, for a cache the hit ratio, for a limit its least."""


def defence_events(book: Book) -> Iterator[Sentence]:
    """Yield the events of every defence: of links, of services with a rate limit, and of bounded queues."""
    clock = BeforeAfter.of(book)
    for link in book.links:
        yield from _link(book, clock, link)
    for name in book.record.services:
        if book.model(name).limit is not None:
            yield from _counted(book, clock, "delayed", name, marked_at(book, "delayed", name), AT_THE_DOOR)
        if book.model(name).line.kind == PREEMPTIVE:
            yield from _counted(book, clock, "preempted", name, marked_at(book, "preempted", name), INTERRUPTED)
        if book.model(name).concurrency is not None:
            yield from _limit_falls(book, clock, name)
        if book.model(name).batches:
            yield from _counted(book, clock, "returned with batch", name, returned_at(book, name), WITH_BATCH)
    for name, host in book.record.scenario.machines.items():
        yield from _cores_full(book, clock, name, float(host.cores))
    for name in book.record.queues:
        yield from _counted(book, clock, "pushed back", name, _pushed_back_at(book, name), PUSHED_BACK)
        yield from _counted(book, clock, "delayed", name, marked_at(book, "delayed", name), HELD_UP)
        refused = marked_at(book, "late acknowledgement", name)
        yield from _counted(book, clock, "late acknowledgements", name, refused, TOO_LATE)


def _cores_full(book: Book, clock: BeforeAfter, name: str, cores: float) -> Iterator[Sentence]:
    """Yield when all cores of a host are in use for two seconds in a row, if none two before the fault were."""
    if not book.record.windows:
        return
    _, busy = processors.levels(book.record.processors, processors.rows_of_host(book, name))
    full: Bools = np.diff(busy.until(np.arange(int(book.end) + 1, dtype=np.float64))) > FULL * cores
    low, begin = int(clock.low), int(clock.begin)
    second = first_in_a_row(full[begin:])
    if second is None or first_in_a_row(full[low:begin]) is not None:
        return
    until = begin + lasts_until(full[begin:], second)
    at, seconds = float(begin + second), int(full[begin:].sum())
    text = f"{name}: all of its cores ({number(cores)}) are in use from {at:.1f} s to {until:.1f} s"
    yield Sentence(at, text, "cores full", name, float(seconds), f"{name}: all of its cores are in use", float(until))


def _link(book: Book, clock: BeforeAfter, link: str) -> Iterator[Sentence]:
    can = link_defences.told(book, link)
    for kind, event in STOPPED.items():
        if kind in can:
            wanted = f"of {counted(link_defences.stopped_since(book, link, kind, clock.begin)[1], 'try')}"
            yield from _counted(book, clock, kind, link, link_defences.decided_at(book, link, kind), event, wanted)
    for kind, event in MARKED.items():
        if kind in can:
            yield from _counted(book, clock, kind, link, link_defences.decided_at(book, link, kind), event)
    if "hedges" in can:
        rows = book.attempts_by_link.rows(book.links.index(link))
        sent = f"of {counted(len(clock.late(book.sent_at[rows[book.tried[rows]]])), 'attempt')}"
        yield from _counted(book, clock, "hedges", link, link_defences.decided_at(book, link, "hedges"), HEDGED, sent)
    if "cache hits" in can:
        yield from _cache(book, clock, link)


def _counted(
    book: Book, clock: BeforeAfter, kind: str, of: str, times: Floats, event: CountedEvent, out_of: str = ""
) -> Iterator[Sentence]:
    """Yield the sentence for the events at *times*, if none was before the fault, or if they are more than ever."""
    onset = clock.onset(times)
    if onset is None:
        return
    at, count = onset
    last = "" if count == 1 else f", the last at {clock.late(times).max():.1f} s"
    before = clock.count_before(times)
    text, at_first = event.text(count, before, book.record, out_of), event.opening(count, before)
    yield Sentence(at, f"{of}: {text}{last}", kind, of, count, f"{of}: {at_first}", book.end)


def _cache(book: Book, clock: BeforeAfter, link: str) -> Iterator[Sentence]:
    """Yield when the hit ratio of a cache falls below that before, beyond chance, two seconds in a row.

    It lasts until two seconds in a row are back above the middle between then and before.
    """
    hits, misses = (marked_at(book, kind, link) for kind in ("cache hit", "cache miss"))
    before, earlier = _hit_ratios(clock.before(hits), clock.before(misses))
    since, asked = clock.since(hits), clock.since(hits) + clock.since(misses)
    usual = clock.count_before(hits) / max(clock.count_before(hits) + clock.count_before(misses), 1)
    if not usual:
        return
    few = asked - since >= beyond_chance(asked * (1 - usual))
    ratios = np.divide(since, asked, out=np.full(len(since), usual), where=asked > 0)
    low: Bools = (asked > 0) & few & (ratios < lowest_pair(before[earlier]))
    second = first_in_a_row(low)
    if second is None:
        return
    until = lasts_until(ratios < (usual + float(ratios[second])) / 2, second)
    ratio = float(since[second:until].sum() / asked[second:until].sum())
    begin, end = clock.begin + second, min(clock.begin + until, clock.end)
    text = f"the cache answers {share(ratio)} of the calls from {begin:.1f} s to {end:.1f} s, {share(usual)} before"
    first = np.sort(misses[(misses >= begin)])
    lost, at_first = _lost(book, link, begin), f"the cache answers fewer of the calls; {share(usual)} before"
    yield Sentence(
        float(first[0]), f"{link}: {text}{lost}", "cache", link, ratio, f"{link}: {at_first}", min(end + 1, book.end)
    )


def _hit_ratios(hits: Floats, misses: Floats) -> tuple[Floats, Bools]:
    """Return the hit ratio of each second, and the seconds that have one."""
    asked = hits + misses
    return np.divide(hits, asked, out=np.zeros(len(hits)), where=asked > 0), asked > 0


def _lost(book: Book, link: str, begin: float) -> str:
    """Return the service whose restart emptied the cache, if it came back within a second of it."""
    versions, caller = book.record.scenario.links[link].versions, link.partition(" -> ")[0]
    if not any(one.cache is not None and one.cache.scope == "caller" for one in versions):
        return ""
    back = [end for service, _, _, end in book.record.down if service == caller and begin - 1 <= end <= begin + 1]
    return f"; {caller} came back with an empty one at {max(back):.1f} s" if back else ""


def _limit_falls(book: Book, clock: BeforeAfter, name: str) -> Iterator[Sentence]:
    """Yield the lowest limit on calls in flight since the fault, if it is lower than any between warm-up and fault."""
    at, limit = levels(book, "concurrency limit", name)
    now = max(int(np.searchsorted(at, clock.begin, side="right")) - 1, 0)
    usual, late = limit[max(int(np.searchsorted(at, clock.low, side="right")) - 1, 0) : now + 1], limit[now + 1 :]
    if not book.record.windows or not len(late) or late.min() >= usual.min():
        return
    lowest = now + 1 + int(late.argmin())
    low, was = f"{number(limit[lowest])}", f"; it was {number(limit[now])} when the fault began"
    text, at_first = (
        f"{name}: its limit on calls in flight is {how}{low}{was}" for how in ("at its lowest, ", "down to ")
    )
    yield Sentence(float(at[lowest]), text, "limit falls", name, float(limit[lowest]), at_first, book.end)


def _pushed_back_at(book: Book, queue: str) -> Floats:
    """Return the instants at which sends were rejected because *queue* was full."""
    columns, place = book.attempts, book.record.places.index(queue)
    sites = [code for code, site in enumerate(book.record.sites) if site.callee == queue]
    full: Any = np.isin(columns["site"], sites) & (columns["outcome"] == REJECTED) & (columns["where"] == place)
    times: Floats = np.sort(book.entered_at[full])
    return times
