"""A participant's selection as a value: a scenario, a variant, switches, faults, load and seed; and as a link.

A selection resolves to a scenario that any other face plays to the same numbers. Links are untrusted: each part is
bounded and checked by the scenario's own models before anything is played.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import dataclass, replace
from typing import Any, Mapping, Sequence

from sim.errors import ParameterError

HERO = "cascade_vs_backlog"
OWN = "own"
"""The name of a scenario that is written by the participant and not shipped."""

MOST_TEXT = 100_000
MOST_LINK = 24_000
MOST_SEED = 2**31 - 1
LOADS = (0.1, 10.0)

Query = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Selection:
    """One combination to play; equal choices give equal runs.

    *variant* empty: the first; *seed* None: the scenario's own; *load* multiplies every workload's rate (or users);
    *faults* is JSON of fault names to faults, None for those of the file; *text* is the YAML of an ``OWN`` scenario.
    """

    scenario: str = HERO
    variant: str = ""
    toggles: tuple[str, ...] = ()
    seed: int | None = None
    load: float = 1.0
    faults: str | None = None
    text: str = ""

    def with_faults(self, faults: Mapping[str, Mapping[str, Any]] | None) -> Selection:
        """Return the choice with other faults; None for those of the file."""
        return replace(self, faults=None if faults is None else json.dumps(faults, separators=(",", ":")))


def settings(selection: Selection, scenario: Any) -> dict[str, object]:
    """Return what the choice sets in *scenario* beyond variant and toggles, as ``--set`` would: path to value.

    A scenario whose faults or load were changed keeps no claims: they speak of the original.
    """
    found: dict[str, object] = {}
    if selection.load != 1.0:
        found |= scaled(scenario, selection.load)
    if selection.faults is not None:
        faults = json.loads(selection.faults)
        found["faults"] = faults or None
    if found and scenario.expect:
        found["expect"] = None
    return found


def resolve(selection: Selection, scenario: Any) -> Any:
    """Return the combination of *scenario* to play; raises ``ScenarioError`` for one that does not exist."""
    known = {name: toggle.for_ for name, toggle in scenario.toggles.items()}
    variant = selection.variant or next(iter(scenario.variants), "")
    fitting = [name for name in selection.toggles if name not in known or not known[name] or variant in known[name]]
    return scenario.resolve(selection.variant or None, fitting, settings(selection, scenario))


def scaled(scenario: Any, factor: float) -> dict[str, object]:
    """Return the settings that multiply every open workload's rate and every closed one's users by *factor*."""
    found: dict[str, object] = {}
    for name, workload in scenario.workload.items():
        if workload.rate is not None:
            found[f"workload.{name}.rate"] = scaled_rate(workload.rate.text, factor)
        elif workload.users is not None:
            found[f"workload.{name}.users"] = max(1, round(workload.users * factor))
    return found


def scaled_rate(text: str, factor: float) -> str:
    """Return a rate over time in words with every rate in it multiplied; a trace's `scale` is multiplied instead.

    >>> scaled_rate("ramp 10/s to 100/s over 60s", 1.5)
    'ramp 15/s to 150/s over 60s'
    >>> scaled_rate("trace data/day.csv scale 20x compress 20x", 0.5)
    'trace data/day.csv scale 10x compress 20x'
    """
    if text.startswith("trace "):
        if " scale " not in text:
            return f"{text} scale {factor:g}x"
        return re.sub(r"(?<= scale )([\d.]+)x", lambda found: f"{float(found[1]) * factor:.6g}x", text)
    return re.sub(r"(\d[\d.]*)(?=/)", lambda found: f"{float(found[1]) * factor:.6g}", text)


# --- links --------------------------------------------------------------------------------------------------


def to_query(selection: Selection) -> dict[str, str | list[str]]:
    """Return the query parameters of a link that opens *selection* again; what is not changed is left out."""
    found: dict[str, str | list[str]] = {"scenario": selection.scenario}
    if selection.variant:
        found["variant"] = selection.variant
    if selection.toggles:
        found["with"] = list(selection.toggles)
    if selection.seed is not None:
        found["seed"] = str(selection.seed)
    if selection.load != 1.0:
        found["load"] = f"{selection.load:g}"
    if selection.faults is not None:
        found["faults"] = selection.faults
    if selection.scenario == OWN and selection.text:
        found["yaml"] = pack(selection.text)
    return found


def from_query(query: Query) -> Selection:
    """Return the choice in a link's query parameters; raises ``ParameterError`` for a link that was not made here."""

    def one(name: str) -> str:
        values = query.get(name) or [""]
        return str(values[0])

    name = one("scenario") or HERO
    if not re.fullmatch(r"[\w-]{1,80}", name):
        raise ParameterError("be the name of a scenario", name, place="scenario in the link")
    toggles = tuple(str(value) for value in query.get("with") or () if value)[:32]
    return Selection(
        name, one("variant")[:200], toggles, _seed(one("seed")), _load(one("load")), _faults(one("faults")),
        unpack(one("yaml")) if name == OWN else "",
    )  # fmt: skip


def _seed(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > MOST_SEED:
        raise ParameterError(f"be a whole number up to {MOST_SEED}", text, place="seed in the link")
    return int(text)


def _load(text: str) -> float:
    try:
        load = float(text or 1.0)
    except ValueError:
        load = 0.0
    if not LOADS[0] <= load <= LOADS[1]:
        raise ParameterError(f"be between {LOADS[0]:g} and {LOADS[1]:g}", text, place="load in the link")
    return load


def _faults(text: str) -> str | None:
    if not text:
        return None
    try:
        faults = json.loads(text) if len(text) <= MOST_LINK else None
    except (ValueError, RecursionError):
        faults = None
    if not isinstance(faults, dict) or not all(isinstance(fault, dict) for fault in faults.values()):
        raise ParameterError("be a JSON map of faults", text, place="faults in the link")
    return json.dumps(faults, separators=(",", ":"))


def pack(text: str) -> str:
    """Return *text* in letters that a link can carry (deflated, base64); raises ``ParameterError`` if it is too long.

    >>> unpack(pack("version: 1"))
    'version: 1'
    """
    packed = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    if len(packed) > MOST_LINK:
        raise ParameterError("be short enough for a link; download it instead", f"{len(text)} letters", "", "YAML")
    return packed


def unpack(packed: str) -> str:
    """Return the text in a link; raises ``ParameterError`` if it is none, or unpacks to more than ``MOST_TEXT``."""
    if not packed:
        return ""
    place, unpacker = "yaml in the link", zlib.decompressobj()
    try:
        raw = base64.urlsafe_b64decode(packed[:MOST_LINK] + "=" * (-len(packed[:MOST_LINK]) % 4))
        text = unpacker.decompress(raw, MOST_TEXT).decode()
    except (ValueError, zlib.error):
        raise ParameterError("be a packed scenario", packed, place=place) from None
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ParameterError(f"unpack to at most {MOST_TEXT} letters", packed, place=place)
    return text
