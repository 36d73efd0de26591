"""Helpers of all commands: scenarios by path or name, results and files written whole, messages on stderr."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, NoReturn

import typer

from sim.cli.streams import as_path, encoded
from sim.errors import ParameterError, did_you_mean

if TYPE_CHECKING:
    from sim.export.whole import Place


def leave(status: int) -> NoReturn:
    """End the command with this exit status."""
    raise typer.Exit(status)


def load_file(file: str) -> Any:
    """Return the scenario of a file, or the shipped one of that name."""
    from sim.scenario.loading import load

    return load(path_of(file))


def path_of(file: str) -> Path:
    """Return the file, or the shipped scenario of that name."""
    path = as_path(file)
    if file and (path.exists() or path.suffix or len(path.parts) > 1):
        if path.is_dir():
            raise ParameterError("be a file", file, "that is a folder; see: pileup list FOLDER", "scenario")
        if not path.is_file():
            siblings = [p.name for p in path.parent.glob("*.yaml") if p.is_file()] if path.parent.is_dir() else []
            raise ParameterError("be a file", file, did_you_mean(path.name, siblings), "scenario")
        return path
    from sim.scenario.shipped import shipped_folder

    shipped = {one.stem: one for one in shipped_folder().glob("*.yaml")}
    if file not in shipped:
        hint = did_you_mean(file, shipped) or "see: pileup list"
        raise ParameterError("be a file or the name of a shipped scenario", file, hint, "scenario")
    return shipped[file]


def switches(scenario: Any, with_: list[str] | None, without: list[str] | None) -> tuple[str, ...]:
    """Return the toggles to switch on, and report on stderr the effect of ``--without``.

    It removes toggles that ``--with`` names, for scripts. Alone it has no effect: no toggle is on unless it is named.
    """
    from sim.experiments.run import switched_on

    on = switched_on(scenario, with_ or (), without or ())
    for name in dict.fromkeys(without or ()):
        why = "left off, as --without says" if name in (with_ or ()) else "off anyway: only --with switches on"
        say(f"{name}: {why}")
    return on


def names_in(text: str | None) -> list[str] | None:
    """Return the names in a text with commas; None without a text."""
    return [name.strip() for name in text.split(",")] if text else None


def read_as(parse: Callable[[str], float], text: str | None, option: str) -> float | None:
    """Return the value of an *option*, None if it is not given; a message about it names the option."""
    try:
        return None if text is None else parse(text)
    except ParameterError as error:
        raise ParameterError(error.rule, error.value, error.hint, option) from None


def earlier_document(path: Path, command: str, part: str) -> Any:
    """Return the document of an earlier *command* with ``--json``, which always holds *part*."""
    import json

    try:
        document, why = json.loads(path.read_text(encoding="utf-8")), f"it has no {part!r}"
    except OSError as error:
        document, why = None, (error.strerror or "it cannot be read").lower()
    except ValueError:
        document, why = None, "it is not JSON"
    if not isinstance(document, dict) or part not in document:
        raise ParameterError(f"be the output of an earlier `pileup {command} --json`", str(path), why, "--against")
    return document


def results_place(out: Path | None, force: bool, command: str, scenario: Any, **options: Any) -> Place | None:
    """Return the place of the results of ``--out``; reject an unusable folder before anything is played.

    A result is identified by the *command*, the *scenario* and its *options*: a second one replaces the first.
    """
    if out is None:
        return None
    from sim.export.whole import Place

    given = {name: value for name, value in options.items() if value not in (None, [], ())}
    place = Place(out, {"command": command, "scenario": scenario.digest, **given}, force)
    place.must_take()
    return place


def give(text: str, place: Place | None, write: Callable[[Place], list[Path]]) -> None:
    """Print *text* and write the results into *place*, even if the reader of stdout has left."""
    try:
        print(text, end="" if text.endswith("\n") else "\n", flush=True)
    finally:
        if place is not None:
            wanted, files = place.folder, write(place)
            if place.folder != wanted:
                say(f"{wanted}: another run has written its results there meanwhile")
            for file in files:
                if file.suffix in (".md", ".png") or file.name == "summary.json":
                    say(f"wrote {file}")


def write_text(path: Path, text: str, option: str = "--out") -> None:
    """Write a text whole, so that no reader sees an incomplete file."""
    from sim.export.whole import write_file

    write_file(path, encoded(text), option)


def must_take_a_file(path: Path, option: str = "--out") -> None:
    """Reject a *path* to which no file can be written; call it before a long run."""
    from sim.export.whole import must_take_a_file as must_take

    must_take(path, option)


def say(text: str) -> None:
    """Print on stderr, so that stdout holds the document only."""
    print(text, file=sys.stderr)
