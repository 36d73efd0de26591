"""Sentences as they come: at the instant of each, only what is known by then is said."""

from __future__ import annotations

import re

import pytest

import sim
from sim.results.story.fault_text import _BEGINNINGS
from sim.results.story.story import Sentence
from sim.results.symptoms import KINDS
from sim.scenario.shipped import shipped_folder

SUMS = re.compile(
    r"since the (first )?fault began|in the whole run|after the warm-up|in all|the first of|the only one"
    r"|without a break|at the (peak|most|fewest)|at its lowest|from then on"
    r"|\bfrom [\d.]+ s to|for [\d.]+ (ms|s|min|h)$|recovered"
)
"""How a count, a length or an end is said."""
WITHOUT_A_REST = {"drained", "collapsed"}
"""Symptoms of which all is known when they are dated."""


def story(name: str, variant: str = "", duration: str = "") -> list[Sentence]:
    shorter = {"duration": duration, "expect": None} if duration else {}
    run = sim.run(sim.load(f"scenarios/{name}.yaml"), variant=variant or None, replications=1, set_=shorter)
    return list(run.explain().sentences)


def test_every_kind_of_symptom_says_what_is_known_when_it_begins() -> None:
    assert set(_BEGINNINGS) | WITHOUT_A_REST == set(KINDS) and not set(_BEGINNINGS) & WITHOUT_A_REST


def test_what_is_said_in_the_cascade_needs_nothing_that_comes_later() -> None:
    whole, cut = (story("cascade_vs_backlog", "synchronous", duration) for duration in ("", "80s"))
    known, known_to_who_saw_no_more = (
        [(told.at_s, told.known_at(told.at_s)) for told in found if told.at_s < 78] for found in (whole, cut)
    )
    assert known == known_to_who_saw_no_more
    at_61_8 = " ".join(told.known_at(61.8) for told in whole)
    assert "web: visits begin to be turned away" in at_61_8 and not SUMS.search(at_61_8)


def test_at_the_end_every_sentence_has_its_sums() -> None:
    found = story("cascade_vs_backlog", "synchronous")
    assert [told.known_at(found[-1].at_s) for told in found] == [told.text for told in found]
    assert "for 30 s" in found[0].known_at(90.0) and "for 30 s" not in found[0].known_at(89.9)


def test_a_loss_over_another_stretch_than_the_fault_gives_the_share_of_the_fault_too() -> None:
    run = sim.run(sim.load("scenarios/cascade_vs_backlog.yaml"), variant="synchronous", replications=1)
    (told,) = [one for one in run.explain().sentences if (one.kind, one.of) == ("goodput", "browsers")]
    in_the_fault = run.value("goodput ratio", "browsers", "fault")
    assert "from 61.0 s to 91.0 s" in told.text
    assert told.text.endswith(f"; {100 * in_the_fault:.1f} % of those who came in the fault")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in shipped_folder().glob("*.yaml")))
def test_no_shipped_story_sums_up_before_the_sums_are_known(name: str) -> None:
    for variant in sim.load(f"scenarios/{name}.yaml").variants or [""]:
        for told in story(name, variant):
            if told.known_s is not None:
                assert told.known_s >= told.at_s and told.text.startswith(f"{told.of}:"), told
                assert not SUMS.search(told.known_at(told.at_s)), told
