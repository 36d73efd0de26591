"""An ablation as text and as one JSON document: combinations, effect of each switch, fewest switches that suffice."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from sim.experiments.ablation.ablate import Ablation, Met, label
from sim.experiments.rows import MeasureRow
from sim.export.summary import verdict_rows, versions
from sim.export.tables import number, points, table, undecided, undecided_notes
from sim.results.claims import describe_claim
from sim.results.headlines import row_name
from sim.results.wanted import Wanted
from sim.scenario.models import Claim, Scenario

HEADLINES = ("goodput ratio", "answered ratio", "done ratio")
"""The measures with effects in the document, for every workload."""

SHOWN = Wanted.of(["goodput ratio"], ["all", "before", "fault", "after"]) | Wanted.of(["undecided ratio"], ["all"])
"""The measures that the text of an ablation needs, besides those of the scenario's claims."""

Goals = Mapping[str, Claim] | Iterable[Claim] | None


def shown_of(scenario: Scenario) -> Wanted:
    """Return the measures that ``of_ablation`` needs: the shown ones, and those of the claims, which may be goals."""
    return SHOWN | Wanted.for_claims(scenario.expect.values())


def of_ablation(ablation: Ablation, goals: Goals = None) -> str:
    """Return each combination's goodput, each switch's effect alone and on average, and the fewest that meet *goals*.

    *goals* default to those of ``Ablation.meets``.
    """
    parts = [_heading(ablation), _combinations(ablation), _main_effects(ablation)]
    if interactions := _interactions(ablation):
        parts.append(interactions)
    parts += [_fewest(ablation, ablation.meets(goals)), *_claims(ablation), *_remarks(ablation)]
    return "\n\n".join(parts)


def ablation_document(ablation: Ablation, goals: Goals = None) -> dict[str, Any]:
    """Return the document of an ablation: each run's measures, effects on the headline measures, goals and verdicts."""
    base, met = ablation.baseline, ablation.meets(goals)
    effects = [row for measure in HEADLINES for name in ablation.shown for row in ablation.effects(measure, name)]
    return {
        "scenario": base.scenario.title,
        "variant": base.variant or None,
        "toggles": list(ablation.toggles),
        "design": "every combination" if ablation.full else "none, each alone, all but one, all",
        "seed": base.seed,
        "replications": len(base.replications),
        "combinations": [
            {
                "toggles": list(on), "digest": run.scenario.digest, "notes": run.notes,
                "identities": run.identities, "cut off": run.cut_off or None,
                "goals": verdict_rows(met.verdicts[on]), "measures": run.rows,
            }
            for on, run in ablation.runs.items()
        ],
        "left out": [{"toggles": list(on), "because": reason} for on, reason in ablation.left_out.items()],
        "effects": [{**row, "toggles": list(row["toggles"])} for row in effects],
        "worst operations": [name for name in ablation.shown if "/" in name],
        "goals": {name: describe_claim(goal) for name, goal in met.goals.items()},
        "met by": [list(on) for on in met.by],
        "fewest": [list(on) for on in met.fewest],
        "fewest for claims": {
            name: [list(on) for on in fewest] for name, fewest in ablation.fewest_for_claims().items()
        },
        "cut off": ablation.cut_off or None,
        "versions": versions(),
    }  # fmt: skip


def _heading(ablation: Ablation) -> str:
    base = ablation.baseline
    times, played, possible = len(base.replications), len(ablation.runs), 2 ** len(ablation.toggles)
    if ablation.full and possible == 2:
        design = "both settings"
    elif ablation.full:
        design = f"{'all' if played == possible else f'{played} of'} {possible} combinations"
    else:
        design = f"{played} combinations (none, each alone, all but one, all)"
    many = len(ablation.toggles)
    of = f"of {many} switch{'es' * (many != 1)}"
    return "\n".join([
        f"{base.scenario.title}: {base.variant or 'as written'}, {design} {of}",
        f"seed {base.seed}, {times} replication{'s' if times > 1 else ''}, the same arrivals and faults for all"
        + ("; 95 % intervals, each for itself" if times > 1 else "; one run each: an effect has no interval"),
    ])  # fmt: skip


def _combinations(ablation: Ablation) -> str:
    workloads, window = ablation.shown, ablation.window
    body = []
    for on, run in ablation.runs.items():
        index = {(row["measure"], row["of"], row["during"]): row for row in run.rows}
        body.append([label(on), *(_share(index.get(("goodput ratio", of, window))) for of in workloads)])
    when = {"fault": "during the fault", "after": "after the fault"}.get(window, "in all")
    return table(body, [f"Goodput ratio ({when})", *map(row_name, workloads)])


