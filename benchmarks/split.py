"""Where the CPU time of a whole process goes; write the table into docs/performance.md.

python benchmarks/split.py [--rounds 3] [--scale 1] [--quick]

W2, Storm and W1 are played and measured once by ``sim.run``; the hero scenario is compared by the command. Each phase
is the median over the rounds, in which the cores take turns, on one processor. *Interpreter* is what Python needs
before its first line, *end* what it needs after the last. `phases.py` says where each phase ends.
"""

from __future__ import annotations

from _page import footing, head, parsed, parser, publish, row
from _phases import Phases, phases
from _processes import CORES, NOT_BUILT, cores, one_processor

SYSTEMS = {"W2": 200_000, "Storm": 50_000, "W1": 600_000, "compare": 0}
NAMES = {"compare": "hero compared (2 variants, 1 seed)"}
ROWS = {
    "interpreter and imports": ("interpreter", "imports"), "load and resolve": ("load",), "build": ("build",),
    "play": ("play",), "record": ("record",), "collect garbage": ("collect",), "measures": ("measures",),
    "verify (identities)": ("verify",), "the rest (tables), and the end": ("other", "end"),
}  # fmt: skip


def cell(found: Phases, names: tuple[str, ...]) -> str:
    """Return the seconds of some phases, and their share of the process."""
    spent = found.sum_s(*names)
    return f"{spent:.2f} s ({spent / found.cpu_s:.0%})"


def main() -> None:
    """Measure and write."""
    made = parser(__doc__)
    made.set_defaults(rounds=3)
    options = parsed(made)
    found: dict[str, dict[str, Phases]] = {}
    with one_processor():
        available = cores()
        for system, n in SYSTEMS.items():
            found[system] = phases(system, int(n * options.scale), available, options.rounds)
    columns = [(system, core) for system in SYSTEMS for core in CORES]
    names = [NAMES.get(name, f"{name}, {int(n * options.scale):,} requests") for name, n in SYSTEMS.items()]
    lines = head("phase", *(f"{name}: {core}" for name in names for core in ("pure", "compiled")))
    for label, parts in ROWS.items():
        cells = (cell(found[name][core], parts) if core in available else "" for name, core in columns)
        lines.append(row(label, *cells))
    whole = (f"{found[name][core].cpu_s:.2f} s" if core in available else NOT_BUILT for name, core in columns)
    publish("split", [*lines, row("whole process", *whole), "", footing(options.rounds, options.scale)], options.dry)


if __name__ == "__main__":
    main()
