"""Digests of everything that shipped scenarios record and report: a change that is not meant to move one moves none.

Each scenario is played once for every variant alone and with each of its toggles. ``record`` is a digest of every
table of the record, ``document`` one of the JSON document of the run without its versions. The numbers are those of one
kind of machine: `fingerprint` knows it by the random numbers and logarithms that numpy computes there.

``python -m tests.scenarios.digests`` takes them again, after a change that is meant to move numbers; the change says
in CHANGELOG which numbers moved, and why.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

import sim
from sim.experiments.run import Run
from sim.export.summary import judged, run_document
from sim.scenario.shipped import shipped_folder

KEPT = Path(__file__).with_name("digests.json")
FILES = sorted(shipped_folder().glob("*.yaml"))


def fingerprint() -> str:
    """Return a digest of what numpy draws and computes on this machine."""
    generator = np.random.Generator(np.random.PCG64(1))
    drawn = [generator.random(1000), generator.exponential(size=1000), generator.lognormal(size=1000)]
    drawn += [generator.gamma(0.5, size=1000), generator.normal(size=1000), np.exp(drawn[0]), np.log(drawn[0])]
    return hashlib.sha256(b"".join(array.tobytes() for array in drawn)).hexdigest()[:16]


def combinations(scenario: Any) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """Yield each variant alone and with each of its toggles."""
    for variant in scenario.variants or [None]:
        yield variant, ()
        for name, toggle in scenario.toggles.items():
            if toggle.for_ is None or variant in toggle.for_:
                yield variant, (name,)


def digest_of_record(record: Any) -> str:
    """Return a digest of every field of *record* but the scenario: types and bytes of all columns, and other values.

    The names of our own classes and attributes are left out, so that a renaming moves no digest.
    """
    digest = hashlib.sha256()
    for field in fields(record):
        if field.name == "scenario":
            continue
        value = getattr(record, field.name)
        columns = value if isinstance(value, dict) else {"": value}
        for name, column in columns.items():
            digest.update(name.encode())
            if isinstance(column, np.ndarray):
                digest.update(f"{column.dtype}{column.shape}".encode())
                digest.update(column.tobytes())
            else:
                digest.update(repr(_values(column)).encode())
    return digest.hexdigest()[:16]


def _values(value: Any) -> Any:
    """Return *value* with each object of a class of ours as the tuple of its fields."""
    if is_dataclass(value):
        return tuple(_values(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, tuple | list):
        return tuple(_values(one) for one in value)
    return value


def digest_of_document(run: Run, scenario: Any) -> str:
    """Return a digest of the JSON document of *run*, without the versions of what played it."""
    document = run_document(run, judged(run, scenario))
    del document["versions"]
    text = json.dumps(document, allow_nan=False, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digests_of(file: Path) -> dict[str, dict[str, str]]:
    """Play every combination of *file* once and return its digests, by combination."""
    scenario = sim.load(file)
    found = {}
    for variant, toggles in combinations(scenario):
        run = sim.run(scenario, variant=variant, with_=list(toggles), replications=1)
        label = " + ".join([variant or "as written", *toggles])
        found[label] = {"record": digest_of_record(run.record), "document": digest_of_document(run, scenario)}
    return found


def main() -> None:
    """Take the digests of all shipped scenarios again."""
    kept: dict[str, Any] = {"fingerprint": fingerprint(), "scenarios": {}}
    for file in FILES:
        kept["scenarios"][file.stem] = digests_of(file)
        print(file.stem, len(kept["scenarios"][file.stem]), file=sys.stderr)
    KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
