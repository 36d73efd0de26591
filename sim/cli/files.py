"""Commands about files and the format, without a run: list, show, new, validate, schema, explain-field."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli.helpers import leave, load_file, path_of, say, write_text
from sim.cli.options import File, Files, Set, Variant, With, a_path
from sim.cli.status import BAD_INPUT, OK
from sim.cli.streams import as_path
from sim.errors import ParameterError, did_you_mean


def list_scenarios(
    folder: Annotated[
        Path | None, typer.Argument(parser=as_path, metavar="FOLDER", help="Scenarios; default the shipped ones.")
    ] = None,
    lessons: Annotated[bool, typer.Option("--lessons", help="Show the lesson of each one, too.")] = False,
) -> None:
    """List scenarios with the question each one asks."""
    from textwrap import fill

    from sim.scenario.catalogue import catalogue
    from sim.scenario.shipped import shipped_folder

    found = catalogue(folder or shipped_folder())
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        if one.problem:
            print(f"{one.name.ljust(width)}  cannot be read: {one.problem}")
            continue
        print(f"{one.name.ljust(width)}  {one.title}: {one.question}")
        if lessons and one.lesson:
            print(fill(one.lesson, 110, initial_indent=" " * 6, subsequent_indent=" " * 6) + "\n")


def show(
    file: File, variant: Variant = None, with_: With = None, set_: Set = None,
    answer: Annotated[bool, typer.Option("--answer", help="Show the lesson and the claims too.")] = False,
) -> None:  # fmt: skip
    """Show a system before any run: shape, load against capacity, amplification, weak points and switches.

    The lesson and the claims would give away the result. They are hidden until you ask with --answer.
    """
    from sim.topology import describe

    scenario = load_file(file)
    resolved = scenario.resolve(variant, with_ or (), set_ or ())
    on = f", with {', '.join(resolved.toggles_on)}" if resolved.toggles_on else ""
    print(f"{scenario.title}: {resolved.variant or 'as written'}{on}\n\n{scenario.question}\n".rstrip() + "\n")
    print("\n".join(describe(resolved).lines()))
    _show_switches(scenario, resolved)
    for line in resolved.assumptions:
        print(f"assumed by the scenario: {line}")
    _show_answer(scenario, answer)


def _show_switches(scenario: Any, resolved: Any) -> None:

    if scenario.variants:
        print(f"\nVariants: {', '.join(scenario.variants)}")
    if scenario.toggles:
        print("\nToggles:")
    for name, toggle in scenario.toggles.items():
        only = f" (only {', '.join(toggle.for_)})" if toggle.for_ else ""
        print(f"  {name}{only}: {toggle.about}")
    if resolved.faults:
        print("\nFaults:")
    for name, fault in resolved.faults.items():
        print(f"  {name}: {fault.timing}")
    if resolved.actions:
        print("\nActions:")
    for name, action in resolved.actions.items():
        print(f"  {name}: {action.sentence()} ({action.timing.rstrip(',')})")


def _show_answer(scenario: Any, wanted: bool) -> None:
    """Show the lesson and the claims if they are *wanted*; otherwise mention that they exist."""
    from sim.number_words import counted
    from sim.results.claims import describe_claim

    if not wanted:
        kept = ["the lesson"] * bool(scenario.lesson)
        kept += [counted(len(scenario.expect), "claim")] * bool(scenario.expect)
        if kept:
            print(f"\nKept back until you have predicted: {' and '.join(kept)} (--answer shows them).")
        return
    if scenario.expect:
        print("\nClaims:")
    first = next(iter(scenario.variants), "as written")
    for name, claim in scenario.expect.items():
        where = " with ".join([claim.variant or first, *([", ".join(claim.with_)] if claim.with_ else [])])
        print(f"  {name} ({where}): {describe_claim(claim)}")
    if scenario.lesson:
        print(f"\nLesson: {scenario.lesson.strip()}")


def new(
    chain: Annotated[str, typer.Argument(help='Services in call order: "web -> orders -> payments"; ~> is a queue.')],
    out: Annotated[Path | None, a_path("--out", "Write to this file instead of stdout.")] = None,
) -> None:
    """Write the skeleton of a scenario: a healthy chain with one fault and one claim."""
    from sim.scenario.scaffold import skeleton

    text = skeleton(chain)
    if out is None:
        print(text, end="")
        return
    if out.exists():
        raise ParameterError("be a new file", str(out), place="--out")
    write_text(out, text)
    say(f"wrote {out}; next: pileup show {out}")


def validate(files: Files) -> None:
    """Check scenario files without playing them: all problems of a file at once, and warnings."""
    from sim.scenario.loading import load, problems

    bad = 0
    for file in files:
        try:
            path = path_of(file)
        except ParameterError as error:  # the other files are checked all the same
            print(error)
            bad += 1
            continue
        errors, warnings = problems(path)
        for line in errors:
            print(line)
        bad += bool(errors)
        if not errors:
            print(f"{path}: ok")
            for line in dict.fromkeys([*warnings, *_arithmetic(load(path))]):
                print(f"warning: {line}")
    leave(BAD_INPUT if bad else OK)


def _arithmetic(scenario: Any) -> list[str]:
    """Return the warnings from load and shape, each once at its part, with the variants that have it.

    An unlimited queue is not among them: the warnings about the file itself have it.
    """
    from sim.topology import advice

    found: dict[str, list[str]] = {}
    for name in scenario.variants or [""]:
        resolved = scenario.resolve(name or None)
        for line in advice(resolved):
            if not line.endswith("it never rejects a call"):
                found.setdefault(f"{resolved.place_of(line)}: {line}", []).append(name)
    every = len(scenario.variants or [""])
    return [line if len(names) == every else f"{line} (in {', '.join(names)})" for line, names in found.items()]


def schema(
    out: Annotated[Path | None, a_path("--out", "Write to this file instead of stdout.")] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As a readable page: every key and measure in words.")
    ] = False,
) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    if markdown:
        from sim.export.reference import page

        text = page()
    else:
        import json

        from sim.scenario.schema import schema as scenario_schema

        text = json.dumps(scenario_schema(), indent=1) + "\n"
    if out is None:
        print(text, end="")
    else:
        write_text(out, text)


def explain_field(
    field: Annotated[
        str,
        typer.Argument(
            help="A key of the format ('max deliveries', 'breaker.probes'), a measure, a term, or a product's word."
        ),
    ],
) -> None:
    """Explain one field of the format, one measure, one word of the glossary, or one word of a product."""
    from sim.fields.quantity import spaced
    from sim.glossary import TERMS, explained
    from sim.results.measures.registry import NAMES
    from sim.scenario.product_words import explain_word
    from sim.scenario.schema import explain_field as explain

    answers, hint = [], ""
    if field in NAMES:
        about = NAMES[field]
        answers.append(f"{field}: a measure, in {about.unit}, of a {about.subjects}\n  {about.meaning}")
    else:
        try:
            answers.append(explain(field))
        except ParameterError as error:
            hint = error.hint
    word = spaced(field).lower()
    if word in TERMS:
        answers.append(explained(word))
    answers += [text for text in explain_word(field) if text not in answers]
    if not answers:
        hint = hint or did_you_mean(field, [*NAMES, *TERMS])
        raise ParameterError("be a field of the format, a measure or a word of the glossary", field, hint, "field")
    print("\n\n".join(answers))
