"""The books balance on honest records, and each identity notices the lie made for it."""

from typing import Callable

import numpy as np
import pytest

from sim.errors import ModelError
from sim.record.record import DEAD_LETTERED, DONE, MESSAGE_LOST, WAITING, Record
from sim.results.audit.identities import IDENTITIES, check, verify
from tests.results.records import SHOP, post, record, shop

OFFERED = "requests offered = sum over outcomes"
BELONG = "attempts belong to requests and parents"
LINKS = "attempts on links = sum over outcomes"
MESSAGES = "messages published = sum over ends"
DEAD = "dead letters arrive once"
EFFECTS = "effects due = applied once + duplicated + missing + undecided"
INSTANTS = "instants in order, finite and not negative"
LIMITS = "levels within workers and waiting places"
WORKERS = "worker-seconds = useful + wasted + held + idle + down"
LITTLE = "Little's law"
CENSUS = "census = levels of the rows"


@pytest.mark.parametrize("played", [shop, post, lambda: record(SHOP)])
def test_the_books_of_an_honest_record_balance(played: Callable[[], Record]):
    verify(played())
    assert check(played()) == dict.fromkeys(IDENTITIES, True)


def put(table: str, column: str, row: int, value: float) -> Callable[[Record], None]:
    def change(played: Record) -> None:
        getattr(played, table)[column][row] = value

    return change


def drop_row(table: str, row: int) -> Callable[[Record], None]:
    def change(played: Record) -> None:
        columns = getattr(played, table)
        setattr(played, table, {name: np.delete(column, row) for name, column in columns.items()})

    return change


def set_census(row: int, column: int, value: int) -> Callable[[Record], None]:
    def change(played: Record) -> None:
        played.census[row, column] = value

    return change


def set_field(name: str, value: object) -> Callable[[Record], None]:
    return lambda played: setattr(played, name, value)


LIES = [
    (shop, OFFERED, set_field("offered", {"shoppers": 9}), "requests of shoppers must be as many as were offered, 9"),
    (shop, OFFERED, put("requests", "outcome", 3, 17), "outcome of a request at 9s must be a known one, got 17"),
    (shop, OFFERED, put("requests", "id", 3, 2), "id of a request at 9s must be unique, got 2"),
    (shop, BELONG, put("attempts", "request", 9, 99), "request of an attempt at 13.5s must exist, got 99"),
    (shop, BELONG, put("attempts", "parent", 9, 99), "parent of an attempt at 13.5s must exist, got 99"),
    (shop, BELONG, put("attempts", "parent", 9, 11), "must be of its request and sent before, got 11"),
    (shop, BELONG, put("attempts", "id", 1, 0), "id of a attempt at 0.5s must be unique, got 0"),
    (shop, BELONG, put("requests", "attempts", 4, 2), "tries of a client at 10s must be as many as its attempts (1"),
    (shop, LINKS, put("attempts", "outcome", 9, -1), "outcomes on front -> back must add up to its 7 attempts, got 6"),
    (shop, LINKS, put("attempts", "ended_at", 9, np.nan), "end of an attempt with an outcome at 13.5s must be known"),
    (post, MESSAGES, put("messages", "deliveries", 1, 1), "deliveries of a message at 2s must be counted alike (2"),
    (post, MESSAGES, put("messages", "outcome", 5, WAITING), "an open message at 12s must wait, or be in flight"),
    (post, MESSAGES, put("messages", "outcome", 5, DONE), "end of a message at 12s must fit its outcome, got 0"),
    (post, MESSAGES, put("messages", "publisher", 3, 12), "a send that was acknowledged at 5s must have published"),
    (post, DEAD, drop_row("messages", 4), "dead letters of a message at 4s must be one, or none (0"),
    (post, DEAD, put("messages", "outcome", 3, DEAD_LETTERED), "dead letters of a message at 5s must be one, or none"),
    (post, DEAD, put("messages", "outcome", 3, MESSAGE_LOST), "a message given up at 5s must be dead-lettered if"),
    (shop, EFFECTS, put("effects", "request", 2, 99), "effects in the ledger must be as many as were applied, 7"),
    (shop, EFFECTS, put("effects", "at", 2, 14.0), "an effect at 14s must be applied by an attempt in service, got 5"),
    (shop, INSTANTS, put("attempts", "left_at", 0, np.inf), "left_at of attempts must be finite and not negative"),
    (shop, INSTANTS, put("attempts", "sent_at", 0, -1.0), "sent_at of attempts must be finite and not negative"),
    (shop, INSTANTS, put("requests", "ended_at", 2, 7.0), "a request (1 of them) at 8s must end after it arrived"),
    (shop, INSTANTS, put("attempts", "started_at", 9, 13.0), "a visit (1 of them) at 13.5s must start after it"),
    (shop, INSTANTS, put("attempts", "worked_s", 2, 0.75), "must not work longer than it had a worker"),
    (shop, LIMITS, put("attempts", "started_at", 8, 10.0), "busy workers of front at 10s must be 2 at most, got 3"),
    (shop, LIMITS, put("attempts", "left_at", 10, 12.0), "visits in line of front at 11s must be 1 at most, got 2"),
    (shop, WORKERS, set_field("down", [("back", 0, 9.0, 10.0)]), "held at back#0 while it is down at 9s"),
    (shop, LITTLE, put("attempts", "left_at", 9, 13.0), "visits at back at 13s must not be negative, got"),
    (shop, LITTLE, put("attempts", "started_at", 9, 14.0), "visits at back at 13.75s must not be negative, got"),
    (shop, CENSUS, set_census(3, 1, 0), "waiting at front in the census at 10s must be 1, as the rows say, got 0"),
    (shop, CENSUS, set_census(5, 4, 3), "in flight at shoppers in the census at 21s must be 1, as the rows say, got 3"),
    (post, CENSUS, set_census(1, 0, 1), "backlog at jobs in the census at 4s must be 2, as the rows say, got 1"),
]  # fmt: skip


@pytest.mark.parametrize("played, identity, lie, words", LIES, ids=[words for *_, words in LIES])
def test_a_lie_breaks_its_identity_and_is_named(
    played: Callable[[], Record], identity: str, lie: Callable[[Record], None], words: str
):
    told = played()
    lie(told)
    assert check(told)[identity] is False
    with pytest.raises(ModelError) as caught:
        verify(told)
    lines = [line for line in str(caught.value).splitlines() if line.startswith(identity)]
    assert len(lines) == 1 and words in lines[0]


def test_a_record_that_cannot_be_read_is_a_broken_identity_and_not_a_crash():
    told = shop()
    told.attempts["site"][0] = 99
    assert check(told)[BELONG] is False
