"""Identities of time: instants in order, levels within their limits, and equal areas by different sums."""

from __future__ import annotations

import math
from itertools import chain
from typing import Iterator

import numpy as np

from sim.results.audit.violation import Breach
from sim.results.book import Book
from sim.results.index import occupancy
from sim.results.index.columns import Bools, Floats, Ints, exact_sum
from sim.results.index.intervals import area_s, levels_at
from sim.results.index.step_blocks import areas, step_blocks

RELATIVE = 1e-9
"""Relative difference allowed between two sums of the same seconds: rounding errors only."""


def instants(book: Book) -> Breach | None:
    """No instant is infinite or negative, and the instants of each row are in order."""
    record, attempts = book.record, book.attempts
    for name, columns in (("requests", book.requests), ("attempts", attempts), ("messages", book.messages),
                          ("effects", record.effects), ("segments", record.segments)):  # fmt: skip
        for column, values in columns.items():
            if values.dtype.kind == "f" and (np.isinf(values).any() or (values < 0).any()):
                return Breach(f"{column} of {name}", "be finite and not negative", float(np.nanmin(values)))
    never_sent = np.isnan(book.arrived_at).any() or np.isnan(book.sent_at).any() or np.isnan(book.published_at).any()
    if never_sent:
        return Breach("the first instant of every row", "be known", math.nan)
    entered, started, left, ended = (attempts[name] for name in ("entered_at", "started_at", "left_at", "ended_at"))
    sent = book.sent_at
    spare = RELATIVE * max(book.end, 1.0)
    span = np.where(np.isnan(started), 0.0, left - started)
    rules: tuple[tuple[str, Floats, Bools], ...] = (
        ("a request must end after it arrived", book.arrived_at, book.requests["ended_at"] < book.arrived_at),
        ("an attempt must enter after it was sent", sent, entered < sent),
        ("a visit must start after it entered", sent, (started < entered) | (np.isnan(entered) & ~np.isnan(started))),
        ("a visit must leave after it started", sent, (left < started) | (left < entered)),
        ("a visit must enter before it leaves", sent, np.isnan(entered) & ~np.isnan(left)),
        ("an attempt must end after it was sent", sent, ended < sent),
        ("a visit must not work longer than it had a worker", sent, attempts["worked_s"] > span + spare),
        ("a message must end after it was published", book.published_at, book.messages["ended_at"] < book.published_at),
    )
    for rule, at, wrong in rules:
        if wrong.any():
            row = np.flatnonzero(wrong)[0]
            thing, what = rule.split(" must ")
            return Breach(f"{thing} ({int(wrong.sum())} of them)", what, f"the contrary in row {row}", float(at[row]))
    return None


def limits(book: Book) -> Breach | None:
    """No service has more busy workers, or more queued visits, than its replicas have places."""
    for code, name in enumerate(book.record.services):
        model = book.model(name)
        checks = [("busy workers", occupancy.held, model.threads), ("visits in line", _line, model.places)]
        if occupancy.has_segments(book, name) and model.in_flight is not None:
            checks.append(("visits in flight", occupancy.in_service, model.in_flight))
        for what, intervals, each in checks:
            limit = float(each) * occupancy.replicas(book, name)
            if math.isinf(limit):
                continue
            begin, end = intervals(book, code)
            for times, levels in step_blocks(np.sort(begin, kind="stable"), np.sort(end, kind="stable")):
                over = np.flatnonzero((levels > limit) | (levels < 0))
                if len(over):
                    row = over[0]
                    return Breach(f"{what} of {name}", f"be {limit:g} at most", int(levels[row]), float(times[row]))
    return None


def _line(book: Book, service: int) -> tuple[Floats, Floats]:
    """Return begin and end of the first wait of every visit at *service* (a code)."""
    rows = book.visits_by_service.index(service)
    return book.entered_at[rows], np.minimum(book.started_at[rows], book.left_at[rows])


