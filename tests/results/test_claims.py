"""Claims hold, fail or cannot be decided."""

import math
from typing import Any

import pytest

from sim.errors import ParameterError
from sim.experiments.replications import Replication
from sim.experiments.run import Run
from sim.results.claims import CANNOT_TELL, FAILS, HOLDS, judge, select
from sim.results.measures.registry import NAMES, measures
from sim.scenario.models import Claim
from sim.scenario.rules.measurable import read_bound
from tests.results.records import shop


def verdict(values, baseline=None, **said) -> str:
    return judge("a claim", claim(**said), values, baseline).verdict


def claim(**said) -> Claim:
    return Claim.model_validate({"measure": "goodput ratio", "above": "50%"} | said)


def test_every_replication_must_hold():
    assert verdict([0.6, 0.7]) == HOLDS
    assert verdict([0.6, 0.5]) == FAILS  # above is strict
    assert verdict([]) == verdict(None) == CANNOT_TELL


def test_one_that_fails_decides_and_one_untold_does_not():
    assert verdict([0.6, None]) == CANNOT_TELL
    assert verdict([0.4, None]) == FAILS


def test_a_share_of_replications_is_rounded_up():
    wanted = {"in": "9 of 10"}
    assert verdict([0.6] * 9 + [0.1], **wanted) == HOLDS
    assert verdict([0.6] * 8 + [0.1] * 2, **wanted) == FAILS
    assert verdict([0.6] * 4 + [0.1], **wanted) == FAILS  # 4.5 of 5 are 5
    assert verdict([0.6] * 19 + [0.1], **wanted) == HOLDS
    assert verdict([0.6] * 8 + [0.1, None], **wanted) == CANNOT_TELL
    assert verdict([0.6] * 9 + [None], **wanted) == HOLDS


def test_the_mean_needs_every_value():
    assert verdict([0.4, 0.8], **{"in": "mean"}) == HOLDS
    assert verdict([0.4, 0.5], **{"in": "mean"}) == FAILS
    assert verdict([0.8, None], **{"in": "mean"}) == CANNOT_TELL


def test_all_bounds_given_must_hold():
    assert verdict([0.6], below="70%") == HOLDS
    assert verdict([0.8], below="70%") == FAILS
    assert verdict([3.0], above=None, between=[3, 4]) == HOLDS
    assert verdict([4.0], above=None, between=[3, 4]) == HOLDS
    assert verdict([4.5], above=None, between=[3, 4]) == FAILS
    assert verdict([1.0], above=None, **{"at least": 1, "at most": 1}) == HOLDS
    assert verdict([0.1 + 0.2], above=None, **{"is": 0.3}) == HOLDS
    assert verdict([0.31], above=None, **{"is": 0.3}) == FAILS


def test_than_judges_paired_differences():
    found = judge("a claim", claim(than="synchronous", above="10%"), [0.75, 0.5], [0.5, 0.25])
    assert (found.verdict, found.values) == (HOLDS, (0.25, 0.25))
    assert verdict([0.75, 0.5], [0.5, None], than="synchronous", above="10%") == CANNOT_TELL
    assert verdict([0.75, 0.5], None, than="synchronous", above="10%") == CANNOT_TELL


def test_a_verdict_says_the_claim_in_words():
    said = claim(of="browsers", during="fault", than="synchronous", **{"in": "9 of 10"})
    assert judge("x", said, [1.0], [0.0]).text == (
        "goodput ratio of browsers during fault, less that of synchronous, is above 50%, in 9 of 10"
    )


def test_an_unknown_measure_is_an_error_with_the_nearest_name():
    with pytest.raises(ParameterError, match="did you mean 'goodput ratio'"):
        judge("a claim", claim(measure="godput ratio"), [1.0])


@pytest.mark.parametrize("wanted", ["most", "11 of 10", "0 of 10", "9 in 10"])
def test_an_unreadable_share_is_an_error(wanted: str):
    with pytest.raises(ParameterError, match="be every, mean or a share such as 9 of 10"):
        verdict([1.0], **{"in": wanted})


def test_the_value_is_that_of_measure_of_and_during():
    runs = [measures(shop()), measures(shop()), []]
    assert select(runs, claim(of="shoppers", during="fault")) == [0.25, 0.25, None]
    assert select(runs, claim(of="nobody")) == [None, None, None]


