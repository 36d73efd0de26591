"""The player in a real browser: it plays, scrubs, steps, tells, fits, and asks nobody for anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.replay import beside, page, timeline
from tests.browser._chromium import Watched, chromium, violations

pytestmark = pytest.mark.browser

HERO = "scenarios/cascade_vs_backlog.yaml"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    played = {}
    for name, variant, on in (
        ("synchronous", "synchronous", ()), ("breaker", "synchronous", ("circuit breaker",)),
        ("asynchronous", "asynchronous", ()),
    ):  # fmt: skip
        played[name] = timeline(sim.run(sim.load(HERO), variant=variant, with_=on, replications=1).record)
    return played


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    seen: list[Watched] = []

    def open_(data: Any, options: dict[str, Any] | None = None, **more: Any) -> Any:
        file = tmp_path / f"replay{len(seen)}.html"
        file.write_text(page(data, options), encoding="utf-8")
        seen.append(Watched(browser, file, **more))
        return seen[-1].page

    yield open_
    for one in seen:
        assert one.is_quiet()
        one.context.close()


def now(page: Any) -> float:
    return float(page.get_by_role("slider", name="Time").get_attribute("aria-valuenow"))


def wait(page: Any, holds: Callable[[], bool]) -> None:
    """Wait until something holds, at most 10 s (the page's own policy forbids evaluating strings in it)."""
    for _ in range(200):
        if holds():
            return
        page.wait_for_timeout(50)
    pytest.fail("waited 10 s in vain")


def test_it_plays_and_pauses(opened: Any, data: Any) -> None:
    page = opened(data["synchronous"])
    page.get_by_role("button", name="Play").click()
    wait(page, lambda: now(page) > 2)
    page.get_by_role("button", name="Pause").click()
    stopped = now(page)
    page.wait_for_timeout(200)
    assert now(page) == stopped > 2


def test_it_stops_where_it_is_told_to(opened: Any, data: Any) -> None:
    page = opened(data["synchronous"], {"autoplay": True, "at": 55, "stopAt": 60, "speed": 20})
    page.get_by_role("button", name="Play").wait_for()
    assert now(page) == 60


def test_the_scrubber_obeys_the_pointer_and_the_keys(opened: Any, data: Any) -> None:
    page = opened(data["synchronous"])
    slider = page.get_by_role("slider", name="Time")
    box = page.locator(".pp-track").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2)
    assert now(page) == pytest.approx(72, abs=0.5)
    assert "during payments slow" in slider.get_attribute("aria-valuetext")
    slider.focus()
    for key, expected in (("Home", 0), ("End", 180), ("ArrowLeft", 179.5), ("PageDown", 170.5), ("ArrowRight", 171)):
        page.keyboard.press(key)
        assert now(page) == pytest.approx(expected, abs=0.05), key
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    wait(page, lambda: now(page) > 0.5)
    page.keyboard.press("Space")
    stopped = now(page)
    page.wait_for_timeout(150)
    assert now(page) == stopped


def test_steps_go_from_event_to_event_and_are_told_in_words(opened: Any, data: Any) -> None:
    page = opened(data["synchronous"])
    times = [told["at_s"] for told in data["synchronous"]["story"]]
    page.get_by_role("button", name="Step to the next event").click()
    assert now(page) == times[0] == 60
    page.get_by_role("button", name="Step to the next event").click()
    assert now(page) == pytest.approx(times[1], abs=0.06)
    page.get_by_role("button", name="Step to the previous event").click()
    wait(page, lambda: page.locator("[aria-live]").inner_text().startswith("At 60 s."))
    told = page.locator("[aria-live]").inner_text()
    assert "fault: 10x slower" in told and "payments, service" in told


def test_a_sentence_of_the_story_jumps_to_its_moment(opened: Any, data: Any) -> None:
    page = opened(data["breaker"])
    page.get_by_role("button", name="the circuit breaker opens").click()
    opens = next(told["at_s"] for told in data["breaker"]["story"] if "breaker opens" in told["text"])
    assert now(page) == pytest.approx(opens, abs=0.06)
    assert "the circuit breaker opens" in page.locator("[aria-current=step]").inner_text()
    assert page.locator(".pp-words .pp-pill text").filter(has_text="breaker open").is_visible()


