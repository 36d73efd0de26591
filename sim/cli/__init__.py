"""The command line: ``pileup`` and ``python -m sim``. No model code; heavy imports happen inside commands.

Exit status: 0 ok; 1 a claim or an identity failed or cannot be told; 2 bad usage or bad scenario; 3 cut off by a
budget; 130 interrupted. With ``--json`` stdout holds one JSON document and nothing else.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any, Callable

import typer

from sim.cli import designs, files, lab, pages, runs, studies
from sim.cli.helpers import say
from sim.cli.options import BAD_INPUT, CLAIM_FAILED, CUT_OFF, INTERRUPTED, OK
from sim.errors import BudgetError, LabError, ModelError
from sim.version import VERSION

COMMANDS: dict[str, Callable[..., Any]] = {
    "list": files.list_scenarios, "show": files.show, "new": files.new, "validate": files.validate,
    "run": runs.run, "explain": runs.explain, "check": runs.check,
    "compare": designs.compare, "ablate": designs.ablate, "matrix": studies.matrix,
    "hysteresis": studies.hysteresis, "breakers": studies.breakers, "report": pages.report,
    "schema": files.schema, "explain-field": files.explain_field, "lab": lab.lab,
}  # fmt: skip
"""Every command in the order of the help."""


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"pileup {VERSION}")
        raise typer.Exit(OK)


app = typer.Typer(
    name="pileup",
    help="Play failures that cascade and failures that pile up, and measure who noticed.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Say the version.")
    ] = False,
) -> None:
    """Play failures that cascade and failures that pile up, and measure who noticed."""


for _name, _command in COMMANDS.items():
    app.command(_name, short_help=(_command.__doc__ or "").partition("\n")[0])(_command)


def main() -> None:
    """Run the command line and leave with its exit status; usage errors leave by themselves, with status 2."""
    try:
        app(prog_name="pileup")
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            say("Interrupted; nothing was left half-written.")
        raise
    except ModelError as error:
        say(f"The books do not balance. This is a bug of Pileup's, please report it:\n{error}")
        sys.exit(CLAIM_FAILED)
    except BudgetError as error:
        say(f"Cut off: {error}")
        sys.exit(CUT_OFF)
    except LabError as error:
        say(str(error))
        sys.exit(BAD_INPUT)
    except OSError as error:
        say(f"{error.filename or 'file'} cannot be used: {error.strerror}")
        sys.exit(BAD_INPUT)
