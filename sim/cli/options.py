"""What the commands share: the statuses they leave with, and the options that mean the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

OK, CLAIM_FAILED, BAD_INPUT, CUT_OFF, INTERRUPTED = 0, 1, 2, 3, 130

File = Annotated[str, typer.Argument(help="A scenario file, or the name of one that is shipped (see `pileup list`).")]
Files = Annotated[list[str], typer.Argument(help="Scenario files, or names of shipped ones.")]
Variant = Annotated[str | None, typer.Option("--variant", help="Which variant to play; default the first.")]
With = Annotated[list[str] | None, typer.Option("--with", help="A toggle to switch on; may be repeated.")]
Without = Annotated[list[str] | None, typer.Option("--without", help="A toggle to leave off; may be repeated.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="PATH=VALUE, e.g. links.orders:payments.timeout=1s.")]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Another seed than the scenario's.")]
Replications = Annotated[int | None, typer.Option("--replications", min=1, help="How many independent runs.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write results into this folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes to spread replications over.")]
