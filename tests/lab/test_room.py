"""A room: a code that cannot be guessed cheaply, predictions that are counted and not kept, and no Compose inside."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("streamlit")
pytest.importorskip("segno")

from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from sim.cli import lab
from sim.errors import LabError, ParameterError
from sim.lab import selected, session
from sim.lab.pages.room import qr_html
from sim.lab.selection import OWN, Selection
from sim.lab.server import room
from sim.lab.server.join_code import (
    ALPHABET,
    IN_ALL,
    LETTERS,
    OPEN,
    PER_ADDRESS,
    WAIT,
    WINDOW_S,
    WRONG,
    JoinCode,
    new_code,
    new_key,
    tidy,
)
from sim.lab.server.poll import Poll, Question
from sim.lab.widgets.votes import bars_html

CODE, KEY = "AB39KZ", "the trainer's key"

# --- the code ----------------------------------------------------------------------------------------------------


def test_codes_are_drawn_from_hundreds_of_millions() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == LETTERS and set(code) <= set(ALPHABET) for code in codes)
    assert len(ALPHABET) ** LETTERS > 5e8
    assert len(new_key()) >= 32


@pytest.mark.parametrize("typed, found", [("ab39kz", OPEN), (" AB3-9KZ ", OPEN), ("AB39K", WRONG), ("AB39KZZ", WRONG)])
def test_only_the_code_opens_however_it_is_written(typed: str, found: str) -> None:
    assert JoinCode(CODE, KEY).check(typed, "one", 0.0) == found


def test_who_guesses_too_often_waits_and_even_the_right_code_does_not_help() -> None:
    join_code = JoinCode(CODE, KEY)
    assert [join_code.check("WRONG", "guesser", 0.0) for _ in range(PER_ADDRESS)] == [WRONG] * PER_ADDRESS
    assert join_code.check(CODE, "guesser", WINDOW_S - 0.5) == WAIT
    assert join_code.check(CODE, "somebody else", WINDOW_S - 0.5) == OPEN
    assert join_code.check(CODE, "guesser", WINDOW_S) == OPEN


def test_many_addresses_together_cannot_guess_faster() -> None:
    join_code = JoinCode(CODE, KEY)
    found = [join_code.check("WRONG", f"address {i}", 0.0) for i in range(IN_ALL + 50)]
    assert (found.count(WRONG), found.count(WAIT)) == (IN_ALL, 50)
    years = len(ALPHABET) ** LETTERS / IN_ALL * WINDOW_S / 86_400 / 365
    assert years > 6


def test_the_right_code_is_never_counted() -> None:
    join_code = JoinCode(CODE, KEY)
    assert {join_code.check(CODE, "one", 0.0) for _ in range(10 * IN_ALL)} == {OPEN}


@given(st.text(max_size=60))
def test_whatever_is_typed_only_the_code_admits(text: str) -> None:
    join_code = JoinCode(CODE, KEY)
    assert (join_code.check(text, "one", 0.0) == OPEN) == (tidy(text) == CODE)
    assert join_code.is_trainer(text) == (text == KEY)


# --- the poll ----------------------------------------------------------------------------------------------------


def test_predictions_are_counted_and_can_be_changed() -> None:
    poll = Poll()
    asked = poll.ask("Who?", ("a", "b"))
    assert poll.predict("one", asked.number, "a") and poll.predict("two", asked.number, "a")
    assert poll.predict("one", asked.number, "b")
    assert poll.counts() == {"a": 1, "b": 1}
    assert poll.prediction("one") == "b"


def test_a_closed_question_an_old_one_and_an_option_that_there_is_not_take_no_predictions() -> None:
    poll = Poll()
    old = poll.ask("Old?", ("a", "b"))
    new = poll.ask("New?", ("a", "b"))
    assert not poll.predict("one", old.number, "a")
    assert not poll.predict("one", new.number, "c")
    poll.close("12 %", "a")
    assert not poll.predict("one", new.number, "a")
    assert poll.asked == Question(2, "New?", ("a", "b"), is_open=False, answer="12 %", right="a")
    poll.clear()
    assert poll.asked is None and poll.counts() == {}


def test_bars_carry_their_numbers_and_markup_stays_text() -> None:
    asked = Question(1, "?", ("<b>x</b>", "y"), is_open=False, answer="<i>5</i>", right="y")
    shown = bars_html(asked, {"<b>x</b>": 1, "y": 3})
    assert "&lt;b&gt;x&lt;/b&gt;" in shown and "<b>" not in shown and "<i>" not in shown
    assert "width:75%" in shown and "y ✓ measured" in shown and "4 predictions, closed" in shown


def test_the_code_is_drawn_with_its_address_in_words() -> None:
    shown = qr_html("http://192.168.1.5:8501/?join=AB39KZ")
    assert 'src="data:image/svg+xml' in shown and 'alt="QR code of http://192.168.1.5:8501/?join=AB39KZ"' in shown


# --- the pages ---------------------------------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ((session.CODE, CODE), (session.KEY, KEY), (session.ADDRESS, "http://192.168.1.5:8501")):
        monkeypatch.setenv(name, value)
    room.join_code.cache_clear()
    room.poll.cache_clear()
    yield
    room.join_code.cache_clear()
    room.poll.cache_clear()


def at_the_entrance() -> None:
    import streamlit as st

    from sim.lab.pages.room import page
    from sim.lab.widgets import entrance

    if entrance.admitted():
        st.title("inside")
        page()


def notes() -> None:
    from sim.lab.pages.notes import page
    from sim.lab.widgets import entrance

    if entrance.admitted():
        page()


def composing() -> None:
    from sim.lab.pages.compose import page
    from sim.lab.widgets import entrance

    if entrance.admitted():
        page()


def titles(app: Any) -> list[str]:
    assert not app.exception
    return [one.value for one in app.title]


def test_without_a_room_no_code_is_asked_for() -> None:
    assert titles(AppTest.from_function(at_the_entrance).run()) == ["inside", "Room"]


def test_a_wrong_code_is_refused_and_the_right_one_lets_in(opened: None) -> None:
    app = AppTest.from_function(at_the_entrance).run()
    assert titles(app) == ["Pileup: join the room"]
    app.text_input[0].input("WRONG2")
    app.button[0].click().run()
    assert titles(app) == ["Pileup: join the room"]
    assert "not the code" in app.error[0].value
    app.text_input[0].input(CODE.lower())
    app.button[0].click().run()
    assert titles(app) == ["inside", "Room"]
    assert CODE not in "".join(one.value for one in app.markdown)


@pytest.mark.parametrize("name, value, inside", [
    ("join", CODE, True), ("join", "XXXXXX", False), ("trainer", KEY, True), ("trainer", "guess", False),
])  # fmt: skip
def test_an_address_with_the_code_or_the_key_lets_in_and_loses_it(
    opened: None, name: str, value: str, inside: bool
) -> None:
    app = AppTest.from_function(at_the_entrance)
    app.query_params[name] = value
    app.run()
    assert ("inside" in titles(app)) == inside
    assert name not in app.query_params


def test_guessing_through_the_page_is_slowed_down(opened: None) -> None:
    app = AppTest.from_function(at_the_entrance).run()
    for _ in range(PER_ADDRESS + 1):
        app.text_input[0].input("WRONG2")
        app.button[0].click().run()
    assert "Too many wrong codes" in app.error[0].value


def enter(kind: str, value: str, script: Any = at_the_entrance) -> Any:
    app = AppTest.from_function(script, default_timeout=30)
    app.query_params[kind] = value
    return app.run()


@pytest.mark.slow
def test_the_trainer_asks_participants_predict_and_the_answer_is_shown(opened: None) -> None:
    trainer, first, second = enter("trainer", KEY), enter("join", CODE), enter("join", CODE)
    room.poll().ask("Who fails first?", ("web", "payments"))
    for app, choice in ((first, "web"), (second, "payments")):
        app.run()
        app.radio[0].set_value(choice).run()
        assert any(f"Sent\\: {choice}" in one.value for one in app.caption)
    trainer.run()
    assert room.poll().counts() == {"web": 1, "payments": 1}
    projected = " ".join(one.proto.body for one in trainer.get("html"))
    assert "2 of 2 answered" in projected and "predictions" not in projected, "nobody follows the others"
    own = " ".join(one.proto.body for one in enter("trainer", KEY, notes).get("html"))
    assert "2 predictions, open" in own
    assert any("2 joined so far" in one.value for one in trainer.caption)
    room.poll().close("payments", "payments")
    first.run()
    assert any("Measured: payments" in one.proto.body for one in first.get("html"))
    assert any("You predicted\\: web" in one.value for one in first.caption)


def test_the_notes_are_the_trainers_alone(opened: None) -> None:
    participant = enter("join", CODE, notes)
    assert "the trainer's notes" in participant.info[0].value and not participant.selectbox
    assert enter("trainer", KEY, notes).selectbox


def test_the_trainer_can_ask_a_question_of_her_own(opened: None) -> None:
    trainer = enter("trainer", KEY)
    trainer.text_input[0].input("Coffee?")
    trainer.text_area[0].input("yes\n\nno\nyes")
    next(one for one in trainer.button if one.label == "Ask the room").click().run()
    asked = room.poll().asked
    assert asked is not None and asked.options == ("yes", "no")


@pytest.mark.slow
def test_participants_cannot_compose_and_the_trainer_can(opened: None) -> None:
    participant = enter("join", CODE, composing)
    assert titles(participant) == ["Compose"]
    assert not participant.button and "only the trainer composes" in participant.info[0].value
    assert "Run" in [one.label for one in enter("trainer", KEY, composing).button]


def test_a_link_with_a_scenario_of_ones_own_is_no_way_round(opened: None) -> None:
    with pytest.raises(LabError, match="only the trainer"):
        selected.scenario_of(Selection(OWN, text="version: 1"))


# --- the command -------------------------------------------------------------------------------------------------


def test_a_port_in_use_is_refused_with_another_one() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ParameterError, match=rf"--port must be a free port .*, got {port}; try --port"):
            lab.lab(port=port)


def test_the_script_of_the_lab_is_found() -> None:
    assert lab.script().name == "app.py"


def test_without_room_the_lab_listens_on_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(lab, "_serve", lambda command, environment: seen.append((command, environment)) or 0)
    monkeypatch.setenv(session.CODE, "left over")
    with pytest.raises(Exception, match="0"):
        lab.lab(port=free_port())
    command, environment = seen[0]
    assert "--server.address=127.0.0.1" in command and "--browser.gatherUsageStats=false" in command
    assert session.CODE not in environment


def test_a_room_listens_everywhere_takes_no_uploads_and_tells_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(lab, "_serve", lambda command, environment: seen.append((command, environment)) or 0)
    with pytest.raises(Exception, match="0"):
        lab.lab(port=free_port(), room=True)
    command, environment = seen[0]
    assert "--server.address=0.0.0.0" in command and "--server.maxUploadSize=0" in command
    told = capsys.readouterr().err
    assert environment[session.CODE] in told and environment[session.KEY] in told and "▄" in told
    assert f"/notes?trainer={environment[session.KEY]}" in told
    assert not any(environment[session.KEY] in part or environment[session.CODE] in part for part in command)


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="interrupts are sent otherwise on Windows")
def test_a_room_opens_answers_and_closes_on_an_interrupt() -> None:
    import signal
    import time
    import urllib.request

    port = free_port()
    command = [sys.executable, "-m", "sim", "lab", "--room", "--port", str(port)]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True
    ) as served:
        try:
            for _ in range(150):
                try:
                    health = f"http://127.0.0.1:{port}/_stcore/health"
                    assert urllib.request.urlopen(health, timeout=2).read() == b"ok"
                    break
                except OSError:
                    time.sleep(0.2)
            else:
                pytest.fail("the room did not open")
        finally:
            os.killpg(served.pid, signal.SIGINT)
            told = served.communicate(timeout=20)[1]
    assert re.search(rf"join code  [{ALPHABET}]{{6}}", told)
    assert served.returncode == 0
