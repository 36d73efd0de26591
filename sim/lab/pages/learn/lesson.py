"""One lesson on the page: each step asks, plays the combination that it asks about, and explains it with measurements.

A participant's predictions are kept in the browser session only. The next step opens when this one is answered.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from sim.errors import LabError
from sim.lab import navigation, selected, session
from sim.lab.glossary import plain
from sim.lab.pages.learn.answers import answer, filled, goals_met, in_words, is_right, verdict
from sim.lab.pages.learn.lessons import Attempt, Choice, Guess, Lesson, Measured, Play, Step
from sim.lab.selection import Selection
from sim.lab.server import room
from sim.lab.server.job_queue import JobSpec
from sim.lab.widgets import drawing, theme, votes, waiting
from sim.lab.widgets.glossary_text import prose
from sim.results.measures.registry import NAMES

DONE = "learn done"


def progress(lesson: Lesson) -> tuple[int, int]:
    """Return how many parts of a lesson this session has finished, and how many there are."""
    done = st.session_state.get(DONE, {})
    found = sum((lesson.name, i) in done for i in range(len(lesson.steps)))
    return found + ((lesson.name, -1) in done), len(lesson.steps) + 1


def _done() -> dict[tuple[str, int], Any]:
    """Return what this session has predicted: by lesson and step, -1 for what it tried at the end."""
    found: dict[tuple[str, int], Any] = st.session_state.setdefault(DONE, {})
    return found


def draw(lesson: Lesson, trainer: bool) -> None:
    """Draw a lesson as far as this session has come; the trainer sees all of its steps, but no notes.

    The trainer's page is on the projector; the notes are on the page Notes, which follows the lesson shown here.
    """
    st.header(lesson.title)
    prose(f"**Afterwards you can:** {lesson.aim[0].lower()}{lesson.aim[1:]}", f"{lesson.name} aim")
    prose(lesson.before, f"{lesson.name} before")
    _picture(lesson)
    if trainer:
        room.poll().shown = lesson.name
    for i, step in enumerate(lesson.steps):
        _step(lesson, i, step, trainer)
        if (lesson.name, i) not in _done() and not trainer:
            st.caption(f"Part {i + 1} of {len(lesson.steps) + 1}. The next part opens when you have run this one.")
            return
    _attempt(lesson, lesson.attempt)


def _picture(lesson: Lesson) -> None:
    resolved = scenario_of(lesson).resolve(lesson.steps[0].play.variant or None, (), ())
    if not drawing.too_large(resolved):
        st.html(drawing.as_html(drawing.drawn(resolved, theme.is_dark()), drawing.in_words(resolved)))


# --- playing ---------------------------------------------------------------------------------------------------


def scenario_of(lesson: Lesson) -> Any:
    """Return the scenario that a lesson plays."""
    return selected.scenario_of(Selection(scenario=lesson.scenario))


def spec_of(lesson: Lesson, play: Play, scenario: Any) -> JobSpec:
    """Return the job that plays one combination of a lesson, with every window that the lesson names."""
    resolved = scenario.resolve(play.variant or None, play.with_, dict(play.set_))
    return JobSpec("play", resolved, {"seed": resolved.seed, "replications": 1, "during": windows(lesson)})


def windows(lesson: Lesson) -> tuple[str, ...]:
    """Return the windows in seconds that a lesson speaks of, and not those of the scenario's own claims."""
    named = [claim.during for claim in lesson.attempt.goals.values()]
    for step in lesson.steps:
        named += [one.during for one in (*step.show, *step.values.values())]
    return tuple(dict.fromkeys(during for during in named if " to " in during))


def run_of(lesson: Lesson, play: Play) -> Any:
    """Return the run of one combination of the lesson's scenario, or None where it was cancelled or refused."""
    played = waiting.played(spec_of(lesson, play, scenario_of(lesson)), f"Playing: {play.words}")
    return None if played is None else played.run


# --- one step ---------------------------------------------------------------------------------------------------


