"""Lessons: their words lean on claims that are checked, their answers come from runs, and each can be finished."""

import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("streamlit")

import itertools

from streamlit.testing.v1 import AppTest

import sim
from sim.experiments.replications import Replication
from sim.experiments.run import Run
from sim.lab.glossary import GLOSSARY
from sim.lab.pages.learn import answers, lesson
from sim.lab.pages.learn.answers import Answer, answer, filled, goals_met, is_right, verdict
from sim.lab.pages.learn.lessons import THEMES, Choice, Guess, Lesson, Measured, Play, lesson_from, lessons
from sim.lab.server import (
    jobs,
    worker_tasks,
)
from sim.lab.widgets import glossary_text
from sim.results.measures.registry import NAMES
from sim.results.rows import Measure
from sim.scenario.shipped import shipped_folder

ALL = list(lessons().values())
SEEDS = (1, 2, 3)


@cache
def scenario(name: str) -> Any:
    return sim.load(shipped_folder() / f"{name}.yaml")


@cache
def played(name: str, play: Play, seed: int) -> Any:
    order = lesson.spec_of(lessons()[name], play, scenario(lessons()[name].scenario))
    return worker_tasks.play(order.scenario, seed, 1, during=order.options["during"]).run


def test_lessons_stand_by_theme_and_in_order_within_one() -> None:
    assert len({one.order for one in ALL}) == len(ALL)
    assert ALL == sorted(ALL, key=lambda one: (THEMES.index(one.theme), one.order))
    assert {one.theme for one in ALL} == set(THEMES)


def test_every_shipped_scenario_has_a_lesson() -> None:
    shipped = {path.stem for path in shipped_folder().glob("*.yaml")}
    assert {one.scenario for one in ALL} == shipped


def test_the_readme_counts_the_lessons() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"offer (\d+) lessons", readme) == [str(len(ALL))]


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_a_lesson_names_only_what_there_is(one: Lesson) -> None:
    found = scenario(one.scenario)
    plays = [step.play for step in one.steps] + [one.attempt.known]
    plays += [value.play for step in one.steps for value in step.values.values() if value.play is not None]
    for play in plays:
        found.resolve(play.variant or None, play.with_, dict(play.set_))
    for step in one.steps:
        assert step.rests_on and set(step.rests_on) <= set(found.expect), step.title
        shown = [*step.show, *step.values.values()] + (
            list(step.question.most) if isinstance(step.question, Choice) else []
        )
        assert {each.measure for each in shown} <= set(NAMES)
    for path, values in one.attempt.settings.items():
        for value in values:
            found.resolve(one.attempt.known.variant or None, (), {path: value})
    assert set(one.attempt.variants) <= set(found.variants) and set(one.attempt.toggles) <= set(found.toggles)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_the_claims_that_an_explanation_rests_on_speak_of_its_combinations(one: Lesson) -> None:
    found = scenario(one.scenario)
    first = next(iter(found.variants), "")
    for step in one.steps:
        plays = [step.play, *(value.play for value in step.values.values() if value.play is not None)]
        spoken = {(play.variant or first, frozenset(play.with_)) for play in plays}
        for name in step.rests_on:
            claim = found.expect[name]
            assert (claim.variant or first, frozenset(claim.with_)) in spoken, f"{step.title}: {name}"


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_every_number_with_a_percent_sign_in_an_explanation_is_measured(one: Lesson) -> None:
    assert ["%" in step.explain for step in one.steps] == [False] * len(one.steps)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_every_question_has_one_right_answer_and_every_text_its_numbers(one: Lesson, seed: int) -> None:
    for step in one.steps:
        run = played(one.name, step.play, seed)
        found = answer(step.question, run)
        assert found.right is not None, step.title
        if isinstance(step.question, Choice):
            assert [is_right(step.question, label, found) for label in step.question.labels].count(True) == 1
        else:
            value = found.value * (100 if NAMES[step.question.of.measure][0] == "ratio" else 1)  # type: ignore[operator]
            assert step.question.least <= value <= step.question.most
            nearest = step.question.least + step.question.step * round(
                (value - step.question.least) / step.question.step
            )
            assert is_right(step.question, nearest, found)
            wrong = [step.question.least, step.question.most]
            assert not all(is_right(step.question, one_, found) for one_ in wrong)
            assert lesson.right_option(step.question, found) in lesson.options_for(step.question)
        text = filled(step.explain, step, lambda play: played(one.name, play, seed))
        assert "{" not in text and "undecided" not in text, text
        for shown in step.show:
            assert answers.value_of(shown, run) is not None, shown


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_the_goals_are_reached_by_the_way_that_is_known_and_not_by_doing_nothing(one: Lesson, seed: int) -> None:
    known = goals_met(one.attempt, played(one.name, one.attempt.known, seed))
    assert all(ok for ok, _ in known.values()), known
    nothing = Play(one.attempt.variants[0] if one.attempt.variants else "")
    assert not all(ok for ok, _ in goals_met(one.attempt, played(one.name, nothing, seed)).values())


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_bulkhead_serves_those_whom_the_lesson_on_slow_calls_says_it_serves(seed: int) -> None:
    bounded = Play(set_=(("links.shop:payments.bulkhead.max concurrent calls", "12"),))
    goodput = {
        (of, play): played("24_slow_calls", play, seed).value("goodput ratio", of, "fault")
        for of in ("shoppers", "browsers") for play in (Play(), bounded)
    }  # fmt: skip
    assert goodput["browsers", bounded] >= 0.97
    assert goodput["shoppers", bounded] >= goodput["shoppers", Play()] - 0.04


