"""Every declared mechanism says everything about itself: words, targets, how it is tried; a new one is asked for it.

That the presence of each field changes a record is asked in ``tests/engine/test_fields.py``.
"""

import copy
import itertools
from pathlib import Path
from typing import Any, ClassVar, Iterator, Literal, get_args

import pytest
from ruamel.yaml import YAML

import sim
from sim import topology
from sim.diagram.system import BOXES, drawing_of
from sim.engine.assembly.system import build
from sim.engine.operations.expected_effects import expected_effects
from sim.engine.run import play
from sim.experiments.fault_matrix.catalogue import INJECTIONS, KINDS
from sim.fields.labels import labels
from sim.fields.quantity import spaced
from sim.mechanisms.actions import ACTIONS
from sim.mechanisms.faults import FAULTS
from sim.mechanisms.faults.base import ServiceFault
from sim.mechanisms.faults.parts import CAN_FAIL, CAN_PAUSE, VARIABLE_SPEED, Edges, ServicePart
from sim.mechanisms.faults.targets import Indexes
from sim.mechanisms.links.base import LinkDefence
from sim.mechanisms.links.parts import LinkPart
from sim.mechanisms.links.registry import declared_in as declared_links
from sim.mechanisms.loads import KNOWN
from sim.mechanisms.nodes import LINKED, NODE_KINDS, SHAPES, NodeKind
from sim.mechanisms.services.base import ServiceRule
from sim.mechanisms.services.parts import ReplicaPart
from sim.mechanisms.services.registry import declared_in as declared_services
from sim.mechanisms.steps import STEPS, Step, StepWithOutcome, Work
from sim.mechanisms.steps.base import EFFECT, ON_ERROR, OPERATION, QUEUE, STORE
from sim.mechanisms.steps.facts import facts, nested
from sim.outcomes import OUTCOMES
from sim.record.record import MARKS, REASONS, Record
from sim.replay.timeline import LOOKS
from sim.scenario.key_normalisation import fields_of, members
from sim.scenario.measures import MEASURES
from sim.scenario.models import Model, Scenario
from sim.scenario.models.links import LINK_DEFENCES, Link
from sim.scenario.models.nodes import SERVICE_RULES, Service
from sim.scenario.rules.measurable import subjects
from sim.scenario.yaml.nodes import node_of
from tests.engine.test_fields import documents

FIELDS = YAML(typ="safe").load((Path(__file__).parent / "engine" / "fields.yaml").read_text(encoding="utf-8"))


def struck(kind: str) -> Scenario:
    """Return a resolved scenario with a fault of *kind*, named f."""
    part = FIELDS["models"][FAULTS[kind].__name__]
    workload = {**FIELDS["system"]["workload"], **part.get("given", {}).get("workload", {})}
    return sim.Scenario(**{**FIELDS["system"], "workload": workload, "faults": {"f": part["here"]}}).resolve()


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_has_words_for_pictures_and_stories(kind: str) -> None:
    scenario = struck(kind)
    fault = scenario.faults["f"]
    drawing = drawing_of(scenario, faults=["f"])
    assert fault.label in [one.trouble for one in (*drawing.nodes, *drawing.arrows)]
    assert fault.label and len(fault.sentence()) > len(fault.label) and fault.timing
    assert [spaced(name) for name in type(fault).model_fields if spaced(name) == kind] == [kind]


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_strikes_parts_and_says_what_it_needs(kind: str) -> None:
    scenario = struck(kind)
    fault = scenario.faults["f"]
    targets = fault.targets(scenario)
    assert targets.services or targets.queues or targets.links or targets.workloads
    assert fault.needs(None) <= {CAN_PAUSE, CAN_FAIL, VARIABLE_SPEED}
    assert fault.befalls or kind in ("poison", "partition")


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_is_tried_by_the_matrix_or_says_why_not(kind: str) -> None:
    fault: Any = FAULTS[kind]
    assert bool(fault.tried) != bool(fault.not_tried)
    assert kind in {verb for verb, _ in INJECTIONS} or fault.not_tried
    keys = {spaced(name) for name in fault.model_fields}
    assert set(fault.form_starts) <= keys
    assert {key for one in fault.tried for key in (*one.fixed, one.size) if key} <= keys


def test_no_two_ways_of_trying_a_fault_have_one_name() -> None:
    assert len(set(KINDS)) == len(KINDS)


@pytest.mark.parametrize("kind", ACTIONS)
def test_every_action_has_a_target_and_words_and_is_not_tried(kind: str) -> None:
    part = FIELDS["models"][ACTIONS[kind].__name__]
    scenario = sim.Scenario(**{**FIELDS["system"], "actions": {"a": part["here"]}}).resolve()
    action = scenario.actions["a"]
    assert action.target_name in {name for place in action.befalls for name in getattr(scenario, place)}
    assert f"operator: {action.label}" in {words for node in drawing_of(scenario).nodes for words in node.rules}
    assert "the operator" in action.sentence() and "the operator" in action.undone() and action.timing
    assert action.not_tried and kind not in {verb for verb, _ in INJECTIONS}


