"""Every page of the lab, without a browser: what it asks, what it shows, and that each switch answers."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

pytestmark = pytest.mark.skipif(find_spec("streamlit") is None, reason="streamlit is not installed")

LONG_S = 90
MARKUP = """
version: 1
title: "Mine <script>alert(1)</script> **bold**"
question: "Is <b>this</b> [safe](javascript:alert(1))?"
duration: 20s
workload: {ones: {calls: web.get, rate: 5/s, deadline: 1s}}
services: {web: {workers: 2, waiting: 4, operations: {get: [{work: exponential 10ms}]}}}
"""


def opened(page: str, **query: str) -> "AppTest":
    """The lab with *page* on top, opened by a link with *query*."""
    from streamlit.testing.v1 import AppTest

    at = AppTest.from_string(f'from sim.lab.app import main\nmain("{page}")\n', default_timeout=LONG_S)
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def unfolded(at: "AppTest") -> "AppTest":
    """The Lab with its gallery open."""
    at.session_state["gallery fold"] = True
    return at.run()


def turned_to(at: "AppTest", tab: str) -> "AppTest":
    """The Lab with a tab below the replay open."""
    at.session_state["below"] = tab
    return at.run()


def texts(at: "AppTest") -> str:
    found: list[Any] = [
        *at.title,
        *at.header,
        *at.subheader,
        *at.markdown,
        *at.caption,
        *at.info,
        *at.warning,
        *at.error,
        *at.code,
    ]
    return "\n".join(str(element.value) for element in found)


def linked(at: "AppTest", name: str) -> str:
    """What the page's address says under *name*."""
    value = at.query_params[name]
    return value if isinstance(value, str) else value[0]


def widget(found: Any, label: str) -> Any:
    return next(element for element in found if element.label == label)


# --- before anything is played ------------------------------------------------------------------------------


def test_the_first_screen_asks_with_three_answers_and_plays_nothing() -> None:
    at = opened("start")
    assert not at.exception
    assert at.title[0].value == "One service gets slow. Who notices?"
    assert len([button for button in at.button if str(button.key).startswith("answer")]) == 3
    assert not at.sidebar.children


def test_an_answer_is_met_with_two_numbers_and_one_switch() -> None:
    at = opened("start")
    at.button(key="answer payers").click().run()
    assert [metric.value for metric in at.metric] == ["2 %", "6 %"]
    assert "Not only they" in texts(at)
    at.toggle(key="start switch").set_value(True).run()
    assert not at.exception
    assert float(at.metric[1].value.rstrip(" %")) > 85


def test_the_lab_asks_for_a_prediction_before_it_gives_anything_away() -> None:
    at = opened("lab")
    assert not at.exception
    assert at.title[0].value == "Cascade versus backlog"
    assert "Your prediction" in texts(at)
    assert not at.metric and "takes its callers" not in texts(at)


def test_the_lab_says_who_asks_whom_and_does_not_offer_what_the_fault_strikes_as_the_first_hit() -> None:
    at = opened("lab")
    assert "shoppers → web · browsers → web · web → orders · orders → payments" in texts(at)
    assert at.button_group[0].options == ["web", "orders", "nobody else"]


def test_the_gallery_finds_scenarios_by_words_and_says_when_there_is_none() -> None:
    at = unfolded(opened("lab"))
    every = {button.key for button in at.button if str(button.key).startswith("choose ")}
    at.text_input(key="search").set_value("poison").run()
    some = {button.key for button in at.button if str(button.key).startswith("choose ")}
    assert "choose poison_message" in some < every
    at.text_input(key="search").set_value("no such words").run()
    assert "No scenario has all these words" in texts(at)


