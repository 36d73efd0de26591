"""The requests that breakers cost and saved, as text and as one JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sim.experiments.breakers import BreakerCosts
from sim.export.summary import versions
from sim.export.tables import number, points, table
from sim.results.statistics import Interval


def of_breakers(found: BreakerCosts) -> str:
    """Return a row for each breaker, with 95 % intervals."""
    scenario, times = found.scenario, len(found.costs[0].pairings)
    on = f", with {', '.join(scenario.toggles_on)}" if scenario.toggles_on else ""
    body = [
        [one.link, *(_spread(one.share(name)) for name in ("stopped", "spoiled", "unlucky", "saved")), _net(one.net)]
        for one in found.costs
    ]  # fmt: skip
    parts = [
        f"{scenario.title}: {scenario.variant or 'as written'}{on}, with each breaker and without it\n"
        f"seed {found.seed}, {times} replication{'s' if times > 1 else ''}, the same arrivals and faults"
        + ("; 95 % intervals" if times > 1 else "; no intervals"),
        table(body, ["Breaker, of all requests", "stopped", "spoiled", "unlucky", "saved", "net (points)"]),
        "Spoiled: stopped and not well served, but well served without it. Unlucky: these too, though not stopped.\n"
        "Saved: well served only with it. Net: well served with it less without it: saved - spoiled - unlucky.",
    ]
    left_out = max(pairing.undecided for one in found.costs for pairing in one.pairings)
    if left_out:
        parts.append(f"Left out: up to {left_out} requests of a run that are undecided when it ends.")
    if found.cut_off:
        parts.append(f"CUT OFF: {found.cut_off}")
    return "\n\n".join(parts)


def _spread(found: Interval) -> str:
    if found.mean is None:
        return "-"
    text = number(found.mean, "ratio")
    if found.low is None or found.high is None or found.low == found.high:
        return text
    return f"{text} [{number(found.low, 'ratio')}, {number(found.high, 'ratio')}]"


def _net(found: Interval) -> str:
    return "-" if found.mean is None else points(found.mean, found.low, found.high)


def breakers_document(found: BreakerCosts) -> dict[str, Any]:
    """Return the document: the shares with intervals, and the counts of every replication."""
    return {
        "scenario": found.scenario.title,
        "variant": found.scenario.variant or None,
        "toggles": list(found.scenario.toggles_on),
        "digest": found.scenario.digest,
        "seed": found.seed,
        "breakers": found.rows,
        "counts": {one.link: [asdict(pairing) for pairing in one.pairings] for one in found.costs},
        "cut off": found.cut_off or None,
        "versions": versions(),
    }
