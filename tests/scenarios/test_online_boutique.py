"""The shop's call graph: every page makes the calls that the real one makes, in its order."""

from typing import Any

import pytest

import sim
from sim.experiments.run import run_resolved
from sim.scenario.shipped import shipped_folder

ITEMS = 2
CURRENCY, CONVERT = "currencyservice.get supported", "currencyservice.convert"
CATALOGUE, PRODUCT = "productcatalogservice.list", "productcatalogservice.get"
CART, REDIS, ADVERTISEMENT = "cartservice.get", "redis-cart.command", "adservice.get"
RECOMMENDED = ["recommendationservice.list", CATALOGUE]

PAGES = {
    "home": [CURRENCY, CATALOGUE, CART, REDIS, *[CONVERT] * 9, ADVERTISEMENT],
    "product": [PRODUCT, CURRENCY, CART, REDIS, CONVERT, *RECOMMENDED, ADVERTISEMENT],
    "view cart": [
        CURRENCY, CART, REDIS, *RECOMMENDED, "shippingservice.quote", CONVERT, *[PRODUCT, CONVERT] * ITEMS
    ],
    "add to cart": [PRODUCT, "cartservice.add", REDIS],
    "set currency": [],
    "logout": [],
    "empty cart": ["cartservice.empty", REDIS],
    "checkout": [
        "checkoutservice.place order", CART, REDIS, *[PRODUCT, CONVERT] * ITEMS, "shippingservice.quote", CONVERT,
        "paymentservice.charge", "shippingservice.ship", "cartservice.empty", REDIS, "emailservice.confirm",
        *RECOMMENDED, CURRENCY,
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def shop() -> Any:
    return sim.load(shipped_folder() / "online_boutique.yaml")


def alone(shop: Any, page: str) -> Any:
    """Return a run in which one visitor opens *page* once, at 25 s, with no fault."""
    changes = {
        "workload": {"one": {"calls": f"frontend.{page}", "arrivals": "at 25s"}},
        "faults": {}, "variants": {}, "expect": {}, "duration": "30s",
    }  # fmt: skip
    return run_resolved(sim.Scenario(**{**shop.document, **changes}), replications=1)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_makes_its_calls_in_the_order_of_the_real_shop(shop: Any, page: str):
    attempts = alone(shop, page).attempts.sort_values("sent_at", kind="stable")
    called = [
        f"{callee}.{operation}" for callee, operation in zip(attempts["callee"], attempts["operation"], strict=True)
    ]
    assert called == [f"frontend.{page}", *PAGES[page]]


def test_every_page_of_the_frontend_is_described(shop: Any):
    assert set(shop.services["frontend"].operations) == set(PAGES)


def test_an_order_is_charged_and_then_shipped_and_then_confirmed(shop: Any):
    effects = alone(shop, "checkout").effects
    assert effects.sort_values("at")["effect"].tolist() == ["charged", "shipped", "emailed"]


def test_only_the_advertisement_has_a_timeout_and_nothing_is_retried_or_broken(shop: Any):
    assert list(shop.links) == ["frontend -> adservice"]
    link = shop.links["frontend -> adservice"]
    assert (link.timeout, link.retry, link.breaker) == (0.1, None, None)
    assert all(service.replicas == 1 for service in shop.services.values())


def test_the_mix_is_that_of_the_load_generator(shop: Any):
    users = shop.workload["users"]
    assert {name: task.weight for name, task in users.tasks.items()} == {
        "home": 1, "set currency": 2, "browse": 10, "add to cart": 2, "view cart": 3, "checkout": 1
    }  # fmt: skip
    assert users.start == "home" and str(users.think) == "uniform 1s to 10s"


def test_launch_day_draws_pages_with_the_weights_of_the_load_generator(shop: Any):
    visits: dict[str, float] = {}
    for task in shop.workload["users"].tasks.values():
        for page in task.requests:
            visits[page] = visits.get(page, 0) + task.weight
    launch = sim.load(shipped_folder() / "launch_day.yaml")
    assert launch.workload["visitors"].mix == visits and sum(visits.values()) == 23
    assert launch.services == shop.services and launch.links == shop.links
