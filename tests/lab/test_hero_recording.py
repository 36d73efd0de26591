"""The recording of the first screen is what the engine plays today."""

from pathlib import Path

import pytest

from sim.lab.server import hero_recording


@pytest.mark.slow
def test_the_shipped_recording_is_fresh() -> None:
    shipped = Path(hero_recording.__file__).parents[1] / "recordings" / "hero.json"
    assert shipped.read_text(encoding="utf-8") == hero_recording.record(), (
        "write it again: python -m sim.lab.server.hero_recording"
    )


def test_the_recording_is_small_and_shows_what_the_first_screen_says() -> None:
    sides = hero_recording.recording()
    off, on = sides[hero_recording.OFF], sides[hero_recording.ON]
    assert off.goodput["browsers"] < 0.1 < 0.85 < on.goodput["browsers"]
    assert off.goodput["shoppers"] < 0.05 and on.goodput["shoppers"] < 0.05
    assert off.timeline["faults"][0]["at_s"] == 60.0
    assert (Path(hero_recording.__file__).parents[1] / "recordings" / "hero.json").stat().st_size < 200_000