def test_choosing_a_node_tells_its_numbers_of_that_instant_and_calls_back(opened: Any, data: Any) -> None:
    page = opened(data["synchronous"], {"at": 75})
    node = next(one for one in data["synchronous"]["nodes"] if one["name"] == "payments")
    page.get_by_role("button", name="payments, service").click()
    told = page.locator(".pp-moment").inner_text()
    waiting = node["levels"]["waiting"][int(75 / data["synchronous"]["level_s"])]
    assert "8 of 8" in told and f"{waiting:.0f} of 128 places" in told and "10x slower" in told
    assert page.locator("[aria-pressed=true]").count() == 1
    page.locator("[data-node=web]").focus()
    page.keyboard.press("Enter")
    assert "64 of 64" in page.locator(".pp-moment").inner_text()


def test_a_link_is_chosen_beside_its_line_and_tells_what_goes_over_it(opened: Any, data: Any) -> None:
    page = opened(data["breaker"], {"at": 75})
    line = page.locator(".pp-link").nth(3)
    spot = line.locator(".pp-touch").evaluate("""path => {
      const point = path.getPointAtLength(path.getTotalLength() * 0.06).matrixTransform(path.getScreenCTM());
      return [point.x, point.y];
    }""")
    page.mouse.click(spot[0], spot[1] + 8)
    told = page.locator(".pp-moment").inner_text()
    assert "orders → payments" in told and "timeout 1.5 s, breaker: 5 failed in a row, opens for 30 s" in told
    link = next(one for one in data["breaker"]["links"] if one["name"] == "orders -> payments")
    stopped = link["rates"]["stopped by breaker"][int(75 / data["breaker"]["rate_s"])]
    assert re.search(r"circuit breaker\s+open", told) and re.search(rf"stopped by breaker\s+{stopped}/s", told)
    assert page.locator("[aria-pressed=true]").get_attribute("data-part") == "orders -> payments"
    assert "sent up to" in page.locator(".pp-moment .pp-plot").get_attribute("aria-label")
    page.mouse.click(spot[0], spot[1] + 8)
    assert page.locator("[aria-pressed=true]").count() == 0


def test_links_are_reached_with_the_keyboard_after_the_boxes_and_have_names(opened: Any, data: Any) -> None:
    page = opened(data["asynchronous"], {"at": 75})
    names = [one["name"] for one in (*data["asynchronous"]["nodes"], *data["asynchronous"]["links"])]
    page.locator("[data-part]").first.focus()
    seen = []
    for _ in names:
        seen.append(page.evaluate("document.activeElement.dataset.part"))
        page.keyboard.press("Tab")
    assert seen == names
    button = page.get_by_role("button", name="charges to payments, link from a queue. handed out: ")
    button.focus()
    page.keyboard.press("Enter")
    assert "charges → payments" in page.locator(".pp-moment").inner_text()
    assert button.get_attribute("aria-pressed") == "true"


def test_every_series_has_a_cursor_that_goes_with_the_clock_and_can_be_pressed(opened: Any, data: Any) -> None:
    page = opened(data["synchronous"], {"at": 45})
    page.locator("[data-part='orders -> payments']").click()
    plots = page.locator(".pp-plot").all()
    assert len(plots) == 1 + len(data["synchronous"]["nodes"])

    def places() -> list[float]:
        boxes = [(plot.bounding_box(), plot.locator(".pp-head-line").bounding_box()) for plot in plots]
        return [(line["x"] + line["width"] / 2 - plot["x"]) / plot["width"] for plot, line in boxes]

    assert places() == pytest.approx([45 / 180] * len(plots), abs=0.01)
    plots[-1].click(position={"x": plots[-1].bounding_box()["width"] * 0.75, "y": 20})
    assert now(page) == pytest.approx(135, abs=1.5)
    assert places() == pytest.approx([135 / 180] * len(plots), abs=0.015)
    page.get_by_role("button", name="Play").click()
    wait(page, lambda: places()[0] > 0.8)


def test_many_series_are_folded_where_only_the_main_ones_are_wanted(opened: Any, data: Any) -> None:
    mine = {**data["synchronous"], "id": "many"}
    extra = {**next(node for node in mine["nodes"] if node["name"] == "orders"), "column": 1}
    mine["nodes"] = [*mine["nodes"], *({**extra, "name": f"other {i}", "height": i + 2} for i in range(5))]
    page = opened(mine, {"series": "main"})
    assert page.locator(".pp-plot:visible").count() == 6
    assert page.locator(".pp-chart-head b:visible").all_inner_texts()[:3] == ["shoppers", "browsers", "payments"]
    page.get_by_text("4 more").click()
    assert page.locator(".pp-plot:visible").count() == len(mine["nodes"]) == 10


