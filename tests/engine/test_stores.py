"""Rows with versions: who writes first wins, who compares finds out."""

from __future__ import annotations

from sim.results.measures.registry import measures
from tests.engine._play import play, requests


def body(write: str, client: str = "arrivals: at 0s 250ms") -> str:
    """Requests read, work a second and write; the second one reads before the first writes."""
    return f"""
workload: {{c: {{calls: a.x, {client}}}}}
services: {{a: {{workers: unlimited, operations: {{x: [{{read: row}}, {{work: 1s}}, {{{write}}}]}}}}}}
stores: {{row: {{}}}}"""


def test_the_last_writer_wins_where_nobody_compares() -> None:
    assert [row[2] for row in requests(play(body("write: row")))] == ["ok", "ok"]


def test_who_compares_fails_when_somebody_else_was_first() -> None:
    record = play(body("write: row, if unchanged: true"))
    assert requests(record, "ended_at outcome why where") == [(1.0, "ok", "", ""), (1.25, "error", "conflict", "row")]
    found = {row.measure: row.value for row in measures(record) if (row.of, row.during) == ("row", "all")}
    assert found == {"writes": 1, "conflicts": 1, "conflict share": 0.5}


def test_rows_go_by_key() -> None:
    record = play(body("write: row, if unchanged: true", "arrivals: at 0s 250ms 500ms, keys: uniform 1000000"))
    assert [row[2] for row in requests(record)] == ["ok"] * 3


def test_a_write_without_a_read_finds_the_row_changed() -> None:
    text = body("write: row, if unchanged: true", "arrivals: at 0s").replace("{read: row}, ", "")
    assert requests(play(text), "outcome why") == [("error", "conflict")]
