"""The first symptoms of each part after the first fault began, by the rules of ``sim.results.onset``.

A symptom is measured against the same part before the fault, so that a link which always times out a little has none.
Without faults there is nothing to compare with: then only saturation, rejections, timeouts and other failures, breakers
and lost messages are known.

Not modelled: causes (``sim.results.story.story`` names a cause if the rows show it).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator

import numpy as np

from sim.record.record import DEAD_LETTERED, ERROR, MESSAGE_LOST, REFUSED, REJECTED, TIMEOUT
from sim.results.book import Book
from sim.results.index import occupancy
from sim.results.index.breakers import STATES, changed_at, changes
from sim.results.index.columns import Floats, Ints
from sim.results.index.intervals import FirstAtOrBelow, Intervals, peak, steps
from sim.results.index.windows import last_fault_end
from sim.results.onset import (
    TWICE,
    BeforeAfter,
    beyond_chance,
    first_in_a_row,
    highest_pair,
    lasts_until,
    lowest_pair,
    spans_at_least,
    times_in_a_row,
)  # fmt: skip
from sim.results.recovery_time import FOR_SECONDS, GOOD_ENOUGH, recovery

MULTIPLIED = 1.5
"""Attempts count as multiplied when they reach this factor of their earlier rate."""
STILL_MULTIPLIED = 1.25
"""They count as multiplied until they fall below this factor."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """A symptom that a part (*of*: service, queue, link or workload) showed from *at_s* on.

    *value* is the measured value and *before* the one it is compared with; ``KINDS`` explains both for each kind.
    *until_s* is its end, if it has a length; *from_s* the arrival of the affected requests, if that was earlier.
    """

    at_s: float
    kind: str
    of: str
    value: float
    before: float | None = None
    until_s: float | None = None
    from_s: float | None = None
    times: int = 1
    """The number of times, if it can recur and only the first time is reported."""


KINDS = {
    "saturated": "all workers of a service held without a break, for 1 s at least and twice as long as ever before; "
    "value: seconds; before: the number of workers there then",
    "rejecting": "visits that a service turned away or that waited too long for it; value: how many since the fault; "
    "before: how many between warm-up and fault, as for the next three",
    "timeouts": "attempts that their caller gave up; value: how many since the fault",
    "refused": "attempts that were refused; value: how many since the fault",
    "errors": "attempts that their callee itself answered with an error; value: how many since the fault",
    "breaker open": "the first opening since the fault, of any breaker of the link; value: how many openings there are",
    "breaker half-open": "the first test since the fault; value: how many there are",
    "breaker closed": "the last closing, if all of them stay closed; value: seconds since the first opening",
    "multiplied": "attempts (or deliveries) in two seconds in a row 1.5 times their mean before (times the "
    "growth of all requests, if they grow), beyond chance, and "
    "more than in any two before, until two in a row are below 1.25 times; "
    "value: the mean rate while that lasts over the mean rate before; before: that rate",
    "arrivals": "as multiplied, for the requests of a workload; it is load, and no symptom of a part",
    "backlog": "more messages waiting, for 1 s at least, than twice their maximum before; value: the peak since; "
    "before: that maximum",
    "drained": "the backlog first at its mean before, after the last fault; value: seconds since the fault's end",
    "dead letters": "messages dead-lettered; value: how many since the fault",
    "messages lost": "messages given up without dead letters; value: how many since the fault",
    "goodput": "share of a second's arrivals well served below 95 % of the one before in two seconds in a row (leaving "
    "out those in which nobody came), and lower than in any two before, until two in a row are not; "
    "value: the share of those who came while that lasts; "
    "before: the share before; dated by when the first of them had failed or was overdue, "
    "at the latest by the end of those seconds",
    "recovered": "as `recovery time`; value: seconds since the last fault's end; until: the end of the goodput's loss, "
    "if there was one loss only",
    "collapsed": "not recovered, and the last 10 s of arrivals below 95 % of the share before; value: their share",
}


def symptoms(book: Book) -> list[Symptom]:
    """Return every symptom in order of time; each kind at most once for each part."""
    clock = BeforeAfter.of(book)
    found = [*_services(book, clock), *_links(book, clock), *_queues(book, clock), *_workloads(book, clock)]
    return sorted(found, key=lambda symptom: symptom.at_s)


def _services(book: Book, clock: BeforeAfter) -> Iterator[Symptom]:
    for code, name in enumerate(book.record.services):
        workers = occupancy.workers(book, name)
        if not math.isinf(workers):
            holds, missing = occupancy.held(book, code), occupancy.absent_workers(book, name)
            begin, end = (np.append(*pair) for pair in zip(holds, missing, strict=True))
            span = clock.first_lasting(*spans_at_least(begin, end, workers, book.end))
            if span is not None:
                absent = np.count_nonzero((missing[0] <= span[0]) & (missing[1] > span[0]))
                yield Symptom(span[0], "saturated", name, span[1] - span[0], workers - float(absent), span[1])
        rows = book.visits_by_service.rows(code)
        turned_away = rows[book.attempts["outcome"][rows] == REJECTED]
        here = turned_away[~np.isfinite(book.started_at[turned_away])]
        yield from _rare(clock, "rejecting", name, book.left_at[here])


def _rare(clock: BeforeAfter, kind: str, of: str, times: Floats) -> Iterator[Symptom]:
    onset = clock.onset(times)
    if onset is not None:
        yield Symptom(onset[0], kind, of, onset[1], clock.count_before(times))


def _links(book: Book, clock: BeforeAfter) -> Iterator[Symptom]:
    outcome, where, growth = book.attempts["outcome"], book.attempts["where"], _growth(book, clock)
    for code, name in enumerate(book.links):
        rows = book.attempts_by_link.rows(code)
        callee = name.partition(" -> ")[2]
        own = where[rows] == book.record.places.index(callee) if callee in book.record.places else rows < 0
        yield from _rare(clock, "timeouts", name, book.ended_at[rows[outcome[rows] == TIMEOUT]])
        yield from _rare(clock, "refused", name, book.ended_at[rows[outcome[rows] == REFUSED]])
        yield from _rare(clock, "errors", name, book.ended_at[rows[(outcome[rows] == ERROR) & own]])
        yield from _multiplied(clock, "multiplied", name, book.sent_at[rows[book.tried[rows]]], growth)
    for name, (times, states) in changes(book).items():
        yield from _breaker(book, clock, name, times, states)


def _multiplied(clock: BeforeAfter, kind: str, of: str, times: Floats, growth: Floats) -> Iterator[Symptom]:
    """Yield a symptom if *times* are too frequent for the *growth* of the requests in each second since the fault."""
    earlier, since = clock.before(times), clock.since(times)
    usual = float(earlier.mean()) if len(earlier) else 0.0
    if usual == 0.0:
        return
    expected = usual * growth
    high = (since >= MULTIPLIED * expected) & (since >= beyond_chance(expected)) & (since > highest_pair(earlier))
    second = first_in_a_row(high)
    if second is None:
        return
    begin, last = clock.begin + second, lasts_until(since >= STILL_MULTIPLIED * expected, second)
    factor = float(since[second:last].mean()) / usual
    in_order = np.sort(times[times >= begin])
    first = in_order[math.ceil(MULTIPLIED * float(expected[second])) - 1]  # with this one the second has too many
    yield Symptom(float(first), kind, of, factor, usual, min(clock.begin + last, clock.end), begin)


def _growth(book: Book, clock: BeforeAfter) -> Floats:
    """Return the rate of requests in each second since, over the mean rate before; 1 unless beyond chance."""
    usual, since = clock.before(book.arrived_at), clock.since(book.arrived_at)
    if not usual.any():
        return np.ones(len(since))
    mean = np.full(len(since), usual.mean())
    growth: Floats = np.where(since >= beyond_chance(mean), since / mean, 1.0)
    return growth


def _breaker(book: Book, clock: BeforeAfter, of: str, times: Floats, states: Floats) -> Iterator[Symptom]:
    """Yield the events of a link's breaker; with several breakers *states* are means, and their events are counted."""
    opened, tested = (clock.late(changed_at(book, of, kind)) for kind in ("breaker open", "breaker half-open"))
    if len(opened):
        yield Symptom(float(opened[0]), "breaker open", of, len(opened))
    if len(tested):
        yield Symptom(float(tested[0]), "breaker half-open", of, len(tested))
    if len(opened) and states[-1] == STATES["breaker closed"]:
        yield Symptom(float(times[-1]), "breaker closed", of, float(times[-1] - opened[0]))


