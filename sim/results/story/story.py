"""The story of a run in sentences, in order of time: all are made of measured values, and none is a guess.

A cause is named only if the rows show it: the callee that the workers waited for when all were busy, the share of
retries among attempts, the service that was saturated to the end. A workload is *well served* where its requests
are answered and done.

Not modelled: the run without the fault or the defence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator

import numpy as np

from sim.fields.labels import differences
from sim.mechanisms.links.order import is_usual, order_of, words
from sim.number_words import counted, number, seconds, share
from sim.record.record import MESSAGE_LOST, Record
from sim.results.blast import HARMLESS, blast_radius
from sim.results.book import Book
from sim.results.effect_accounting import DUPLICATED, GHOST, MISSING, UNDECIDED
from sim.results.index.windows import last_fault_end
from sim.results.measures.drain import note_of
from sim.results.recovery_time import FOR_SECONDS, recovery
from sim.results.story.action_events import action_events
from sim.results.story.causes import Busy, busy_at_the_end, worst_outcome
from sim.results.story.counted_event import the_fault
from sim.results.story.defence_events import defence_events
from sim.results.story.fault_text import told, told_at_first
from sim.results.story.outlier_events import outlier_events
from sim.results.story.replica_events import replica_events
from sim.results.story.sentence import Sentence
from sim.results.symptoms import Symptom, held, last_shares, symptoms

__all__ = ["MOST_OPENINGS", "Sentence", "Story", "explain"]

MOST_OPENINGS = 3
"""A fault with more windows than this has one sentence."""


@dataclass(frozen=True, slots=True)
class Story:
    """The sentences of a run in order of time; ``str`` gives one a line."""

    sentences: tuple[Sentence, ...]

    def __str__(self) -> str:
        lines = [str(sentence) for sentence in self.sentences]
        wide = max((line.index(" ") for line in lines), default=0)
        return "\n".join(" " * (wide - line.index(" ")) + line for line in lines)


def explain(record: Record | Book) -> Story:
    """Return the story of a run: the faults, every first symptom, and the end."""
    book = record if isinstance(record, Book) else Book(record)
    found = symptoms(book)
    of_symptoms = [
        Sentence(it.at_s, told(book, it), it.kind, it.of, it.value, *told_at_first(book, it)) for it in found
    ]
    in_order = sorted(
        [
            *_orders(book),
            *_overrides(book),
            *_openings(book),
            *action_events(book),
            *replica_events(book),
            *outlier_events(book),
            *defence_events(book),
            *of_symptoms,
        ],
        key=lambda sentence: sentence.at_s,
    )
    return Story((*in_order, *_closings(book, found)))


def _orders(book: Book) -> Iterator[Sentence]:
    """Yield the order of the policies of each link that states one of its own."""
    for name, link in book.record.scenario.links.items():
        if not is_usual(link):
            yield Sentence(0.0, f"{name}: its policies stand {words(link)}", "order", name, len(order_of(link)))


def _overrides(book: Book) -> Iterator[Sentence]:
    """Yield what each link has different for single operations."""
    scenario = book.record.scenario
    for name, link in scenario.links.items():
        for operation, override in link.operations.items():
            words = differences(override, link, scenario.own_policies(name, operation))
            if words:
                text = f"{name}: calls of {operation} have {', '.join(words)}"
                yield Sentence(0.0, text, "override", name, len(words))


def _openings(book: Book) -> Iterator[Sentence]:
    record = book.record
    for name, fault in record.scenario.faults.items():
        if fault.when is not None and not any(one == name for one, _, _ in record.windows):
            text = f"{name}: waits for {fault.when}, which never holds"
            yield Sentence(min(record.duration_s, book.end), text, "never begins", name, None)
    if not record.windows:
        text = f"no fault is injected in {seconds(record.duration_s)} of arrivals"
        yield Sentence(0.0, text, "no fault", "system", record.duration_s)
    for name in dict.fromkeys(name for name, _, _ in record.windows):
        spans = [(begin, end) for fault, begin, end in record.windows if fault == name and begin <= book.end]
        fault = record.scenario.faults[name]
        text, total = f"{name}: {fault.sentence()}", math.fsum(e - b for b, e in spans)
        if fault.when is not None:
            text += f" ({f'{seconds(fault.after)} after' if fault.after else 'when'} {fault.when})"
        if len(spans) > MOST_OPENINGS:
            at_first, ended = text.rstrip(","), max(end for _, end in spans)
            told = f"{at_first}, {number(len(spans))} times, {seconds(total)} in all"
            yield Sentence(spans[0][0], told, "fault begins", name, total, at_first, min(ended, book.end))
            continue
        for begin, end in spans:
            told = f"{text} for {seconds(end - begin)}"
            yield Sentence(begin, told, "fault begins", name, end - begin, text.rstrip(","), min(end, book.end))


def _closings(book: Book, found: list[Symptom]) -> Iterator[Sentence]:
    """Yield the sentences about the end of the run."""
    collapsed = [symptom.of for symptom in found if symptom.kind == "collapsed"]
    if collapsed:
        yield from _reasons(book, collapsed)
    yield from _unsettled(book, found)
    if not any(symptom.kind == "goodput" for symptom in found):
        yield _well_served(book)
    yield from _undecided(book)
    yield from _broken_effects(book)
    for code, name in enumerate(book.record.queues):
        lost_here = (book.messages["queue"] == code) & (book.messages["outcome"] == MESSAGE_LOST)
        if lost := int(lost_here.sum()):
            yield Sentence(book.end, f"{name}: {counted(lost, 'message')} lost in all", "lost", name, lost)
    if book.record.windows and any(symptom.kind not in HARMLESS for symptom in found):
        yield _reach(book, found)
    if note := note_of(book):
        yield Sentence(book.end, note, "drain", "system", book.end - book.record.duration_s)
    if book.record.cut_off:
        yield Sentence(book.end, f"the run was cut off: {book.record.cut_off}", "cut off", "system", book.end)


def _reasons(book: Book, collapsed: list[str]) -> Iterator[Sentence]:
    """Yield the state in the last 10 s of arrivals: the saturated services or, if there are none, how requests end."""
    busy = busy_at_the_end(book)
    for service in busy:
        yield Sentence(book.end, _still_busy(service), "still saturated", service.service, service.came_per_s)
    end = min(book.record.duration_s, book.end)
    for name in () if busy else collapsed:
        of_workload = book.requests["workload"] == book.record.workloads.index(name)
        rows = np.flatnonzero(of_workload & (book.arrived_at >= end - FOR_SECONDS) & (book.arrived_at < end))
        worst = worst_outcome(book, rows)
        if worst is not None:
            text = f"{name}: of the last {counted(len(rows), 'request')}, {number(worst[1])} ended {worst[0]}"
            yield Sentence(book.end, text, "still failing", name, worst[1] / len(rows))


def _unsettled(book: Book, found: list[Symptom]) -> Iterator[Sentence]:
    """Yield the service at the end of workloads that lost goodput and have no sentence on recovery or collapse."""
    settled = {symptom.of for symptom in found if symptom.kind in ("recovered", "collapsed")}
    ended, fault_end = min(book.record.duration_s, book.end), last_fault_end(book.record) or 0.0
    for symptom in found:
        if symptom.kind != "goodput" or symptom.of in settled:
            continue
        rows = np.flatnonzero(book.requests["workload"] == book.record.workloads.index(symptom.of))
        last = last_shares(book, rows)
        if last is None:
            continue
        came = f"{share(last.least)} of the last {FOR_SECONDS} s of arrivals, until {ended:.1f} s, are well served"
        if last.most > last.least:
            came += f" and {share(last.most - last.least)} undecided"
        text = f"{came}; {the_fault(book.record)} ended at {fault_end:.1f} s"
        yield Sentence(book.end, f"{symptom.of}: {text}", "at the end", symptom.of, last.least)


def _still_busy(one: Busy) -> str:
    who = "its only worker was" if one.workers == 1 else f"all {number(one.workers)} workers were"
    finished = f"{number(one.finished_per_s)}/s were" if one.finished_per_s else "none was"
    rates = f"{number(one.came_per_s)}/s came and {finished} finished"
    vain = "" if not one.wasted_ratio else f", {share(one.wasted_ratio)} of the work for callers that had left"
    return f"{one.service}: {who} still busy in the last {FOR_SECONDS} s of arrivals; {rates}{vain}"


def _well_served(book: Book) -> Sentence:
    inside = book.windows["all"].holds(book.arrived_at)
    came = int(inside.sum())
    good = int((book.good & inside).sum())
    ratio = good / came if came else None
    text = f"{number(good)} of {counted(came, 'request')} {'was' if came == 1 else 'were'} well served"
    if undecided := int((book.undecided & inside).sum()):
        text += f", {number(undecided)} {'is' if undecided == 1 else 'are'} undecided"
    if not came:
        text = "nobody came" + (" after the warm-up" if book.record.warmup_s else "")
    opening = "goodput held in every workload; " if held(book) else ""
    return Sentence(book.end, f"in all: {opening}{text}", "well served", "system", ratio)


def _undecided(book: Book) -> Iterator[Sentence]:
    """Yield the number of undecided requests of each workload, and whether it has recovered."""
    record, inside = book.record, book.windows["all"].holds(book.arrived_at)
    fault_end = last_fault_end(record)
    for name, grouped, group in book.request_groups[: len(record.workloads)]:
        rows = grouped.rows(group)
        rows = rows[inside[rows]]
        count = int(np.count_nonzero(book.undecided[rows]))
        if not count:
            continue
        what = f"{counted(count, 'request')} of {number(len(rows))} {'is' if count == 1 else 'are'} undecided"
        text = f"{what} when the run ends: open, or a message, copy or attempt of theirs still waits or is at work"
        back = None
        if fault_end is not None and "before" in book.windows:
            back = recovery(book, grouped.rows(group), grouped.within(group, book.windows["before"].spans), fault_end)
        if back is not None and back.undecided:
            text += f"; so is its recovery from {the_fault(record)}"
        yield Sentence(book.end, f"{name}: {text}", "undecided", name, count)


def _broken_effects(book: Book) -> Iterator[Sentence]:
    """Yield, for each effect, the number of unexpected results among all requests after the warm-up."""
    ledger, record = book.ledger, book.record
    inside = book.windows["all"].holds(book.arrived_at[ledger.request])
    names = [site.effect for site in record.effect_sites]
    for effect in dict.fromkeys(names):
        of_effect = inside & np.isin(ledger.site, [code for code, name in enumerate(names) if name == effect])
        for kind, status, text in (
            ("ghost", GHOST, "applied though the caller was not told success"),
            ("duplicated", DUPLICATED, "applied more often than promised"),
            ("missing", MISSING, "promised and not applied"),
            ("undecided", UNDECIDED, "promised, and what may apply it (again) still waits or is at work"),
        ):
            count = int(np.count_nonzero(ledger.status[of_effect] == status))
            if count:
                times = "once" if count == 1 else f"{number(count)} times"
                yield Sentence(book.end, f"{effect}: {text}, {times}", kind, effect, count)


def _reach(book: Book, found: list[Symptom]) -> Sentence:
    blast = blast_radius(book, found)
    order = ", in this order" if len(blast.hit) > 1 else ""
    hit = ", ".join(one.node if not one.links else f"{one.node} ({one.links} {one.direction})" for one in blast.hit)
    where = ", ".join(blast.struck)
    text = f"blast radius of {where}: {len(blast.hit)} of {counted(blast.nodes, 'node')}{order}: {hit}"
    return Sentence(book.end, text, "blast radius", where, len(blast.hit))
