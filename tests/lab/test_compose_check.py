"""A participant's text is hostile until it is judged: what is wrong is placed, what is too much is refused, in time."""

import time
from pathlib import Path

import pytest

pytest.importorskip("streamlit")

from sim.errors import ParameterError
from sim.lab.own_scenario import MOST_LETTERS, check
from sim.lab.pages.compose import file_name, from_upload
from sim.lab.pages.compose.editor import typed
from sim.lab.pages.compose.guide import guide
from sim.lab.selection import MOST_LINK, pack, unpack
from sim.lab.server.worker_tasks import MOST_EVENTS, bounded
from sim.lab.widgets import drawing
from sim.scenario.scaffold import skeleton
from sim.scenario.shipped import shipped_folder

CHAIN = skeleton("web -> orders ~> payments")
SHIPPED = sorted(shipped_folder().glob("*.yaml"))


def test_a_problem_is_placed_at_its_line_and_column() -> None:
    text = skeleton("web -> orders").replace("timeout: 1s", "timeuot: 1s")
    line = next(i for i, one in enumerate(text.splitlines(), 1) if "timeuot" in one)
    (mark,) = check(text).problems
    assert (mark.line, mark.column) == (line, text.splitlines()[line - 1].index("timeuot") + 1)
    assert mark.text.endswith("did you mean 'timeout'?")


def test_all_problems_are_told_at_once() -> None:
    text = CHAIN.replace("100/s", "100").replace("duration: 120s", "duration: 120")
    assert len({mark.line for mark in check(text).problems}) == 2


def test_a_warning_is_no_problem() -> None:
    checked = check(CHAIN.replace("deadline: 2s", "deadline: 500ms"))
    assert checked.scenario is not None and not checked.problems


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_composed(path: Path) -> None:
    checked = check(path.read_text(encoding="utf-8"))
    assert not checked.problems
    assert not drawing.too_large(checked.scenario)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8)
)
MANY = (
    "".join(f"  v{i}: {{}}\n" for i in range(60)),
    "".join(f"  t{i}: {{about: x, patch: {{seed: {i}}}}}\n" for i in range(60)),
)


@pytest.mark.parametrize(
    "text, message",
    [
        (BOMB, "aliases"),
        ("[" * 5_000, "nest"),
        ("a: " * 20_000, "must"),
        ("x" * (MOST_LETTERS + 1), f"at most {MOST_LETTERS} letters"),
        (f"{CHAIN}variants:\n{MANY[0]}toggles:\n{MANY[1]}", "values in all its variants"),
        ("extends: ../../../etc/passwd\n", "name a scenario file in the same folder"),
        ("extends: /etc/passwd\n", "name a scenario file in the same folder"),
        (CHAIN.replace("rate: 100/s", "rate: trace /etc/passwd"), "must be relative"),
        (CHAIN.replace("rate: 100/s", "rate: trace ../README.md"), "outside"),
        (CHAIN.replace("  clients:", "  <script>alert(1)</script>:"), "must"),
        ("!!python/object/apply:os.system [ls]", "must"),
        ("\x00\x01", "must"),
        ("\ud800", "must"),
        ("", "must"),
    ],
    ids=["bomb", "deep", "long line", "large", "many patches", "extends up", "extends absolute", "data absolute",
         "data outside", "markup", "tag", "control", "surrogate", "empty"],
)  # fmt: skip
def test_a_hostile_text_is_refused_by_name_and_soon(text: str, message: str) -> None:
    begun = time.perf_counter()
    checked = check(text)
    assert time.perf_counter() - begun < 5
    assert checked.scenario is None
    assert any(message in mark.text for mark in checked.problems)
    assert all("root:" not in mark.text for mark in checked.marks)


def test_a_text_may_extend_a_shipped_scenario() -> None:
    assert check("extends: retry_storm.yaml\ntitle: Mine\n").scenario.title == "Mine"


def test_a_huge_run_is_held_to_the_budgets_of_the_lab() -> None:
    text = CHAIN.replace("rate: 100/s", "rate: 1000000/s") + "max events: 999999999999\nmax memory: 999GB\n"
    scenario = bounded(check(text).scenario.resolve(None, (), ()))
    assert scenario.max_events == MOST_EVENTS
    assert scenario.max_memory <= 2e9


def test_more_parts_than_a_page_can_draw_are_not_drawn() -> None:
    many = " -> ".join(f"s{i}" for i in range(drawing.MOST_NODES))
    assert "more than" in drawing.too_large(check(skeleton(many)).scenario)


def test_a_drawing_says_in_words_what_it_shows_and_markup_stays_text() -> None:
    resolved = check(CHAIN.replace("title: web to payments", 'title: "<img src=x onerror=alert(1)>"')).scenario
    resolved = resolved.resolve(None, (), ())
    words = drawing.in_words(resolved)
    assert "web calls orders" in words and "orders sends to to payments" in words and "10x slower" in words
    shown = drawing.as_html(drawing.drawn(resolved, True), words + '"><script>')
    assert "<script>" not in shown and "onerror" not in shown


# --- links and files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_fits_into_a_link(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(pack(text)) < MOST_LINK
    assert unpack(pack(text)) == text


def test_an_upload_that_is_no_text_or_too_large_is_refused() -> None:
    assert from_upload(CHAIN.encode()) == CHAIN
    for data in (b"\xff\xfe\x00", b"x" * (4 * MOST_LETTERS + 1), b"y" * (MOST_LETTERS + 1)):
        with pytest.raises(ParameterError, match="file must"):
            from_upload(data)


@pytest.mark.parametrize("sent", [None, 5, {}, {"code": 3}, {"code": {"text": 3, "edit": 1, "revision": 2}},
                                  {"code": {"text": "x", "edit": "1", "revision": 2}},
                                  {"code": {"text": "x", "edit": 1, "revision": 1}}])  # fmt: skip
def test_what_the_browser_sends_is_checked(sent: object) -> None:
    assert typed(sent, 2) is None


def test_what_was_typed_is_cut_to_what_can_be_refused() -> None:
    found = typed({"code": {"text": "x" * 10_000_000, "edit": 4, "revision": 2}}, 2)
    assert found is not None and len(found[0]) == MOST_LETTERS + 1
    assert check(found[0]).problems


def test_a_file_is_named_after_its_title() -> None:
    assert file_name("../../<etc>") == "etc.yaml"
    assert file_name("***") == "scenario.yaml"


# --- help --------------------------------------------------------------------------------------------------------


def test_every_key_of_the_format_is_explained() -> None:
    found = guide()
    assert {"Scenario", "Service", "Link", "Queue", "Retry", "Breaker", "Step"} <= set(found)
    assert [
        f"{part}.{key}" for part, one in found.items() for key, field in one["keys"].items() if not field["about"]
    ] == []


def test_the_guide_leads_from_the_top_to_a_step() -> None:
    found = guide()
    assert found["Scenario"]["keys"]["services"]["of"] == [{"map": [{"def": "Service"}]}]
    assert found["Service"]["keys"]["operations"]["of"] == [{"map": [{"list": [{"def": "Step"}]}]}]
    assert {"work", "call", "send", "effect", "on error"} <= set(found["Step"]["keys"])
    assert {"def": "Retry"} in found["Link"]["keys"]["retry"]["of"]
    assert "hold" in found["Service"]["keys"]["while calling"]["words"]