# --- answers ---------------------------------------------------------------------------------------------------


def run_with(**values: float | None) -> Run:
    """Return a run whose only measures are these goodput ratios."""
    rows = tuple(Measure("goodput ratio", of, "all", value, 1, "ratio") for of, value in values.items())
    return Run(None, 1, [Replication(0, rows)], None)  # type: ignore[arg-type]


def guess(within: float) -> Guess:
    return Guess(Measured("goodput ratio", "a"), 0, 100, 5, within)


@pytest.mark.parametrize("said, right", [(50, True), (55, True), (45, True), (56, False), (44, False)])
def test_a_share_is_right_within_points_of_percent(said: float, right: bool) -> None:
    assert is_right(guess(5), said, answer(guess(5), run_with(a=0.5))) is right


def test_what_a_run_cannot_tell_is_never_right() -> None:
    found = answer(guess(100), run_with(a=None))
    assert not is_right(guess(100), 50, found)
    assert "does not decide" in verdict(guess(100), 50, found)


def test_the_highest_is_right_and_a_tie_is_not() -> None:
    question = Choice(most=(Measured("goodput ratio", "a"), Measured("goodput ratio", "b")))
    assert answer(question, run_with(a=0.2, b=0.3)) == Answer("b")
    assert answer(question, run_with(a=0.3, b=0.3)) == Answer(None)
    assert answer(question, run_with(a=None, b=0.3)) == Answer(None)
    assert verdict(question, "a", Answer("b")) == "Not this time: you said 'a', and it is 'b'."


def test_a_number_is_put_into_its_band() -> None:
    question = Guess(Measured("backlog peak", "q"), 0, 600, 10, 0.25)
    assert lesson.bands(question) == ("0 to 100", "100 to 200", "200 to 300", "300 to 400", "400 to 500", "500 to 600")
    assert lesson.right_option(question, Answer("250 messages", 250.0)) == "200 to 300"
    assert lesson.right_option(question, Answer("9,000 messages", 9000.0)) == ""


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_a_room_votes_on_bands_with_round_numbers(one: Lesson) -> None:
    for step in one.steps:
        if isinstance(step.question, Guess):
            labels = lesson.bands(step.question)
            assert 4 <= len(labels) <= 7 and all(re.fullmatch(r"[\d.]{1,5} to [\d.]{1,5}", label) for label in labels)


def test_a_lesson_with_a_gap_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match="theme"):
        lesson_from("x", "title: T\norder: 1\n")


# --- words -----------------------------------------------------------------------------------------------------


