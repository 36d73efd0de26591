"""Small systems played once and read back as plain tuples, so that whole logs can be compared exactly.

Times in these tests are binary fractions, so that sums are exact.
"""

from __future__ import annotations

import math
from typing import Any

import sim
from sim.engine import run as engine
from sim.record.record import MESSAGE_OUTCOMES, OUTCOMES, REASONS, Record
from sim.results.audit.identities import verify

Rows = list[tuple[Any, ...]]


def play(body: str, duration: str = "10s", seed: int = 1, **options: Any) -> Record:
    """Play a scenario given from `workload` on, check its books, and return its record."""
    scenario = sim.loads(f"version: 1\ntitle: Story\nduration: {duration}\n{body}\n").resolve()
    record = engine.play(scenario, seed, **options)
    verify(record)
    return record


def _plain(value: Any) -> Any:
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and math.isnan(number) else number


def attempts(record: Record, wanted: str, link: str | None = None) -> Rows:
    """Return the attempts, in the order of sending, as tuples of the *wanted* columns.

    ``link``, ``outcome`` and ``why`` are names; what never happened is None.
    """
    columns = record.attempts
    found = []
    for i in range(len(columns["id"])):
        site = record.sites[columns["site"][i]]
        told = {name: _plain(column[i]) for name, column in columns.items()}
        told |= {"link": site.link, "outcome": OUTCOMES[told["outcome"]], "why": REASONS[told["why"]]}
        if link in (None, site.link):
            found.append(tuple(told[name] for name in wanted.split()))
    return found


def requests(record: Record, wanted: str = "arrived_at ended_at outcome why") -> Rows:
    """Return the requests, in the order of arrival, as tuples of the *wanted* columns; ``where`` is a name too."""
    columns = record.requests
    found = []
    for i in range(len(columns["id"])):
        told = {name: _plain(column[i]) for name, column in columns.items()}
        where = record.places[told["where"]] if told["where"] >= 0 else ""
        told |= {"outcome": OUTCOMES[told["outcome"]], "why": REASONS[told["why"]], "where": where}
        found.append(tuple(told[name] for name in wanted.split()))
    return found


def messages(record: Record, wanted: str = "queue published_at ended_at outcome deliveries") -> Rows:
    """Return the messages, in the order of publication, as tuples of the *wanted* columns."""
    columns = record.messages
    found = []
    for i in range(len(columns["id"])):
        told = {name: _plain(column[i]) for name, column in columns.items()}
        told |= {"queue": record.queues[told["queue"]], "outcome": MESSAGE_OUTCOMES[told["outcome"]]}
        found.append(tuple(told[name] for name in wanted.split()))
    return found


def effects(record: Record) -> Rows:
    """Return (effect, request, at) in order of time."""
    table = record.effects
    return [
        (record.effect_sites[site].effect, int(request), float(at))
        for site, request, at in zip(table["site"], table["request"], table["at"])
    ]


def waits(record: Record, service: str) -> Rows:
    """Return (entered, started, left) of every visit to *service*."""
    wanted = "link entered_at started_at left_at"
    return [row[1:] for row in attempts(record, wanted) if row[0].endswith(f"-> {service}")]
