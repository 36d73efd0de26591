"""The table of products: each row names a key of the format and a test that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from sim.scenario.schema import explain_field

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "products.md"
HEAD = ["product", "its setting", "ours", "test"]


def rows() -> list[list[str]]:
    """Return the cells of every row, all tables of the page together."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row != HEAD and not set("".join(row)) <= {"-"}]


def in_backticks(cell: str) -> list[str]:
    """Return what a cell quotes."""
    return re.findall(r"`([^`]+)`", cell)


@cache
def functions(file: Path) -> frozenset[str]:
    """Return the names of the functions of a module."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_the_page_has_rows_of_four_cells_and_is_linked() -> None:
    assert rows() and all(len(row) == 4 and all(row) for row in rows())
    assert "(docs/products.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row[0]} {row[1]}"[:60])
def test_a_row_names_keys_and_a_test_that_exist(row: list[str]) -> None:
    _, _, ours, tests = row
    assert in_backticks(ours), "a path in backticks"
    for path in in_backticks(ours):
        key, _, value = path.partition(": ")
        explanation = explain_field(key)
        if value and "`" in (takes := explanation.splitlines()[1]).partition(" such as")[0]:
            assert f"`{value}`" in takes, f"{path}: the key takes {takes}"
    assert in_backticks(tests), "a test in backticks"
    for test in in_backticks(tests):
        name, _, function = test.partition("::")
        file = ROOT / name
        assert file.is_file(), f"{name} does not exist"
        assert function in functions(file) if file.suffix == ".py" else not function, f"{test} does not exist"
