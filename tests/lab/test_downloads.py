"""What the lab offers to take home: a notebook that, executed, gives the numbers and the story of the page."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("streamlit")
nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

import sim  # noqa: E402
from sim.lab.selection import OWN, Selection, resolve, settings  # noqa: E402
from sim.lab.server import worker_tasks  # noqa: E402
from sim.lab.widgets.downloads import notebook  # noqa: E402
from sim.results.wanted import ALL  # noqa: E402
from sim.scenario.shipped import shipped_folder  # noqa: E402

TEXT = r"""
version: 1
title: 'Own: "quoted" \n'
question: What is lost?
duration: 40s
seed: 3
workload: {buyers: {calls: shop.buy, rate: 20/s, deadline: 1s}}
services:
  shop: {workers: 4, operations: {buy: [{work: exponential 5ms}, {call: store.put}]}}
  store: {workers: 2, operations: {put: [{work: exponential 10ms}, {effect: kept}]}}
links: {shop -> store: {timeout: 200ms, retry: {max attempts: 2}}}
"""
SPLIT = {"split": {"partition": {"here": ["shop"], "there": ["store"]}, "mode": "silent", "at": "10s", "for": "5s"}}
VIEWS = {
    "as written": Selection("nested_retries"),
    "a variant with a switch": Selection("cascade_vs_backlog", "synchronous", ("circuit breaker",)),
    "another load and seed": Selection("back_pressure", "reject when full", seed=7, load=1.5),
    "a fault added": Selection("split_network", "refused", ("timeout",)).with_faults(
        {"again": {"pause": "shop", "at": "40s", "for": "3s"}}
    ),
    "no fault left": Selection("shared_host", "spread").with_faults({}),
    "data of its own": Selection("launch_day", "", load=0.5),
    "a file of one's own": Selection(OWN, text=TEXT).with_faults(SPLIT),
}


def opened(chosen: Selection) -> Any:
    return sim.loads(chosen.text) if chosen.scenario == OWN else sim.load(shipped_folder() / f"{chosen.scenario}.yaml")


def same(rows: list[Any], seen: list[Any]) -> None:
    """Hold rows of measures against those of the page; which windows of claims are measured may differ."""
    windows = {row["during"] for row in rows} & {row["during"] for row in seen}
    assert "all" in windows
    assert [row for row in rows if row["during"] in windows] == [row for row in seen if row["during"] in windows]


@pytest.mark.slow
@pytest.mark.parametrize("chosen", VIEWS.values(), ids=VIEWS)
def test_the_notebook_gives_the_numbers_and_the_story_of_the_page(chosen: Selection, tmp_path: Path) -> None:
    scenario = opened(chosen)
    resolved = resolve(chosen, scenario)
    seen = worker_tasks.play(resolved, chosen.seed)
    seen.run.measure(ALL)
    book: Any = nbformat.reads(notebook(chosen, resolved, settings(chosen, scenario)), 4)
    nbformat.validate(book)
    book.cells.append(nbformat.v4.new_code_cell("import json\nprint(json.dumps(list(run.rows)))"))
    nbclient.NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = ["".join(one.text for one in cell.outputs if one.output_type == "stream") for cell in book.cells[-4:]]
    same(json.loads(said[-1]), json.loads(json.dumps(list(seen.run.rows))))
    assert said[0].rstrip("\n") == str(seen.story).rstrip("\n")
    assert "Replay" in str(book.cells[-2].outputs) or "replay" in str(book.cells[-2].outputs)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, one in VIEWS.items() if one.scenario != OWN])
def test_the_lines_for_the_shipped_file_play_the_same(name: str) -> None:
    chosen = VIEWS[name]
    scenario = opened(chosen)
    resolved = resolve(chosen, scenario)
    told = json.loads(notebook(chosen, resolved, settings(chosen, scenario)))["cells"][1]["source"]
    first, _, call = "".join(told).split("```python\n")[1].removesuffix("```").partition("\nsim.run(")
    known: dict[str, Any] = {"sim": sim, "shipped_folder": shipped_folder}
    exec(f"{first}\nrun = sim.run({call}", known)
    run = worker_tasks.play(resolved, chosen.seed).run
    run.measure(ALL)
    same(list(known["run"].rows), list(run.rows))
