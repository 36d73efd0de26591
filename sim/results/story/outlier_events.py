"""Ejections by outlier detection, and panic: the first of each kind, and how many there were.

Reported over the whole run: an ejection is never usual.

Not modelled: which requests an ejection saved.
"""

from __future__ import annotations

from typing import Any, Iterator

import numpy as np

from sim.number_words import counted, number, seconds
from sim.results.book import Book
from sim.results.index import ejections
from sim.results.index.intervals import steps
from sim.results.story.sentence import Sentence
from sim.scenario.measures import panics


def outlier_events(book: Book) -> Iterator[Sentence]:
    """Yield the first ejection of each link with their number, and the first panic of each link and service."""
    for link in ejections.detecting(book):
        yield from _ejections(book, link)
        yield from _panic(book, link)
    for service in book.record.services:
        if panics(book.model(service)):
            yield from _panic(book, service)
    for link in ejections.with_views(book):
        yield from _panic(book, link)


def _ejections(book: Book, link: str) -> Iterator[Sentence]:
    found = ejections.ejections(book, link)
    if not found:
        return
    first = found[0]
    text = f"{link}: replica #{first.replica} is ejected for {seconds(first.span_s)} ({first.test})"
    again = ""
    if len(found) > 1:
        hosts = len({one.replica for one in found})
        begin, end = np.array([(one.at_s, one.until_s) for one in found], np.float64).reshape(-1, 2).T
        most = int(steps(begin, end)[1].max())
        views = " by all callers together" if ejections.views(book, link) > 1 else ""
        again = (
            f"; the first of {counted(len(found), 'ejection')}, of {counted(hosts, 'replica')}, "
            f"at most {number(most)} at once{views}"
        )
    yield Sentence(first.at_s, text + again, "ejected", link, len(found), text, book.end)


def _detection(book: Book, of: str) -> Any:
    """Return the outlier detection of *of*, if it is a link that has one; of several on a link, the first."""
    scenario = book.record.scenario
    owners = scenario.owners(of, "outlier_detection") if " -> " in of else []
    return scenario.link(of, owners[0]).outlier_detection if owners else None


def _panic(book: Book, of: str) -> Iterator[Sentence]:
    begin, end = ejections.panics(book, of)
    if not len(begin):
        return
    link = book.record.scenario.links[of] if " -> " in of else None
    detection, checks = (
        _detection(book, of),
        book.model(of.rpartition(" -> ")[2]).health_checks,
    )
    settings, uses_all = (checks, checks.when_none) if detection is None else (detection, detection.in_panic)
    used = "all replicas are used" if uses_all == "all" else "no call is let through"
    threshold = float(settings.panic_threshold)
    few = f"fewer than {threshold * 100:g} %" if threshold else "none"
    text = f"{of}: panic, as {few} of the replicas count as healthy; {used}"
    if link is not None and link.subset is not None:
        text = f"{of}: a caller panics, as {few} of its subset of {link.subset.size} count as healthy; {used}"
    in_all = float(np.minimum(end, book.end).sum() - np.minimum(begin, book.end).sum())
    again = f"; the first of {number(len(begin))} times" if len(begin) > 1 else ""
    yield Sentence(float(begin[0]), f"{text}{again}, {seconds(in_all)} in all", "panic", of, len(begin), text, book.end)