def test_the_gallery_shows_every_shipped_scenario_once_under_what_it_is_about() -> None:
    from sim.lab.widgets.gallery import OTHERS, groups
    from sim.scenario.catalogue import catalogue
    from sim.scenario.shipped import shipped_folder

    every = [one for one in catalogue(shipped_folder()) if not one.problem]
    found = groups(every)
    assert sorted(one.name for ones in found.values() for one in ones) == [one.name for one in every]
    assert len(every) >= 25 and len(found.get(OTHERS, [])) <= 3, "give the topics of the gallery words for these"
    assert max(len(ones) for ones in found.values()) <= 12, "a group that fills the screen is no group"
    at = unfolded(opened("lab"))
    assert {str(button.key)[7:] for button in at.button if str(button.key).startswith("choose ")} == {
        one.name for one in every
    }
    at.button_group(key="topic").set_value("queues").run()
    assert {str(button.key)[7:] for button in at.button if str(button.key).startswith("choose ")} == {
        one.name for one in found["queues"]
    }


def test_cards_are_drawn_only_when_they_are_asked_for() -> None:
    at = opened("lab")
    assert not at.exception
    assert not [button for button in at.button if str(button.key).startswith("choose ")]


def test_a_card_chooses_its_scenario() -> None:
    at = unfolded(opened("lab"))
    at.button(key="choose retry_storm").click().run()
    assert at.title[0].value == "Retry storm"
    assert not at.session_state["gallery fold"], "who has chosen wants to see the question"


def test_a_link_that_nobody_made_here_is_told_and_ignored() -> None:
    at = opened("lab", scenario="cascade_vs_backlog", seed="-5", run="1")
    assert "This link could not be opened" in texts(at) and "be a whole number" in texts(at)
    assert at.title[0].value == "Cascade versus backlog"


def test_markup_in_a_scenario_of_ones_own_is_shown_as_text() -> None:
    from sim.lab.selection import pack

    at = opened("lab", scenario="own", yaml=pack(MARKUP))
    assert not at.exception
    shown = texts(at)
    assert "<script>" not in shown and "&lt;script&gt;" in shown
    assert "[safe](javascript" not in shown


def test_a_broken_scenario_of_ones_own_is_refused_with_its_place() -> None:
    from sim.lab.selection import pack

    at = opened("lab", scenario="own", yaml=pack(MARKUP.replace("rate: 5/s", "rate: 5")))
    assert not at.exception
    assert "scenario.yaml:6:41: workload.ones.rate must be a rate" in texts(at)


def test_compare_offers_variants_and_switches() -> None:
    at = opened("compare")
    assert not at.exception
    assert any(str(button.label).startswith("Play 4 designs") for button in at.button)


def test_every_term_of_the_glossary_is_a_sentence() -> None:
    from sim.lab.glossary import GLOSSARY, HELP

    assert all(text.endswith(".") and len(text) > 20 for text in [*GLOSSARY.values(), *HELP.values()])


def test_names_with_markup_are_shown_as_text() -> None:
    from sim.lab.glossary import plain

    assert plain("<img src=x>") == "&lt;img src=x&gt;"
    assert plain(":red[x] `y`") == r"\:red\[x\] \`y\`"


# --- with runs ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_run_shows_each_workload_the_replay_and_the_ledger() -> None:
    at = opened("lab")
    at.button(key="run").click().run()
    assert not at.exception
    assert [metric.label for metric in at.metric] == ["in the fault", "after it"] * 2
    assert "**shoppers** well served" in texts(at) and "**browsers** well served" in texts(at)
    assert "requests that arrived in the fault (60 s to 90 s), seed 1" in texts(at)
    assert "The ledger" not in texts(at)
    assert "The ledger" in texts(turned_to(at, "Ledger and lesson"))
    assert linked(at, "run") == "1"


@pytest.mark.slow
def test_the_lab_offers_the_lessons_on_its_scenario_and_opens_them() -> None:
    at = opened("lab", scenario="cascade_vs_backlog", run="1")
    offered = [one.key for one in turned_to(at, "Ledger and lesson").button if str(one.key).startswith("take ")]
    assert offered == ["take 10_cascade_or_backlog", "take 15_slow_is_not_failed"]
    at.button(key="take 15_slow_is_not_failed").click().run()
    assert not at.exception and at.session_state["learn lesson"] == "15_slow_is_not_failed"


