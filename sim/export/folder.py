"""Result folders: summary, tables, the resolved scenario, a manifest and figures, written whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.export import report
from sim.export.summary import comparison_document, run_document, to_json, versions
from sim.export.whole import MANIFEST, Place
from sim.scenario.loading import dump

if TYPE_CHECKING:
    from sim.experiments.ablation.ablate import Ablation
    from sim.experiments.compare import Comparison
    from sim.experiments.fault_matrix.result import Matrix
    from sim.experiments.hysteresis import Hysteresis
    from sim.experiments.run import Run
    from sim.export.ablation import Goals
    from sim.results.claims import Verdict
    from sim.scenario.scenario_file import ScenarioFile


def write_run(run: Run, verdicts: dict[str, Verdict], place: Place) -> list[Path]:
    """Write everything about *run* into *place* and return the files, tables as Parquet and figures as PNG."""
    with place.filling() as made:
        _text(made / "summary.json", to_json(run_document(run, verdicts)))
        _text(made / "scenario.yaml", dump(run.scenario))
        _tables(run, made / "tables")
        figures = _figures(run.plot(), made / "figures")
        _text(made / "report.md", report.of_run(run, verdicts, figures))
        _text(made / MANIFEST, to_json(_manifest(run, place)))
    return place.files()


def write_comparison(comparison: Comparison, place: Place) -> list[Path]:
    """Write a comparison into *place*: summary, table, figure, a report, and each combination's scenario."""
    with place.filling() as made:
        _text(made / "summary.json", to_json(comparison_document(comparison)))
        (made / "tables").mkdir()
        comparison.table.to_parquet(made / "tables" / "differences.parquet", index=False)
        figures = _figures({"comparison": comparison.plot()}, made / "figures")
        for label, run in comparison.runs.items():
            _text(made / f"{label}.yaml", dump(run.scenario))
        _text(made / "report.md", report.of_comparison(comparison, figures))
        first = next(iter(comparison.runs.values()))
        _text(made / MANIFEST, to_json(_manifest(first, place)))
    return place.files()


def write_ablation(ablation: Ablation, place: Place, goals: Goals = None) -> list[Path]:
    """Write an ablation into *place*: summary, the table of combinations, figure and report."""
    from sim.export.ablation import ablation_document, of_ablation

    with place.filling() as made:
        _text(made / "summary.json", to_json(ablation_document(ablation, goals)))
        (made / "tables").mkdir()
        ablation.table.to_parquet(made / "tables" / "combinations.parquet", index=False)
        figures = _figures({"ablation": ablation.plot()}, made / "figures")
        _text(made / "report.md", report.page(ablation.baseline, of_ablation(ablation, goals), figures))
        _text(made / MANIFEST, to_json(_manifest(ablation.baseline, place)))
    return place.files()


def write_matrix(matrix: Matrix, place: Place) -> list[Path]:
    """Write a fault matrix into *place*: summary, the table of faults (Parquet and CSV), figure and report."""
    from sim.export.matrix import matrix_document, of_matrix

    with place.filling() as made:
        _text(made / "summary.json", to_json(matrix_document(matrix)))
        (made / "tables").mkdir()
        matrix.table.to_parquet(made / "tables" / "faults.parquet", index=False)
        matrix.table.to_csv(made / "tables" / "faults.csv", index=False)
        figures = _figures({"matrix": matrix.plot()}, made / "figures")
        text = of_matrix(matrix, len(matrix.trials))
        _text(made / "report.md", report.page_of(matrix.scenario, matrix.seed, text, figures))
        _text(made / MANIFEST, to_json(_manifest_of(matrix.scenario, matrix.seed, matrix.replications, place)))
    return place.files()


def write_hysteresis(found: Hysteresis, place: Place) -> list[Path]:
    """Write a hysteresis into *place*: summary, the table of steps, figure and report, and the scenario played."""
    from sim.export.hysteresis import hysteresis_document, of_hysteresis

    with place.filling() as made:
        _text(made / "summary.json", to_json(hysteresis_document(found)))
        _text(made / "scenario.yaml", dump(found.run.scenario))
        (made / "tables").mkdir()
        found.table.to_parquet(made / "tables" / "steps.parquet", index=False)
        figures = _figures({"hysteresis": found.plot()}, made / "figures")
        _text(made / "report.md", report.page(found.run, of_hysteresis(found), figures))
        _text(made / MANIFEST, to_json(_manifest(found.run, place)))
    return place.files()


def _manifest(run: Run, place: Place) -> dict[str, Any]:
    return _manifest_of(run.scenario, run.seed, len(run.replications), place)


def _manifest_of(scenario: ScenarioFile, seed: int, replications: int, place: Place) -> dict[str, Any]:
    return {
        "scenario": scenario.title, "digest": scenario.digest, "seed": seed, "replications": replications,
        "asked": place.asked, "versions": versions(),
    }  # fmt: skip


def _tables(run: Run, folder: Path) -> None:
    folder.mkdir()
    for name in ("measures", "requests", "attempts", "messages", "effects", "events", "series"):
        getattr(run, name).to_parquet(folder / f"{name}.parquet", index=False)


def _figures(figures: dict[str, Any], folder: Path) -> list[str]:
    folder.mkdir()
    names = []
    for name, figure in figures.items():
        file = f"{name.replace(' ', '_')}.png"
        figure.savefig(folder / file, dpi=120)
        names.append(f"figures/{file}")
    return names


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
