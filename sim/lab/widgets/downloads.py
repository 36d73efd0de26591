"""Files of what is on the page: the combination as YAML, tables, a report, the story, and a notebook of it."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from sim.lab import selected
from sim.lab.glossary import plain
from sim.lab.selection import OWN, Selection, settings, to_query
from sim.lab.server.job_queue import JobSpec
from sim.lab.widgets import panels, waiting
from sim.results.wanted import ALL
from sim.scenario.loading import dump

MOST_ATTEMPTS = 3_000_000
"""A report in the lab makes no more attempts in all: a minute or two of a worker's time."""
TABLES = ("requests", "attempts", "messages", "effects", "ledger", "events", "series", "measures")


def downloads(chosen: Selection, resolved: Any, played: Any) -> None:
    """Draw the link to share and a button for each file; a file is made when its button is pressed."""
    name = f"{chosen.scenario}_{resolved.variant or 'as_written'}".replace(" ", "_")
    set_ = settings(chosen, selected.scenario_of(chosen))
    st.markdown("**Share**: everyone who opens this link sees the same combination, and the same numbers.")
    st.code(f"{_address()}?{urlencode({**to_query(chosen), 'run': '1'}, doseq=True)}", language=None, wrap_lines=True)
    st.markdown("**Download**")
    with st.container(horizontal=True):
        for label, data, ending, kind, help_ in (
            ("Scenario (YAML)", lambda: dump(resolved), "yaml", "text/yaml", "This combination as a scenario file."),
            ("Tables (CSV)", lambda: csv_tables(played), "zip", "application/zip", "Every table of the run, zipped."),
            ("Story (text)", lambda: str(played.story), "txt", "text/plain", "What happened, in order."),
            ("Replay (HTML)", lambda: replay(played), "html", "text/html", "The replay as a page for any browser."),
            ("Notebook", lambda: notebook(chosen, resolved, set_), "ipynb", "application/x-ipynb+json",
             "A Jupyter notebook that repeats this view."),
        ):  # fmt: skip
            st.download_button(
                label, data, f"{name}.{ending}", kind, on_click="ignore", help=help_, icon=":material/download:",
                key=f"download {ending}",
            )  # fmt: skip
    _report(chosen, resolved, played, name)
    st.caption(f"Digest of the scenario: {resolved.digest[:16]}; seed {played.run.seed}. {plain(resolved.source)}")


def _address() -> str:
    url = st.context.url or "http://127.0.0.1:8501/lab"
    return url.partition("?")[0]


def csv_tables(played: Any) -> bytes:
    """Return a zip of the run's tables as CSV; times in seconds on the scenario's clock."""
    out = io.BytesIO()
    played.run.measure(ALL)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in TABLES:
            archive.writestr(f"{name}.csv", getattr(played.run, name).to_csv(index=False))
    return out.getvalue()


def replay(played: Any) -> str:
    """Return the replay as a page that opens without a network."""
    from sim.replay import page

    return page(played.timeline)


def combinations(scenario: Any, chosen: Selection) -> int:
    """Return how many combinations a report plays: the variants, what the claims speak of, and the chosen one."""
    first = next(iter(scenario.variants), "")
    found = {(name, frozenset[str]()) for name in scenario.variants}
    found |= {(claim.variant or first, frozenset(claim.with_)) for claim in scenario.expect.values()}
    return len(found | {(chosen.variant or first, frozenset(chosen.toggles))})


def report_seeds(own: int, attempts: int, count: int) -> int:
    """Return on how many seeds a report plays each of *count* combinations: *own*, or what the budget has room for.

    *attempts* are those of one run. At least two, so that there are intervals.

    >>> report_seeds(5, 20_000, 10), report_seeds(20, 50_000, 10), report_seeds(5, 4_000_000, 10)
    (5, 6, 2)
    """
    return max(2, min(own, MOST_ATTEMPTS // max(attempts * count, 1)))


def _report(chosen: Selection, resolved: Any, played: Any, name: str) -> None:
    """Draw the button that makes the report, which plays what it compares, and then the one that downloads it."""
    scenario = selected.scenario_of(chosen)
    count = combinations(scenario, chosen)
    n = report_seeds(scenario.replications, len(played.run.record.attempts["sent_at"]), count)
    about = f"It plays {count} combinations on {n} seeds each, and judges the claims by them"
    if n < scenario.replications:
        about += f"; the scenario asks for {scenario.replications}, which the command `pileup report` plays"
    label = "Make the report (HTML)"
    if not panels.wanted(f"report {chosen}", label, ":material/description:"):
        st.caption(f"{about}. This takes a minute or so.")
        return
    options = {
        "variant": chosen.variant or None, "with_": resolved.toggles_on, "seed": chosen.seed, "replications": n,
        "set_": settings(chosen, scenario),
    }  # fmt: skip
    made = waiting.played(JobSpec("report", scenario, options), "Making the report")
    if made is not None:
        st.download_button(
            "Report (HTML)", made, f"{name}.report.html", "text/html", on_click="ignore", key="download report",
            icon=":material/download:", help="Question, replay, arithmetic, figures, comparison, claims, books.",
        )  # fmt: skip
        st.caption(f"{about}.")


def notebook(chosen: Selection, resolved: Any, set_: dict[str, object]) -> str:
    """Return a notebook that plays the combination again and shows what the page showed.

    *set_* is what the choice sets in the scenario beyond variant and switches. A shipped scenario may read data files,
    which stand in the folder of the shipped ones.
    """
    seed = resolved.seed if chosen.seed is None else chosen.seed
    text, imports = _quoted(dump(resolved)), "import sim"
    cells = [_cell("markdown", f"# {resolved.title}\n\n{resolved.question}")]
    if chosen.scenario != OWN:
        imports += "\nfrom sim.scenario.shipped import shipped_folder"
        text += ", folder=shipped_folder()"
        cells.append(_cell("markdown", _from_the_file(chosen, resolved, set_, seed)))
    cells += [
        _cell("code", f"{imports}\n\nscenario = sim.loads({text})"),
        _cell("code", f"run = sim.run(scenario, seed={seed}, replications=1)\nrun"),
        _cell("code", "print(run.explain())"),
        _cell("code", "rows = run.measures\nrows[(rows.measure == 'goodput ratio')]"),
        _cell("code", "run.replay()"),
    ]
    meta = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": cells, "metadata": meta, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def _from_the_file(chosen: Selection, resolved: Any, set_: dict[str, object], seed: int) -> str:
    """Return how to play the same combination from the shipped file, as Markdown with Python in it."""
    lines = [
        f"scenario = sim.load(shipped_folder() / {chosen.scenario + '.yaml'!r})",
        "sim.run(",
        f"    scenario, variant={resolved.variant or None!r}, with_={list(resolved.toggles_on)!r},",
        *([f"    set_={set_!r},"] if set_ else []),
        f"    seed={seed}, replications=1,",
        ")",
    ]
    return "Below is the combination as one file. The same from the shipped scenario:\n\n```python\n{}\n```".format(
        "\n".join(lines)
    )


def _quoted(text: str) -> str:
    """Return *text* as a Python literal on several lines."""
    return '"""\\\n' + text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') + '"""'


def _cell(kind: str, text: str) -> dict[str, Any]:
    found: dict[str, Any] = {"cell_type": kind, "id": f"c{zlib.crc32(text.encode()):08x}", "metadata": {}}
    found["source"] = text.splitlines(keepends=True)
    return found | ({"outputs": [], "execution_count": None} if kind == "code" else {})
