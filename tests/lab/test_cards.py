"""The headline cards of the Lab, as they are drawn: in the fault and after it, both sides on one clock."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from sim.errors import ScenarioError
from sim.experiments.run import run_resolved
from sim.lab.server.worker_tasks import Played
from sim.scenario.loading import load
from sim.scenario.shipped import shipped_folder

pytestmark = pytest.mark.skipif(find_spec("streamlit") is None, reason="streamlit is not installed")

SCENARIOS = sorted(path.stem for path in shipped_folder().glob("*.yaml"))
STILL, MOVES = 2.0, 10.0
"""Points: a number that changes by less stands still; goodput that changes by more has moved."""

Card = dict[str, tuple[str, float]]
"""The numbers of one workload by label, each with the change in points that it shows against the baseline."""


def played(resolved: Any) -> Played:
    run = run_resolved(resolved, resolved.seed, 1)
    return Played(run, None, None, (), {"id": resolved.digest})  # type: ignore[arg-type]


def page(choice, baseline):  # type: ignore[no-untyped-def]  # its source alone is run as a script
    from sim.lab.widgets import cards

    cards.cards(choice, baseline)


def cards(choice: Played, baseline: Played | None) -> dict[str, Card]:
    """The cards of *choice* by workload, in the order in which they are drawn."""
    from streamlit.testing.v1 import AppTest

    at = AppTest.from_function(page, kwargs={"choice": choice, "baseline": baseline}, default_timeout=30).run()
    assert not at.exception
    found: list[Card] = []
    for one in at.metric:
        if one.label in ("in the fault", "in all"):
            found.append({})
        change = one.delta.split()[0] if one.delta else "0"
        found[-1][one.label] = (one.value, float(change))
    titles = [one.value for one in at.markdown if not one.value.startswith(":material")]
    whole = [card for title, card in zip(titles, found, strict=True) if title.endswith("well served")]
    return dict(zip(choice.run.record.workloads, whole, strict=True))


def after(run: Any, of: str) -> float | None:
    found: float | None = run.value("goodput ratio", of, "after") if run.record.windows else None
    return found


def shown(at: Any) -> str:
    return "\n".join(one.value for one in [*at.markdown, *at.caption])


@pytest.mark.slow
def test_asynchronous_work_is_shown_as_late_and_not_as_free() -> None:
    from streamlit.testing.v1 import AppTest

    scenario = load(shipped_folder() / "cascade_vs_backlog.yaml")
    base, choice = played(scenario.resolve()), played(scenario.resolve("asynchronous"))
    told = shown(AppTest.from_function(page, kwargs={"choice": choice, "baseline": base}, default_timeout=30).run())
    assert "**Work done late**: half of it after 17.8 s" in told and "held through the fault" in told
    assert "baseline: back after 1 s" in told and "in the fault (60 s to 90 s)" in told
    alone = shown(AppTest.from_function(page, kwargs={"choice": base, "baseline": None}, default_timeout=30).run())
    assert "late" not in alone


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_no_card_stands_still_while_goodput_after_the_fault_moves(name: str) -> None:
    scenario = load(shipped_folder() / f"{name}.yaml")
    base = played(scenario.resolve())
    variant = base.run.variant
    for toggle, about in scenario.toggles.items():
        if about.for_ is not None and variant not in about.for_:
            continue
        choice = played(scenario.resolve(variant or None, [toggle]))
        for of, card in cards(choice, base).items():
            was, now = after(base.run, of), after(choice.run, of)
            if was is None or now is None or abs(now - was) * 100 <= MOVES:
                continue
            most = max((change for _, change in card.values()), key=abs)
            assert abs(most) > STILL, f"{toggle}: {of} goes from {was:.1%} to {now:.1%} after the fault, shown {card}"


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_second_fault_does_not_read_as_an_improvement(name: str) -> None:
    """The Lab's *Break it here*: a service gets ten times slower when the first fault has long ended."""
    scenario = load(shipped_folder() / f"{name}.yaml").resolve()
    base = played(scenario)
    ends = [end for _, _, end in base.run.record.windows]
    if not ends or max(ends) > scenario.duration - 10:
        pytest.skip("no fault, or no time left after it")
    at, left = max(ends), scenario.duration - max(ends)
    for service in list(scenario.services)[:1]:  # where everybody comes by
        second = {"slow": service, "by": "10x", "at": f"{at + left / 4:g}s", "for": f"{left / 2:g}s"}
        faults = {**scenario.document["faults"], "second": second}
        try:
            choice = played(scenario.resolve(scenario.variant or None, (), {"expect": {}, "faults": faults}))
        except ScenarioError:
            continue  # a service that does no work of its own
        for of, card in cards(choice, base).items():
            for label, (value, change) in card.items():
                assert change <= STILL, f"{service} slower: {of} {label} {value} reads as {change:+.1f} points better"