@pytest.fixture
def mounted(browser: Any, data: Any, tmp_path: Path) -> Iterator[Callable[[dict[str, Any]], Any]]:
    """Give a function that opens a page with the player as `player`, and the run with the breaker as `second`."""
    from sim.replay import assets, to_json

    script, style = assets()
    seen: list[Watched] = []

    def open_(options: dict[str, Any]) -> Any:
        file = tmp_path / f"mounted{len(seen)}.html"
        first, second = (to_json(data[name]) for name in ("synchronous", "breaker"))
        file.write_text(
            f"<!doctype html><style>{style}</style><div id=here></div><script type=module>{script}\n"
            f"window.player = mount(document.getElementById('here'), {first}, {to_json(options)});"
            f"window.second = {second};</script>",
            encoding="utf-8",
        )
        seen.append(Watched(browser, file))
        return seen[-1].page

    yield open_
    for one in seen:
        assert one.is_quiet()
        one.context.close()


def test_a_flip_while_it_plays_leaves_a_button_that_says_what_it_does(mounted: Any) -> None:
    page = mounted({"begin": 62, "autoplay": True, "speed": 1})
    page.get_by_role("button", name="Pause").wait_for()
    page.evaluate("player.update(second, {autoplay: true})")
    page.get_by_role("button", name="Pause").click()
    stopped = now(page)
    page.get_by_role("button", name="Play").wait_for()
    page.wait_for_timeout(200)
    assert now(page) == stopped > 62


@pytest.mark.parametrize("instant, least, most", [(74.3, 74.3, 78), (180, 58, 62), (20, 58, 62), (58.5, 58.5, 62)])
def test_a_flip_keeps_an_instant_of_the_fault_or_begins_before_it_and_plays(
    mounted: Any, instant: float, least: float, most: float
) -> None:
    page = mounted({"begin": 57, "at": 57, "speed": 2})
    page.evaluate(f"player.seek({instant})")
    page.evaluate("player.update(second, {begin: 57, autoplay: true, speed: 50})")
    page.get_by_role("button", name="Pause").click()
    assert least <= now(page) < most
    assert page.get_by_role("combobox", name="Speed").input_value() == "2", "the speed that was chosen"


def test_other_data_without_a_wish_to_play_waits_at_the_same_instant(mounted: Any) -> None:
    page = mounted({"begin": 57})
    page.evaluate("player.seek(150)")
    page.evaluate("player.update(second)")
    assert now(page) == 150
    page.get_by_role("button", name="Play").wait_for()


def test_the_story_says_only_what_is_known_by_then(mounted: Any, data: Any) -> None:
    page = mounted({"begin": 61.8, "reveal": True})
    told = page.locator(".pp-story li:visible").all_inner_texts()
    assert "web: visits begin to be turned away" in " ".join(told)
    assert len(told) == sum(one["at_s"] <= 61.8 for one in data["synchronous"]["story"])
    later = r"for [\d.]+ s|since the fault began|without a break|\b(9\d|1\d\d)\.\d s"
    assert not re.search(later, " ".join(told)), told
    page.evaluate("player.seek(180)")
    told = page.locator(".pp-story li:visible span").all_inner_texts()
    assert told == [one["text"] for one in data["synchronous"]["story"]]
    assert page.get_by_text("Each sentence comes when it happens").is_hidden()
    page.evaluate("player.update(second)")
    page.evaluate("player.seek(60)")
    assert page.locator(".pp-story li:visible").count() == len(data["breaker"]["story"]), "what was seen stays"


def test_it_reports_what_was_chosen_and_takes_new_data_in_place(browser: Any, data: Any, tmp_path: Path) -> None:
    from sim.replay import assets, to_json

    script, style = assets()
    first, second = (to_json(data[name]) for name in ("synchronous", "breaker"))
    calls = "window.calls.push([node, time, label])"
    (tmp_path / "own.html").write_text(
        f"<!doctype html><style>{style}</style><div id=here></div><script type=module>{script}\nwindow.calls = [];"
        "const here = document.getElementById('here');"
        f"window.player = mount(here, {first}, {{onSelect(node, time, label) {{ {calls} }}}});"
        f"window.second = {second};</script>",
        encoding="utf-8",
    )
    seen = Watched(browser, tmp_path / "own.html")
    page = seen.page
    page.locator("[data-node=orders]").click()
    page.evaluate("player.seek(70)")
    assert page.evaluate("calls") == [["orders", 0, "synchronous"], ["orders", 70, "synchronous"]]
    page.evaluate("player.update(second)")
    assert (now(page), page.locator("[data-node=orders]").get_attribute("aria-pressed")) == (70, "true")
    assert page.locator(".pp-words .pp-pill").filter(has_text="breaker open").count() == 1
    page.evaluate("player.destroy()")
    assert page.locator("#here").inner_html() == "" and seen.is_quiet()
    seen.context.close()