def _step(lesson: Lesson, i: int, step: Step, trainer: bool) -> None:
    st.divider()
    st.subheader(f"{i + 1}. {step.title}")
    prose(step.ask, f"{lesson.name} {i} ask", look="ask")
    if trainer and session.room_is_open():
        _ask_the_room(lesson, i, step)
    prediction = _prediction(lesson, i, step)
    if prediction is None:
        return
    run = run_of(lesson, step.play)
    if run is None:
        return
    found = answer(step.question, run)
    said = verdict(step.question, prediction, found)
    (st.success if is_right(step.question, prediction, found) else st.info)(plain(said))
    _measures(step.show, run, step.play)
    _see(lesson, step.play, f"see {lesson.name} {i}")
    try:
        text = filled(step.explain, step, partial(_must_run, lesson))
    except LabError:
        return
    prose(text, f"{lesson.name} {i} explain")
    if trainer and session.room_is_open() and st.button("Show the room the answer", key=f"reveal {lesson.name} {i}"):
        room.poll().close(found.right or "undecided", right_option(step.question, found))


def _must_run(lesson: Lesson, play: Play) -> Any:
    run = run_of(lesson, play)
    if run is None:
        raise LabError("cancelled")
    return run


def _prediction(lesson: Lesson, i: int, step: Step) -> Any:
    """Return what was predicted for this step, asking for it where nothing was."""
    key, widget = (lesson.name, i), f"answer {lesson.name} {i}"
    with st.form(f"predict {lesson.name} {i}", border=False):
        _widget(step.question, widget, _done().get(key))
        again = key in _done()
        st.form_submit_button(
            "Predict again" if again else "Predict, then run", type="secondary" if again else "primary",
            key=f"predict {widget}", on_click=_predict, args=(key, widget),
        )  # fmt: skip
    if st.session_state.pop(f"missing {widget}", False):
        st.warning("Choose an answer first: a guess is enough.")
    return _done().get(key)


def _predict(key: tuple[str, int], widget: str) -> None:
    predicted = st.session_state.get(widget)
    if predicted is None:
        st.session_state[f"missing {widget}"] = True
    else:
        _done()[key] = predicted


def _widget(question: Guess | Choice, key: str, before: Any) -> None:
    if isinstance(question, Choice):
        labels = list(question.labels)
        index = labels.index(before) if before in labels else None
        st.radio("Your prediction", labels, index=index, key=key, format_func=plain)
        return
    unit = NAMES[question.of.measure][0]
    label = "Your prediction" + (" in percent" if unit == "ratio" else f" in {unit}")
    numbers = (question.least, question.most, question.step)
    whole = all(number == int(number) for number in numbers)
    least, most, step = (int(number) if whole else number for number in numbers)
    told = f"{label}, from {least:,} to {most:,}"
    value = None if before is None else type(step)(before)
    st.number_input(told, least, most, value, step, key=key, placeholder="nothing predicted yet")


def _measures(shown: tuple[Measured, ...], run: Any, play: Play) -> None:
    rows = [
        {
            "what": one.measure,
            "measured": in_words(one, run),
            "of": one.of,
            "when": one.during,
            "n": f"{count(one, run):,}",
        }
        for one in shown
    ]
    st.dataframe(rows, hide_index=True, width="stretch")
    st.caption(plain(f"{play.words}; one run, seed {run.seed}; n counts what was measured."))


def _see(lesson: Lesson, play: Play, key: str) -> None:
    """Offer the same run in the Lab, where it moves."""
    if play.set_:
        return
    if st.button("See this run move in the Lab", key=key, icon=":material/play_circle:", type="tertiary"):
        selected.select(Selection(scenario=lesson.scenario, variant=play.variant, toggles=play.with_), redraw=True)
        selected.set_running(True)
        navigation.go("lab")


def count(one: Measured, run: Any) -> int:
    """Return how many samples are behind one measure of *run*."""
    row = run.row(one.measure, one.of, one.during)
    return 0 if row is None else int(row["n"])


# --- the room ---------------------------------------------------------------------------------------------------


