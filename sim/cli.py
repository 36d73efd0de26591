"""The command line: ``pileup`` and ``python -m sim``. No model code; heavy imports happen inside commands.

Exit status: 0 ok; 1 a claim or an identity failed or cannot be told; 2 bad usage or bad scenario; 3 cut off by a
budget; 130 interrupted. With ``--json`` stdout holds one JSON document and nothing else.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Callable, Iterator, NoReturn

import typer

from sim.errors import BudgetError, LabError, ModelError, ParameterError, did_you_mean

if TYPE_CHECKING:
    from sim.experiments.check import Checked

OK, CLAIM_FAILED, BAD_INPUT, CUT_OFF, INTERRUPTED = 0, 1, 2, 3, 130

app = typer.Typer(
    name="pileup",
    help="Play failures that cascade and failures that pile up, and measure who noticed.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

File = Annotated[str, typer.Argument(help="A scenario file, or the name of one that is shipped (see `pileup list`).")]
Files = Annotated[list[str], typer.Argument(help="Scenario files, or names of shipped ones.")]
Variant = Annotated[str | None, typer.Option("--variant", help="Which variant to play; default the first.")]
With = Annotated[list[str] | None, typer.Option("--with", help="A toggle to switch on; may be repeated.")]
Without = Annotated[list[str] | None, typer.Option("--without", help="A toggle to leave off; may be repeated.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="PATH=VALUE, e.g. links.orders:payments.timeout=1s.")]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Another seed than the scenario's.")]
Replications = Annotated[int | None, typer.Option("--replications", min=1, help="How many independent runs.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write results into this folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes to spread replications over.")]


def main() -> None:
    """Run the command line and leave with its exit status; usage errors leave by themselves, with status 2."""
    try:
        app(prog_name="pileup")
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            _say("Interrupted; nothing was left half-written.")
        raise
    except ModelError as error:
        _say(f"The books do not balance. This is a bug of Pileup's, please report it:\n{error}")
        sys.exit(CLAIM_FAILED)
    except BudgetError as error:
        _say(f"Cut off: {error}")
        sys.exit(CUT_OFF)
    except LabError as error:
        _say(str(error))
        sys.exit(BAD_INPUT)
    except OSError as error:
        _say(f"{error.filename or 'file'} cannot be used: {error.strerror}")
        sys.exit(BAD_INPUT)


def _leave(status: int) -> NoReturn:
    raise typer.Exit(status)


@app.command("list")
def list_scenarios(
    folder: Annotated[Path | None, typer.Argument(help="A folder of scenarios; default the shipped ones.")] = None,
) -> None:
    """List scenarios with the question each one asks."""
    from sim.scenario import catalogue
    from sim.scenario.shipped import shipped_folder

    found = catalogue(folder or shipped_folder())
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        print(f"{one.name.ljust(width)}  {one.title}: {one.question}")


@app.command()
def show(file: File, variant: Variant = None, with_: With = None, set_: Set = None) -> None:
    """Show a system before any run: shape, load against capacity, amplification, weak points, switches and claims."""
    from sim.topology import describe

    scenario = _load(file)
    resolved = scenario.resolve(variant, with_ or (), set_ or ())
    print(f"{scenario.title}\n\n{scenario.question}\n".rstrip() + "\n")
    if scenario.lesson:
        print(scenario.lesson.strip() + "\n")
    print("\n".join(describe(resolved).lines()))
    _show_switches(scenario)
    for line in resolved.assumptions:
        print(f"assumed: {line}")


def _show_switches(scenario: Any) -> None:
    from sim.results.claims import describe_claim

    if scenario.variants:
        print(f"\nVariants: {', '.join(scenario.variants)}")
    if scenario.toggles:
        print("\nToggles:")
    for name, toggle in scenario.toggles.items():
        only = f" (only {', '.join(toggle.for_)})" if toggle.for_ else ""
        print(f"  {name}{only}: {toggle.about}")
    if scenario.faults:
        print("\nFaults:")
    for name, fault in scenario.faults.items():
        print(f"  {name}: at {fault.at} for {fault.for_:g}s")
    if scenario.expect:
        print("\nClaims:")
    for name, claim in scenario.expect.items():
        where = " with ".join(
            [claim.variant or "the first variant", *([", ".join(claim.with_)] if claim.with_ else [])]
        )
        print(f"  {name} ({where}): {describe_claim(claim)}")


@app.command()
def new(
    chain: Annotated[str, typer.Argument(help='Services in call order: "web -> orders -> payments"; ~> is a queue.')],
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file instead of stdout.")] = None,
) -> None:
    """Write the skeleton of a scenario: a healthy chain with one fault and one claim."""
    from sim.scenario.new import skeleton

    text = skeleton(chain)
    if out is None:
        print(text, end="")
        return
    if out.exists():
        raise ParameterError("be a new file", str(out), place="--out")
    out.write_text(text, encoding="utf-8")
    _say(f"wrote {out}; next: pileup show {out}")


@app.command()
def validate(files: Files) -> None:
    """Check scenario files without playing them: all problems of a file at once, and what is legal but unwise."""
    from sim.scenario import load, problems
    from sim.topology import advice

    bad = 0
    for file in files:
        path = _path(file)
        errors, warnings = problems(path)
        for line in errors:
            print(line)
        bad += bool(errors)
        if not errors:
            scenario = load(path)
            for name in scenario.variants or [None]:
                warnings += [f"{path}: {name or 'as written'}: {line}" for line in advice(scenario.resolve(name))]
            print(f"{path}: ok")
        for line in dict.fromkeys(warnings):
            print(f"warning: {line}")
    _leave(BAD_INPUT if bad else OK)


@app.command()
def run(
    file: File, variant: Variant = None, with_: With = None, without: Without = None, set_: Set = None,
    seed: Seed = None, replications: Replications = None, out: Out = None, json: Json = False, workers: Workers = None,
) -> None:  # fmt: skip
    """Play one combination of variant and toggles, measure it, and judge the claims that speak of it."""
    from sim.experiments.run import run_resolved, switched_on, written_windows
    from sim.export import summary, tables

    scenario = _load(file)
    resolved = scenario.resolve(variant, switched_on(scenario, with_ or (), without or ()), set_ or ())
    with _progress(f"playing {scenario.title}") as progress:
        played = run_resolved(resolved, seed, replications, workers, progress, during=written_windows(scenario))
        verdicts = {} if set_ else summary.judged(played, scenario)
    if json:
        print(summary.to_json(summary.run_document(played, verdicts)), end="")
    else:
        print(tables.of_run(played, verdicts))
    if out is not None:
        from sim.export.folder import write_run

        _wrote(write_run(played, verdicts, out))
    if played.cut_off:
        _leave(CUT_OFF)
    _leave(OK if all(verdict.verdict == "holds" for verdict in verdicts.values()) else CLAIM_FAILED)


@app.command()
def explain(
    file: File, variant: Variant = None, with_: With = None, without: Without = None, set_: Set = None,
    seed: Seed = None, json: Json = False,
) -> None:  # fmt: skip
    """Tell what happened in one run, in order: every sentence from measured events, with time and value."""
    from dataclasses import asdict

    from sim.experiments.run import run_resolved, switched_on
    from sim.export import summary

    scenario = _load(file)
    resolved = scenario.resolve(variant, switched_on(scenario, with_ or (), without or ()), set_ or ())
    with _progress(f"playing {scenario.title}") as progress:
        played = run_resolved(resolved, seed, 1, 1, progress)
    story = played.explain()
    if json:
        print(summary.to_json({"story": [asdict(sentence) for sentence in story.sentences]}), end="")
    else:
        on = f", with {', '.join(played.toggles)}" if played.toggles else ""
        print(f"{scenario.title}: {played.variant or 'as written'}{on}, seed {played.seed}\n\n{story}")
    _leave(CUT_OFF if played.cut_off else OK)


@app.command()
def check(
    files: Files,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write the verdicts as JUnit XML.")] = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="An earlier `check --json`: report what has changed since.")
    ] = None,
    seed: Seed = None, replications: Replications = None, json: Json = False, workers: Workers = None,
) -> None:  # fmt: skip
    """Play every combination that the claims name and judge every claim; for CI."""
    from sim.experiments.check import check as check_one
    from sim.export import summary, tables
    from sim.export.junit import junit as junit_text

    checked: dict[str, Checked] = {}
    for file in files:
        scenario = _load(file)
        with _progress(f"checking {scenario.title}") as progress:
            checked[file] = check_one(scenario, replications, seed, workers, progress)
        if not json:
            print(tables.of_check(file, checked[file]) + "\n")
    document = summary.check_document(checked)
    if json:
        print(summary.to_json(document), end="")
    if junit is not None:
        _write_text(junit, junit_text(checked))
    changes = _changes(document, against) if against is not None else []
    for line in changes:
        _say(line)
    if any(one.cut_off for one in checked.values()):
        _leave(CUT_OFF)
    _leave(OK if all(one.holds for one in checked.values()) and not changes else CLAIM_FAILED)


def _changes(document: dict[str, Any], against: Path) -> list[str]:
    """Return what differs from an earlier check: verdicts, and values of combinations that are still the same."""
    import json

    try:
        before = json.loads(against.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ParameterError("be the JSON of an earlier check", str(against), str(error), "--against") from None
    found = []
    for file, now in document["files"].items():
        old = {row["claim"]: row for row in before.get(file, {}).get("expect", [])}
        for row in now["expect"]:
            name = row["claim"]
            if name not in old:
                found.append(f"{file}: claim {name!r} is new: {row['verdict']}")
            elif old[name]["verdict"] != row["verdict"]:
                found.append(f"{file}: claim {name!r}: {old[name]['verdict']} before, {row['verdict']} now")
            elif old[name]["values"] != row["values"] and before[file]["digests"][name] == now["digests"][name]:
                found.append(f"{file}: claim {name!r}: other values for the same scenario: the engine has changed")
        found += [f"{file}: claim {name!r} is gone" for name in old if name not in {r["claim"] for r in now["expect"]}]
    return found


@app.command()
def compare(
    file: File,
    variants: Annotated[str | None, typer.Option("--variants", help="Names with commas; default all.")] = None,
    toggle: Annotated[
        list[str] | None, typer.Option("--toggle", help="Compare without and with this toggle; may be repeated.")
    ] = None,
    variant: Variant = None, set_: Set = None, seed: Seed = None, replications: Replications = None, out: Out = None,
    json: Json = False, workers: Workers = None,
) -> None:  # fmt: skip
    """Play variants, or a toggle off and on, on the same arrivals and faults: paired, with intervals."""
    from sim.experiments.compare import compare as compare_all
    from sim.export import summary, tables

    scenario = _load(file)
    names = [name.strip() for name in variants.split(",")] if variants else None
    with _progress(f"comparing {scenario.title}") as progress:
        compared = compare_all(
            scenario, names, toggle or None, variant, seed, replications, set_ or (), workers, progress
        )  # fmt: skip
    if json:
        print(summary.to_json(summary.comparison_document(compared)), end="")
    else:
        print(tables.of_comparison(compared))
    if out is not None:
        from sim.export.folder import write_comparison

        _wrote(write_comparison(compared, out))
    _leave(CUT_OFF if compared.cut_off else OK)


@app.command()
def ablate(
    file: File,
    toggles: Annotated[
        str | None, typer.Option("--toggles", help="Names with commas; default all that belong to the variant.")
    ] = None,
    variant: Variant = None, set_: Set = None, seed: Seed = None, replications: Replications = None, out: Out = None,
    json: Json = False, workers: Workers = None,
) -> None:  # fmt: skip
    """Tell which defence did the work: every combination of toggles on the same seeds, main effects, interactions."""
    from sim.experiments.ablate import ablate as ablate_all
    from sim.export import summary
    from sim.export.ablation import ablation_document, of_ablation

    scenario = _load(file)
    names = [name.strip() for name in toggles.split(",")] if toggles else None
    with _progress(f"ablating {scenario.title}") as progress:
        done = ablate_all(scenario, names, variant, replications, seed, workers, progress, set_ or ())
    if json:
        print(summary.to_json(ablation_document(done)), end="")
    else:
        print(of_ablation(done))
    if out is not None:
        from sim.export.folder import write_ablation

        _wrote(write_ablation(done, out))
    _leave(CUT_OFF if done.cut_off else OK)


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file instead of stdout.")] = None,
) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    import json

    from sim.scenario import schema as scenario_schema

    text = json.dumps(scenario_schema(), indent=1) + "\n"
    if out is None:
        print(text, end="")
    else:
        _write_text(out, text)


@app.command("explain-field")
def explain_field(
    field: Annotated[str, typer.Argument(help="A key of the format, e.g. 'max deliveries' or 'breaker.probes'.")],
) -> None:
    """Explain one field of the format, or one measure."""
    from sim.results.measures import NAMES
    from sim.scenario import explain_field as explain

    if field in NAMES:
        unit, meaning = NAMES[field]
        print(f"{field}: a measure, in {unit or 'plain numbers'}\n  {meaning}")
    else:
        print(explain(field))


# --- helpers ------------------------------------------------------------------------------------------------


def _load(file: str) -> Any:
    from sim.scenario import load

    return load(_path(file))


def _path(file: str) -> Path:
    """Return the file, or the shipped scenario of that name."""
    path = Path(file)
    if path.exists() or path.suffix or len(path.parts) > 1:
        if not path.is_file():
            near = did_you_mean(path.name, [p.name for p in path.parent.glob("*.yaml")]) if path.parent.is_dir() else ""
            raise ParameterError("be a file", str(path), near, "scenario")
        return path
    from sim.scenario.shipped import shipped_folder

    shipped = {one.stem: one for one in shipped_folder().glob("*.yaml")}
    if file not in shipped:
        hint = did_you_mean(file, shipped) or "see: pileup list"
        raise ParameterError("be a file or the name of a shipped scenario", file, hint, "scenario")
    return shipped[file]


@contextmanager
def _progress(label: str) -> Iterator[Callable[[float], None] | None]:
    """Show a bar on a terminal, and nothing anywhere else."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def _wrote(files: list[Path]) -> None:
    for file in files:
        if file.suffix in (".md", ".png") or file.name == "summary.json":
            _say(f"wrote {file}")


def _write_text(path: Path, text: str) -> None:
    """Write beside and rename, so that a reader never meets half a file."""
    beside = path.with_name(f".{path.name}.unfinished")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _say(text: str) -> None:
    print(text, file=sys.stderr)
