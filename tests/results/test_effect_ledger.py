"""The ledger where it is not plain: shares, keys, repeats, outcomes, and effects that belong to a business key."""

from typing import Any

import numpy as np
import pytest

from sim.chance import coin
from sim.record.record import ERROR, OK, OPEN, EffectSite, ExpectedEffect, Record, Site
from sim.results.book import Book
from sim.results.effect_accounting import STATUSES
from sim.results.measures.registry import measures_of
from tests.results.records import SHOP, record, visit

SITE = EffectSite("charged", "back", "charge", 1)


def ledger(
    expected_effects: tuple[ExpectedEffect, ...],
    outcomes: list[int],
    applied: list[tuple[int, float]],
    keys: list[int] | None = None,
    site: EffectSite = SITE,
) -> tuple[Book, list[tuple[int, str, int, int]]]:
    """Return the book, and the entries as (request, status, due, applied)."""
    requests: list[dict[str, Any]] = [
        {"id": i, "arrived_at": float(i), "ended_at": np.nan if outcome == OPEN else i + 0.5, "outcome": outcome,
         "key": (keys or [-1] * len(outcomes))[i]}
        for i, outcome in enumerate(outcomes)
    ]  # fmt: skip
    effects = [{"request": request, "at": at, "attempt": 0} for request, at in applied]
    played: Record = record(
        SHOP,
        requests=requests,
        effects=effects,
        effect_sites=(site,),
        expected_effects=expected_effects,
        seed=7,
        replication=2,
    )
    book = Book(played)
    found = book.ledger
    columns = (found.request, found.status, found.due, found.count)
    entries = [(row, STATUSES[s], due, n) for row, s, due, n in zip(*(c.tolist() for c in columns), strict=True)]
    return book, sorted(entries)


def test_a_repeat_multiplies_what_is_due():
    _, entries = ledger(
        (ExpectedEffect("front.buy", 0, 2),), [OK, OK, OK], [(0, 0.1), (0, 0.2), (1, 1.1), (2, 2.1)] * 1
    )
    assert entries == [(0, "applied once", 2, 2), (1, "missing", 2, 1), (2, "missing", 2, 1)]


def test_two_promises_of_one_step_add_up():
    expected_effects = (ExpectedEffect("front.buy", 0, 1), ExpectedEffect("front.buy", 0, 1, (("key", (5,), True),)))
    _, entries = ledger(expected_effects, [OK, OK], [(0, 0.1), (0, 0.2), (1, 1.0)], keys=[5, 6])
    assert entries == [(0, "applied once", 2, 2), (1, "applied once", 1, 1)]


@pytest.mark.parametrize("wanted", [True, False])
def test_a_share_is_due_where_the_coin_says_so(wanted: bool):
    promise = ExpectedEffect("front.buy", 0, 1, (("share", "front.buy[1]", 0.5, wanted),))
    _, entries = ledger((promise,), [OK] * 20, [])
    due = [i for i in range(20) if (coin(7, 2, "front.buy[1]", i) < 0.5) == wanted]
    assert 0 < len(due) < 20
    assert [row for row, status, *_ in entries if status == "missing"] == due
    assert [row for row, status, *_ in entries if status == "not due"] == sorted(set(range(20)) - set(due))


def test_a_key_is_due_only_for_the_keys_named():
    promise = ExpectedEffect("front.buy", 0, 1, (("key", (7, 8), True),))
    _, entries = ledger((promise,), [OK, OK, OK], [(2, 2.0)], keys=[7, 9, 9])
    assert [status for _, status, *_ in entries] == ["missing", "not due", "ghost"]


def test_what_an_outcome_decides_is_due_where_it_happened():
    promise = ExpectedEffect("front.buy", 0, 2, (("taken",),))
    _, entries = ledger((promise,), [OK, OK, OK, ERROR], [(0, 0.1), (1, 1.1), (1, 1.2), (1, 1.3), (3, 3.0)])
    assert [status for _, status, *_ in entries] == ["applied once", "duplicated", "not due", "ghost"]


def test_what_was_applied_too_often_shows_whatever_the_caller_was_told():
    book, entries = ledger(
        (ExpectedEffect("front.buy", 0, 1),), [OK, ERROR, ERROR], [(0, 0.1), (0, 0.2), (1, 1.1), (1, 1.2), (2, 2.1)]
    )
    assert [status for _, status, *_ in entries] == ["duplicated", "ghost", "ghost"]
    assert book.ledger.too_often.tolist() == [True, True, False]


def test_an_open_request_is_owed_nothing_yet():
    book, entries = ledger((ExpectedEffect("front.buy", 0, 1),), [OPEN, OPEN], [(0, 0.1)])
    assert [(status, due) for _, status, due, _ in entries] == [("open", 0), ("open", 0)]
    assert book.good.tolist() == [False, False]
    assert book.may_be_good.tolist() == [True, False]  # the second is not done within 8 s, whatever comes