def worker_seconds(book: Book) -> Breach | None:
    """All worker time is useful, wasted, held waiting, idle or down, and none of them is negative.

    Unlimited workers are exempt. A replica holds nothing while it is down.
    """
    work, wasted, held = book.work
    for code, name in enumerate(book.record.services):
        rows, workers = book.visits_by_service.index(code), occupancy.workers(book, name)
        if math.isinf(workers):
            continue
        (begin, end), each = occupancy.held(book, code), float(book.model(name).threads)
        outages, absences = occupancy.outages(book, name), occupancy.absent_replicas(book, name)
        for why, spans in (("down", outages), ("not there", absences)):
            holder = book.attempts["replica"][occupancy.held_rows(book, code)] if spans else None
            for replica, gone in spans.items():
                busy, since = _overlap_s(begin[holder == replica], end[holder == replica], gone)
                if busy > RELATIVE * book.end:
                    return Breach(f"worker-seconds held at {name}#{replica} while it is {why}", "be 0", busy, since)
        away_s = each * math.fsum(high - low for gone in absences.values() for low, high in gone)
        down_s = each * math.fsum(_down_there_s(down, absences.get(replica, [])) for replica, down in outages.items())
        capacity = workers * book.end - away_s
        in_vain, useful = exact_sum(wasted[rows]), exact_sum(work[rows] - wasted[rows])
        waiting = exact_sum(held[rows] - work[rows])
        idle = capacity - math.fsum((area_s(begin, end, 0.0, book.end), down_s))
        total = math.fsum((useful, in_vain, waiting, idle, down_s))
        spare = RELATIVE * max(capacity, 1.0)
        if abs(total - capacity) > spare:
            return Breach(f"worker-seconds of {name}", f"add up to {capacity!r}", total)
        parts = (useful, in_vain, waiting, idle)
        if min(parts) < -spare:
            return Breach(f"useful, wasted, held and idle worker-seconds of {name}", "not be negative", parts)
    return None


def _down_there_s(down: list[tuple[float, float]], away: list[tuple[float, float]]) -> float:
    """Return the seconds of *down* in which the replica was in the group."""
    low, high = np.array(down, np.float64).T
    return math.fsum(high - low) - _overlap_s(low, high, away)[0]


def _overlap_s(begin: Floats, end: Floats, spans: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the seconds of intervals that lie in disjoint ascending *spans*, and when the first of them begins."""
    if not spans:
        return 0.0, math.nan
    edges = np.array([edge for span in spans for edge in span])
    inside = np.cumsum(np.diff(edges, prepend=edges[0]) * (np.arange(len(edges)) % 2))
    overlap = np.interp(end, edges, inside) - np.interp(begin, edges, inside)
    total = exact_sum(overlap)
    first = float(begin[overlap > 0].min(initial=math.inf))
    return total, next((max(low, first) for low, high in spans if high > first), math.nan)


def little(book: Book) -> Breach | None:
    """For each service the area under its queue and busy workers is the sum of its sojourn times.

    Source: J. Little, "A proof for the queuing formula L = lambda W", Operations Research 9(3), 1961; here for a finite
    run from empty, where it is exact.
    """
    for code, name in enumerate(book.record.services):
        rows = book.visits_by_service.index(code)
        entered, left = book.entered_at[rows], np.minimum(book.left_at[rows], book.end)
        sojourns = exact_sum(left - entered)
        began, ended = (np.minimum(times, book.end) for times in occupancy.in_service(book, code))
        begin = np.append(entered, began)
        end = np.append(np.minimum(book.started_at[rows], left), ended)
        del rows, entered, left, began, ended
        begin.sort(kind="stable")
        end.sort(kind="stable")
        negative: list[Breach] = []
        area = math.fsum(chain.from_iterable(part.tolist() for part in areas(_checked(begin, end, name, negative))))
        if negative:
            return negative[0]
        if abs(area - sojourns) > RELATIVE * max(sojourns, 1.0):
            return Breach(f"area under the visits at {name}", f"be the sum of sojourns {sojourns!r}", area)
    return None


def _checked(begin: Floats, end: Floats, name: str, found: list[Breach]) -> Iterator[tuple[Floats, Ints]]:
    """Iterate over the steps of the visits at service *name*; negative levels are added to *found*."""
    for times, levels in step_blocks(begin, end):
        below = np.flatnonzero(levels < 0)
        if len(below):
            found.append(Breach(f"visits at {name}", "not be negative", int(levels[below[0]]), float(times[below[0]])))
        yield times, levels


def census(book: Book) -> Breach | None:
    """The engine's own counts of each second agree with the rows."""
    record = book.record
    for column, (what, node) in enumerate(record.census_of):
        begin, end = _intervals(book, what, node)
        expected = levels_at(record.census_at, begin, end)[0]
        wrong = np.flatnonzero(record.census[:, column] != expected)
        if len(wrong):
            row = wrong[0]
            return Breach(
                f"{what} at {node} in the census", f"be {int(expected[row])}, as the rows say",
                int(record.census[row, column]), float(record.census_at[row]),
            )  # fmt: skip
    return None


def _intervals(book: Book, what: str, node: str) -> tuple[Floats, Floats]:
    """Return begin and end of the intervals that a column of the census counts."""
    record = book.record
    if node in record.services:
        code = record.services.index(node)
        return occupancy.held(book, code) if what == "busy" else occupancy.queued(book, code)
    if node in record.queues:
        code = record.queues.index(node)
        return book.backlog(code)[:2] if what == "backlog" else book.in_flight(code)
    of_workload = book.requests["workload"] == record.workloads.index(node)
    return book.arrived_at[of_workload], book.answered_at[of_workload]
