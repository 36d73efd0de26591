"""The tables of a record as pandas data frames, with names instead of codes; pandas is imported on first use.

Times are seconds on the scenario's clock, NaN where something never happened. Every frame carries the units of its
columns in ``frame.attrs["units"]``. Codes become categories: small in memory and quick to group by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from sim.record.record import ATTEMPT_OUTCOMES, MARKS, MESSAGE_OUTCOMES, OUTCOMES, REASONS, Record
from sim.results.book import Book
from sim.results.effect_accounting import STATUSES
from sim.results.index.columns import rows_of
from sim.results.rows import Measure
from sim.results.series import series as all_series
from sim.results.symptoms import symptoms as all_symptoms

if TYPE_CHECKING:
    import pandas


def requests(record: Record) -> pandas.DataFrame:
    """A row for each request: workload, operation, times, outcome, and whether it was answered, done and good.

    *undecided*: it may still become good when the run ends.
    """
    book, table = Book(record), record.requests
    done_at = np.where(book.ledger.expected, book.ledger.fulfilled_at, book.answered_at)
    return _frame({
        "request": table["id"], "workload": _named(table["workload"], record.workloads),
        "operation": _named(table["operation"], record.operations), "key": table["key"], "client": table["client"],
        "arrived_at": table["arrived_at"], "ended_at": table["ended_at"], **_ending(record, table, OUTCOMES),
        "attempts": table["attempts"], "latency_s": table["ended_at"] - table["arrived_at"],
        "answered": book.answered, "done": book.done, "good": book.good, "undecided": book.undecided,
        "done_at": np.where(book.ledger.fulfilled & np.isfinite(done_at), done_at, np.nan),
    })  # fmt: skip


def attempts(record: Record) -> pandas.DataFrame:
    """A row for each attempt of a call, a send or a delivery, with the wait, work and wasted work of its visit."""
    book, table, sites = Book(record), record.attempts, record.sites
    work, wasted, held = book.work
    site = {name: _of_site(table["site"], [getattr(site, name) for site in sites])
            for name in ("kind", "link", "caller", "callee", "operation")}  # fmt: skip
    times = {name: table[name] for name in ("sent_at", "entered_at", "started_at", "left_at", "ended_at")}
    return _frame({
        "attempt": table["id"], "request": table["request"], "parent": table["parent"], **site,
        "replica": table["replica"], "number": table["number"], **times, **_ending(record, table, ATTEMPT_OUTCOMES),
        "waited_s": table["started_at"] - table["entered_at"], "held_s": held, "worked_s": work, "wasted_s": wasted,
    })  # fmt: skip


def marks(record: Record) -> pandas.DataFrame:
    """A row for each decision of a policy that no attempt shows: kind, place, time and request."""
    table = record.marks
    return _frame({
        "at": table["at"], "kind": _named(table["kind"], MARKS), "place": _named(table["place"], record.places),
        "request": table["request"],
    })  # fmt: skip


def messages(record: Record) -> pandas.DataFrame:
    """A row for each message of a queue."""
    table = record.messages
    return _frame({
        "message": table["id"], "queue": _named(table["queue"], record.queues), "request": table["request"],
        "key": table["key"], "published_at": table["published_at"], "ended_at": table["ended_at"],
        "outcome": _named(table["outcome"], MESSAGE_OUTCOMES), "deliveries": table["deliveries"],
        "origin": table["origin"], "publisher": table["publisher"],
    })  # fmt: skip


def effects(record: Record) -> pandas.DataFrame:
    """A row for each application of an effect, with the workload of its request."""
    table, sites = record.effects, record.effect_sites
    row = rows_of(record.requests["id"], table["request"])
    workload = np.where(row >= 0, record.requests["workload"][row], -1) if len(record.requests["id"]) else row
    return _frame({
        "effect": _of_site(table["site"], [site.effect for site in sites]), "request": table["request"],
        "workload": _named(workload, record.workloads), "key": table["key"], "at": table["at"],
        "service": _of_site(table["site"], [site.service for site in sites]),
        "operation": _of_site(table["site"], [site.operation for site in sites]), "attempt": table["attempt"],
    })  # fmt: skip


def ledger(record: Record) -> pandas.DataFrame:
    """A row for each entry of the ledger of effects: effect, request, due count and applied count."""
    ledger, sites = Book(record).ledger, record.effect_sites
    return _frame({
        "effect": _of_site(ledger.site, [site.effect for site in sites]),
        "request": record.requests["id"][ledger.request],
        "workload": _named(record.requests["workload"][ledger.request], record.workloads),
        "status": _named(ledger.status, STATUSES), "due": ledger.due, "applied": ledger.count,
    })  # fmt: skip


def events(record: Record) -> pandas.DataFrame:
    """The rare events in order: faults, breakers, dead letters."""
    columns = list(zip(*record.events, strict=True)) or [(), (), (), ()]
    at, kind, component, detail = columns
    return _frame({"at": np.array(at, np.float64), "kind": kind, "component": component, "detail": detail})


def failures(record: Record) -> pandas.DataFrame:
    """Counts of failed requests of each workload (after warm-up) by outcome, place and reason."""
    frame = requests(record)
    measured = frame[(frame["arrived_at"] >= record.warmup_s) & ~frame["outcome"].isin(OUTCOMES[:2])]
    counts = measured.groupby(["workload", "outcome", "where", "why"], observed=True).size()
    table = counts.rename("requests").reset_index().sort_values("requests", ascending=False, kind="stable")
    table.attrs["units"] = {"requests": "requests"}
    found: pandas.DataFrame = table.reset_index(drop=True)
    return found


def symptoms(record: Record) -> pandas.DataFrame:
    """A row for each symptom in order of time: part, kind, value, and the rank of its part.

    ``order`` numbers the parts by their first symptom, from 1; ``first`` marks that one. ``value`` and ``before`` are
    explained with each kind in ``sim.results.symptoms.KINDS``. Kinds that report an end, or load, are included.
    """
    found = all_symptoms(Book(record))
    order: dict[str, int] = {}
    numbers = [order.setdefault(one.of, len(order) + 1) for one in found]
    firsts = [i == next(j for j, other in enumerate(found) if other.of == one.of) for i, one in enumerate(found)]

    def seconds(values: list[float | None]) -> Any:
        return np.array([np.nan if value is None else value for value in values], np.float64)

    return _frame({
        "at": seconds([one.at_s for one in found]), "of": [one.of for one in found],
        "kind": [one.kind for one in found], "order": np.array(numbers, np.int64), "first": np.array(firsts, np.bool_),
        "value": seconds([one.value for one in found]), "before": seconds([one.before for one in found]),
        "until_at": seconds([one.until_s for one in found]), "from_at": seconds([one.from_s for one in found]),
    })  # fmt: skip


def waste(record: Record) -> pandas.DataFrame:
    """Wasted work, worst first: by link, and by outcome and reason of the attempts.

    If an attempt ended ``ok`` and its work is wasted, a caller further up had left.
    """
    frame = attempts(record)
    frame = frame[frame["wasted_s"] > 0]
    sums = frame.groupby(["link", "callee", "outcome", "why"], observed=True)[["worked_s", "wasted_s"]]
    table = sums.sum().reset_index().sort_values("wasted_s", ascending=False, kind="stable")
    table.attrs["units"] = {"worked_s": "worker s", "wasted_s": "worker s"}
    found: pandas.DataFrame = table.reset_index(drop=True)
    return found


def series(record: Record) -> pandas.DataFrame:
    """A row for each second of each series: ``time_s``, ``of``, ``name``, ``value``, ``unit``."""
    found = all_series(record)
    seconds = len(found[0].values) if found else 0

    def labels(values: list[str]) -> Any:
        known = list(dict.fromkeys(values))
        return _named(np.repeat([known.index(value) for value in values], seconds), known)

    return _frame({
        "time_s": np.tile(np.arange(seconds, dtype=np.float64), len(found)),
        "of": labels([one.of for one in found]), "name": labels([one.name for one in found]),
        "value": np.concatenate([one.values for one in found]), "unit": labels([one.unit for one in found]),
    })  # fmt: skip


def measures(rows: Iterable[Measure]) -> pandas.DataFrame:
    """A row for each measure of one run."""
    names = ("measure", "of", "during", "value", "n", "unit")
    rows = list(rows)
    return _frame({name: [getattr(row, name) for row in rows] for name in names})


def _frame(columns: Mapping[str, Any]) -> pandas.DataFrame:
    import pandas

    frame = pandas.DataFrame(dict(columns))
    frame.attrs["units"] = {name: "s" for name in frame.columns if name.endswith(("_s", "_at")) or name == "at"}
    return frame


def _named(codes: NDArray[Any], names: Iterable[str]) -> Any:
    """Return *codes* as a categorical column; -1 is missing."""
    import pandas

    return pandas.Categorical.from_codes(np.asarray(codes, np.int64), list(names))


def _of_site(sites: NDArray[Any], names: list[str]) -> Any:
    """Return *names* of each site as a categorical column."""
    known = list(dict.fromkeys(names))
    codes = np.array([known.index(name) for name in names], np.int64)
    return _named(codes[sites] if len(codes) else np.zeros(0, np.int64), known)


def _ending(record: Record, table: Mapping[str, NDArray[Any]], outcomes: Iterable[str]) -> dict[str, Any]:
    """Return outcome, place and reason of each row; *where* is missing and *why* empty if nothing failed."""
    return {
        "outcome": _named(table["outcome"], outcomes),
        "where": _named(table["where"], record.places),
        "why": _named(table["why"], REASONS),
    }