@pytest.mark.parametrize("name", NAMES)
def test_a_bound_is_written_in_the_unit_of_its_measure_and_in_no_other(name: str):
    own = {"ratio": "50%", "/s": "5/s", "s": "5s", "worker s": "5s", "x": "5x"}.get(NAMES[name].unit, 5)
    read_bound(own, name)
    read_bound(0, name)
    for other in ("50%", "5/s", "5s", "5x", "5kB"):
        if other != own:
            with pytest.raises(ParameterError, match="value must be a "):
                read_bound(other, name)
    with pytest.raises(ParameterError):
        read_bound(f"-{own}", name)
    read_bound(f"-{own}", name, difference=True)


def test_a_run_says_which_measures_parts_and_windows_there_are():
    said = {}
    found = Run(Any, 1, [Replication(0, tuple(measures(shop())))], shop())
    wrong = "godput shoppers", "goodput shopers", "utilisation shoppers", "goodput shoppers faul"
    for asked in wrong:
        with pytest.raises(KeyError) as caught:
            found.value(*asked.split())
        said[asked] = caught.value.args[0]
    assert list(said.values()) == [
        "measure must be a measure, got 'godput'; did you mean 'goodput'?",
        "of must name a system, workload or workload/operation, of which 'goodput' is measured, got 'shopers'; "
        "did you mean 'shoppers'?",
        "of must name a service with limited workers, of which 'utilisation' is measured, got 'shoppers'; "
        "there is front, back",
        "during must be a window in which 'goodput' is measured, got 'faul'; did you mean 'fault'?",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "said, between, verdict",
    [
        ({"above": "50%"}, (0.6, 0.9), HOLDS),
        ({"above": "50%"}, (0.4, 0.9), CANNOT_TELL),
        ({"above": "50%"}, (0.4, 0.5), FAILS),
        ({"below": "50%"}, (0.5, 0.6), FAILS),
        ({"between": ["40%", "60%"]}, (0.1, 0.9), CANNOT_TELL),  # both ends fail, what lies between may not
        ({"between": ["40%", "60%"]}, (0.45, 0.6), HOLDS),
        ({"between": ["40%", "60%"]}, (0.61, 0.9), FAILS),
        ({"is": "50%"}, (0.25, 0.75), CANNOT_TELL),
        ({"is": "50%"}, (0.51, 0.75), FAILS),
        ({"at least": "50%"}, (0.6, math.inf), HOLDS),
        ({"below": "50%"}, (0.4, math.inf), CANNOT_TELL),
    ],
)
def test_an_undecided_value_holds_only_if_it_does_however_it_is_decided(said: Any, between: Any, verdict: str):
    found = judge("a claim", Claim.model_validate({"measure": "goodput ratio"} | said), [between[0]], None, [between])
    assert found.verdict == verdict
    assert found.between == (between,)
    assert found.undecided == (verdict == CANNOT_TELL)


def test_undecided_values_count_for_neither_side_and_their_mean_and_difference_are_ranges():
    decided, half = (None, None), (0.25, 0.75)
    assert judge("x", claim(above="50%"), [0.9, 0.25], None, [None, half]).verdict == CANNOT_TELL
    assert judge("x", claim(above="50%"), [0.4, 0.25], None, [None, half]).verdict == FAILS
    assert judge("x", claim(above="50%", **{"in": "1 of 2"}), [0.9, 0.25], None, [None, half]).verdict == HOLDS
    assert judge("x", claim(above="50%", **{"in": "mean"}), [0.9, 0.25], None, [None, half]).verdict == HOLDS
    assert judge("x", claim(above="60%", **{"in": "mean"}), [0.9, 0.25], None, [None, half]).verdict == CANNOT_TELL
    less = claim(than="synchronous", above="10%")
    assert judge("x", less, [0.9, 0.25], [0.5, 0.1], [None, half], decided).verdict == HOLDS
    assert judge("x", less, [0.9, 0.25], [0.5, 0.2], [None, half], decided).verdict == CANNOT_TELL
    assert judge("x", less, [0.9, 0.25], [0.5, 0.7], [None, half], decided).verdict == FAILS
