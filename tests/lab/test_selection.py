"""A choice and its link: the same combination on both sides, and links that nobody made here."""

import zlib
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest

import sim
from sim.errors import LabError, ParameterError
from sim.lab.selection import MOST_TEXT, OWN, Selection, from_query, pack, resolve, scaled_rate, to_query, unpack


@pytest.fixture(scope="module")
def hero() -> sim.Scenario:
    return sim.load("scenarios/cascade_vs_backlog.yaml")


def opened(choice: Selection) -> Selection:
    return from_query({name: [each] if isinstance(each, str) else each for name, each in to_query(choice).items()})


@pytest.mark.parametrize(
    "choice",
    [
        Selection(),
        Selection(variant="hybrid", toggles=("circuit breaker",), seed=0, load=1.25),
        Selection().with_faults({"web crash": {"crash": "web", "mode": "refuse", "at": "60s", "for": "5s"}}),
        Selection().with_faults({}),
        Selection(OWN, text="version: 1\ntitle: Mine & <yours>\n"),
    ],
)
def test_a_link_opens_the_choice_that_made_it(choice: Selection) -> None:
    assert opened(choice) == choice


def test_the_same_link_gives_the_same_run(hero: sim.Scenario) -> None:
    choice = Selection(toggles=("circuit breaker", "retries"), load=1.5)
    assert resolve(opened(choice), hero).digest == resolve(choice, hero).digest


@pytest.mark.parametrize(
    "query, message",
    [
        ({"scenario": ["../../secrets"]}, "be the name of a scenario"),
        ({"seed": ["-1"]}, "be a whole number"),
        ({"seed": ["9" * 40]}, "be a whole number"),
        ({"load": ["1e9"]}, "be between 0.1 and 10"),
        ({"load": ["nan"]}, "be between 0.1 and 10"),
        ({"faults": ["[" * 20_000]}, "be a JSON map of faults"),
        ({"faults": ['{"a": 1}']}, "be a JSON map of faults"),
        ({"scenario": [OWN], "yaml": ["not base64 ???"]}, "packed scenario"),
    ],
)
def test_a_link_that_nobody_made_here_is_refused_by_name(query: dict[str, list[str]], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        from_query(query)


def test_a_link_that_unpacks_to_very_much_is_refused_before_it_is_unpacked() -> None:
    bomb = urlsafe_b64encode(zlib.compress(b"a" * 10_000_000, 9)).decode().rstrip("=")
    assert len(bomb) < 20_000
    with pytest.raises(ParameterError, match=f"unpack to at most {MOST_TEXT}"):
        unpack(bomb)


def test_a_text_too_long_for_a_link_is_refused_when_the_link_is_made() -> None:
    text = "".join(sha256(str(i).encode()).hexdigest() for i in range(1_000))
    with pytest.raises(ParameterError, match="be short enough for a link"):
        pack(text)


def test_toggles_of_another_variant_are_left_off(hero: sim.Scenario) -> None:
    assert resolve(Selection(variant="asynchronous", toggles=("circuit breaker",)), hero).toggles_on == ()


def test_an_unknown_toggle_is_refused(hero: sim.Scenario) -> None:
    with pytest.raises(LabError, match="no such toggle|name a toggle|toggle"):
        resolve(Selection(toggles=("no such",)), hero)


def test_load_multiplies_every_rate_and_drops_the_claims(hero: sim.Scenario) -> None:
    resolved = resolve(Selection(load=1.5), hero)
    assert [workload.rate.text for workload in resolved.workload.values()] == ["150/s", "75/s"]
    assert not resolved.expect


def test_no_faults_at_all_is_a_choice(hero: sim.Scenario) -> None:
    assert not resolve(Selection().with_faults({}), hero).faults


def test_faults_of_a_choice_are_judged_like_those_of_a_file(hero: sim.Scenario) -> None:
    choice = Selection().with_faults({"x": {"slow": "nobody", "by": "2x", "at": "60s", "for": "5s"}})
    with pytest.raises(LabError, match="name a service that exists"):
        resolve(choice, hero)


@pytest.mark.parametrize(
    "text, factor, scaled",
    [
        ("100/s", 1.5, "150/s"),
        ("90/min", 2, "180/min"),
        ("steps 9/s 0s 20/s 20s 9/s 30s", 0.5, "steps 4.5/s 0s 10/s 20s 4.5/s 30s"),
        ("diurnal 10/s to 100/s every 24h", 2, "diurnal 20/s to 200/s every 24h"),
        ("trace data/day.csv", 3, "trace data/day.csv scale 3x"),
    ],
)
def test_every_shape_of_a_rate_can_be_scaled(text: str, factor: float, scaled: str) -> None:
    assert scaled_rate(text, factor) == scaled


def test_an_empty_switch_in_a_link_is_none() -> None:
    assert from_query({"scenario": ["cascade_vs_backlog"], "with": ["", "retries"]}).toggles == ("retries",)
