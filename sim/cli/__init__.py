"""The command line: ``pileup`` and ``python -m sim``. No model code; heavy imports happen inside commands.

This module handles what all commands share: streams, the signals that end a command, and an exit status for every
outcome, so that 1 means only a claim or an identity. ``sim.cli.program`` has the commands.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

from sim.cli.endings import Ended, signals_end_the_run
from sim.cli.status import BAD_INPUT, INTERNAL, INTERRUPTED, READER_LEFT
from sim.cli.streams import end_output, forget_output, reader_has_left, use_utf8


def main() -> None:
    """Run the command line and exit with its status."""
    gc.set_threshold(100_000, 50, 100)  # as during a run: most of what a command makes stays until it ends
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # it reads what is installed to look for them
    with signals_end_the_run():
        status = _status()
        try:
            end_output()
        except OSError as error:
            status = READER_LEFT if reader_has_left(error) else _unusable(error)
    sys.exit(status)


def _status() -> int:
    """Run the command and return an exit status for any outcome."""
    try:
        use_utf8()
        from sim.cli.program import run

        return run()
    except Ended as ended:
        return _say(f"Ended by {ended.name}; no file was left incomplete.", int(ended.code or INTERNAL))
    except KeyboardInterrupt:
        return _say("Interrupted; no file was left incomplete.", INTERRUPTED)
    except MemoryError:
        return _say("This machine has too little memory for this run: make it shorter or smaller.", INTERNAL)
    except OSError as error:
        if reader_has_left(error):
            forget_output()
            return READER_LEFT
        return _unusable(error)
    except Exception as error:
        if type(error).__name__ == "BrokenProcessPool":
            return _say("A worker process was ended from outside, or needed more memory than there is.", INTERNAL)
        import traceback

        return _say(
            f"{traceback.format_exc()}\nThis is a bug of Pileup's, please report it with the lines above.", INTERNAL
        )


def _unusable(error: OSError) -> int:
    return _say(f"{error.filename or 'stdout'} cannot be used: {error.strerror or error}", BAD_INPUT)


def _say(text: str, status: int) -> int:
    with suppress(OSError):  # stderr itself may be closed
        print(text, file=sys.stderr, flush=True)
    return status