@pytest.mark.parametrize("field", LINK_DEFENCES)
def test_every_defence_of_a_link_has_labels_decisions_and_an_effect_on_loads(field: str) -> None:
    defence = LINK_DEFENCES[field]
    document = copy.deepcopy(FIELDS["system"])
    part = FIELDS["models"]["Link"]["fields"][spaced(field)]
    for key in ("workload", "services", "links"):
        for name, more in part.get("given", {}).get(key, {}).items():
            document[key].setdefault(name, {}).update(more)
    document["links"].setdefault("web -> db", {}).update({**part.get("here", {}), spaced(field): part["to"][0]})
    link = sim.Scenario(**document).resolve().links["web -> db"]
    assert defence.given(link) is not None and labels(link)
    for decision in defence.decisions:
        assert decision.measure in MEASURES and MEASURES[decision.measure].meaning == decision.meaning
        assert bool(decision.mark) != bool(decision.reason)
        assert decision.mark in ("", *MARKS) and decision.reason in ("", *REASONS)
        assert bool(decision.thing) == bool(decision.does)
    assert defence.loads in KNOWN or defence.loads.endswith("s")


def test_no_two_defences_of_a_link_stand_at_one_place() -> None:
    layers = [defence.layer for defence in LINK_DEFENCES.values()]
    assert len(set(layers)) == len(layers) and layers == sorted(layers)


@pytest.mark.parametrize("field", SERVICE_RULES)
def test_every_rule_of_a_service_has_labels_reasons_and_an_effect_on_loads(field: str) -> None:
    rule = SERVICE_RULES[field]
    document = copy.deepcopy(FIELDS["system"])
    part = FIELDS["models"]["Service"]["fields"][spaced(field)]
    document["services"]["db"].update({**part.get("here", {}), spaced(field): part["to"][0]})
    service = sim.Scenario(**document).resolve().services["db"]
    assert rule.given(service) is not None and labels(service)
    for rejection in rule.rejections:
        assert rejection.reason in REASONS and MEASURES[rejection.measure].meaning == rejection.meaning
        assert rejection.by and rejection.whose.startswith("with ")
    assert rule.loads and rule.layer


def steps_in(steps: Any) -> Iterator[Step]:
    """Iterate over all steps of a recipe, nested ones included."""
    for step in steps:
        yield step
        for _, inner in nested(step):
            yield from steps_in(inner)


@pytest.mark.parametrize("verb", STEPS)
def test_every_step_says_which_keys_hold_steps_and_how_often_they_are_done(verb: str) -> None:
    kind = STEPS[verb]
    fields = fields_of(kind)
    recipes = {
        key for key, types in fields.items() if any(Work in members(arg) for it in types for arg in get_args(it))
    }
    assert recipes == {*kind.recipes, *([ON_ERROR] if issubclass(kind, StepWithOutcome) else [])}
    assert {verb, "as"} <= set(fields) and {kind.counted_by, kind.recipe_list} - {""} <= set(fields)
    assert not kind.wraps or kind.recipes


@pytest.mark.parametrize("verb", STEPS)
def test_every_step_is_played_weighed_and_read(verb: str) -> None:
    kind = STEPS[verb]
    document = documents(kind, verb)[-1]
    document["services"]["web"]["operations"]["order"].insert(0, {"effect": "seen"})
    scenario = sim.Scenario(**document).resolve()
    recipes = [recipe for service in scenario.services.values() for recipe in service.operations.values()]
    known = [facts(step) for recipe in recipes for step in steps_in(recipe) if type(step) is kind]
    assert known
    for one in known:
        said = {OPERATION: one.calls, QUEUE: one.sends, EFFECT: one.effect}
        assert [value for value, name in said.items() if name] == ([kind.value] if kind.value in said else [])
        assert bool(one.inner) == bool(kind.recipes or kind.recipe_list)
    build(scenario, 1, 0)
    assert topology.describe(scenario).lines()
    assert "web.order" in {one.root for one in expected_effects(scenario, lambda path: 0)}


@pytest.mark.parametrize("verb", [verb for verb, kind in STEPS.items() if kind.value in (OPERATION, QUEUE, STORE)])
def test_a_step_that_names_a_part_is_refused_without_it(verb: str) -> None:
    document = copy.deepcopy(FIELDS["system"])
    document["services"]["web"]["operations"]["order"].append({verb: "web.nowhere"})
    with pytest.raises(sim.ScenarioError, match=f"must name an? {STEPS[verb].value} that exists, got 'web.nowhere'"):
        sim.Scenario(**document)