def _queues(book: Book, clock: BeforeAfter) -> Iterator[Symptom]:
    outcome, queue = book.messages["outcome"], book.messages["queue"]
    for code, name in enumerate(book.record.queues):
        yield from _backlog(book, clock, code, name)
        for kind, wanted in (("dead letters", DEAD_LETTERED), ("messages lost", MESSAGE_LOST)):
            yield from _rare(clock, kind, name, book.settled_at[(queue == code) & (outcome == wanted)])


def _backlog(book: Book, clock: BeforeAfter, code: int, name: str) -> Iterator[Symptom]:
    if not clock.seconds_before:
        return
    begin, end, _ = book.backlog(code)
    times, levels = steps(begin, end)
    most = peak(times, levels, clock.low, clock.begin)
    span = clock.first_lasting(*spans_at_least(begin, end, TWICE * most + 1, book.end))
    if span is None:
        return
    yield Symptom(span[0], "backlog", name, peak(times, levels, clock.begin, clock.end), most, span[1])
    fault_end, usual = last_fault_end(book.record), book.windows["before"].mean(Intervals(begin, end))
    if fault_end is None or usual is None or fault_end > book.end:
        return
    drained = FirstAtOrBelow(times, levels, usual).since(max(fault_end, span[1]))
    if drained is not None:
        yield Symptom(drained, "drained", name, drained - fault_end, usual)