@pytest.mark.slow
def test_a_prediction_is_held_against_the_run() -> None:
    at = opened("lab")
    at.radio[0].set_value(at.radio[0].options[0]).run()
    at.button(key="run").click().run()
    assert "Not so" in texts(at) and "shoppers: you said they hardly notice it" in texts(at)


@pytest.mark.slow
def test_flipping_the_breaker_shows_the_change_against_the_baseline_and_is_in_the_link() -> None:
    at = opened("lab", scenario="cascade_vs_backlog", run="1")
    before = at.metric[2].value  # the browsers in the fault
    widget(at.toggle, "circuit breaker").set_value(True).run()
    assert at.metric[2].value != before and at.metric[2].delta.endswith("points")
    assert "in points against the baseline" in texts(at)
    assert linked(at, "with") == "circuit breaker"


@pytest.mark.slow
@pytest.mark.parametrize("toggle", ["circuit breaker", "retries", "short timeout", "patient timeout"])
def test_every_switch_of_the_hero_answers(toggle: str) -> None:
    at = opened("lab", scenario="cascade_vs_backlog", run="1", **{"with": toggle})
    assert not at.exception and len(at.metric) == 4


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["asynchronous", "hybrid", "workers freed while calling"])
def test_every_variant_of_the_hero_answers_and_foreign_switches_are_greyed_with_the_reason(variant: str) -> None:
    at = opened("lab", scenario="cascade_vs_backlog", run="1")
    at.radio[0].set_value(variant).run()
    assert not at.exception and len(at.metric) == 4
    assert widget(at.toggle, "short timeout").disabled
    assert f"Not in *{variant}*: it belongs to synchronous." in texts(at)


@pytest.mark.slow
def test_two_switches_that_disagree_are_refused_with_the_reason() -> None:
    at = opened("lab", scenario="cascade_vs_backlog", run="1")
    widget(at.toggle, "short timeout").set_value(True)
    widget(at.toggle, "patient timeout").set_value(True).run()
    assert not at.exception
    assert "These switches cannot be played together" in texts(at)


@pytest.mark.slow
def test_the_same_link_gives_the_same_numbers() -> None:
    link = {"scenario": "cascade_vs_backlog", "with": "retries", "seed": "7", "load": "0.9", "run": "1"}
    first, again = opened("lab", **link), opened("lab", **link)
    assert [metric.value for metric in first.metric] == [metric.value for metric in again.metric]
    assert widget(again.number_input, "Seed").value == 7


@pytest.mark.slow
def test_a_fault_can_be_added_moved_and_removed() -> None:
    at = opened("lab", scenario="cascade_vs_backlog", run="1")
    at.selectbox(key="new kind").set_value("crash").run()
    at.selectbox(key="new target crash").set_value("web").run()
    at.button(key="new add").click().run()
    assert not at.exception
    assert "web crash: {crash: web, mode: refuse, at: 20s, for: 20s}" in texts(at)
    slider = next(one for one in at.slider if str(one.key).startswith("fault web crash"))
    slider.set_value((100.0, 110.0)).run()
    assert '"at":"100s","for":"10s"' in linked(at, "faults")
    at.button(key="remove web crash").click().run()
    assert "web crash" not in linked(at, "faults")


@pytest.mark.slow
def test_is_it_chance_plays_both_sides_on_the_same_seeds() -> None:
    at = opened("lab", scenario="cascade_vs_backlog", run="1", **{"with": "circuit breaker"})
    turned_to(at, "Is it chance?")
    at.select_slider(key="difference seeds").set_value(3).run()
    next(button for button in at.button if str(button.label).startswith("Is it chance?")).click().run()
    assert not at.exception
    table = next(frame.value for frame in at.dataframe if "difference" in frame.value.columns)
    row = table[(table["of"] == "browsers") & (table["measure"] == "goodput ratio")].iloc[0]
    assert row["more than chance"] == "yes" and row["seeds"] == 3


