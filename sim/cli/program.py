"""The commands of ``pileup``, and the exit status of each. With ``--json`` stdout holds one JSON document only.

Exit status: 0 ok; 1 a claim or an identity failed or cannot be decided; 2 bad usage or bad scenario; 3 cut short by a
budget; 70 an internal error of Pileup or of the machine; 129, 130, 141 and 143 ended by HUP, Ctrl+C, a reader that
left, and TERM.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any, Callable, Iterable

import typer

from sim import core
from sim.cli import designs, files, lab, pages, runs, studies
from sim.cli.endings import Ended
from sim.cli.helpers import say
from sim.cli.status import BAD_INPUT, CLAIM_FAILED, CUT_OFF, INTERNAL, INTERRUPTED, OK
from sim.cli.streams import as_text
from sim.errors import BudgetError, LabError, ModelError, StorageError
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
        print(f"pileup {VERSION} ({core.described()})")
        raise typer.Exit(OK)


def program(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """Return the program with the commands *names*: typer looks at each option of each command that it has."""
    app = typer.Typer(
        name="pileup",
        help="Simulate failures that spread between services or pile up in queues, and measure their effects.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_program)
    for name in names:
        command = COMMANDS[name]
        app.command(name, short_help=(command.__doc__ or "").partition("\n")[0])(command)
    return app


def _program(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Show the version.")
    ] = False,
) -> None:
    """Simulate failures that spread between services or pile up in queues, and measure their effects."""


def run() -> int:
    """Run the command that ``sys.argv`` asks for, and return its exit status."""
    words = _usual(list(map(as_text, sys.argv[1:])))
    try:
        program(words[:1] if words and words[0] in COMMANDS else COMMANDS)(words, prog_name="pileup")
    except Ended:
        raise
    except SystemExit as leaving:
        return _status_of(leaving)
    except ModelError as error:
        say(f"The books do not balance. This is a bug of Pileup's, please report it:\n{error}")
        return CLAIM_FAILED
    except BudgetError as error:
        say(f"Cut off: {error}")
        return CUT_OFF
    except StorageError as error:
        say(str(error))
        return INTERNAL
    except LabError as error:
        say(str(error))
        return BAD_INPUT
    return OK


def _usual(words: list[str]) -> list[str]:
    """Return the arguments with `help` and `version`, when used as commands, as options.

    >>> _usual(["help"]), _usual(["help", "run"]), _usual(["version"]), _usual(["run", "help"])
    (['--help'], ['run', '--help'], ['--version'], ['run', 'help'])
    """
    if words[:1] == ["help"]:
        return [*words[1:], "--help"]
    return ["--version"] if words == ["version"] else words


def _status_of(leaving: SystemExit) -> int:
    """Return the exit status of a command; an error for which typer would return 1 is raised as itself."""
    if leaving.code == INTERRUPTED:
        raise KeyboardInterrupt
    cause = leaving.__context__
    if leaving.code == 1 and not isinstance(cause, typer.Exit):  # from typer: a reader that left, or an end of file
        raise cause or RuntimeError("typer has ended the command")
    return leaving.code if isinstance(leaving.code, int) else OK if leaving.code is None else INTERNAL
