"""The report as a page: everything that was promised is in it, as it was measured, and nothing can break out of it."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import UndefinedError
from ruamel.yaml import YAML

import sim
from sim.export.page import Report, parts, play, pocket_page, pre_run, report_page
from sim.export.page.fidelity import Fidelity, modelled
from sim.replay import embedded
from sim.replay.html import json_for_html
from sim.topology import describe

SHOP = """
version: 1
title: A slow till
question: What does a <slow> till do?
lesson: A line fills & orders fail.
source: 'a test: "nobody"'
assumptions: [Nobody leaves the shop.]
duration: 12s
warmup: 2s
replications: 2
workload: {customers: {calls: till.pay, rate: 40/s, deadline: 1s}}
services: {till: {workers: 2, waiting: 20, operations: {pay: [{work: exponential 20ms}]}}}
faults: {slow till: {slow: till, by: 6x, at: 5s, for: 4s}}
toggles:
  short line: {about: Fewer places, patch: {services: {till: {waiting: 2}}}}
expect:
  well before: {measure: goodput ratio, of: customers, during: before, above: 90%}
  never fails: {measure: goodput ratio, of: customers, during: fault, above: 99%}
"""
SECTIONS = [
    "The run, replayed", "Before any run", "What happened", "What was measured", "Compared", "Claims", "Books",
    "Fidelity card",
]  # fmt: skip


class Reader(HTMLParser):
    """Collects the tags, what links point to, and the words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img", "source", "input", "br"):
            self.open.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)
            if self.open[-1] == "h2":
                self.headings.append(data)


@pytest.fixture(scope="module")
def report() -> Report:
    return play(sim.loads(SHOP))


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return report_page(report)


@pytest.fixture(scope="module")
def read(page: str) -> Reader:
    return Reader(page)


@pytest.mark.slow
def test_every_promised_section_is_there_and_every_element_is_closed(read: Reader) -> None:
    assert read.headings == SECTIONS
    assert read.open == []


@pytest.mark.slow
def test_the_page_says_what_the_scenario_says_as_text(read: Reader, page: str) -> None:
    assert "What does a <slow> till do?" in read.text and "<slow>" not in page
    assert "A line fills & orders fail." in read.text and "Nobody leaves the shop." in read.text


@pytest.mark.slow
def test_the_arithmetic_is_what_show_prints(read: Reader, report: Report) -> None:
    for line in describe(report.run.scenario).lines():
        assert " ".join(line.split()) in read.text


@pytest.mark.slow
def test_the_numbers_are_the_runs_own(read: Reader, report: Report) -> None:
    value = report.run.value("goodput ratio", "customers", "fault")
    assert value is not None and value < 0.9
    assert f"customers fault {value * 100:.1f} %" in read.text
    assert report.comparison is not None
    row = next(
        row for row in report.comparison.rows
        if (row["combination"], row["measure"], row["of"], row["during"])
        == ("with short line", "goodput ratio", "customers", "fault")
    )  # fmt: skip
    assert f"{row['difference'] * 100:+.1f} points" in read.text


@pytest.mark.slow
def test_a_claim_that_fails_is_said_to_fail(read: Reader, report: Report) -> None:
    assert "1 of 2 claims hold." in read.text and "✕ fails" in read.text
    assert not report.holds


@pytest.mark.slow
def test_books_story_and_the_fidelity_card_are_complete(read: Reader, report: Report) -> None:
    for name in report.run.identities:
        assert f"✓ {name}" in read.text
    for sentence in report.run.explain().sentences:
        assert " ".join(sentence.text.split()) in read.text
    assert report.run.scenario.digest in read.text and "numpy" in read.text


@pytest.mark.slow
def test_the_page_needs_no_network_and_draws_each_figure_for_light_and_dark(read: Reader, page: str) -> None:
    assert read.addresses and all(address.startswith("data:image/svg+xml;base64,") for address in read.addresses)
    assert len(read.addresses) % 2 == 0 and page.count("<figure>") == len(read.addresses) // 2 >= 4
    assert "default-src 'none'" in page


@pytest.mark.slow
def test_the_same_report_gives_the_same_bytes(page: str) -> None:
    assert report_page(play(sim.loads(SHOP))) == page


@pytest.mark.slow
def test_claims_are_not_judged_of_a_changed_scenario() -> None:
    changed = play(sim.loads(SHOP), set_=["services.till.workers=4"], replications=1)
    assert changed.checked is None and changed.holds
    assert "Not judged: values were changed." in Reader(report_page(changed)).text


