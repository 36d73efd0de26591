"""Play one system and print where its CPU time went, as JSON: python benchmarks/phases.py SYSTEM N [SEED].

SYSTEM is one of `_systems.py`, `star:5`, `chain:5`, `windows:400`, or `compare`: the command `pileup
compare` of the scenario Cascade versus backlog, two variants, one seed. The functions at the ends of a phase are
replaced by ones that stop the time, and a phase inside another is counted once. What is left is `other`: of a command,
its tables.
"""

from __future__ import annotations

import time

AT_THE_START_S = time.process_time()

import gc  # noqa: E402
import io  # noqa: E402
import json  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from contextlib import redirect_stdout  # noqa: E402
from functools import partial, wraps  # noqa: E402
from importlib import import_module  # noqa: E402
from typing import Any  # noqa: E402

ENDS = {
    "load": (
        "sim.scenario.loading:load", "sim.scenario.loading:loads", "sim.scenario.scenario_file:ScenarioFile.resolve",
    ),
    "build": ("sim.engine.assembly.system:build",),
    "play": ("sim.engine.run:play",),
    "record": ("sim.engine.ending:write_open_rows", "sim.engine.run:_record"),
    "measures": ("sim.experiments.replications:examine",),
    "verify": ("sim.results.audit.identities:verify",),
}  # fmt: skip
"""The functions of each phase. What the play calls at its end to collect garbage counts as `collect`."""
PHASES = ("interpreter", "imports", *ENDS, "collect", "other")
COMPARE = ("compare", "cascade_vs_backlog", "--variants", "synchronous,asynchronous", "--replications", "1",
           "--workers", "1")  # fmt: skip


class Stopwatch:
    """CPU seconds by phase."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(PHASES, 0.0)
        self.spent["interpreter"] = AT_THE_START_S
        self.peaks: dict[str, float] = {}
        self._inside = ["imports"]
        self._at = AT_THE_START_S

    def _turn(self) -> None:
        now = time.process_time()
        self.spent[self._inside[-1]] += now - self._at
        self._at = now

    def begin(self, phase: str) -> None:
        """Count from now on as *phase*."""
        self._turn()
        self._inside.append(phase)

    def end(self) -> None:
        """Count as what was before; note the peak of memory so far."""
        self._turn()
        self.peaks[self._inside.pop()] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def timed(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return *function*, counted as *phase*."""

        @wraps(function, updated=())
        def call(*words: Any, **named: Any) -> Any:
            self.begin(phase)
            try:
                return function(*words, **named)
            finally:
                self.end()

        return call


def put_in(watch: Stopwatch) -> None:
    """Replace the functions at the ends of the phases, wherever a module has imported them."""
    for phase, places in ENDS.items():
        for place in places:
            home, _, path = place.partition(":")
            owner: Any = import_module(home)
            *outer, name = path.split(".")
            for each in outer:
                owner = getattr(owner, each)
            original = getattr(owner, name)
            timed = watch.timed(phase, original)
            for module in [owner] if outer else list(sys.modules.values()):
                for key, value in list(vars(module).items()):
                    if value is original:
                        setattr(module, key, timed)
    gc.collect = watch.timed("collect", gc.collect)


def work(system: str, n: int, seed: int) -> Callable[[], dict[str, int]]:
    """Return what is to be measured; calling it returns how much was played."""
    from sim.experiments.run import run as run_once

    if system == "compare":
        from sim.cli.program import run as run_command

        sys.argv = ["pileup", *COMPARE]
        return partial(_command, run_command)
    from _systems import SYSTEMS, chain, star, windows

    kind, _, size = system.partition(":")
    sized = {"star": star, "chain": chain, "windows": windows}
    make = partial(sized[kind], n, int(size)) if kind in sized else partial(SYSTEMS[system], n)
    return partial(_run, run_once, make, seed)


def _run(run_once: Callable[..., Any], make: Callable[[], Any], seed: int) -> dict[str, int]:
    record = run_once(make(), seed=seed, replications=1).record
    return {"requests": len(record.requests["id"]), "rows": len(record.attempts["id"]), "events": record.events_played}


def _command(run_command: Callable[[], int]) -> dict[str, int]:
    with redirect_stdout(io.StringIO()):
        status = run_command()
    if status:
        raise SystemExit(status)
    return {}


def main() -> None:
    """Measure and print."""
    watch = Stopwatch()
    measured = work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    put_in(watch)
    watch.begin("other")
    played = measured()
    watch.end()
    print(json.dumps({"phases": watch.spent, "peaks": watch.peaks, **played}))


if __name__ == "__main__":
    main()
