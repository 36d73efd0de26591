"""What is described and not played is an error, never played as something else or left out in silence."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

import sim
from sim.engine import run as engine
from sim.engine.assembly.needs import needs_admission_control, needs_pipeline
from sim.engine.assembly.system import build
from sim.engine.faults.network import LinkUnderFault
from sim.engine.faults.services import ServiceUnderFault
from sim.engine.operations.expected_effects import expected_effects
from sim.errors import ModelError
from sim.mechanisms.faults import FAULTS, Fault, LinkFault, ServiceFault
from sim.mechanisms.faults.cut import Cut
from sim.mechanisms.steps import Step
from sim.quantities import Arrivals, Balance, LineOrder
from sim.record.recorder import MarkCodes, reason_code
from sim.scenario import models
from sim.scenario.schema import all_models
from sim.topology import describe

SYSTEM = """
version: 1
title: t
duration: 1s
workload: {shop: {calls: web.get, rate: 5/s}}
services:
  web: {operations: {get: [{call: db.read}]}}
  db: {replicas: 2, operations: {read: [{work: 5ms}]}}
links: {web -> db: {latency: 1ms}}
"""


class Stutter(ServiceFault):
    """A fault that is described and not played."""

    verb: ClassVar[str] = "stutter"
    stutter: str


class Jam(LinkFault):
    """A fault of a link that is described and not played."""

    verb: ClassVar[str] = "jam"
    jam: str


class TicketLink(models.Link):
    """A link with a defence that is described and not played."""

    ticket: int | None = None


class TicketService(models.Service):
    """A service with a rule that is described and not played."""

    ticket: int | None = None


class Nap(Step):
    """A step that is described and not played."""

    verb: ClassVar[str] = "nap"
    nap: str


def scenario(**changes: Any) -> models.Scenario:
    return sim.loads(SYSTEM).resolve().model_copy(update=changes)


def with_service(**changes: Any) -> models.Scenario:
    known = scenario()
    return scenario(services={**known.services, "db": known.services["db"].model_copy(update=changes)})


def test_a_fault_that_nothing_plays_is_an_error() -> None:
    fault = Stutter(stutter="db", for_="1s")
    with pytest.raises(ModelError, match="fault of a service must be one that the engine plays, got 'Stutter'"):
        engine.play(scenario(faults={"f": fault}))


def test_no_part_takes_a_fault_that_it_does_not_know_for_another() -> None:
    system = build(scenario(), 1, 0)
    with pytest.raises(ModelError, match="fault of a service must be one that the engine plays, got 'Stutter'"):
        Stutter(stutter="db").on_service(ServiceUnderFault(system, "f", "f 0", system.services["db"], None))
    with pytest.raises(ModelError, match="fault of a queue must be one that the engine plays, got 'Stutter'"):
        Stutter(stutter="jobs").on_queue(None)  # type: ignore[arg-type]
    struck = scenario(faults={"f": Cut(cut="web -> db", mode="silent", for_="1s")})
    with pytest.raises(ModelError, match="fault of a link must be one that the engine plays, got 'Jam'"):
        Jam(jam="web -> db").on_link(LinkUnderFault(build(struck, 1, 0), "f 0", "web -> db"))
    with pytest.raises(ModelError, match="story must be one that the engine plays, got 'Fault'"):
        Fault().sentence()


@pytest.mark.parametrize("kind", FAULTS)
def test_every_kind_of_fault_says_what_it_befalls(kind: str) -> None:
    assert FAULTS[kind].befalls or kind in ("poison", "partition")


def test_a_defence_that_nothing_plays_is_an_error() -> None:
    engine.play(scenario(links={"web -> db": TicketLink(latency=scenario().links["web -> db"].latency)}))
    with pytest.raises(ModelError, match="defence of the link web -> db must be one that the engine plays, got 'tick"):
        engine.play(scenario(links={"web -> db": TicketLink(ticket=2)}))


def test_a_rule_of_a_service_that_nothing_plays_is_an_error() -> None:
    described = scenario().services["db"]
    ticketed = TicketService.model_construct(**{**dict(described), "ticket": 2})
    assert not needs_admission_control(described) and needs_admission_control(ticketed)
    with pytest.raises(ModelError, match="defence of the service db must be one that the engine plays, got 'ticket'"):
        engine.play(scenario(services={**scenario().services, "db": ticketed}))


def test_what_a_link_has_by_default_is_no_defence() -> None:
    assert not needs_pipeline(models.Link(on_abandon="continue", late_answers="ignore", propagate_deadline=False))
    assert needs_pipeline(models.Link(on_abandon="cancel"))


@pytest.mark.parametrize(
    "change, what",
    [
        ({"line": LineOrder("random")}, "line of a service"),
        ({"balance": Balance("nearest")}, "balance"),
        ({"operations": {"read": [Nap(nap="5ms")]}}, "step"),
    ],
)
def test_a_word_that_nothing_plays_is_an_error(change: dict[str, Any], what: str) -> None:
    with pytest.raises(ModelError, match=f"{what} must be one that the engine plays"):
        engine.play(with_service(**change))


def test_a_step_that_nobody_knows_promises_and_costs_nothing_in_silence() -> None:
    napping = with_service(operations={"read": [Nap(nap="5ms")]})
    for look in (lambda: expected_effects(napping, lambda path: 0), lambda: describe(napping)):
        with pytest.raises(ModelError, match="step must be one that the engine plays, got 'Nap'"):
            look()


def test_arrivals_of_an_unknown_kind_are_an_error() -> None:
    shop = scenario().workload["shop"].model_copy(update={"arrivals": Arrivals("clumsy")})
    with pytest.raises(ModelError, match="arrivals must be one that the engine plays, got 'clumsy'"):
        engine.play(scenario(workload={"shop": shop}))


def test_a_reason_and_a_mark_must_be_declared() -> None:
    with pytest.raises(
        ModelError, match="reason must be declared by a mechanism, or in sim/record/record.py, got 'no ticket'"
    ):
        reason_code(0, "no ticket")
    with pytest.raises(
        ModelError, match="mark must be declared by a mechanism, or in sim/record/record.py, got 'stamped'"
    ):
        MarkCodes()["stamped"]


def test_the_schema_finds_every_model_by_itself() -> None:
    exported = {name for name in models.__all__ if isinstance(getattr(models, name), type)} - {"Model", "Combination"}
    declared = {name for name, model in all_models().items() if model.__module__.startswith("sim.mechanisms.")}
    assert {fault.__name__ for fault in FAULTS.values()} < declared and {"Retry", "RetryBudget", "Shed"} < declared
    assert exported | declared == set(all_models())