def test_a_scrub_is_drawn_within_fifty_milliseconds(opened: Any, data: Any) -> None:
    page = opened(beside(data["synchronous"], data["asynchronous"]))
    slider = page.get_by_role("slider", name="Time")
    slider.focus()
    spans = page.evaluate("""async () => {
      const slider = document.querySelector('[role=slider]'), spans = [];
      for (let i = 0; i < 40; i++) {
        const began = performance.now();
        slider.dispatchEvent(new KeyboardEvent('keydown', {key: i % 7 ? 'PageUp' : 'Home', bubbles: true}));
        await new Promise(done => requestAnimationFrame(() => { document.body.offsetHeight; done(); }));
        spans.push(performance.now() - began);
      }
      return spans.sort((a, b) => a - b);
    }""")
    assert spans[20] < 50, spans


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_it_fits_and_axe_finds_nothing(opened: Any, data: Any, width: int, theme: str) -> None:
    page = opened(beside(data["breaker"], data["asynchronous"]), {"at": 75}, width=width, theme=theme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".pp").get_attribute("data-theme") == theme
    page.locator("[data-node=web]").first.click()
    assert violations(page) == []
    page.locator("[data-part='web -> orders']").last.click()
    assert violations(page) == []
    boxes = [one.bounding_box() for one in page.locator(".pp-node .pp-shape").all()]
    assert all(box["x"] >= -1 and box["x"] + box["width"] <= width + 1 for box in boxes)


def test_the_projector_has_larger_type(opened: Any, data: Any) -> None:
    sizes = []
    for projector in (False, True):
        page = opened(data["synchronous"], {"projector": projector})
        name = page.locator(".pp-name").filter(has_text="payments")
        sizes.append((name.bounding_box()["height"], page.locator(".pp-time").bounding_box()["height"]))
    assert all(large > 1.25 * plain for plain, large in zip(*sizes, strict=True))


def test_nothing_moves_for_those_who_asked_for_stillness(opened: Any, data: Any) -> None:
    page = opened(data["synchronous"], {"autoplay": True}, reduced_motion="reduce")
    page.wait_for_timeout(300)
    assert now(page) == 0
    assert page.locator(".pp-dot[visibility=visible]").count() == 0
    page.get_by_role("button", name="Play").click()
    wait(page, lambda: now(page) > 1)


def test_hostile_names_are_shown_as_text(opened: Any, data: Any) -> None:
    evil = "</script><img src=x onerror=alert(1)><b>"
    mine = {**data["synchronous"], "id": "evil", "title": evil, "label": evil}
    mine["nodes"] = [{**node, "name": evil} if node["name"] == "payments" else node for node in mine["nodes"]]
    mine["links"] = [
        {**link, "callee": evil, "name": f"orders -> {evil}"} if link["callee"] == "payments" else link
        for link in mine["links"]
    ]  # fmt: skip
    mine["story"] = [{"at_s": 60, "text": evil, "kind": "full", "of": evil}]
    mine["faults"] = [{**mine["faults"][0], "name": evil, "on": [[evil, evil]]}]
    page = opened(mine, {"at": 61})
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    assert page.locator("img, .pp :not(.pp-chart-head) > b").count() == 0
    page.locator(".pp-node").last.click()
    assert evil in page.locator(".pp-moment").inner_text()
    page.locator(".pp-words").last.click()
    assert f"orders → {evil}" in page.locator(".pp-moment").inner_text()
    assert page.locator("img, .pp-moment b").count() == 0
    assert evil in page.locator(".pp-story").inner_text()


def test_a_notebook_shows_it_in_a_frame(browser: Any, tmp_path: Path, data: Any) -> None:
    from sim.replay import Replay

    file = tmp_path / "notebook.html"
    file.write_text(f"<!doctype html><body>{Replay(data['synchronous'])._repr_html_()}", encoding="utf-8")
    seen = Watched(browser, file)
    frame = seen.page.frame_locator("iframe")
    frame.get_by_role("button", name="Play").click()
    wait(seen.page, lambda: float(frame.get_by_role("slider").get_attribute("aria-valuenow")) > 0.5)
    assert seen.logged == []
    seen.context.close()
