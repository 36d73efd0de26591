"""The parser in C reads what it reads like the one in Python: values, places and messages are the same without it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.scenario.yaml import c_parser
from sim.scenario.yaml.c_parser import composed
from sim.scenario.yaml.parse import MAX_DEPTH, MAX_NODES, decode, read

ROOT = Path(__file__).parent.parent.parent
SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))
INVALID = sorted((ROOT / "tests" / "invalid_scenarios").glob("*.yaml"))
WORDS = (
    "a", "b: ", "c:", "- ", "-", ": ", ":", ", ", ",", "{", "}", "[", "]", '"', "'", '"q"', "'q'", '"q":', "# ", " #",
    "|", ">", ">-\n", "|2", "&x ", "*x", "!", "!!str ", "%", "---", "...", "? ", "\\", "\\x41", "\\ud800", "<<: ", "~",
    " ", "  ", "\n", "\n  ", "\n    ", "\r\n", "\t", "\x85", "\u2028", "\ufeff", "\x00", "\xa0", "é", "😀", "1_000",
    "010", "0o7", "1e400", ".inf", "9" * 30, "yes", "null", "1:30", "http://x", "{a: b}", "x: 1\n", "  z: 3\n",
)  # fmt: skip

only_with_the_parser = pytest.mark.skipif(c_parser.PARSER is None, reason="ruamel.yaml.clib is not installed")


def both_readings(text: str) -> list[tuple[str, list[str]]]:
    """Return the tree and the messages of *text* with and without the parser in C."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        for parser in (c_parser.PARSER, None):
            patch.setattr(c_parser, "PARSER", parser)
            node, problems = read(text, "file")
            found.append((repr(node), [problem.line for problem in problems]))
    return found


def is_read_in_c(text: str) -> bool:
    return composed(text, MAX_NODES, MAX_DEPTH) is not None


@only_with_the_parser
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_is_read_in_c(path: Path) -> None:
    assert is_read_in_c(path.read_text(encoding="utf-8"))


@pytest.mark.slow
@only_with_the_parser
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_is_the_same_without_the_parser_in_c(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    fast, slow = both_readings(text)
    assert fast == slow
    assert both_readings(text.replace("\n", "\r\n")) == [slow, slow]


@pytest.mark.slow
@only_with_the_parser
def test_an_invalid_scenario_has_the_same_tree_and_messages_without_the_parser_in_c() -> None:
    for path in INVALID:
        text, problems = decode(path.read_bytes(), path.name)
        if not problems:
            fast, slow = both_readings(text)
            assert fast == slow, path


@pytest.mark.slow
@only_with_the_parser
@pytest.mark.filterwarnings("ignore::ruamel.yaml.error.ReusedAnchorWarning")
@given(st.lists(st.sampled_from(WORDS), max_size=12).map("".join), st.booleans())
@settings(max_examples=200, derandomize=True, deadline=None)
def test_any_text_is_the_same_without_the_parser_in_c(text: str, below_a_key: bool) -> None:
    fast, slow = both_readings(f"k: {text}\nw: 1\n" if below_a_key else text)
    assert fast == slow


@only_with_the_parser
@pytest.mark.parametrize(
    "text",
    [
        "k: # no value\nw: 1", "a: 1\n...\n...\n", "a: >+\n  \n    x\n", "a: >+# x\nw: 1", "a: !!str x", "a: &x x",
        "%YAML 1.1\n---\na: 010", "a: 1\n--- \nb: 2", "a:\t1", "a: x\x85y", "a: x\u2028y", "\ufeffa: 1", "a: [\"q\":b]",
        "  a: 1\nb: `", "{a: b} c", "", "# nothing", "- a", "x", "a: 'x", "a: \ud800", "a: *x", "{? a, b}",
    ],
)  # fmt: skip
def test_a_text_that_the_parsers_may_read_in_two_ways_is_read_in_python(text: str) -> None:
    assert not is_read_in_c(text)
    fast, slow = both_readings(text)
    assert fast == slow


@only_with_the_parser
@pytest.mark.parametrize(
    "text",
    [
        "é: {'😀😀': \"\\u00e9\\x41\", b: 1}", "a: http://x\nb: [-1, a#b]\nc: 1:30",
        "a: >-\n  one\n  two\n\n  three\nb: |\n  x\n",
        "a: 99999999999999999999999999\nb: 1e400\nc: .nan\nd: 010\ne: yes\nf: ~\ng: 0o17\nh: 1_000\n", "a: 1\na: 2",
        "[a]: 1\n{b: c}: 2", "? a\n: b", "<<: {a: 1}\nb: 2", "a: ''\nb: \"\"\n", "a: 1\r\nb: [1,\r\n  2]\r\n",
    ],
)  # fmt: skip
def test_a_text_that_both_read_alike_is_read_in_c(text: str) -> None:
    assert is_read_in_c(text)
    fast, slow = both_readings(text)
    assert fast == slow


@only_with_the_parser
@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 300])
def test_nesting_beyond_the_budget_has_the_same_message(depth: int) -> None:
    for text in ("a: " + "{b: " * depth + "1" + "}" * depth, "a:\n" + "- " * depth + "1"):
        fast, slow = both_readings(text)
        assert fast == slow


@only_with_the_parser
def test_a_text_beyond_a_budget_is_read_in_python() -> None:
    assert composed("a: [1, {b: 2}]", 7, 4) is not None
    assert composed("a: [1, {b: 2}]", 6, 4) is None
    assert composed("a: [1, {b: 2}]", 7, 3) is None
