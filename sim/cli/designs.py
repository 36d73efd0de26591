"""Commands that compare several combinations on the same seeds: compare, ablate."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.helpers import give, leave, load_file, names_in, results_place
from sim.cli.options import File, Force, Json, Out, Replications, Seed, Set, Variant, Workers
from sim.cli.progress import progress_bar
from sim.cli.status import CUT_OFF, OK


def compare(
    file: File,
    variants: Annotated[str | None, typer.Option("--variants", help="Names with commas; default all.")] = None,
    toggle: Annotated[
        list[str] | None, typer.Option("--toggle", help="Compare runs without and with this toggle; may be repeated.")
    ] = None,
    variant: Variant = None, set_: Set = None, seed: Seed = None, replications: Replications = None, out: Out = None,
    force: Force = False, json: Json = False, workers: Workers = None,
) -> None:  # fmt: skip
    """Compare variants, or a toggle off and on, under the same arrivals and faults: paired, with intervals."""
    from sim.experiments.compare import compare as compare_all
    from sim.export import folder, summary, tables
    from sim.results.wanted import ALL

    scenario = load_file(file)
    names = names_in(variants)
    place = results_place(
        out, force, "compare", scenario, variants=names, toggle=toggle, variant=variant, set_=set_, seed=seed,
        replications=replications,
    )  # fmt: skip
    with progress_bar(f"comparing {scenario.title}") as progress:
        compared = compare_all(
            scenario, names, toggle or None, variant, seed, replications, set_ or (), workers, progress,
            progress.announce, ALL if json or out else tables.COMPARED,
        )  # fmt: skip
    text = summary.to_json(summary.comparison_document(compared)) if json else tables.of_comparison(compared)
    give(text, place, lambda place: folder.write_comparison(compared, place))
    leave(CUT_OFF if compared.cut_off else OK)


def ablate(
    file: File,
    toggles: Annotated[
        str | None, typer.Option("--toggles", help="Names with commas; default all that belong to the variant.")
    ] = None,
    claim: Annotated[
        list[str] | None, typer.Option("--claim", help="A claim of the scenario to meet; may be repeated.")
    ] = None,
    variant: Variant = None, set_: Set = None, seed: Seed = None, replications: Replications = None, out: Out = None,
    force: Force = False, json: Json = False, workers: Workers = None,
) -> None:  # fmt: skip
    """Find which defence made the difference: every combination of toggles, main effects, interactions."""
    from sim.experiments.ablation.ablate import ablate as ablate_all
    from sim.export import folder, summary
    from sim.export.ablation import ablation_document, of_ablation, shown_of
    from sim.results.wanted import ALL

    scenario = load_file(file)
    names = names_in(toggles)
    place = results_place(
        out, force, "ablate", scenario, toggles=names, claim=claim, variant=variant, set_=set_, seed=seed,
        replications=replications,
    )  # fmt: skip
    with progress_bar(f"ablating {scenario.title}") as progress:
        done = ablate_all(
            scenario, names, variant, replications, seed, workers, progress, set_ or (), progress.announce,
            ALL if json or out else shown_of(scenario),
        )  # fmt: skip
    goals = done.claims(claim) if claim else None
    text = summary.to_json(ablation_document(done, goals)) if json else of_ablation(done, goals)
    give(text, place, lambda place: folder.write_ablation(done, place, goals))
    leave(CUT_OFF if done.cut_off else OK)
