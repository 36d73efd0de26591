"""What users run: whole commands, their CPU, wall time and memory; write the table into docs/performance.md.

python benchmarks/commands.py [--rounds 3] [--quick]

A run of one second (which is the start) and the comparison of the hero scenario run on one processor, in turn over the
cores, *rounds* times. The commands on Sock Shop take as many processes as Pileup chooses, on all processors, and run
once. ``--short`` leaves out those that take minutes, and their lines say so; ``--quick`` does, too.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import NamedTuple

from _page import QUICK, footing, head, parsed, parser, publish, row, spread
from _processes import CORES, NOT_BUILT, ROOT, Command, Spent, cores, folder, note, one_processor, spend

HERO, SHOP = "cascade_vs_backlog", "sock_shop"
TINY = """\
version: 1
title: Tiny
duration: 1s
workload: {clients: {calls: server.serve, rate: 1/s}}
services: {server: {operations: {serve: [{work: 1ms}]}}}
"""


class Case(NamedTuple):
    """One command, and its goals for both cores."""

    name: str
    words: Command
    goals: tuple[str, str] = ("", "")


def on_one_processor() -> list[Case]:
    """Return the commands that are short enough for several rounds."""
    tiny = Path(folder()) / "tiny.yaml"
    tiny.write_text(TINY, encoding="utf-8")
    compared = ("compare", HERO, "--variants", "synchronous,asynchronous", "--replications", "1")
    return [
        Case("one service for 1 s: run (the start)", ("run", str(tiny)), ("CPU 0.25 s", "CPU 0.25 s")),
        Case("hero, 2 variants, 1 seed: compare", compared, ("CPU 1.6 s", "CPU 1.1 s")),
    ]


def of_sock_shop() -> list[Case]:
    """Return the commands on the shop; none where it is not shipped."""
    path = ROOT / "scenarios" / f"{SHOP}.yaml"
    if not path.is_file():
        note(f"Sock Shop: skipped, {path.relative_to(ROOT)} is not here")
        return []
    import sim

    shop, five = sim.load(path), ("--replications", "5")
    variants, toggles = ",".join(list(shop.variants)[:2]), ",".join(list(shop.toggles)[:3])
    return [
        Case("Sock Shop, 1 seed: run", ("run", SHOP, "--replications", "1")),
        Case("Sock Shop, 2 variants, 5 seeds: compare", ("compare", SHOP, "--variants", variants, *five),
             ("wall 60 s", "wall 30 s")),
        Case("Sock Shop, 3 toggles, 5 seeds: ablate", ("ablate", SHOP, "--toggles", toggles, *five),
             ("wall 150 s", "wall 75 s")),
        Case("Sock Shop: report", ("report", SHOP, "--out", f"{SHOP}.report.html"), ("wall 60 s", "wall 40 s")),
    ]  # fmt: skip


def measured(case: Case, available: list[str], rounds: int) -> str:
    """Run one command in turn over the cores, and return its line."""
    found: dict[str, list[Spent]] = {core: [] for core in available}
    for number in range(rounds):
        for core in available:
            found[core].append(spend(("-m", "sim", *case.words), core, allowed=(0, 1)))
            note(f"{case.name}, {core}, {number + 1}: {found[core][-1].wall_s:.1f} s")
    cells: list[str] = []
    for core in CORES:
        if core not in available:
            cells += [NOT_BUILT, "", ""]
            continue
        cells += [spread([getattr(one, time) for one in found[core]], unit=" s") for time in ("cpu_s", "wall_s")]
        cells.append(f"{statistics.median(one.peak_mib for one in found[core]):.0f}")
    return row(case.name, *case.goals, *cells)


def main() -> None:
    """Measure and write."""
    made = parser(__doc__)
    made.set_defaults(rounds=3)
    made.add_argument("--short", action="store_true", help="leave out the commands that take minutes")
    options = parsed(made)
    available, shop = cores(), of_sock_shop()
    lines = head("command", "goal, pure", "goal, compiled", "pure: CPU", "wall", "MiB", "compiled: CPU", "wall", "MiB")
    with one_processor():
        cases = on_one_processor()
        for core in available:
            for case in cases:
                spend(("-m", "sim", *case.words), core)
        lines += [measured(case, available, options.rounds) for case in cases]
    if not shop:
        lines.append(row("Sock Shop: skipped, not shipped", *[""] * 8))
    for case in shop:
        is_long = case is not shop[0] and (options.short or options.scale < 1)
        left_out = is_long or options.scale < QUICK
        lines.append(row(case.name, *case.goals, "not run", *[""] * 5) if left_out else measured(case, available, 1))
    publish("commands", [*lines, "", footing(options.rounds, options.scale)], options.dry)


if __name__ == "__main__":
    main()
