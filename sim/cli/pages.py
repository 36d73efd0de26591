"""The command that writes a page which opens without a network: report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.helpers import leave, load_file, must_take_a_file, path_of, say, switches, write_text
from sim.cli.options import File, Replications, Seed, Set, Variant, With, Without, Workers, a_path
from sim.cli.progress import progress_bar
from sim.cli.status import CLAIM_FAILED, CUT_OFF, OK
from sim.errors import ParameterError

Page = Annotated[Path | None, a_path("--out", "Write to this file; default NAME.report.html here.")]
Format = Annotated[str, typer.Option("--format", help="page: everything; pocket: for phones, all switches pre-run.")]


def report(
    file: File, variant: Variant = None, with_: With = None, without: Without = None, set_: Set = None,
    seed: Seed = None, replications: Replications = None, out: Page = None, format_: Format = "page",
    workers: Workers = None,
) -> None:  # fmt: skip
    """Write one page about a scenario: question, replay, arithmetic, figures, story, comparison, claims and books."""
    from sim.export.page import check_format

    scenario = load_file(file)
    is_pocket = check_format(format_) == "pocket"
    kind = "pocket" if is_pocket else "report"
    target = out or Path(f"{path_of(file).stem}.{kind}.html")
    must_take_a_file(target)
    with progress_bar(f"playing {scenario.title}") as progress:
        if is_pocket:
            if variant or with_ or without:
                rule = "be omitted for a pocket page, which plays all variants and switches"
                raise ParameterError(rule, variant or [*(with_ or ()), *(without or ())], place="--variant, --with")
            from sim.export.page import pocket_page, pre_run

            pocket = pre_run(scenario, set_ or (), seed, replications, workers, progress)
            page, cut_off, holds = pocket_page(pocket), pocket.cut_off, True
            for line in pocket.left_out:
                say(f"left out: {line}")
        else:
            from sim.export.page import play, report_page

            on = switches(scenario, with_, without)
            told = play(scenario, variant, on, (), set_ or (), seed, replications, workers, progress)
            page, cut_off, holds = report_page(told), told.cut_off, told.holds
    write_text(target, page)
    say(f"wrote {target} ({len(page.encode()) / 1e6:.1f} MB)")
    leave(CUT_OFF if cut_off else OK if holds else CLAIM_FAILED)
