"""Presets: a product's rules and defaults by one word, with keys that override, repeat or contradict it."""

from typing import Any

import pytest

from sim.fields.presets import Preset
from sim.mechanisms.links.bulkhead import Bulkhead
from sim.scenario.presets import with_presets
from sim.scenario.yaml.nodes import node_of, plain


def lowered(values: dict[str, Any]) -> dict[str, Any]:
    """Return *values* with a least that is no larger than the window."""
    return {**values, "least": min(values["least"], values["calls"])} if "calls" in values else values


PRODUCT = Preset(
    "product", "its source", {"judges": "each"}, {"calls": 100, "least": 100, "wait": "5s"}, ("window", "scope"),
    rivals=((("calls",), ("window",)),), settle=lowered,
)  # fmt: skip


def test_a_product_fills_in_its_rules_and_defaults() -> None:
    assert PRODUCT.resolved({}) == {"judges": "each", "calls": 100, "least": 100, "wait": "5s"}


def test_a_key_that_is_given_overrides_a_default_and_takes_the_place_of_its_rival() -> None:
    assert PRODUCT.resolved({"wait": "1s", "window": "10s"}) == {
        "judges": "each", "least": 100, "wait": "1s", "window": "10s",
    }  # fmt: skip


def test_a_product_settles_values_that_belong_together() -> None:
    assert PRODUCT.resolved({"calls": 10})["least"] == 10


def test_none_counts_as_not_given() -> None:
    assert PRODUCT.resolved({"wait": None})["wait"] == "5s"
    assert PRODUCT.contradictions({"wait": None, "colour": None}) == {}


def test_a_fixed_value_may_be_repeated_but_not_changed_and_other_keys_are_refused() -> None:
    assert PRODUCT.contradictions({"preset": "product", "judges": "each", "scope": "caller"}) == {}
    assert PRODUCT.contradictions({"judges": "all", "colour": "red"}) == {
        "judges": "be each with `preset: product`",
        "colour": "be left out with `preset: product`, which has no setting like it",
    }


def test_it_says_in_words_what_it_resolves_to() -> None:
    assert PRODUCT.words() == (
        "`product`: always `judges: each`; by default `calls: 100`, `least: 100`, `wait: 5s`; takes `window`, `scope` "
        "(its source)."
    )


@pytest.fixture
def bulkheads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the bulkhead a product of its own."""
    product = Preset("product", "its source", {"when full": "wait"}, {"max in flight": 25}, ("max wait",))
    monkeypatch.setattr(Bulkhead, "presets", (product,))


def document(**bulkhead: Any) -> dict[str, Any]:
    return {"links": {"a -> b": {"timeout": "1s", "bulkhead": bulkhead}}}


@pytest.mark.usefixtures("bulkheads")
def test_a_document_gets_the_values_of_its_presets() -> None:
    root, problems = with_presets(node_of(document(preset="product")))
    assert problems == []
    assert plain(root) == document(preset="product", **{"when full": "wait", "max in flight": 25})


@pytest.mark.usefixtures("bulkheads")
def test_a_contradiction_names_the_place_the_preset_the_key_and_the_value() -> None:
    _, problems = with_presets(node_of(document(preset="product", **{"when full": "reject"})))
    assert [problem.text for problem in problems] == [
        "links.a -> b.bulkhead.when full must be wait with `preset: product`, got 'reject'"
    ]


@pytest.mark.usefixtures("bulkheads")
@pytest.mark.parametrize("root", [{}, {"links": 3}, document(), document(preset="other"), document(preset=3)])
def test_a_document_without_a_known_preset_is_left_alone(root: dict[str, Any]) -> None:
    node = node_of(root)
    assert with_presets(node) == (node, [])
    assert with_presets(node)[0] is node