def _workloads(book: Book, clock: BeforeAfter) -> Iterator[Symptom]:
    fault_end = last_fault_end(book.record)
    if fault_end is None or not clock.seconds_before:
        return
    for name, grouped, group in book.request_groups[: len(book.record.workloads)]:
        rows = grouped.rows(group)
        arrivals = book.arrived_at[rows]
        yield from _multiplied(clock, "arrivals", name, arrivals, np.ones(len(clock.since(arrivals))))
        usual_rows = grouped.within(group, book.windows["before"].spans)
        usual = float(book.good[usual_rows].mean()) if len(usual_rows) else 0.0
        if not usual:
            continue
        poor = _poor(book, clock, name, rows, usual)
        if poor is None:
            continue
        yield poor
        back, ended = recovery(book, rows, usual_rows, fault_end), _arrivals_end(book)
        took = None if back is None else back.value
        if took is not None and (poor.from_s or 0.0) < fault_end + took <= ended - FOR_SECONDS:
            over = poor.until_s if poor.times == 1 else None
            yield Symptom(fault_end + took, "recovered", name, took, until_s=over)
            continue
        last = last_shares(book, rows)
        down = last is not None and last.most < GOOD_ENOUGH * usual
        if last is not None and down and ended - fault_end >= FOR_SECONDS and not (back and back.undecided):
            yield Symptom(ended, "collapsed", name, last.least, usual)


def is_comparable(book: Book) -> bool:
    """Whether every workload was well served before the first fault at some time, so that a loss would show."""
    if "before" not in book.windows or not BeforeAfter.of(book).seconds_before:
        return False
    spans = book.windows["before"].spans
    groups = book.request_groups[: len(book.record.workloads)]
    return all(bool(book.good[grouped.within(group, spans)].any()) for _, grouped, group in groups)


def held(book: Book) -> bool:
    """Whether, in every workload, enough of the requests since the first fault were well served.

    A loss within one second is not a symptom, but it counts here if many requests came in that second.
    """
    if not is_comparable(book):
        return False
    before, begin = book.windows["before"].spans, BeforeAfter.of(book).begin
    for _, grouped, group in book.request_groups[: len(book.record.workloads)]:
        since = book.good[grouped.within(group, ((begin, _arrivals_end(book)),))]
        if len(since) and since.mean() < GOOD_ENOUGH * book.good[grouped.within(group, before)].mean():
            return False
    return True


def _poor(book: Book, clock: BeforeAfter, of: str, rows: Ints, usual: float) -> Symptom | None:
    """Return the loss of goodput of a workload's *rows*; seconds without arrivals do not count.

    A request that is undecided at the run's end is not a loss yet.
    """
    arrived_at, good = book.arrived_at[rows], book.may_be_good[rows].astype(float)
    until = _arrivals_end(book)
    came, came_before = clock.since(arrived_at, until=until), clock.before(arrived_at)
    seconds = np.flatnonzero(came)
    since = clock.since(arrived_at, good, until)[seconds] / came[seconds]
    good_before = clock.before(arrived_at, book.good[rows].astype(float))
    earlier = good_before[came_before > 0] / came_before[came_before > 0]
    low = (since < GOOD_ENOUGH * usual) & (since < lowest_pair(earlier))
    first = first_in_a_row(low)
    if first is None:
        return None
    begin, end = (
        clock.begin + float(np.append(seconds, len(came))[which]) for which in (first, lasts_until(low, first))
    )
    hit = (arrived_at >= begin) & (arrived_at < end)
    felt = _failed_at(book, of, rows[hit]).min(initial=end)
    return Symptom(float(felt), "goodput", of, float(good[hit].mean()), usual, end, begin, times_in_a_row(low))


def _failed_at(book: Book, of: str, rows: Ints) -> Floats:
    """Return the instant at which each request was known not to be well served; infinity for well-served ones."""
    deadline = book.record.scenario.workload[of].deadline
    due_at = book.arrived_at[rows] + (np.inf if deadline is None else float(deadline))
    failed_at = np.where(book.succeeded[rows], due_at, np.minimum(book.answered_at[rows], due_at))
    unanswered = np.where(book.answered[rows], np.inf, failed_at)
    return np.minimum(unanswered, np.where(book.done[rows], np.inf, book.done_by[rows]))


def _arrivals_end(book: Book) -> float:
    """Return when the last request could arrive: a budget may end a run before its duration."""
    return min(book.record.duration_s, book.end)


@dataclass(frozen=True, slots=True)
class Shares:
    """The share of well-served requests: *least* counts the certain ones, *most* also the possible ones."""

    least: float
    most: float


def last_shares(book: Book, rows: Ints) -> Shares | None:
    """Return the share of well-served requests in the last 10 s of arrivals of *rows*; None without arrivals."""
    end = _arrivals_end(book)
    last = rows[(book.arrived_at[rows] >= end - FOR_SECONDS) & (book.arrived_at[rows] < end)]
    return Shares(float(book.good[last].mean()), float(book.may_be_good[last].mean())) if len(last) else None