def test_a_term_is_explained_once_where_it_first_stands() -> None:
    told: set[str] = set()
    first = glossary_text.pieces("A circuit breaker; two Circuit breakers, **strong** `code`.", told)
    assert [piece["text"] for piece in first if "about" in piece] == ["circuit breaker"]
    assert "".join(str(piece["text"]) for piece in first) == "A circuit breaker; two Circuit breakers, strong code."
    assert [
        piece["text"] for piece in glossary_text.pieces("The circuit breaker, queues.", told) if "about" in piece
    ] == ["queues"]
    assert first[1]["about"] == GLOSSARY["circuit breaker"]


def test_a_term_inside_a_longer_word_is_none() -> None:
    assert not any("about" in piece for piece in glossary_text.pieces("queueing, traceability, ghostly"))


# --- the page --------------------------------------------------------------------------------------------------


def script() -> None:
    from sim.lab.pages.learn import page

    page()


@pytest.fixture
def app() -> Any:
    return AppTest.from_function(script, default_timeout=90)


@pytest.fixture
def workers() -> Iterator[None]:
    yield
    jobs.worker_pool().close()
    jobs.worker_pool.clear()


def button(app: Any, label: str) -> Any:
    return next(one for one in app.button if one.label == label)


def test_the_page_lists_every_lesson_and_every_term(app: Any) -> None:
    app.run()
    assert not app.exception
    assert {one.label for one in app.button} == {f"Begin: {one.title}" for one in ALL}
    told = "\n".join(one.value for one in app.markdown)
    assert all(f"**{name}**" in told.replace("\\", "") for name in GLOSSARY)


def test_the_glossary_can_be_searched(app: Any) -> None:
    app.run()
    app.text_input(key="glossary search").input("GHOST").run()
    told = [one.value for one in app.markdown if one.value.startswith("**")]
    assert any(one.startswith("**ghost**") for one in told) and len(told) < len(GLOSSARY) / 2
    app.text_input(key="glossary search").input("<b>").run()
    assert not app.exception


def test_lessons_can_be_searched_and_chosen_by_what_they_are_about(app: Any) -> None:
    def titles() -> set[str]:
        return {one.label.removeprefix("Begin: ") for one in app.button}

    app.run()
    app.text_input(key="lesson search").input("AUTOSCALER rush").run()
    assert titles() == {lessons()["46_autoscaler"].title}
    app.text_input(key="lesson search").input("autoscaler <b>").run()
    assert not app.exception and not titles() and app.info
    app.text_input(key="lesson search").input("").run()
    app.button_group(key="lesson theme").set_value("queues").run()
    assert titles() == {one.title for one in ALL if one.theme == "queues"}


@pytest.mark.slow
def test_a_lesson_opens_by_its_address_and_shows_one_question(app: Any) -> None:
    app.query_params["lesson"] = ALL[0].name
    app.run()
    assert not app.exception
    assert len(app.radio) + len(app.number_input) == 1
    button(app, "Predict, then run").click().run()
    assert any("Choose an answer first" in one.value for one in app.warning)


def questions() -> None:
    from sim.lab.pages.learn.lesson import _widget
    from sim.lab.pages.learn.lessons import lessons

    for one in lessons().values():
        for i, step in enumerate(one.steps):
            _widget(step.question, f"answer {one.name} {i}", None)


def test_every_question_of_every_lesson_starts_without_an_answer() -> None:
    at = AppTest.from_function(questions, default_timeout=60).run()
    assert not at.exception
    answers = [widget.value for widget in (*at.radio, *at.number_input)]
    assert answers == [None] * sum(len(one.steps) for one in ALL) and at.number_input
    assert not at.slider and not at.select_slider, "a slider always stands somewhere"


def notes_script() -> None:
    from sim.lab.pages.notes import page

    page()


def test_the_trainer_shows_every_part_and_has_the_notes_in_another_window(app: Any) -> None:
    app.query_params["lesson"] = ALL[0].name
    app.run()
    app.toggle[0].set_value(True).run()
    assert not app.exception
    assert [one.value for one in app.subheader] == [
        *(f"{i}. {step.title}" for i, step in enumerate(ALL[0].steps, 1)), f"{len(ALL[0].steps) + 1}. Try it",
    ]  # fmt: skip
    notes = AppTest.from_function(notes_script, default_timeout=60).run()
    assert not notes.exception
    assert notes.header[0].value == ALL[0].title, "it follows the lesson that is shown"
    assert len(prose_keys(notes, "notes")) == len(ALL[0].steps) + 2
    assert prose_keys(app, "ask") and not prose_keys(app, "notes"), "this page is projected"


