"""Commands that play combinations and judge or explain them: run, explain, check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from sim.cli.helpers import (
    earlier_document,
    give,
    leave,
    load_file,
    must_take_a_file,
    results_place,
    say,
    switches,
    write_text,
)
from sim.cli.options import (
    During,
    File,
    Files,
    Force,
    Json,
    Out,
    Replications,
    Seed,
    Set,
    Variant,
    With,
    Without,
    Workers,
    a_path,
)  # fmt: skip
from sim.cli.progress import progress_bar
from sim.cli.status import CLAIM_FAILED, CUT_OFF, OK

if TYPE_CHECKING:
    from sim.experiments.check import Checked


def run(
    file: File, variant: Variant = None, with_: With = None, without: Without = None, set_: Set = None,
    seed: Seed = None, replications: Replications = None, out: Out = None, force: Force = False,
    json: Json = False, workers: Workers = None, during: During = None,
) -> None:  # fmt: skip
    """Play one combination of variant and toggles, measure it, and judge its claims."""
    from sim.experiments.pool import Pool
    from sim.experiments.run import asked_windows, run_resolved, written_windows
    from sim.export import folder, summary, tables
    from sim.results.wanted import Wanted

    scenario = load_file(file)
    place = results_place(
        out, force, "run", scenario, variant=variant, with_=with_, without=without, set_=set_, seed=seed,
        replications=replications,
    )  # fmt: skip
    resolved = scenario.resolve(variant, switches(scenario, with_, without), set_ or ())
    asked = asked_windows(resolved, during or (), "--during")
    wanted = Wanted(during=(*written_windows(scenario), *asked))
    with progress_bar(f"playing {scenario.title}") as progress, Pool(workers) as pool:
        played = run_resolved(resolved, seed, replications, progress=progress, pool=pool, wanted=wanted)
        verdicts = summary.judged(played, scenario, set_ or (), pool)
    text = summary.to_json(summary.run_document(played, verdicts)) if json else tables.of_run(played, verdicts, asked)
    give(text, place, lambda place: folder.write_run(played, verdicts, place))
    if played.cut_off:
        leave(CUT_OFF)
    leave(OK if all(verdict.verdict == "holds" for verdict in verdicts.values()) else CLAIM_FAILED)


def explain(
    file: File, variant: Variant = None, with_: With = None, without: Without = None, set_: Set = None,
    seed: Seed = None, json: Json = False,
) -> None:  # fmt: skip
    """Explain one run in order of time: every sentence from measured events, with time and value."""
    from dataclasses import asdict

    from sim.experiments.run import run_resolved
    from sim.export import summary
    from sim.results.wanted import NOTHING

    scenario = load_file(file)
    resolved = scenario.resolve(variant, switches(scenario, with_, without), set_ or ())
    with progress_bar(f"playing {scenario.title}") as progress:
        played = run_resolved(resolved, seed, 1, 1, progress, wanted=NOTHING)
    story = played.explain()
    if json:
        print(summary.to_json({"story": [asdict(sentence) for sentence in story.sentences]}), end="")
    else:
        on = f", with {', '.join(played.toggles)}" if played.toggles else ""
        print(f"{scenario.title}: {played.variant or 'as written'}{on}, seed {played.seed}\n\n{story}")
    leave(CUT_OFF if played.cut_off else OK)


def check(
    files: Files,
    junit: Annotated[Path | None, a_path("--junit", "Write the verdicts as JUnit XML.")] = None,
    against: Annotated[
        Path | None, a_path("--against", "An earlier `check --json`: report changes; status 1 only for worse.")
    ] = None,
    with_: With = None, set_: Set = None, seed: Seed = None, replications: Replications = None, json: Json = False,
    workers: Workers = None,
) -> None:  # fmt: skip
    """Play every combination that the claims name and judge every claim; for CI."""
    from sim.experiments.check import check_in
    from sim.experiments.pool import Pool
    from sim.export import summary, tables
    from sim.export.changes import changes_since
    from sim.export.junit import junit as junit_text

    if junit is not None:
        must_take_a_file(junit, "--junit")
    before = None if against is None else earlier_document(against, "check", "files")["files"]
    scenarios = {file: load_file(file) for file in files}  # all of them are read before the first is played
    checked: dict[str, Checked] = {}
    with Pool(workers) as pool:
        for file, scenario in scenarios.items():
            with progress_bar(f"checking {scenario.title}") as progress:
                checked[file] = check_in(
                    pool, scenario, replications, seed, progress, with_ or (), set_ or (), progress.announce
                )
            if not json:
                print(tables.of_check(file, checked[file]) + "\n")
    document = summary.check_document(checked)
    if json:
        print(summary.to_json(document), end="")
    if junit is not None:
        write_text(junit, junit_text(checked), "--junit")
    if any(one.cut_off for one in checked.values()):
        leave(CUT_OFF)
    if before is None:
        leave(OK if all(one.holds for one in checked.values()) else CLAIM_FAILED)
    changes, is_worse = changes_since(document, before)
    for line in changes:
        say(line)
    leave(CLAIM_FAILED if is_worse else OK)
