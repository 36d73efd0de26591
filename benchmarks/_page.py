"""The options that all benchmarks share, the cells of their tables, and their places in ``docs/performance.md``."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version

from _processes import NOT_BUILT, ROOT

PAGE = ROOT / "docs" / "performance.md"
QUICK = 0.1


def parser(about: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options of every benchmark."""
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rounds", type=int, default=5, help="rounds after the warm-up")
    made.add_argument("--scale", type=float, default=1.0, help="a factor on all sizes; 1 alone is written to the page")
    made.add_argument("--quick", action="store_true", help=f"the same as --scale {QUICK:g} --rounds 1")
    made.add_argument("--dry", action="store_true", help="print the table, write nothing")
    return made


def parsed(made: argparse.ArgumentParser, words: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of the command line; only a run of full size may write."""
    options = made.parse_args(words)
    if options.quick:
        options.scale, options.rounds = QUICK, 1
    options.dry = options.dry or options.scale != 1
    return options


def spread(values: Sequence[float], form: str = ".2f", unit: str = "x") -> str:
    """Return the median in bold, and the range where there are several.

    >>> spread([2.0, 3.0, 2.5]), spread([1.25]), spread([])
    ('**2.50x** (2.00 to 3.00)', '**1.25x**', 'not built')
    """
    if not values:
        return NOT_BUILT
    middle = f"**{statistics.median(values):{form}}{unit}**"
    return middle if len(values) == 1 else f"{middle} ({min(values):{form}} to {max(values):{form}})"


def row(*cells: object) -> str:
    """Return one line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def head(*names: str) -> list[str]:
    """Return the first two lines of a table."""
    return [row(*names), "|---" * len(names) + "|"]


def footing(rounds: int, scale: float = 1.0) -> str:
    """Return when, how often and on what a table was measured."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("simpy", "numpy"))
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    times = "1 round" if rounds == 1 else f"{rounds} rounds"
    sizes = "" if scale == 1 else f"sizes times {scale:g}, "
    return (
        f"Measured {date.today()}: CPython {platform.python_version()}, {versions}, {sizes}{times}, "
        f"{os.cpu_count()} processors{load}."
    )


def publish(name: str, lines: Sequence[str], dry: bool) -> None:
    """Print a table, and put it between its markers on the page unless *dry*."""
    print("\n".join(lines), flush=True)
    if not dry:
        PAGE.write_text(put(PAGE.read_text(encoding="utf-8"), name, "\n".join(lines)), encoding="utf-8")


def put(page: str, name: str, text: str) -> str:
    r"""Return *page* with *text* between the markers of *name*.

    >>> put("a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb", "x", "new")
    'a\n<!-- x: begin -->\nnew\n<!-- x: end -->\nb'
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{PAGE.name} must have the markers of {name!r}")
    return f"{before}{begin}\n{text}\n{end}{after}"
