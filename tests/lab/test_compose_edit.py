"""A value changed in a text changes nothing else: comments, order and style stay."""

import difflib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import sim
from sim.errors import ParameterError
from sim.lab.pages.compose import table
from sim.scenario.yaml.edit import edited
from sim.scenario.yaml.nodes import plain
from sim.scenario.yaml.parse import read

HERO = Path("scenarios/cascade_vs_backlog.yaml").read_text(encoding="utf-8")


def lines_changed(before: str, after: str) -> list[str]:
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in found if line[:2] not in ("--", "++", "@@")]


@pytest.mark.parametrize(
    "path, value, changed",
    [
        (("services", "web", "workers"), "8", ["-    workers: 32", "+    workers: 8"]),
        (("services", "web", "max wait"), "250ms", ["+    max wait: 250ms"]),
        (("services", "web", "waiting"), None, ["-    waiting: 64"]),
        (("drain",), "60s", ["+drain: 60s"]),
        (("links", "web->orders", "latency"), None,
         ["-  web -> orders: {latency: 1ms, timeout: 3s}", "+  web -> orders: {timeout: 3s}"]),
        (("links", "browsers -> web", "timeout"), "1s", ["+  browsers -> web: {timeout: 1s}"]),
        (("links", "web -> orders", "retry", "max attempts"), "3",
         ["-  web -> orders: {latency: 1ms, timeout: 3s}",
          "+  web -> orders: {latency: 1ms, timeout: 3s, retry: {max attempts: 3}}"]),
        (("workload", "browsers", "rate"), "70/s",
         ["-  browsers: {calls: web.browse, rate: 50/s, deadline: 2s} # never touch payments",
          "+  browsers: {calls: web.browse, rate: 70/s, deadline: 2s} # never touch payments"]),
        (("nowhere", "at all"), None, []),
    ],
)  # fmt: skip
def test_only_what_was_asked_for_changes(path: tuple[str, ...], value: str | None, changed: list[str]) -> None:
    after = edited(HERO, path, value)
    assert lines_changed(HERO, after) == changed
    sim.loads(after)


def test_a_title_with_marks_of_yaml_in_it_is_quoted() -> None:
    after = edited(HERO, ("title",), "What: #1, {really}? <b>")
    assert sim.loads(after).title == "What: #1, {really}? <b>"


def test_a_folded_text_is_replaced_whole() -> None:
    assert sim.loads(edited(HERO, ("lesson",), "Short.")).lesson == "Short."


@pytest.mark.parametrize(
    "text, path, after",
    [
        ("a:\n  b:\nc: 1 # x", ("a", "b", "z"), "a:\n  b: {z: 5}\nc: 1 # x"),
        ("a: {}\n", ("a", "b"), "a: {b: 5}\n"),
        ("a: {x: 1,}\n", ("a", "b"), "a: {x: 1, b: 5,}\n"),
        ("a: 1\r\nb: 2\r\n", ("a",), "a: 5\nb: 2\n"),
        ("max_wait: 1\n", ("max wait",), "max_wait: 5\n"),
        ("a:\n  b: 1 # last\n\n# the end\n", ("a", "c"), "a:\n  b: 1 # last\n  c: 5\n\n# the end\n"),
    ],
)
def test_new_keys_follow_the_style_around_them(text: str, path: tuple[str, ...], after: str) -> None:
    assert edited(text, path, "5") == after


def test_the_last_key_of_a_map_goes_with_its_map() -> None:
    assert edited("a:\n  b:\n    c: 1\nd: 2\n", ("a", "b", "c"), None) == "d: 2\n"


@pytest.mark.parametrize(
    "text, path",
    [
        ("x: &a {b: 1}\ny: *a\n", ("y", "b")),
        ("a: [1, 2]\n", ("a", "b")),
        ("a: {b: 1}\n", ("a",)),
        ("a: [\n", ("a",)),
    ],
)
def test_what_cannot_be_changed_in_place_is_refused(text: str, path: tuple[str, ...]) -> None:
    with pytest.raises(ParameterError, match="must"):
        edited(text, path, "5")


WORDS = st.text("abcxyz019 ./%#:{}[],'\"\\-<>&*!|é", min_size=1, max_size=12)


def number(text: str) -> float:
    """Return what YAML reads in a number's text: `0b1` and `0x10` are whole numbers, too."""
    try:
        return int(text, 0)
    except ValueError:
        return float(text)


@settings(max_examples=60, deadline=None)
@given(WORDS)
@example("0b0")
def test_any_text_comes_back_as_it_was_written(value: str) -> None:
    after, problems = read(edited("a: {x: 1, y: 2} # note\nb: 3\n", ("a", "x"), value), "text")
    assert after is not None and not problems
    found = plain(after)
    assert str(found["a"]["x"]).strip() == value.strip() or float(found["a"]["x"]) == number(value)
    assert (found["a"]["y"], found["b"]) == (2, 3)


def test_a_table_writes_its_cells_into_the_text() -> None:
    root = table.document(HERO)
    assert root is not None
    rows = table.rows(root, "services")
    assert rows[0] == {
        "name": "web", "replicas": "2", "workers": "32", "waiting": "64", "max wait": "", "while calling": "",
        "in flight": "", "balance": "",
    }  # fmt: skip
    after = table.changed(HERO, "services", rows, {0: {"workers": "8"}, 2: {"max wait": "1s", "replicas": None}})
    changed = sim.loads(after)
    assert (changed.services["web"].workers, str(changed.services["payments"].max_wait)) == (8, "1s")
    assert changed.services["payments"].replicas == 1
    assert "# never touch payments" in after


def test_links_that_are_used_and_not_written_have_rows_as_well() -> None:
    root = table.document(HERO)
    assert root is not None
    names = [row["name"] for row in table.rows(root, "links")]
    assert names == ["web -> orders", "orders -> payments", "browsers -> web", "shoppers -> web"]


def test_a_cell_of_a_column_that_there_is_not_changes_nothing() -> None:
    root = table.document(HERO)
    assert root is not None
    assert table.changed(HERO, "services", table.rows(root, "services"), {0: {"name": "x", "rogue": "y"}}) == HERO