@pytest.mark.parametrize("kind", NODE_KINDS, ids=lambda kind: kind.word)
def test_every_kind_of_node_is_in_files_rules_and_claims(kind: NodeKind) -> None:
    model = get_args(Scenario.model_fields[kind.key].annotation)[1]
    assert issubclass(model, Model) and model.__name__.lower() == kind.word
    assert kind.key in FIELDS["models"]["Scenario"]["fields"]
    assert "propertyNames" in sim.schema()["$defs"]["Scenario"]["properties"][kind.key]  # type: ignore[index]
    assert kind.word in [of.kind for about in MEASURES.values() for of in about.of]
    document = {**copy.deepcopy(FIELDS["system"]), "stores": {"rows": {}}}
    name = next(iter(document[kind.key]))
    found = subjects(node_of(document), sim.Scenario(**document).resolve())
    assert kind.word in [word for word, _ in found[name]]
    document["hosts"] = {name: ["web"]}
    with pytest.raises(sim.ScenarioError, match="must have a name that no workload, service or queue shares"):
        sim.Scenario(**document)


@pytest.mark.parametrize("kind", NODE_KINDS, ids=lambda kind: kind.word)
def test_every_kind_of_node_is_built_linked_struck_and_drawn_or_says_that_it_is_not(kind: NodeKind) -> None:
    scenario = sim.Scenario(**FIELDS["system"], stores={"rows": {}}).resolve()
    name = next(iter(getattr(scenario, kind.key)))
    system, drawing = build(scenario, 1, 0), drawing_of(scenario)
    assert name in system.components
    drawn = [node.kind for node in drawing.nodes if node.name == name]
    assert drawn == ([kind.word] if kind.is_linked else []) and bool(kind.shape) == kind.is_linked
    assert kind.is_linked == bool(kind.recorded) and kind.recorded in ("", *Record.__annotations__)
    befallen = [fault.verb for fault in FAULTS.values() if kind.key in fault.befalls]
    assert bool(befallen) == kind.is_linked and ("crash" in befallen) == kind.is_hosted


def test_every_kind_of_node_that_is_drawn_has_a_box_and_a_replay() -> None:
    assert set(BOXES) == set(SHAPES) == set(LOOKS) == {kind.word for kind in LINKED}


# --- mechanisms that only this file has: a policy that answers `admit(now)` needs no class of the engine ---------


class EveryOther:
    """Admits every second call."""

    def __init__(self) -> None:
        self.count = 0

    def admit(self, now: float) -> bool:
        self.count += 1
        return self.count % 2 == 0


class Ticket(LinkDefence):
    layer: ClassVar[int] = 75
    scope: Literal["link", "caller"] = "link"

    def build(self, link: LinkPart) -> None:
        link.admit(self.scope, EveryOther, "throttled")


class TicketLink(Link):
    ticket: Ticket | None = None


class Turnstile(ServiceRule):
    layer: ClassVar[int] = 15

    def build(self, replica: ReplicaPart) -> None:
        replica.admit(EveryOther(), "shed")


class TurnstileService(Service):
    turnstile: Turnstile | None = None


class Stutter(ServiceFault):
    verb: ClassVar[str] = "stutter"
    stutter: str

    def needs(self, indexes: Indexes) -> frozenset[str]:
        return frozenset({VARIABLE_SPEED})

    def on_service(self, part: ServicePart) -> list[Edges]:
        pieces = itertools.count()
        return [part.pace(lambda replica, now: 4.0 if next(pieces) % 2 else 1.0)]


PLAIN = """
version: 1
title: Plain
duration: 8s
workload: {people: {calls: db.read, rate: 1/s, arrivals: regular}}
services: {db: {workers: 9, operations: {read: [{work: 250ms}]}}}
"""


def test_a_defence_whose_policy_only_admits_is_played_from_its_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LINK_DEFENCES, "ticket", declared_links(TicketLink)["ticket"])
    scenario = sim.loads(PLAIN).resolve().model_copy(update={"links": {"people -> db": TicketLink(ticket=Ticket())}})
    attempts = play(scenario, 1, 0).attempts
    assert [OUTCOMES[code] for code in attempts["outcome"].astype(int)].count("short-circuited") == 4
    assert {REASONS[why] for why in attempts["why"]} == {"", "throttled"}


def test_a_rule_whose_policy_only_admits_is_played_from_its_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SERVICE_RULES, "turnstile", declared_services(TurnstileService)["turnstile"])
    plain = sim.loads(PLAIN).resolve()
    db = TurnstileService(**{**dict(plain.services["db"]), "turnstile": Turnstile()})
    attempts = play(plain.model_copy(update={"services": {"db": db}}), 1, 0).attempts
    assert [OUTCOMES[code] for code in attempts["outcome"].astype(int)].count("rejected") == 4
    assert {REASONS[why] for why in attempts["why"]} == {"", "shed"}


def test_a_fault_is_played_from_its_declaration() -> None:
    fault = Stutter(stutter="db", at="2s", for_="4s")  # type: ignore[arg-type]
    record = play(sim.loads(PLAIN).resolve().model_copy(update={"faults": {"f": fault}}), 1, 0)
    worked = (record.attempts["left_at"] - record.attempts["started_at"]).tolist()
    assert worked.count(1.0) == 2 and worked.count(0.25) == 6