def shop_at_work(
    outcome: int, applied: list[float], until: float = 4.0, in_service: bool = True
) -> tuple[Book, list[str]]:  # fmt: skip
    """Return the book of a request of the shop at 0 s and the statuses of its effect; its charge is still at work."""
    sites = (Site("call", "shoppers", "front", "buy"), Site("call", "front", "back", "charge", "buy"))
    played = record(
        SHOP, ended_at=until, sites=sites, effect_sites=(SITE,), expected_effects=(ExpectedEffect("front.buy", 0, 1),),
        requests=[{"id": 0, "arrived_at": 0.0, "ended_at": np.nan if outcome == OPEN else 0.5, "outcome": outcome}],
        attempts=[
            visit(0, 0, 0, 0.0, 0.0, 0.5), visit(1, 0, 1, 0.0, 0.0, np.nan, parent=0), visit(2, 0, 1, 0.0, 0.0, 3.0),
        ],
        effects=[{"request": 0, "at": at, "attempt": 2} for at in applied],
    )  # fmt: skip
    played.acting = np.array([1] if in_service else [], np.int64)
    book = Book(played)
    return book, [STATUSES[status] for status in book.ledger.status.tolist()]


@pytest.mark.parametrize(
    "outcome, applied, status, too_often",
    [
        (OK, [], "undecided", [0, 1]),  # it may be applied yet, and more than once
        (OK, [1.0], "undecided", [0, 1]),  # and once more
        (OK, [1.0, 2.0], "duplicated", [1, 1]),  # whatever comes
        (ERROR, [], "open", [0, 1]),  # it may become a ghost
        (ERROR, [1.0], "ghost", [0, 1]),
        (OPEN, [1.0, 2.0], "open", [1, 1]),  # a ghost or a duplicate
    ],
)
def test_what_an_attempt_at_work_may_still_apply_is_undecided(
    outcome: int, applied: list[float], status: str, too_often: list[int]
):
    book, statuses = shop_at_work(outcome, applied)
    assert statuses == [status]
    assert not book.good.any()
    assert book.may_be_good.tolist() == [status == "undecided"]
    rows = {row.measure: row for row in measures_of(book) if (row.of, row.during) == ("charged", "all")}
    assert rows["applied too often"].value == too_often[0]
    assert rows["applied too often"].most == (None if too_often[0] == too_often[1] else too_often[1])
    assert shop_at_work(outcome, applied, in_service=False)[1] != ["undecided"]


def test_what_is_not_done_by_its_limit_is_late_whatever_comes():
    assert shop_at_work(OK, [], until=7.0)[0].may_be_good.tolist() == [True]
    late, statuses = shop_at_work(OK, [], until=9.0)  # done within 8 s
    assert statuses == ["undecided"]
    assert late.may_be_good.tolist() == [False]
    kept, _ = shop_at_work(OK, [1.0], until=9.0)  # a duplicate takes it back, however late
    assert (kept.good.tolist(), kept.may_be_good.tolist()) == ([False], [True])


def test_an_effect_once_per_key_is_owed_once_to_all_who_share_the_key():
    site = EffectSite("shipped", "back", "charge", 1, "key")
    outcomes, keys = [ERROR, OK, OK, OK, ERROR, OK], [5, 5, 5, 6, 8, -1]
    book, entries = ledger(
        (ExpectedEffect("front.buy", 0, 1),), outcomes, [(0, 0.25), (3, 3.0), (3, 3.5), (4, 4.0), (5, 5.25)], keys, site
    )
    # key 5 is booked on request 1, the first that was answered; without a key each stands for itself
    assert entries == [
        (1, "applied once", 1, 1), (3, "duplicated", 1, 2), (4, "ghost", 0, 1), (5, "applied once", 1, 1)
    ]  # fmt: skip
    assert book.done.tolist() == [False, True, True, False, False, True]


def test_done_within_is_judged_at_the_last_due_effect():
    book, _ = ledger((ExpectedEffect("front.buy", 0, 2),), [OK, OK], [(0, 1.0), (0, 8.0), (1, 1.0), (1, 9.5)])
    assert book.ledger.fulfilled.tolist() == [True, True]
    assert book.done.tolist() == [True, False]  # done within 8 s of arrival
    assert book.good_at.tolist() == [8.0, np.inf]


def test_an_answered_request_that_is_owed_nothing_is_done():
    book, entries = ledger((), [OK, ERROR], [])
    assert entries == []
    assert book.done.tolist() == [True, False]
    assert book.good_at[0] == 0.5


def test_a_key_whose_request_may_still_be_answered_counts_where_it_is_certain_and_may_count_elsewhere():
    book, entries = ledger(
        (ExpectedEffect("front.buy", 0, 1),), [ERROR, OPEN], [(0, 0.1), (0, 0.2)], keys=[5, 5],
        site=EffectSite("charged", "back", "charge", 1, "key"),
    )  # fmt: skip
    assert [(request, applied) for request, _, _, applied in entries] == [(0, 2)]
    moved = Book(book.record, during=("0s to 500ms", "500ms to 2s"))
    found = {row.during: row[3:5] + row[6:] for row in measures_of(moved)
             if (row.measure, row.of) == ("applied too often", "charged")}  # fmt: skip
    assert found["all"] == (1, 1, None, None)  # whichever of the two it is booked on
    assert found["0s to 500ms"] == (0, 1, 0, 1) and found["500ms to 2s"] == (0, 0, 0, 1)
