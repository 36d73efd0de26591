"""The page of the format: fresh, whole, and made of the same words as the schema and the explanations."""

from __future__ import annotations

from pathlib import Path

from sim.export.reference import PARTS, page
from sim.results.measures.registry import NAMES
from sim.scenario.schema import reference

PAGE = Path(__file__).parent.parent.parent / "docs" / "format.md"


def test_the_committed_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make schema"


def test_every_part_key_law_and_measure_is_on_the_page() -> None:
    text = page()
    for kind, about, keys in reference():
        assert f"\n### {kind}\n" in text and about in text
        for key in keys:
            assert f"\n| `{key.name}` | " in text and key.text.replace("|", "\\|") in text
    for name in NAMES:
        assert f"\n| `{name}` | " in text
    assert "| `lognormal 40ms cv 2` | by its mean and coefficient of variation |" in text
    assert all(f"\n## {title}\n" in text for title, _ in PARTS)


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    width = 0
    for line in page().splitlines():
        cells = line.replace("\\|", "").count("|")
        if line.startswith("|---"):
            width = cells
        elif line.startswith("| `"):
            assert cells == width, line
