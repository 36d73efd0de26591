"""Hunt for faults of the engine in random systems, as long as wanted: `python -m tests.properties.hunt --minutes 30`.

Every system of the generators is held against all that must be true of any (``judge``). What breaches it is made as
small as it can be while it still does, written to a file, and named with the seed that finds it again. The default
tests judge some systems in the same way, the slow ones more.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
import traceback
from collections import Counter
from contextlib import suppress
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any, Iterator

from hypothesis import HealthCheck, Phase, given, seed, settings

import sim
from tests.properties.judge import judge
from tests.properties.scenarios import scenarios

EACH = 50
"""Systems of a seed."""


def fault_of(document: dict[str, Any], told: Counter[str] | None = None) -> str | None:
    """Return how *document* breaches what must be true, in one line; None where it does not."""
    try:
        found = judge(document)
    except sim.ScenarioError as error:
        return f"ScenarioError: {str(error).splitlines()[0]}"
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {Path(where.filename).name}:{where.name}: {str(error).strip()[:300]}"
    if told is not None:
        told.update(found)
    return None


def smallest(document: dict[str, Any], kind: str, seconds: float = 60) -> dict[str, Any]:
    """Take parts of *document* away for as long as the fault stays of its *kind*."""
    until = time.monotonic() + seconds
    found_one = True
    while found_one:
        found_one = False
        for path in list(_parts(document)):
            smaller = deepcopy(document)
            _remove(smaller, path)
            if time.monotonic() > until:
                return document
            if (fault := fault_of(smaller)) is not None and kind_of(fault) == kind:
                document, found_one = smaller, True
                break
    return document


def kind_of(fault: str) -> str:
    """Return *fault* without the numbers in it: another instance of the same."""
    return re.sub(r"\d+(\.\d+)?", "N", fault)[:120]


def _parts(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from _parts(value, (*path, key))


def _remove(document: Any, path: tuple[Any, ...]) -> None:
    for key in path[:-1]:
        document = document[key]
    del document[path[-1]]


def systems(number: int) -> list[dict[str, Any]]:
    """Return the documents of the random systems that seed *number* makes."""
    made: list[dict[str, Any]] = []

    @seed(number)
    @settings(max_examples=EACH, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(scenarios())
    def make(document: dict[str, Any]) -> None:
        made.append(document)

    make()
    return made


def hunt(minutes: float, first_seed: int, out: Path, most: int) -> tuple[Counter[str], dict[str, Path]]:
    """Judge random systems until time or patience ends; return what they were like, and each kind of fault's file."""
    until, told, found = time.monotonic() + 60 * minutes, Counter[str](), dict[str, Path]()
    with suppress(KeyboardInterrupt):
        for number in count(first_seed):
            for document in systems(number):
                if time.monotonic() >= until or told["systems"] >= most:
                    return told, found
                told["systems"] += 1
                fault = fault_of(document, told)
                if fault is not None and kind_of(fault) not in found:
                    kind = kind_of(fault)
                    found[kind] = path = out / f"found-{number}-{len(found)}.json"
                    path.write_text(json.dumps(document, indent=1))
                    print(f"seed {number}, after {told['systems']}: {fault}\n  {path}", flush=True)
                    path.write_text(json.dumps(smallest(document, kind), indent=1))
    return told, found


def main() -> int:
    """Hunt, say what was played and found; 1 where anything was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (default 30)")
    parser.add_argument("--systems", type=int, default=sys.maxsize, help="how many at most")
    parser.add_argument("--seed", type=int, default=1, help=f"the first seed; each makes about {EACH} systems")
    parser.add_argument("--out", type=Path, default=Path("."), help="where what is found is written")
    parser.add_argument("--again", type=Path, help="judge the system in this file only")
    chosen = parser.parse_args()
    if chosen.again is not None:
        print(judge(json.loads(chosen.again.read_text())))
        return 0
    chosen.out.mkdir(parents=True, exist_ok=True)
    told, found = hunt(chosen.minutes, chosen.seed, chosen.out, chosen.systems)
    print(", ".join(f"{count} {what}" for what, count in told.most_common()))
    print(f"{len(found)} kinds of faults found" + "".join(f"\n  {kind}: {path}" for kind, path in found.items()))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
