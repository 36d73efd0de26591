"""The recording that the first screen plays: the hero, with the circuit breaker off and on, as measured.

``python -m sim.lab.server.hero_recording`` writes ``recordings/hero.json`` again; a test checks that it is the
result of today's engine. It is shipped so that the first screen moves before anything is played.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

VARIANT = "synchronous"
SWITCH = "circuit breaker"
OFF, ON = "off", "on"
SEED = 1
WORKLOADS = ("shoppers", "browsers")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the recording: the player's data, and each workload's share well served in the fault, with its n."""

    timeline: dict[str, Any]
    goodput: dict[str, float]
    n: dict[str, int]


@cache
def recording() -> dict[str, Side]:
    """Return the shipped recording: ``off`` and ``on``."""
    text = (files("sim.lab") / "recordings" / "hero.json").read_text(encoding="utf-8")
    return {name: Side(**side) for name, side in json.loads(text)["sides"].items()}


def record() -> str:
    """Play the hero and return the recording as JSON text."""
    from sim.experiments.run import run_resolved
    from sim.replay import timeline, to_json
    from sim.results.wanted import Ask, Wanted
    from sim.scenario.loading import load
    from sim.scenario.shipped import shipped_folder

    scenario = load(shipped_folder() / "cascade_vs_backlog.yaml")
    wanted, sides = Wanted((Ask("goodput ratio", None, "fault"),)), {}
    for name, toggles in ((OFF, ()), (ON, (SWITCH,))):
        run = run_resolved(scenario.resolve(VARIANT, toggles), SEED, 1, wanted=wanted)
        rows = {row["of"]: row for row in run.rows}
        label = f"{SWITCH} {name}"
        sides[name] = {
            "timeline": timeline(run.record, label),
            "goodput": {of: round(rows[of]["mean"] or 0.0, 4) for of in WORKLOADS},
            "n": {of: rows[of]["n"] for of in WORKLOADS},
        }
    return to_json({"scenario": scenario.digest, "sides": sides}) + "\n"


if __name__ == "__main__":
    target = Path(__file__).parents[1] / "recordings" / "hero.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(record(), encoding="utf-8")
    print(f"wrote {target}")
