"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli.streams import as_path
from sim.errors import LabError, describe
from sim.quantities import MOST_REPLICATIONS


def whole(name: str, least: int, words: str, most: int | None = None, limit: int | None = None) -> Any:
    """Return an option that takes a whole number from *least* to *most*; its messages name it.

    *limit* is a bound beyond all sensible values; the message mentions it only above it.
    """
    rule = f"be a whole number of at least {least}" if most is None else f"be a whole number from {least} to {most}"

    def read(text: str | int) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            raise LabError(describe(name, rule, text))  # not a ValueError: typer would replace its text
        if limit is not None and number > limit:
            raise LabError(describe(name, f"be a whole number of at most {limit}", text))
        return number

    return typer.Option(name, parser=read, metavar="N", help=words)


def a_path(name: str, words: str) -> Any:
    """Return an option that takes the path of a file or a folder."""
    return typer.Option(name, parser=as_path, metavar="PATH", help=words)


File = Annotated[str, typer.Argument(help="A scenario file, or the name of one that is shipped (see `pileup list`).")]
Files = Annotated[list[str], typer.Argument(help="Scenario files, or names of shipped ones.")]
Variant = Annotated[str | None, typer.Option("--variant", help="Which variant to play; default the first.")]
With = Annotated[list[str] | None, typer.Option("--with", help="A toggle to switch on; may be repeated.")]
Without = Annotated[list[str] | None, typer.Option("--without", help="A toggle to leave off; may be repeated.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="PATH=VALUE, e.g. links.orders:payments.timeout=1s.")]
Seed = Annotated[int | None, whole("--seed", 0, "A seed instead of the scenario's.")]
Replications = Annotated[int | None, whole("--replications", 1, "Number of independent runs.", limit=MOST_REPLICATIONS)]
Out = Annotated[Path | None, a_path("--out", "Write results into this folder.")]
Force = Annotated[bool, typer.Option("--force", help="Let --out replace an older result of another command.")]
During = Annotated[
    list[str] | None,
    typer.Option("--during", help='Another window to measure, e.g. "100s to 200s"; may be repeated.'),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Workers = Annotated[int | None, whole("--workers", 1, "Processes to spread replications over.")]