def bands(question: Guess) -> tuple[str, ...]:
    """Return the range of a guess in bands of whole steps, six or nearly so, for a room to vote on."""
    return tuple(f"{low:g} to {high:g}" for low, high in _edges(question))


def _edges(question: Guess) -> list[tuple[float, float]]:
    steps = round((question.most - question.least) / question.step)
    parts = next((parts for parts in (6, 5, 7, 4) if steps % parts == 0), 6)
    width = (question.most - question.least) / parts
    return [(round(question.least + i * width, 6), round(question.least + (i + 1) * width, 6)) for i in range(parts)]


def options_for(question: Guess | Choice) -> tuple[str, ...]:
    """Return what a room can vote on: the options, or bands of a number."""
    return bands(question) if isinstance(question, Guess) else question.labels


def right_option(question: Guess | Choice, found: Any) -> str:
    """Return the option of the room that the run makes right, or an empty string."""
    if isinstance(question, Choice):
        return found.right or ""
    if found.value is None:
        return ""
    value = found.value * (100 if NAMES[question.of.measure][0] == "ratio" else 1)
    labels = bands(question)
    inside = [label for label, (low, high) in zip(labels, _edges(question)) if low <= value <= high]
    return inside[0] if inside else ""


def _ask_the_room(lesson: Lesson, i: int, step: Step) -> None:
    if st.button("Ask the room", key=f"room {lesson.name} {i}", icon=":material/group:"):
        unit = ""
        if isinstance(step.question, Guess):
            name = NAMES[step.question.of.measure][0]
            unit = " (percent)" if name == "ratio" else f" ({name})"
        room.poll().ask(" ".join(step.ask.split()) + unit, options_for(step.question), lesson.name, i)
    asked = room.poll().asked
    if asked is not None and (asked.lesson, asked.step) == (lesson.name, i):
        votes.live_bars()


# --- the end ----------------------------------------------------------------------------------------------------


def _attempt(lesson: Lesson, attempt: Attempt) -> None:
    st.divider()
    st.subheader(f"{len(lesson.steps) + 1}. Try it")
    prose(attempt.ask, f"{lesson.name} try ask", look="ask")
    with st.expander("A hint"):
        prose(attempt.hint, f"{lesson.name} hint")
    with st.form(f"try {lesson.name}", border=False):
        play = _knobs(lesson, attempt)
        if st.form_submit_button("Run what you chose", type="primary"):
            st.session_state[f"tried {lesson.name}"] = play
    tried = st.session_state.get(f"tried {lesson.name}")
    if tried is not None:
        _tried(lesson, attempt, tried)


def _knobs(lesson: Lesson, attempt: Attempt) -> Play:
    variant = attempt.variants[0] if attempt.variants else ""
    if len(attempt.variants) > 1:
        variant = st.selectbox("Variant", attempt.variants, key=f"try variant {lesson.name}")
    chosen = []
    for name in attempt.toggles:
        about = scenario_of(lesson).toggles[name].about
        if st.checkbox(plain(name), key=f"try {lesson.name} {name}", help=plain(about)):
            chosen.append(name)
    settings = []
    for path, values in attempt.settings.items():
        value = st.selectbox(path.replace(":", " → "), values, key=f"try {lesson.name} {path}")
        if value != values[0]:
            settings.append((path, value))
    return Play(variant, tuple(chosen), tuple(settings))


def _tried(lesson: Lesson, attempt: Attempt, play: Play) -> None:
    try:
        run = run_of(lesson, play)
    except LabError as error:
        st.warning(plain(error))
        return
    if run is None:
        return
    met = goals_met(attempt, run)
    for name, (ok, text) in met.items():
        (st.success if ok else st.error)(plain(f"{'Met' if ok else 'Not met'}, {name}: {text}"))
    st.caption(plain(f"{play.words}; one run, seed {run.seed}."))
    if all(ok for ok, _ in met.values()):
        _done()[lesson.name, -1] = play
        prose(attempt.afterwards or "Done.", f"{lesson.name} afterwards")
