"""The page Learn: lessons in four stages (predict, run, explain, try), each whole for a projector; and the glossary."""

from __future__ import annotations

import streamlit as st

from sim.lab import navigation, session
from sim.lab.glossary import GLOSSARY, plain
from sim.lab.pages.learn import lesson
from sim.lab.pages.learn.lessons import THEMES, Lesson, lessons

CHOSEN, TRAINER = "learn lesson", "learn trainer"


def page() -> None:
    """Draw the page."""
    st.title("Learn")
    if CHOSEN not in st.session_state:
        asked = st.query_params.get("lesson", "")
        st.session_state[CHOSEN] = asked if asked in lessons() else ""
    if session.is_trainer():
        st.toggle(
            "Trainer's view", key=TRAINER, persist_state="session",
            help="Every part at once, for the projector. Minutes and notes are in a window of their own: /notes.",
        )  # fmt: skip
    chosen = lessons().get(st.session_state[CHOSEN])
    if chosen is not None:
        if st.query_params.get("lesson") != chosen.name:
            st.query_params["lesson"] = chosen.name
        _back()
        lesson.draw(chosen, trainer_view())
        if trainer_view() or _is_done(chosen):
            _on(chosen)
        return
    first, second = st.tabs(["Lessons", "Glossary"])
    with first:
        _overview()
    with second:
        _glossary()


def trainer_view() -> bool:
    """Whether this session shows every part of a lesson at once, to lead a room by it."""
    return session.is_trainer() and bool(st.session_state.get(TRAINER))


def _back() -> None:
    st.button("All lessons", icon=":material/arrow_back:", on_click=_choose, args=("",))


def _on(one: Lesson) -> None:
    """Offer the lesson that comes next in the list, if there is one."""
    names = list(lessons())
    for name in names[names.index(one.name) + 1 :][:1]:
        st.divider()
        st.button(
            f"Next: {lessons()[name].title}", icon=":material/arrow_forward:", key="next lesson", type="primary",
            on_click=_choose, args=(name,),
        )  # fmt: skip


def _choose(name: str) -> None:
    st.session_state[CHOSEN] = name
    if name:
        st.query_params["lesson"] = name
    elif "lesson" in st.query_params:
        del st.query_params["lesson"]


def _overview() -> None:
    st.header("Choose a lesson")
    st.markdown(
        "Each lesson asks before it shows: **predict, run, explain, try**. Answers are held against the run that you "
        "see, not against a list."
    )
    if trainer_view():
        total = sum(one.minutes for one in lessons().values())
        st.info(f"All lessons together take about {total:g} minutes with a room. The guide is docs/teaching.md.")
    left, right = st.columns([1, 2])
    wanted = left.text_input(
        "Search lessons", key="lesson search", max_chars=40, placeholder="for example: retries, queue"
    )
    with right:
        theme = st.pills("What about", THEMES, key="lesson theme", format_func=str.capitalize)
    found = [(number, one) for number, one in enumerate(lessons().values(), 1) if _has(wanted, one)]
    shown = {name: [each for each in found if each[1].theme == name] for name in THEMES if theme in (None, name)}
    if not any(shown.values()):
        st.info("No lesson has all these words. Take one away, or choose another topic.", icon=":material/search_off:")
    for name, ones in shown.items():
        if ones:
            _group(name, ones)


def offer(scenario: str) -> None:
    """Offer the lessons on a scenario from another page, each as a button that opens it."""
    for one in lessons().values():
        if one.scenario == scenario and st.button(
            f"Take the lesson: {one.title} ({one.minutes:g} minutes)", key=f"take {one.name}",
            icon=":material/school:", type="tertiary",
        ):  # fmt: skip
            st.session_state[CHOSEN] = one.name
            navigation.go("learn")


def _has(wanted: str, one: Lesson) -> bool:
    """Whether a lesson holds every word that is searched for."""
    asked = [f"{step.title} {step.ask}" for step in one.steps]
    text = " ".join([one.title, one.theme, one.scenario.replace("_", " "), one.aim, one.before, *asked]).lower()
    return all(word in text for word in wanted.lower().split())


def _group(name: str, ones: list[tuple[int, Lesson]]) -> None:
    minutes, done = sum(one.minutes for _, one in ones), sum(_is_done(one) for _, one in ones)
    st.subheader(name.capitalize())
    told = [f"{len(ones)} lesson{'s' * (len(ones) > 1)}", f"{minutes:g} minutes", *([f"{done} done"] if done else [])]
    st.caption(" · ".join(told))
    for i in range(0, len(ones), 3):
        for place, (number, one) in zip(st.columns(3), ones[i : i + 3]):
            with place.container(border=True, height="stretch"):
                _card(number, one)


def _is_done(one: Lesson) -> bool:
    done, of = lesson.progress(one)
    return done == of


def _card(number: int, one: Lesson) -> None:
    """Draw a lesson's card; what is begun stands out, and, while nothing is, the first."""
    done, of = lesson.progress(one)
    st.markdown(f"#### {number}. {plain(one.title)}")
    st.markdown(plain(one.aim))
    told = f"{done} of {of} done" if done else f"{of} parts"
    st.caption(f"{one.minutes:g} minutes · {told} · plays {plain(one.scenario)}")
    label = "Continue" if 0 < done < of else "Look again" if done else "Begin"
    first = number == 1 and not st.session_state.get(lesson.DONE)
    st.space("stretch")
    st.button(
        f"{label}: {one.title}", key=f"begin {one.name}", on_click=_choose, args=(one.name,),
        type="primary" if first or 0 < done < of else "secondary", width="stretch",
    )  # fmt: skip


def _glossary() -> None:
    wanted = st.text_input("Find a term", key="glossary search", max_chars=40, placeholder="for example: ghost")
    found = {name: text for name, text in sorted(GLOSSARY.items()) if _fits(wanted, name, text)}
    if not found:
        st.caption("No term fits. Try a shorter word.")
    for name, text in found.items():
        st.markdown(f"**{plain(name)}**  \n{plain(text)}")


def _fits(wanted: str, name: str, text: str) -> bool:
    return wanted.strip().lower() in f"{name} {text}".lower()
