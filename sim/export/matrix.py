"""A fault matrix as text and as one JSON document, and a comparison with an earlier document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping

from sim.errors import ParameterError
from sim.experiments.fault_matrix.result import Matrix
from sim.experiments.fault_matrix.trial import Defence, Trial
from sim.export.summary import versions
from sim.export.tables import number, signed, table
from sim.results.statistics import Interval, interval

TOP = 15
"""Default number of listed faults."""


def of_matrix(matrix: Matrix, top: int = TOP) -> str:
    """Return the *top* faults with their costs, then the savings of each switch for the worst."""
    begin, end = matrix.window
    times, on = matrix.replications, matrix.scenario.toggles_on
    many = len(matrix.trials)
    tried, each = ("1 fault", "") if many == 1 else (f"{many} faults, one at a time", "each ")
    parts = [
        "\n".join([
            f"{matrix.scenario.title}: {matrix.scenario.variant or 'as written'}"
            + (f", with {', '.join(on)}" if on else "") + f", {tried}",
            f"{each}from {begin:g} s to {end:g} s; seed {matrix.seed}, {times} replication{'s' if times > 1 else ''}, "
            "against the same arrivals without a fault" + ("; 95 % intervals" if times > 1 else "; no intervals"),
        ]),
        table([_trial(one, matrix.nodes) for one in matrix.trials[:top]],
              ["Fault", "requests lost", "share in the fault", "recovery", "nodes hit"]),
    ]  # fmt: skip
    if len(matrix.trials) > top:
        more = len(matrix.trials) - top
        parts.append(f"{more} more fault{'s cost' if more > 1 else ' costs'} no more than these.")
    if matrix.defences and matrix.defences[0].faced:
        parts.append(_defences(matrix))
    parts += [f"{name} cannot be on here: {reason}" for name, reason in matrix.left_out.items()]
    if matrix.undecided:
        parts.append(
            f"Up to {number(matrix.undecided, '')} requests of a run are undecided when it ends and count as lost; "
            "a longer drain decides."
        )
    if matrix.cut_off:
        parts.append(f"CUT OFF: {matrix.cut_off}")
    return "\n\n".join(parts)


def _trial(one: Trial, nodes: int) -> list[str]:
    reach = f"{len(one.hit)} of {nodes}"
    return [one.name, _spread(one.lost, ""), _spread(_at_most_all(one.share), "ratio"), recovery(one), reach]


def _at_most_all(share: Interval) -> Interval:
    """Return an interval of a share cut to at most 1: the t-interval of few values may reach beyond."""
    if share.low is None or share.high is None:
        return share
    return replace(share, high=min(share.high, 1.0))


def recovery(one: Trial) -> str:
    """Return the mean recovery time, and the number of replications that never recovered."""
    told = number(one.recovery_s, "s") if one.recovery_s else "at once" if one.recovery_s == 0 else "-"
    if not one.never:
        return told
    if one.never == len(one.runs):
        return "never"
    return f"{told}, never in {one.never} of {len(one.runs)}"


def _defences(matrix: Matrix) -> str:
    names = [trial for trial in matrix.trials if trial.name in matrix.defences[0].faced]
    body = [[trial.name, *(_saved(one, trial) for one in matrix.defences)] for trial in names]
    body.append(["no fault at all", *(_gain(one.cost, -1) for one in matrix.defences)])
    return table(body, ["Good requests won by", *(one.name for one in matrix.defences)])


def _saved(defence: Defence, trial: Trial) -> str:
    return _gain(defence.saved(trial), 1)


def _gain(found: Interval, sign: int) -> str:
    if found.mean is None:
        return "-"
    text = signed(sign * found.mean + 0.0, "")  # not minus zero
    if found.low is None or found.high is None or found.low == found.high:
        return text
    low, high = sorted((sign * found.low, sign * found.high))
    unclear = " not distinguishable" if low <= 0 <= high else ""
    return f"{text} [{number(low, '')}, {number(high, '')}]{unclear}"


def _spread(found: Interval, unit: str) -> str:
    text = number(found.mean, unit)
    if found.low is None or found.high is None or found.low == found.high:
        return text
    return f"{text} [{number(found.low, unit)}, {number(found.high, unit)}]"


# --- the document -----------------------------------------------------------------------------------------------


def matrix_document(matrix: Matrix) -> dict[str, Any]:
    """Return the document of a matrix: a row for every fault and every switch, with values by replication."""
    begin, end = matrix.window
    return {
        "scenario": matrix.scenario.title,
        "variant": matrix.scenario.variant or None,
        "toggles": list(matrix.scenario.toggles_on),
        "digest": matrix.scenario.digest,
        "seed": matrix.seed,
        "replications": matrix.replications,
        "window": {"at s": begin, "for s": end - begin},
        "nodes": matrix.nodes,
        "faults": [
            {"name": one.name, **one.row, "hit": list(one.hit), "lost values": one.lost_values,
             "share values": one.share_values}
            for one in matrix.trials
        ],
        "defences": [
            {
                "toggle": one.name, "costs without fault": _interval(one.cost),
                "saves": {it.name: _interval(one.saved(it)) for it in matrix.trials if it.name in one.faced},
            }
            for one in matrix.defences
        ],
        "left out": [{"toggle": name, "because": reason} for name, reason in matrix.left_out.items()],
        "cut off": matrix.cut_off or None,
        "versions": versions(),
    }  # fmt: skip


def _interval(found: Interval) -> dict[str, Any]:
    return {"mean": found.mean, "low": found.low, "high": found.high}


def worse_than(document: Mapping[str, Any], earlier: Mapping[str, Any]) -> list[str]:
    """Return the faults that cost more requests than in an *earlier* document, one line each.

    A fault is worse if the 95 % interval of the paired differences lies above zero (with one replication: if it costs
    more at all), or if more replications never recover. Faults in only one of the two are ignored.

    Raises ``ParameterError`` unless both have the same seed, number of replications and window: only then are they
    pairs.
    """
    shared = ("seed", "replications", "window")
    try:
        before = {row["name"]: row for row in earlier["faults"]}
        if differs := next((key for key in shared if earlier[key] != document[key]), ""):
            rule = f"be a matrix with the same {differs}, {document[differs]}"
            raise ParameterError(rule, earlier[differs], place="--against")
        return [
            line for row in document["faults"] if row["name"] in before for line in _worse(before[row["name"]], row)
        ]
    except (KeyError, TypeError) as error:
        raise ParameterError("be the JSON of an earlier matrix", str(error), place="--against") from None


def _worse(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    found = interval([b - a for a, b in zip(before["lost values"], now["lost values"], strict=True)])
    more = found.low > 0 if found.low is not None else (found.mean or 0.0) > 0
    lines = [f"{now['name']}: {found.mean:.4g} more requests lost than before"] if more else []
    if now["never recovered"] > before["never recovered"]:
        lines.append(f"{now['name']}: never recovers in {now['never recovered']} replications, "
                     f"{before['never recovered']} before")  # fmt: skip
    return lines
