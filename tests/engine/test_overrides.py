"""Overrides of a link for single operations: other times and policies, and which of them have a state of their own."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import sim
from sim.diagram.system import drawing_of
from sim.engine.run import play as play_model
from sim.record.record import OUTCOMES, Record
from sim.results.audit.identities import verify
from sim.results.book import Book
from sim.results.index import breakers
from sim.results.story.story import explain
from sim.topology import describe
from tests.engine._play import play

SHOP = """workload:
  finders: {{calls: web.find, arrivals: at {finds}}}
  buyers: {{calls: web.buy, arrivals: at {buys}}}
services:
  web: {{workers: unlimited, operations: {{find: [{{call: db.search}}], buy: [{{call: db.order}}]}}}}
  db: {{workers: unlimited, operations: {{search: [{{work: {search}}}], order: [{{work: {order}}}]}}}}
links:
  web -> db: {{{link}, operations: {{search: {{{override}}}}}}}
"""


def shop(link: str, override: str, finds: str = "0s", buys: str = "0s", search: str = "1s", order: str = "2s") -> str:
    return SHOP.format(link=link, override=override, finds=finds, buys=buys, search=search, order=order)


def calls(record: Record) -> dict[str, list[tuple[float, float, str]]]:
    """Return (sent, ended, outcome) of the attempts of each operation of the database."""
    found: dict[str, list[tuple[float, float, str]]] = {"search": [], "order": []}
    columns = record.attempts
    for row, code in enumerate(columns["site"]):
        site = record.sites[code]
        if site.callee == "db":
            times = float(columns["sent_at"][row]), float(columns["ended_at"][row])
            found[site.operation].append((*times, OUTCOMES[columns["outcome"][row]]))
    return found


RETRY = "timeout: 1s, retry: {max attempts: 3, backoff: 250ms}"


@pytest.mark.parametrize("more", ["", ", bulkhead: {max concurrent calls: 50}"])
def test_one_operation_times_out_sooner_and_gives_up_while_the_other_tries_again(more: str) -> None:
    record = play(shop(RETRY + more, "timeout: 250ms, retry: null"))
    assert calls(record) == {
        "search": [(0.0, 0.25, "timeout")],
        "order": [(0.0, 1.0, "timeout"), (1.25, 2.25, "timeout"), (2.5, 3.5, "timeout")],
    }


def test_maps_merge_and_what_is_not_said_is_the_links() -> None:
    record = play(shop(RETRY, "retry: {max attempts: 2}", search="2s"))
    assert [row[:2] for row in calls(record)["search"]] == [(0.0, 1.0), (1.25, 2.25)]
    assert len(calls(record)["order"]) == 3


@pytest.mark.parametrize(
    "breaker, more",
    [("{failures: 2, open for: 8s}", ""), ("{failures: 2, open for: 8s}", ", bulkhead: {max concurrent calls: 50}"),
     ("{failures: 2, open for: 8s, scope: caller}", "")],
)  # fmt: skip
def test_a_breaker_of_the_link_is_opened_by_both_operations(breaker: str, more: str) -> None:
    body = shop(f"timeout: 1s, breaker: {breaker}{more}", "timeout: 250ms", "0s 2s", "0s 2s")
    record = play(body)
    assert calls(record) == {
        "search": [(0.0, 0.25, "timeout"), (2.0, 2.0, "short-circuited")],
        "order": [(0.0, 1.0, "timeout"), (2.0, 2.0, "short-circuited")],
    }
    assert [(at, kind) for at, kind, _, _ in record.events] == [(1.0, "breaker open")]


@pytest.mark.parametrize("more", ["", ", bulkhead: {max concurrent calls: 50}"])
def test_a_breaker_that_an_override_states_is_the_operations_own(more: str) -> None:
    link = f"timeout: 1s, breaker: {{failures: 2, open for: 8s}}{more}"
    record = play(shop(link, "timeout: 250ms, breaker: {failures: 2}", "0s 500ms 2s", "0s 2s 4s"))
    assert [row[2] for row in calls(record)["search"]] == ["timeout", "timeout", "short-circuited"]
    assert [row[2] for row in calls(record)["order"]] == ["timeout", "timeout", "short-circuited"]
    assert [row[:4] for row in record.events] == [
        (0.75, "breaker open", "web -> db", "search"), (3.0, "breaker open", "web -> db", ""),
    ]  # fmt: skip
    assert breakers.how_many(Book(record), "web -> db") == 2


@pytest.mark.parametrize(
    "policy, own, stopped",
    [
        ("bulkhead: {max concurrent calls: 1}", "", 1),
        ("bulkhead: {max concurrent calls: 1}", "bulkhead: {max concurrent calls: 1}", 0),
        ("limit: {rate: 1/s, burst: 1}", "", 1),
        ("limit: {rate: 1/s, burst: 1}", "limit: {burst: 1}", 0),
    ],
)
def test_a_policy_is_shared_unless_the_override_states_it_even_with_the_same_settings(
    policy: str, own: str, stopped: int
) -> None:
    record = play(shop(policy, own or "timeout: 4s"))
    outcomes = Counter(row[2] for rows in calls(record).values() for row in rows)
    assert outcomes == {"ok": 2 - stopped, **({"short-circuited": stopped} if stopped else {})}


def test_a_retry_that_is_stated_still_pays_from_the_budget_of_the_link() -> None:
    budget = "budget: {capacity: 1, per try: 0, per success: 0}"
    link = f"timeout: 250ms, retry: {{max attempts: 2, backoff: 250ms, {budget}}}"
    for override, tries in (("retry: {max attempts: 3}", 3), (f"retry: {{max attempts: 3, {budget}}}", 4)):
        assert sum(map(len, calls(play(shop(link, override))).values())) == tries, override


def test_calls_of_two_operations_wait_in_the_line_of_one_bulkhead() -> None:
    link = "throttle: {window: 8s}, bulkhead: {max concurrent calls: 1, max waiting: 4}"
    record = play(shop(link, "throttle: null", "500ms", "0s", order="1s"))
    assert [row[:2] for row in calls(record)["order"]] == [(0.0, 1.0)]
    assert calls(record)["search"] == [(1.0, 2.0, "ok")]


def scenario(link: str, override: str, extra: str = "") -> Any:
    body = shop(link, override).replace("arrivals: at 0s", "rate: 10/s")
    return sim.loads(f"version: 1\ntitle: T\nduration: 20s\n{body}{extra}")


def test_loads_risks_labels_and_story_know_the_operation() -> None:
    one = scenario(RETRY, "timeout: 250ms, retry: null, limit: {rate: 4/s}").resolve()
    seen = describe(one)
    assert {row.link: row.attempts for row in seen.amplifications if "db" in row.link} == {
        "web -> db.search": 1.0, "web -> db": 3.0
    }  # fmt: skip
    assert {row.place for row in seen.timeout_problems} == {"web -> db.search", "web -> db"}
    assert [(row.where, row.most) for row in seen.defences] == [("web -> db.search", 4.0)]
    (arrow,) = [arrow for arrow in drawing_of(one).arrows if arrow.callee == "db"]
    assert arrow.policies[-1].startswith("search: timeout 250 ms, no retry")
    record = play_model(one, 1)
    verify(record)
    assert "web -> db: calls of search have timeout 250 ms, no retry" in str(explain(record))


PATCHES = """variants:
  as written: {}
  longer: {links: {web -> db: {operations: {search: {timeout: 500ms}}}}}
  none: {links: {web -> db: {operations: null}}}
