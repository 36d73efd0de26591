"""The page Compose, drawn without a browser: beginnings, problems, tables, drawing, arithmetic and a run."""

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from sim.lab.pages.compose import EDIT, REVISION, TEXT
from sim.lab.selection import pack
from sim.lab.server import jobs
from sim.scenario.scaffold import skeleton


def script() -> None:
    from sim.lab.pages.compose import page

    page()


@pytest.fixture
def app() -> Any:
    return AppTest.from_function(script, default_timeout=60)


@pytest.fixture
def workers() -> Iterator[None]:
    yield
    jobs.worker_pool().close()
    jobs.worker_pool.clear()


def words(app: Any) -> str:
    return "\n".join(str(one.value) for kind in (app.markdown, app.caption, app.info, app.warning) for one in kind)


def labels(app: Any) -> list[str]:
    return [one.label for one in app.button]


def put(app: Any, text: str) -> Any:
    """Put a text into the editor, as the page does when the browser has sent one."""
    app.session_state[TEXT] = text
    app.session_state[EDIT] = app.session_state[EDIT] + 1
    return app.run()


def test_the_page_begins_with_a_chain_that_is_drawn_and_can_be_run(app: Any) -> None:
    app.run()
    assert not app.exception
    assert app.session_state[TEXT] == skeleton("web -> orders -> payments")
    assert "Run" in labels(app)
    assert any("data:image/svg+xml" in one.proto.body for one in app.get("html"))


def test_a_text_with_a_problem_has_no_run(app: Any) -> None:
    app.run()
    put(app, app.session_state[TEXT].replace("timeout: 1s", "timeuot: 1s"))
    assert not app.exception
    assert "Run" not in labels(app)
    assert "when the problems are mended" in words(app)


def test_a_text_that_is_no_yaml_draws_no_table(app: Any) -> None:
    app.run()
    put(app, "services: [")
    assert not app.exception
    assert "cannot be read as YAML yet" in words(app)


@pytest.mark.slow
def test_a_template_replaces_the_text(app: Any) -> None:
    app.run()
    app.selectbox(key="compose template").select("A chain of my own").run()
    app.text_input(key="compose chain").input("a -> b ~> c").run()
    revision = app.session_state[REVISION]
    next(one for one in app.button if one.label == "Use the template").click().run()
    assert app.session_state[TEXT] == skeleton("a -> b ~> c")
    assert app.session_state[REVISION] == revision + 1
    app.text_input(key="compose chain").input("<b>").run()
    next(one for one in app.button if one.label == "Use the template").click().run()
    assert not app.exception
    assert app.session_state[TEXT] == skeleton("a -> b ~> c")
    assert "chain must be names" in words(app).replace("\\", "")


def test_a_shipped_scenario_comes_with_its_comments_and_its_switches(app: Any) -> None:
    app.run()
    app.selectbox(key="compose shipped").select("cascade_vs_backlog").run()
    next(one for one in app.button if one.label == "Use the scenario").click().run()
    assert not app.exception
    assert "# never touch payments" in app.session_state[TEXT]
    assert app.selectbox(key="compose variant").value == "synchronous"
    assert "circuit breaker" in app.multiselect(key="compose toggles").options


@pytest.mark.slow
def test_a_link_opens_its_text_and_one_that_is_broken_says_so(app: Any) -> None:
    text = skeleton("x -> y")
    app.query_params["yaml"] = pack(text)
    app.run()
    assert app.session_state[TEXT] == text
    broken = AppTest.from_function(script, default_timeout=60)
    broken.query_params["yaml"] = "%%%"
    broken.run()
    assert not broken.exception
    assert "could not be opened" in words(broken)


def test_the_arithmetic_stands_beside_the_text(app: Any) -> None:
    app.run()
    told = [one.value for one in app.dataframe]
    assert any("offered /s" in list(frame.columns) for frame in told)


def test_markup_in_a_title_stays_text(app: Any) -> None:
    app.run()
    put(app, app.session_state[TEXT].replace("title: web to payments", 'title: "<script>alert(1)</script>"'))
    assert not app.exception
    assert all("<script>alert" not in one.proto.body for one in app.get("html"))


@pytest.mark.slow
def test_run_plays_the_text_and_tells_who_was_served(app: Any, workers: None) -> None:
    app.run()
    next(one for one in app.button if one.label == "Run").click().run()
    assert not app.exception
    shown = next(one.value for one in app.dataframe if "goodput ratio" in one.value.columns)
    assert list(shown["when"]) == ["before", "fault", "after"]
    assert shown["goodput ratio"][0].endswith("%") and shown["n"][0] != "0"
    assert any("holds" in str(one.value.values) for one in app.dataframe)
    assert "all books balance" in words(app)


@pytest.mark.slow
def test_a_huge_run_is_cut_off_and_says_so(app: Any, workers: None) -> None:
    app.run()
    put(app, app.session_state[TEXT].replace("rate: 100/s", "rate: 500000/s"))
    next(one for one in app.button if one.label == "Run").click().run()
    assert not app.exception
    assert "cut off" in words(app)
