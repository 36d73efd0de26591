"""Systems for comparing the two cores: ``python -m tests.core.systems NUMBER`` prints a digest for each one's record.

They are the systems of the benchmarks, some shipped scenarios (with many random ones), and NUMBER random ones, which
are the same in every process.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

import sim
from sim import core
from sim.engine.run import play
from tests.properties.scenarios import scenarios
from tests.scenarios.digests import digest_of_record

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import _systems

MANY = 100
SHIPPED = ("cascade_vs_backlog", "hedging", "retry_storm", "poison_message")


def of_benchmarks() -> dict[str, Any]:
    """Return small sizes of the systems that the benchmarks play."""
    return {
        "w1": _systems.w1(2000),
        "w2": _systems.w2(1500),
        "storm": _systems.w2(800, "1s"),
        "armed": _systems.armed(60),
        "timers": _systems.timers(500, "30s"),
    }


def digests(most: int) -> list[str]:
    """Return the digests of all, with *most* random systems."""
    found = [f"{name} {digest_of_record(play(system))}" for name, system in of_benchmarks().items()]
    for name in SHIPPED if most >= MANY else ():
        file = sim.load(name)
        for variant in file.variants or [None]:
            resolved = file.resolve(variant)
            found.append(f"{name} {variant} {digest_of_record(play(resolved))}")

    @settings(
        max_examples=most,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(scenarios())
    def random_ones(document: dict[str, Any]) -> None:
        try:
            found.append(f"random {digest_of_record(play(sim.loads(json.dumps(document)).resolve()))}")
        except sim.BudgetError as error:
            found.append(f"random {error}")

    random_ones()
    return found


if __name__ == "__main__":
    print(core.name)
    print("\n".join(digests(int(sys.argv[1]))))