toggles:
  give up: {patch: {links: {web -> db: {operations: {search: {retry: null}}}}}}
"""


def search(file: Any, variant: str, toggles: tuple[str, ...] = (), **options: Any) -> tuple[Any, ...]:
    chosen = file.resolve(variant, toggles, **options)
    assert sim.loads(sim.dump(chosen)).resolve().links == chosen.links and chosen.notes == ()
    link = chosen.links["web -> db"].of("search")
    return link.timeout, link.retry and link.retry.max_attempts


def test_variants_toggles_and_settings_change_an_override_and_a_null_removes_the_links_policy() -> None:
    file = scenario(RETRY, "timeout: 250ms", PATCHES)
    assert search(file, "as written") == (0.25, 3)
    assert search(file, "longer") == (0.5, 3)
    assert search(file, "none") == (1.0, 3)
    assert search(file, "as written", ("give up",)) == (0.25, None)
    assert search(file, "as written", (), set_={"links.web:db.operations.search.timeout": "125ms"}) == (0.125, 3)
    assert search(file, "as written", (), set_={"links.web:db.timeout": "2s"}) == (0.25, 3)


def test_presets_and_defaults_are_under_an_override() -> None:
    body = shop("latency: 0s", "breaker: {open for: 1s}, retry: null").replace(
        "links:", "defaults: {links: {breaker: {preset: resilience4j}, retry: {max attempts: 4}}}\nlinks:"
    )
    link = sim.loads(f"version: 1\ntitle: T\nduration: 20s\n{body}").resolve().links["web -> db"]
    assert link.breaker.open_for == 60.0 and link.retry.max_attempts == 4
    assert link.of("search").breaker.open_for == 1.0 and link.of("search").retry is None
    assert link.of("search").breaker.failure_rate == link.breaker.failure_rate == 0.5


def test_an_override_with_the_settings_of_its_link_leaves_the_same_record() -> None:
    """A link without an override, and one whose override repeats what all calls have, are played alike."""
    plain = sim.loads(f"version: 1\ntitle: T\nduration: 10s\n{shop(RETRY, 'timeout: 1s')}").resolve()
    bare = plain.resolve(set_={"links.web:db.operations": None})
    one, other = play_model(plain, 3), play_model(bare, 3)
    for name, column in one.attempts.items():
        assert np.array_equal(column, other.attempts[name], equal_nan=True), name