def test_what_is_modelled_is_read_from_the_scenario() -> None:
    scenario = sim.loads(
        SHOP.replace("faults:", "links: {customers -> till: {timeout: 1s, retry: {max attempts: 2}}}\nfaults:")
    )
    assert modelled(scenario.resolve()) == [
        "1 workload: customers", "1 service with workers and waiting lines: till", "timeout on customers -> till",
        "retry on customers -> till", "the fault slow till, at 5s for 4s",
    ]  # fmt: skip


@pytest.mark.parametrize("evil", ["</td><script>", "\"><img src=x onerror='a()'>", "<!--", "&amp;", "{{ 7 * 7 }}"])
def test_no_value_of_a_page_can_be_markup(evil: str) -> None:
    table = parts.Table.of([evil], [[parts.Cell(evil, evil), evil]])
    picture = parts.Picture("data:,", "data:,", evil)
    page = parts.filled(
        "report.html", [], "report.js", title=evil,
        scenario=SimpleNamespace(question=evil, lesson=evil, source=evil),
        replay={"label": evil, "player": embedded({"title": evil}), "beside": [evil], "others": json_for_html([evil])},
        arithmetic=evil, story=[SimpleNamespace(at_s=1.0, text=evil)], played=evil, measured=[table], figures=[picture],
        comparison={"words": evil, "table": table, "figure": picture}, claims={"words": evil, "table": table},
        books=[evil], cut_off=evil, fidelity=Fidelity([evil], [evil], [evil], [(evil, evil)]),
    )  # fmt: skip
    read = Reader(page)
    assert read.open == [] and sum(evil in words for words in read.words) == 28
    outside = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(r"<(script|img src=x|!--)", outside) and "49" not in outside


@pytest.mark.slow
def test_a_script_in_what_a_scenario_says_is_text_on_every_page() -> None:
    evil = "</script><script>alert(1)</script>"
    texts = {"title": evil, "question": evil, "lesson": evil, "source": evil, "assumptions": [evil]}
    hostile = {**YAML(typ="safe").load(SHOP), **texts, "replications": 1}
    scenario = sim.Scenario(**hostile)
    for page, mild in (
        (report_page(play(scenario)), report_page(play(sim.loads(SHOP), replications=1))),
        (pocket_page(pre_run(scenario)), pocket_page(pre_run(sim.loads(SHOP), replications=1))),
    ):
        assert page.count("<script") == mild.count("<script") and "alert(1)" in page
        assert evil not in page and Reader(page).open == []


def test_only_our_own_code_is_exempt_from_escaping_and_nothing_is_escaped_by_hand() -> None:
    templates = sorted(Path(sim.__path__[0]).rglob("templates/*.html"))
    assert len(templates) >= 8
    for template in templates:
        assert not re.search(r"\|\s*(safe|tojson)|autoescape|Markup", template.read_text(encoding="utf-8")), template
    root = Path(sim.__path__[0])
    texts = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in root.rglob("*.py")}
    assert {name for name, text in texts.items() if re.search(r"\b(trusted|Markup)\(", text)} == {
        "markup.py",
        "replay/html.py",
        "export/page/parts.py",
    }
    assert [name for name, text in texts.items() if "html.escape" in text] == []


def test_jinja_is_loaded_with_the_first_page_only() -> None:
    code = "import sys, sim.export.page, sim.replay, sim.plots.picture; print('jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_template_that_wants_an_unknown_value_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'question' is undefined"):
        parts.filled("pocket.html", [], "pocket.js", title="t", data="{}")


def row(mean: float | None, low: float | None, high: float | None, unit: str) -> dict[str, Any]:
    return {"mean": mean, "low": low, "high": high, "unit": unit}


def test_an_interval_stays_where_its_measure_can_lie() -> None:
    from sim.export.tables import number

    assert parts.interval(row(0.99, 0.95, 1.03, "ratio"), number) == "99.0 %\n95.0 % to 100.0 %"
    assert parts.interval(row(0.1, -0.1, 0.3, "s"), number) == "100 ms\n0 s to 300 ms"
    assert parts.interval(row(2.0, None, None, "s"), number) == "2 s"
    assert parts.interval(row(None, None, None, "s"), number) == parts.interval(None, number) == "–"
