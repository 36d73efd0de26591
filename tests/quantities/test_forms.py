"""Forms of words: fitting texts, read values, and the nearest option."""

import pytest

from sim.errors import ParameterError
from sim.quantities import parse_backoff, parse_rate_shape
from sim.quantities.forms import Form

WAIT = Form("wait {first:duration} [step {step:duration}] [cap {cap:duration}]", "wait 1s")


@pytest.mark.parametrize(
    "text, fits",
    [
        ("wait 1s", True),
        ("wait 1s cap 5s", True),
        ("wait 1s cap 5s step 2s", True),
        ("wait", False),
        ("", False),
        ("rest 1s", False),
        ("wait 1s cap", False),
        ("wait 1s cup 5s", False),
        ("wait 1s cap 5s cap 6s", False),
    ],
)
def test_options_may_stand_in_any_order_once_each(text: str, fits: bool) -> None:
    assert WAIT.fits(text.split()) is fits


def test_only_options_that_are_given_are_values() -> None:
    assert WAIT.read("wait 1s cap 5s".split()) == {"first": 1.0, "cap": 5.0}
    assert WAIT.read("wait 1s cap 5s step 2s".split()) == {"first": 1.0, "cap": 5.0, "step": 2.0}


def test_the_nearest_option_is_the_hint() -> None:
    assert WAIT.hint("wait 1s stp 5s".split()) == "did you mean 'step'?"
    assert WAIT.hint("wait 1s cap 5s".split()) == WAIT.hint(["wait"]) == ""


def test_a_form_that_begins_with_a_value_wants_a_number_first() -> None:
    form = Form("{value:duration}", "5ms")
    assert form.fits(["5ms"]) and form.fits(["5sec"]) and not form.fits(["often"]) and not form.fits([])
    with pytest.raises(ParameterError, match="must be a duration such as 250ms or 30s, got '5sec'"):
        form.read(["5sec"])


def test_the_rest_of_the_words_is_read_one_by_one() -> None:
    form = Form("at {instants:duration...}", "at 0s 1s")
    assert form.read("at 0s 1s 2s".split()) == {"instants": (0.0, 1.0, 2.0)} and not form.fits(["at"])


def test_an_option_given_twice_is_refused() -> None:
    with pytest.raises(ParameterError, match="must be a backoff such as none, 100ms"):
        parse_backoff("exponential 1s cap 5s cap 9s")
    with pytest.raises(ParameterError, match="must be a rate over time such as 100/s"):
        parse_rate_shape("trace a.csv scale 2x scale 3x")
