"""Compare Pileup with itself: the cores, an earlier tree, a timer that is not used; memory. Writes docs/performance.md.

python benchmarks/itself.py [--rounds 5] [--scale 1] [--quick] [--before FOLDER] [--only NAME]

With ``--before`` the first table holds both cores against another checkout of Pileup (``git worktree add FOLDER
COMMIT``), played by the same scripts; without it, the compiled core against the pure one. Whole processes, in turn, on
one processor. *µs an attempt* is the median CPU without the start; the attempts are all those of the record.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import NamedTuple

from _page import QUICK, footing, head, parsed, parser, publish, row, spread
from _processes import CORES, NOT_BUILT, ROOT, cores, note, one_processor, spend
from _sides import Side, in_turn, ratios


class Case(NamedTuple):
    """One system, the number of requests (0: as its scenario says), and the goals for both cores."""

    name: str
    system: str
    requests: int
    goals: tuple[str, str] = ("", "")


def cases(scale: float) -> list[Case]:
    """Return the systems of the first table; a tiny run leaves shipped scenarios out, which cannot be made smaller."""
    found = [Case("20 services, every defence on", "Armed", max(int(5_000 * scale), 20), ("1x", "2x"))]
    if scale < QUICK:
        return found
    if (ROOT / "scenarios" / "sock_shop.yaml").is_file():
        found.append(Case("Sock Shop, one replication, play", "sock_shop", 0, ("1x", "2.2x")))
    else:
        note("Sock Shop: skipped, scenarios/sock_shop.yaml is not here")
    return [*found, Case("hero (Cascade versus backlog), play", "cascade_vs_backlog", 0)]


def by_system(some: list[Case], available: list[str], rounds: int, before: Path | None) -> list[str]:
    """Return the table of the cores, and of an earlier tree if there is one."""
    base, name = ("python", "pure") if before is None else ("before", "before")
    lines = head("system", "goal, pure", "goal, compiled", f"times faster than {name}: pure", "compiled", "CPU s",
                 "µs an attempt: pure", "compiled")  # fmt: skip
    for case in some:
        note(case.name)
        sides = {core: Side(("play.py", case.system), core=core) for core in available}
        if before is not None:
            sides["before"] = Side(("play.py", case.system), core="python", tree=before)
        times = rounds if case.requests else min(rounds, 3)
        measured = in_turn(sides, case.requests, dict.fromkeys(sides, 1), times)
        cells = [spread(ratios(measured[core], measured[base], True, False)) if core in measured else NOT_BUILT
                 for core in CORES]  # fmt: skip
        if before is None:
            cells[0] = "1x"
        costs = [measured[core].each_us("rows") if core in measured else "" for core in CORES]
        seconds = ", ".join(f"{side} {statistics.median(one.cpu_s):.2f}" for side, one in measured.items())
        lines.append(row(case.name, *case.goals, *cells, seconds, *costs))
    return lines


def timers_and_memory(scale: float, available: list[str], rounds: int) -> list[str]:
    """Return the table of what an unused timer costs, and a request in flight."""
    lines = head("what", "goal", "pure", "compiled")
    requests = max(int(200_000 * scale), 20)
    of_timers, of_memory = {}, {}
    sides = {
        f"{core} {timers}": Side(("play.py", timers), core=core)
        for core in available for timers in ("Timers", "No timers")
    }  # fmt: skip
    note("timers")
    measured = in_turn(sides, requests, dict.fromkeys(sides, 1), rounds)
    for core in available:
        of_timers[core] = spread(ratios(measured[f"{core} Timers"], measured[f"{core} No timers"], False, False))
        text = spend(("memory.py", f"{max(int(100_000 * scale), 20)}"), core).text
        of_memory[core] = f"{text.rpartition('=')[2]} B"
    lines.append(row("30 s timers against none, CPU", "1.2x", *(of_timers.get(core, NOT_BUILT) for core in CORES)))
    lines.append(row("memory per request in flight", "1 KiB", *(of_memory.get(core, NOT_BUILT) for core in CORES)))
    return lines


def main() -> None:
    """Measure and write."""
    made = parser(__doc__)
    made.add_argument("--before", type=Path, help="another checkout of Pileup")
    made.add_argument("--only", default="", help="only systems with this in their name; writes nothing")
    options = parsed(made)
    before = None if options.before is None else options.before.resolve()
    with one_processor():
        available = cores()
        some = [case for case in cases(options.scale) if options.only.lower() in case.name.lower()]
        lines = by_system(some, available, options.rounds, before)
        if not options.only:
            lines += ["", *timers_and_memory(options.scale, available, options.rounds)]
    publish("itself", [*lines, "", footing(options.rounds, options.scale)], options.dry or bool(options.only))


if __name__ == "__main__":
    main()
