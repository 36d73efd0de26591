"""Commands that study one combination under many faults, loads or breakers: matrix, hysteresis, breakers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli.helpers import (
    earlier_document,
    give,
    leave,
    load_file,
    names_in,
    read_as,
    results_place,
    say,
)
from sim.cli.options import File, Force, Json, Out, Replications, Seed, Set, Variant, With, Workers, a_path, whole
from sim.cli.progress import progress_bar
from sim.cli.status import CLAIM_FAILED, CUT_OFF, OK
from sim.errors import ParameterError


def matrix(
    file: File,
    faults: Annotated[
        str | None, typer.Option("--faults", help="Only these faults, with commas: slow, 'crash refuse'…")
    ] = None,
    on: Annotated[str | None, typer.Option("--on", help="Only on these nodes and links, with commas.")] = None,
    size: Annotated[
        list[str] | None, typer.Option("--size", help="FAULT=SIZE, e.g. slow=20x, errors=10%, delay=250ms.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", help="Begin of each fault; default a third into the run.")] = None,
    for_: Annotated[str | None, typer.Option("--for", help="Length of each fault; default a sixth of the run.")] = None,
    toggles: Annotated[
        str | None, typer.Option("--toggles", help="Defences to try, with commas; default all of the variant.")
    ] = None,
    worst: Annotated[int, whole("--worst", 0, "Number of worst faults to try the defences on.")] = 5,
    top: Annotated[int, whole("--top", 1, "Number of faults to list.")] = 15,
    fail_above: Annotated[
        str | None, typer.Option("--fail-above", help="Status 1 if a fault costs more than this share, e.g. 20%.")
    ] = None,
    against: Annotated[
        Path | None, a_path("--against", "An earlier `matrix --json`: status 1 if anything is worse.")
    ] = None,
    variant: Variant = None, with_: With = None, set_: Set = None, seed: Seed = None,
    replications: Replications = None, out: Out = None, force: Force = False, json: Json = False,
    workers: Workers = None,
) -> None:  # fmt: skip
    """Try every fault on every node and link, one at a time, and each defence against the worst."""
    from sim.experiments.fault_matrix.matrix import matrix as matrix_of
    from sim.export import folder, summary
    from sim.export.matrix import matrix_document, of_matrix, worse_than
    from sim.quantities import parse_duration, parse_share

    scenario = load_file(file)
    place = results_place(
        out, force, "matrix", scenario, faults=faults, on=on, size=size, at=at, for_=for_, toggles=toggles,
        worst=worst, variant=variant, with_=with_, set_=set_, seed=seed, replications=replications,
    )  # fmt: skip
    limit = read_as(parse_share, fail_above, "--fail-above")
    begin, span = read_as(parse_duration, at, "--at"), read_as(parse_duration, for_, "--for")
    before = None if against is None else earlier_document(against, "matrix", "faults")
    with progress_bar(f"trying faults on {scenario.title}") as progress:
        found = matrix_of(
            scenario, variant, with_ or (), names_in(toggles), names_in(faults) or (), names_in(on) or (),
            _sizes(size), begin, span, worst, replications, seed, workers, progress, set_ or (), progress.announce,
        )  # fmt: skip
    document = matrix_document(found)
    text = summary.to_json(document) if json else of_matrix(found, top)
    give(text, place, lambda place: folder.write_matrix(found, place))
    worse = [] if before is None else worse_than(document, before)
    if limit is not None:
        worse += [f"{one.name}: more than {fail_above} of the requests in the fault lost" for one in found.above(limit)]
    for line in worse:
        say(line)
    if found.cut_off:
        leave(CUT_OFF)
    leave(CLAIM_FAILED if worse else OK)


def _sizes(texts: list[str] | None) -> dict[str, Any]:
    """Return FAULT=SIZE texts as a mapping."""
    sizes = {}
    for text in texts or ():
        name, equals, size = (part.strip() for part in text.partition("="))
        if not (name and equals and size):
            raise ParameterError("be written FAULT=SIZE, such as slow=20x", text, place="--size")
        sizes[name] = size
    return sizes


def hysteresis(
    file: File,
    workload: Annotated[str, typer.Option("--workload", help="The workload with stepped load; an open loop.")],
    low: Annotated[str, typer.Option("--from", help="The lowest load, e.g. 2/s.")],
    high: Annotated[str, typer.Option("--to", help="The highest load, e.g. 12/s.")],
    steps: Annotated[int, whole("--steps", 2, "Number of loads from the lowest to the highest.")] = 8,
    step: Annotated[str, typer.Option("--step", help="Length of each step; its second half is measured.")] = "60s",
    variant: Variant = None, with_: With = None, set_: Set = None, seed: Seed = None,
    replications: Replications = None, out: Out = None, force: Force = False, json: Json = False,
    workers: Workers = None,
) -> None:  # fmt: skip
    """Step the load up, then down: where service is lost, and how far the load must fall before it recovers."""
    from sim.experiments.hysteresis import hysteresis as hysteresis_of
    from sim.export import folder, summary
    from sim.export.hysteresis import hysteresis_document, of_hysteresis
    from sim.quantities import parse_positive_duration, parse_rate
    from sim.results.wanted import NOTHING

    lowest, highest = read_as(parse_rate, low, "--from"), read_as(parse_rate, high, "--to")
    if not lowest:
        raise ParameterError("be above zero", low, place="--from")
    if not (highest or 0.0) > lowest:
        raise ParameterError(f"lie above --from, {low}", high, place="--to")
    read_as(parse_positive_duration, step, "--step")
    scenario = load_file(file)
    place = results_place(
        out, force, "hysteresis", scenario, workload=workload, low=low, high=high, steps=steps, step=step,
        variant=variant, with_=with_, set_=set_, seed=seed, replications=replications,
    )  # fmt: skip
    with progress_bar(f"stepping {workload}") as progress:
        found = hysteresis_of(
            scenario, workload, low, high, steps, step, variant, with_ or (), replications, seed, workers, progress,
            set_ or (), NOTHING,
        )  # fmt: skip
    text = summary.to_json(hysteresis_document(found)) if json else of_hysteresis(found)
    give(text, place, lambda place: folder.write_hysteresis(found, place))
    leave(CUT_OFF if found.run.cut_off else OK)


def breakers(
    file: File, variant: Variant = None, with_: With = None, set_: Set = None, seed: Seed = None,
    replications: Replications = None, json: Json = False, workers: Workers = None,
) -> None:  # fmt: skip
    """Count the requests that each circuit breaker cost and saved: the same requests with and without it."""
    from sim.experiments.breakers import breaker_costs
    from sim.export import summary
    from sim.export.breakers import breakers_document, of_breakers

    scenario = load_file(file)
    with progress_bar(f"pairing {scenario.title}") as progress:
        found = breaker_costs(scenario, variant, with_ or (), replications, seed, workers, progress, set_ or ())
    print(summary.to_json(breakers_document(found)) if json else of_breakers(found) + "\n", end="")
    leave(CUT_OFF if found.cut_off else OK)
