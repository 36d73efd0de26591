"""What the commands share: scenarios by path or name, a progress bar, files written whole, words on stderr."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, NoReturn

import typer

from sim.errors import ParameterError, did_you_mean


def leave(status: int) -> NoReturn:
    """End the command with this exit status."""
    raise typer.Exit(status)


def load_file(file: str) -> Any:
    """Return the scenario of a file, or the shipped one of that name."""
    from sim.scenario import load

    return load(path_of(file))


def path_of(file: str) -> Path:
    """Return the file, or the shipped scenario of that name."""
    path = Path(file)
    if path.exists() or path.suffix or len(path.parts) > 1:
        if not path.is_file():
            near = did_you_mean(path.name, [p.name for p in path.parent.glob("*.yaml")]) if path.parent.is_dir() else ""
            raise ParameterError("be a file", str(path), near, "scenario")
        return path
    from sim.scenario.shipped import shipped_folder

    shipped = {one.stem: one for one in shipped_folder().glob("*.yaml")}
    if file not in shipped:
        hint = did_you_mean(file, shipped) or "see: pileup list"
        raise ParameterError("be a file or the name of a shipped scenario", file, hint, "scenario")
    return shipped[file]


def names_in(text: str | None) -> list[str] | None:
    """Return the names in a text with commas; None where nothing is given."""
    return [name.strip() for name in text.split(",")] if text else None


def earlier_document(path: Path) -> Any:
    """Return what an earlier command wrote with ``--json``."""
    import json

    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ParameterError("be the JSON of an earlier command", str(path), str(error), "--against") from None


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[float], None] | None]:
    """Show a bar on a terminal, and nothing anywhere else."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def tell_written(files: list[Path]) -> None:
    """Say on stderr which of the *files* a person would open."""
    for file in files:
        if file.suffix in (".md", ".png") or file.name == "summary.json":
            say(f"wrote {file}")


def write_text(path: Path, text: str) -> None:
    """Write beside and rename, so that a reader never meets half a file."""
    beside = path.with_name(f".{path.name}.unfinished")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def say(text: str) -> None:
    """Print on stderr, where it disturbs no document on stdout."""
    print(text, file=sys.stderr)
