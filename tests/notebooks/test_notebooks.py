"""The notebooks as committed: valid, made of their texts, with outputs, of no machine, and the same when run again."""

import ast
import importlib.util
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

FOLDER = Path(__file__).parent.parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LESSONS = [
    "00_start_here", "01_why_queues_explode", "02_cascade_or_backlog", "03_retries_and_storms", "04_circuit_breakers",
]  # fmt: skip
SECTIONS = ("Your prediction", "The model, and what it leaves out", "Run", "Look", "Break it", "Exercises", "Sources")
MOST_LINES, WIDEST = 12, 115
OF_A_MACHINE = re.compile(
    r"(?<![\w.])/(?:tmp|home|root|Users|work|usr)/|[A-Z]:\\\\|0x[0-9a-f]{6,}|\b20\d\d-\d\d-\d\d[T ]\d\d:"
)

build_spec = importlib.util.spec_from_file_location("notebooks_build", FOLDER / "build.py")
assert build_spec is not None and build_spec.loader is not None
build = importlib.util.module_from_spec(build_spec)
build_spec.loader.exec_module(build)

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def opened(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs_of(notebook: Any) -> list[Any]:
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def texts_of(cell: Any) -> list[str]:
    """What a cell printed and what its last line came to, as plain text."""
    return [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]


def test_the_five_lessons_are_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == LESSONS == [source.stem for source in build.SOURCES]


@each
def test_it_is_valid_and_says_nothing_of_when_and_where_it_was_run(path: Path) -> None:
    notebook = opened(path)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    assert not any("execution" in cell.metadata for cell in notebook.cells)
    text = [cell.source for cell in notebook.cells] + [text for cell in code_cells(notebook) for text in texts_of(cell)]
    pages = [output.get("data", {}).get("text/html", "") for output in outputs_of(notebook)]
    text += [re.sub(r"base64,[A-Za-z0-9+/=]+", "", page) for page in pages]
    assert [found[0] for part in text for found in OF_A_MACHINE.finditer(part)] == []


@each
def test_it_is_what_its_text_comes_to(path: Path) -> None:
    made, committed = build.notebook_of(path.with_suffix(".py")), opened(path)
    assert [(cell.cell_type, cell.source, cell.metadata) for cell in made.cells] == [
        (cell.cell_type, cell.source, cell.metadata) for cell in committed.cells
    ]


@each
def test_it_was_run_from_top_to_bottom_without_an_error(path: Path) -> None:
    notebook = opened(path)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(output.output_type in ("stream", "execute_result", "display_data") for output in outputs_of(notebook))
    assert all(output.get("name") != "stderr" for output in outputs_of(notebook))
    silent = [cell.source for cell in cells if not cell.outputs and ends_in_a_value(cell.source)]
    assert silent == []


def ends_in_a_value(source: str) -> bool:
    last = ast.parse(source).body[-1]
    return isinstance(last, ast.Expr)


@each
def test_its_cells_are_short_and_fit_a_page(path: Path) -> None:
    for cell in code_cells(opened(path)):
        lines = cell.source.splitlines()
        assert len(lines) <= MOST_LINES, cell.source
        assert max(map(len, lines)) <= WIDEST, cell.source


@each
def test_it_asks_first_and_has_every_section(path: Path) -> None:
    words = "\n".join(cell.source for cell in opened(path).cells if cell.cell_type == "markdown")
    assert re.match(r"# .+\?\n", words), "the title is a question"
    found = re.findall(r"^## (.+)$", words, re.MULTILINE)
    assert [section for section in SECTIONS if not any(heading.startswith(section) for heading in found)] == []
    assert found.index("Your prediction") < found.index("Run")
    assert any("heck" in heading for heading in found), "checked by another road"


@each
def test_every_picture_has_words_for_those_who_cannot_see_it(path: Path) -> None:
    pictures = [
        o.data["text/html"] for o in outputs_of(opened(path)) if "<img" in o.get("data", {}).get("text/html", "")
    ]
    assert len(pictures) >= 2
    assert all(len(alt) > 30 for page in pictures for alt in re.findall(r'<img alt="([^"]*)"', page))
    assert not any("image/png" in output.get("data", {}) for output in outputs_of(opened(path)))


@each
def test_every_exercise_of_its_lesson_is_asked_and_answered_by_nobody(path: Path) -> None:
    from sim.answers.registry import EXERCISES

    code = "\n".join(cell.source for cell in code_cells(opened(path)))
    lesson = path.stem[:2]
    assert re.findall(r'sim\.exercise\("([^"]+)", seed=ME\)', code) == [n for n in EXERCISES if n.startswith(lesson)]
    assert re.findall(r'sim\.check_answer\("([^"]+)", None, seed=ME\)', code) == [
        n for n in EXERCISES if n.startswith(lesson)
    ]


@each
def test_links_to_other_notebooks_lead_somewhere(path: Path) -> None:
    words = "\n".join(cell.source for cell in opened(path).cells if cell.cell_type == "markdown")
    links = re.findall(r"\]\(([^)#]+)\)", words)
    assert links and all(link.startswith("https://") or (FOLDER / link).exists() for link in links)


@pytest.mark.slow
@each
def test_run_again_it_says_the_same(path: Path) -> None:
    again = build.executed(build.notebook_of(path.with_suffix(".py")))
    for cell, before in zip(code_cells(again), code_cells(opened(path)), strict=True):
        assert texts_of(cell) == texts_of(before), cell.source