def prose_keys(app: Any, kind: str) -> list[str]:
    """Return the keys of the texts of one kind on a page."""
    ids = [str(one.proto.id) for one in app.get("bidi_component")]
    return [each for each in ids if each.endswith(f" {kind}")]


@pytest.mark.slow
def test_a_lesson_can_be_done_to_its_end(app: Any, workers: None) -> None:
    one = lessons()["30_poison_message"]
    app.query_params["lesson"] = one.name
    app.run()
    app.radio[0].set_value(one.steps[0].question.labels[1])  # type: ignore[union-attr]
    button(app, "Predict, then run").click().run()
    assert not app.exception
    assert any("Not this time" in each.value for each in app.info)
    app.number_input[0].set_value(100)
    button(app, "Predict, then run").click().run()
    assert any("You predicted it" in each.value for each in app.success)
    button(app, "Run what you chose").click().run()
    assert any(each.value.startswith("Not met") for each in app.error)
    app.selectbox[-1].select("3")
    button(app, "Run what you chose").click().run()
    assert not app.exception and not app.error
    assert len([each for each in app.success if each.value.startswith("Met")]) == 2
    assert lesson.DONE in app.session_state and len(app.session_state[lesson.DONE]) == 3
    assert math.isfinite(one.minutes)


# --- the instructor's guide ------------------------------------------------------------------------------------

GUIDE = (Path(__file__).parents[2] / "docs" / "teaching.md").read_text(encoding="utf-8")


MINUTES = {one.title: one.minutes for one in ALL}


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_the_guide_tells_how_long_every_lesson_takes_and_what_goes_before(one: Lesson) -> None:
    rows = re.findall(rf"^\| \*{re.escape(one.title)}\* \| ([\d.]+) \| ([^|]+) \|", GUIDE, flags=re.MULTILINE)
    assert [float(minutes) for minutes, _ in rows] == [one.minutes]
    assert rows[0][1] == "–" or rows[0][1] in MINUTES


def test_a_topic_of_the_guide_takes_as_long_as_its_lessons() -> None:
    rows = re.findall(r"^\| [^|]+ \| (\*[^|]+\*) \| (\d+) \|$", GUIDE, flags=re.MULTILINE)
    assert len(rows) == 5
    assert all(sum(MINUTES[one.strip("*")] for one in told.split("*, *")) == int(minutes) for told, minutes in rows)


def test_the_two_days_give_each_lesson_the_time_it_takes() -> None:
    rows = re.findall(r"^\| \d+:\d\d \| (\d+) \| ([^|]+) \| Learn", GUIDE, flags=re.MULTILINE)
    named = {title: int(given) for given, told in rows for title in MINUTES if re.match(rf"{title}\b", told)}
    assert len(named) == len(rows) - 1  # the glossary is no lesson
    assert all(given >= MINUTES[title] for title, given in named.items())


def test_the_guide_names_only_commands_and_notebooks_that_there_are() -> None:
    from sim.cli.program import COMMANDS

    assert {found[1] for found in re.finditer(r"`pileup ([\w-]+)", GUIDE)} <= set(COMMANDS)
    folder = Path(__file__).parents[2] / "notebooks"
    assert all((folder / name).is_file() for name in re.findall(r"(\d\d_\w+\.ipynb)", GUIDE))


def test_the_workshop_of_90_minutes_gives_each_lesson_the_time_it_takes() -> None:
    rows = re.findall(r"^\| (\d+)–(\d+) \|.*lesson \*([^*]+)\*", GUIDE, flags=re.MULTILINE)
    assert len(rows) == 3
    assert all(int(end) - int(begin) == MINUTES[title] for begin, end, title in rows)


def test_the_two_days_have_no_gaps() -> None:
    rows = [tuple(map(int, row)) for row in re.findall(r"^\| (\d+):(\d\d) \| (\d+) \|", GUIDE, flags=re.MULTILINE)]
    for (hour, minute, lasts), (next_hour, next_minute, _) in itertools.pairwise(rows):
        assert hour * 60 + minute + lasts == next_hour * 60 + next_minute or next_hour == 9
