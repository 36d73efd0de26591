"""A run that ends sooner knows less, and nothing else: a shorter drain may make a verdict undecided, never another."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sim
from sim.engine import run as engine
from sim.results import effect_accounting
from sim.results.audit.identities import verify
from sim.results.book import Book
from sim.results.measures import effects, recovery, requests
from sim.results.measures.registry import measures_of
from tests.properties.scenarios import scenarios

DEFAULT = settings(
    max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
THOROUGH = settings(DEFAULT, max_examples=150)

NO_VERDICTS = {"undecided", "open", "undecided ratio", "open ratio", "attempts per request", "requests in flight mean"}
"""What is undecided is fewer when the run is longer, and counts of what was done until the end say that they are."""
JUDGED = {*requests.NAMES, *effects.NAMES, *recovery.NAMES} - NO_VERDICTS
TINY = 1e-9


def entries(book: Book) -> dict[tuple[int, str, int], int]:
    """Return the statuses that each entry of the ledger can still have, by effect step and request (or key)."""
    found, keys = book.ledger, book.requests["key"]
    per_key = [site.once_per == "key" for site in book.record.effect_sites]
    return {
        (site, "key", int(keys[row])) if per_key[site] and keys[row] >= 0 else (site, "request", row): may_be
        for site, row, may_be in zip(found.site.tolist(), found.request.tolist(), found.may_be.tolist(), strict=True)
    }


def knows_no_other(sooner: Book, later: Book) -> int:
    """Assert that everything that the run which ended *sooner* knows is so *later*; return how much was undecided."""
    before, after = entries(sooner), entries(later)
    for entry, may_be in before.items():
        now = after.get(entry, 1 << effect_accounting.NOT_DUE)
        assert now & ~may_be == 0, f"{entry}: {may_be:b} sooner, {now:b} later"
    assert set(after) <= set(before), "what no request promised and nothing could apply"
    n = len(sooner.good)
    for one, other in (
        (sooner.good, later.good), (sooner.done, later.done), (sooner.answered, later.answered),
        (~sooner.may_be_good, ~later.may_be_good), (~sooner.ledger.may_be_in_time, ~later.ledger.may_be_in_time),
    ):  # fmt: skip
        assert (other[:n] | ~one).all(), np.flatnonzero(one & ~other[:n])
    longer = {(row.measure, row.of, row.during): row for row in measures_of(later)}
    for row in measures_of(sooner):
        after_all = longer[row.measure, row.of, row.during]
        if row.measure not in JUDGED or (row.value is None and row.least is None) or after_all.value is None:
            continue
        least, most = (row.value, row.value) if row.least is None else (row.least, row.most)
        assert least is not None and most is not None
        assert least - TINY <= after_all.value <= most + TINY, (row, after_all)
        if after_all.least is not None and after_all.most is not None:
            assert least - TINY <= after_all.least and after_all.most <= most + TINY, (row, after_all)
    return int(np.count_nonzero(sooner.ledger.may_be & (sooner.ledger.may_be - 1))) + int(sooner.undecided.sum())


def check(document: dict[str, Any], duration: str, drain: str) -> int:
    """Play *document* with two drains; return how much the shorter left undecided."""
    books = []
    for how_long in (drain, "12s"):
        scenario = sim.loads(json.dumps({**document, "duration": duration, "drain": how_long})).resolve()
        try:
            record = engine.play(scenario)
        except sim.BudgetError as error:
            assert "does not leave the instant" in str(error)
            return 0
        verify(record)
        books.append(Book(record))
    return knows_no_other(*books)


@DEFAULT
@given(scenarios(), st.sampled_from(("4s", "14s")), st.sampled_from(("0s", "125ms", "250ms", "1s", "3s")))
def test_a_shorter_drain_may_only_leave_a_verdict_undecided(document: dict[str, Any], duration: str, drain: str):
    check(document, duration, drain)


@pytest.mark.slow
@THOROUGH
@given(scenarios(), st.sampled_from(("4s", "14s")), st.sampled_from(("0s", "125ms", "250ms", "1s", "3s")))
def test_a_shorter_drain_may_only_leave_many_verdicts_undecided(document: dict[str, Any], duration: str, drain: str):
    check(document, duration, drain)
