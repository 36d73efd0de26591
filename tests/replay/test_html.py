"""Whatever a name holds, it can neither end the data's script nor become markup, and a page loads nothing."""

from __future__ import annotations

import html
import json
import re

import pytest

import sim
from sim.replay import Replay, assets, embedded, page, timeline
from sim.replay.html import json_for_html
from tests.replay.test_timeline import data

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "]]>",
    "&lt;b&gt;",
    "\u2028\u2029",
    "<img src=x onerror=alert(1)>",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_data(name: str) -> None:
    text = json_for_html({"name": name})
    assert not re.search(r"[<>&\u2028\u2029]", text)
    assert json.loads(text) == {"name": name}


def test_a_page_with_hostile_names_has_the_same_elements_as_one_without() -> None:
    plain = data()
    hostile = {**plain, "title": HOSTILE[0], "question": HOSTILE[5], "label": HOSTILE[1]}
    assert [len(re.findall("<[a-z!/]", page(one))) for one in (plain, hostile)] == [
        len(re.findall("<[a-z!/]", page(plain)))
    ] * 2


def test_a_page_loads_nothing() -> None:
    text = page(data())
    assert "default-src 'none'" in text
    style = assets()[1]
    assert not re.search(r"@import|url\(", style)
    script = assets()[0]
    assert not re.search(
        r"\bfetch\(|XMLHttpRequest|\bimport\b|innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", script
    )
    assert re.findall(r"https?://[^\"'\s]+", text) == ["http://www.w3.org/2000/svg"]


def test_what_the_page_calls_keeps_its_name_and_nothing_ends_the_script() -> None:
    script = assets()[0]
    assert re.search(r"\bfunction mountAll\(", script) and re.search(r"export\{.*\bmountAll\b", script)
    assert "</script" not in script and "<!--" not in script


def test_the_player_takes_at_most_70_kilobytes_of_a_page() -> None:
    assert sum(len(part.encode()) for part in assets()) < 70_000


def test_a_notebook_gets_a_frame_with_the_whole_page_in_it() -> None:
    shown = Replay(data())._repr_html_()
    inside = re.search(r'srcdoc="([^"]*)"', shown)
    assert inside is not None and html.unescape(inside[1]) == Replay(data()).html
    assert 'sandbox="allow-scripts"' in shown
    assert repr(Replay(data())).startswith("<Replay of 'A slow till'")


def test_a_run_replays_itself() -> None:
    run = sim.run(sim.load("scenarios/poison_message.yaml"), replications=1)
    assert run.replay().data == timeline(run.record)


def test_options_travel_with_the_data() -> None:
    payload = re.search(r'application/json" id="one-data">(.*?)</script>', embedded(data(), {"theme": "dark"}, "one"))
    assert payload is not None and json.loads(payload[1])["options"] == {"theme": "dark"}