@pytest.mark.slow
def test_the_defence_that_did_the_work_is_named() -> None:
    at = opened("lab", scenario="retry_storm", run="1")
    turned_to(at, "Which defence?")
    buttons = [button for button in at.button if str(button.label).startswith("Which defence did the work?")]
    buttons[0].click().run()
    assert not at.exception
    assert "Fewest switches" in "".join(one.value for one in at.success) or "No combination" in texts(at)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["launch_day", "online_boutique", "poison_message", "retry_storm"])
def test_every_shipped_scenario_opens_and_runs(name: str) -> None:
    at = opened("lab", scenario=name, run="1")
    assert not at.exception
    assert at.metric


@pytest.mark.slow
def test_compare_plays_variants_and_draws_differences() -> None:
    at = opened("compare")
    at.select_slider(key="compare seeds").set_value(2).run()
    next(button for button in at.button if str(button.label).startswith("Play 4 designs")).click().run()
    assert not at.exception
    assert len(at.dataframe) >= 1 and "Against synchronous" in [one.value for one in at.subheader]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["failed", "slowest", "typical", "ghost"])
def test_trace_draws_each_kind_of_request(kind: str) -> None:
    at = opened("trace", scenario="cascade_vs_backlog", run="1", **{"with": "retries"})
    pills = next(one for one in at.button_group if one.label == "Which one")
    pills.set_value(kind).run()
    assert not at.exception
    assert at.header[0].value.startswith("Request ")
    assert ("What went wrong" in texts(at)) == (kind in ("failed", "ghost"))


SMALL = """
version: 1
title: Small
question: Who notices?
duration: 20s
warmup: 2s
replications: 4
workload: {ones: {calls: web.get, rate: 20/s, deadline: 1s}}
services: {web: {workers: 2, waiting: 4, operations: {get: [{work: exponential 10ms}]}}}
links: {ones -> web: {latency: 1ms, timeout: 500ms}}
faults: {web slow: {slow: web, by: 20x, at: 8s, for: 5s}}
variants: {small: {}, large: {services: {web: {workers: 8}}}}
toggles: {retry: {about: Ask once more., patch: {links: {ones -> web: {retry: {max attempts: 2}}}}}}
expect:
  all is well before: {measure: goodput ratio, of: ones, during: before, above: 90%}
  large is better: {variant: large, measure: goodput ratio, of: ones, during: fault, above: 10%}
"""


@pytest.mark.slow
def test_the_matrix_breaks_every_part_and_says_what_hurts_most() -> None:
    from sim.lab.selection import pack

    at = opened("compare", scenario="own", yaml=pack(SMALL))
    next(one for one in at.button if str(one.label).startswith("Break every part")).click().run()
    assert not at.exception and not at.warning
    assert "The worst: **" in texts(at) and "The worst faults, with each switch on" in texts(at)
    table = next(frame.value for frame in at.dataframe if "good requests missing" in frame.value.columns)
    struck = " ".join(table["fault"])
    assert "crash" in struck and "cut" in struck and "ones -> web" in struck and "web" in struck


@pytest.mark.slow
def test_the_report_is_made_on_the_scenarios_own_seeds_and_judges_its_claims() -> None:
    from sim.lab.selection import pack

    at = opened("lab", scenario="own", yaml=pack(SMALL), run="1")
    turned_to(at, "Share and download")
    assert "It plays 2 combinations on 4 seeds each" in texts(at)
    next(one for one in at.button if str(one.label).startswith("Make the report")).click().run()
    assert not at.exception and not at.warning
    assert any(one.label == "Report (HTML)" for one in at.get("download_button"))


def test_a_report_plays_fewer_seeds_where_the_budget_ends_and_never_less_than_two() -> None:
    from sim.lab.widgets.downloads import MOST_ATTEMPTS, report_seeds

    assert report_seeds(5, 1_000, 10) == 5
    assert report_seeds(20, 50_000, 10) == 6 and 6 * 50_000 * 10 <= MOST_ATTEMPTS
    assert report_seeds(5, 10**7, 10) == 2
