"""Make the notebooks from the texts next to them: ``python notebooks/build.py`` executes each in a fresh kernel.

``00_start_here.py`` (cells begin with ``# %%``, the py:percent format of jupytext) is what people edit and review;
``00_start_here.ipynb`` is the result, with its outputs, and nothing of the machine or the hour in it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbconvert.preprocessors.coalescestreams import CoalesceStreamsPreprocessor
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

FOLDER = Path(__file__).resolve().parent
SOURCES = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
TIMEOUT_S = 300
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_CELL = re.compile(r"^# %%(?: \[(?P<kind>markdown|check)\])?$", re.MULTILINE)


def notebook_of(source: Path) -> Any:
    """Return the notebook that the text *source* describes, without outputs; a check cell shows folded."""
    text = source.read_text(encoding="utf-8")
    marks = list(_CELL.finditer(text))
    cells = []
    for i, mark in enumerate(marks):
        end = marks[i + 1].start() if i + 1 < len(marks) else len(text)
        body = text[mark.end() : end].strip("\n")
        if mark["kind"] == "markdown":
            cells.append(new_markdown_cell(_uncommented(body), id=f"cell-{i:02}"))
        else:
            folded = {"jupyter": {"source_hidden": True}, "tags": ["check"]} if mark["kind"] == "check" else {}
            cells.append(new_code_cell(body, id=f"cell-{i:02}", metadata=folded))
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})


def _uncommented(body: str) -> str:
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.splitlines())


def executed(notebook: Any) -> Any:
    """Return *notebook* after a run from top to bottom in a fresh kernel; raises at the first cell that fails.

    What a cell prints comes in as many parts as the machine had time for: it is put together again.
    """
    NotebookClient(
        notebook,
        timeout=TIMEOUT_S,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(FOLDER)}},
    ).execute()
    notebook, _ = CoalesceStreamsPreprocessor().preprocess(notebook, {})
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    return notebook


def main(names: list[str]) -> int:
    """Build the notebooks whose names begin with one of *names*; all without any."""
    chosen = [source for source in SOURCES if not names or source.name.startswith(tuple(names))]
    for source in chosen:
        print(f"executing {source.stem}", file=sys.stderr, flush=True)
        nbformat.write(executed(notebook_of(source)), source.with_suffix(".ipynb"))
    return 0 if chosen else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