def _main_effects(ablation: Ablation) -> str:
    """Return the effect of each switch alone and on average; the first column shows each name once."""
    alone = {(row["combination"], row["measure"], row["of"], row["during"]): row for row in ablation.alone.rows}
    body = []
    for of in ablation.shown:
        for row in ablation.effects(of=of):
            if row["kind"] == "main":
                name = row["toggles"][0]
                single = alone.get((name, row["measure"], of, row["during"]))
                value = _change(single, "difference") if single is not None else "-"
                body.append([name, row_name(of), value, _change(row, "mean"), str(row["settings"])])
    return table(body, ["Change of goodput ratio (points) by", "of", "alone", "main effect", "settings"])


def _interactions(ablation: Ablation) -> str:
    body = [
        [" x ".join(row["toggles"]), row_name(of), _change(row, "mean"), str(row["settings"])]
        for of in ablation.shown for row in ablation.effects(of=of)
        if row["kind"] == "interaction" and row["settings"]
    ]  # fmt: skip
    return table(body, ["Interaction of", "of", "half the change of effect (points)", "settings"]) if body else ""


def _fewest(ablation: Ablation, met: Met) -> str:
    lines = [_goals(ablation, met)]
    if not met.fewest:
        return "\n".join([*lines, "No combination that was played meets them."])
    if met.fewest == ((),):
        return "\n".join([*lines, "They are met without any switch."])
    fewest = " or ".join(label(on) for on in met.fewest)
    among = "" if ablation.full else " among those played"
    lines.append(f"Fewest switches that meet them{among}: {fewest}.")
    return "\n".join(lines)


def _goals(ablation: Ablation, met: Met) -> str:
    """Return the goals in a sentence; equal goals for all operations of a workload are put together."""
    told, operations = [], 0
    for of, goal in met.goals.items():
        operations += (is_operation := of in ablation.served and "/" in of)
        told += [] if is_operation else [describe_claim(goal)]
    each = [f"and of each of {operations} operations alike"] if operations else []
    return f"Goals: {'; '.join([*told, *each])}."


def _claims(ablation: Ablation) -> list[str]:
    """Return a table of the scenario's own claims about this variant, with the fewest switches that meet each."""
    body = []
    for name, fewest in ablation.fewest_for_claims().items():
        words = "needs none" if fewest == ((),) else " or ".join(label(on) for on in fewest) or "met by none"
        body.append([name, words])
    return [table(body, ["Claim of the scenario", "fewest switches that meet it"])] if body else []


def _remarks(ablation: Ablation) -> list[str]:
    remarks = []
    if not ablation.full:
        remarks.append("Interactions are not estimated with more than five switches: name at most five for them.")
    if ablation.left_out:
        because = dict.fromkeys(ablation.left_out.values())
        lines = [f"  {label(on)}" for on in ablation.left_out]
        remarks.append("\n".join(["Left out (they cannot be on together):", *lines, *(f"  ({r})" for r in because)]))
    notes = dict.fromkeys(note for run in ablation.runs.values() for note in run.scenario.notes)
    remarks += [f"note: {note}" for note in notes]
    for on, run in ablation.runs.items():
        remarks += [f"note: {label(on)}: {note}" for note in undecided_notes(run)]
    if ablation.cut_off:
        remarks.append(f"CUT OFF: {ablation.cut_off}")
    return remarks


def _share(row: MeasureRow | None) -> str:
    """Return a share with its interval, cut to 0..1: the t-interval of few values may reach beyond."""
    if row is not None and row["undecided"]:
        return undecided(row)
    if row is None or row["low"] is None or row["high"] is None:
        return _with_interval(row)
    return _with_interval({**row, "low": max(row["low"], 0.0), "high": min(row["high"], 1.0)})


def _with_interval(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "-"
    text = number(row["mean"], row["unit"])
    if row["low"] is None or row["high"] is None or row["low"] == row["high"]:
        return text
    return f"{text} [{number(row['low'], row['unit'])}, {number(row['high'], row['unit'])}]"


def _change(row: Mapping[str, Any], value: str) -> str:
    """Return an effect with its sign and interval, marked if it is not distinguishable from zero."""
    if row[value] is None:
        return "-"
    text = points(row[value], row["low"], row["high"])
    if row["undecided"] and row["distinguishable"] is None:
        return f"{text} so far, undecided"
    return text if row["distinguishable"] is not False else f"{text} not distinguishable"
