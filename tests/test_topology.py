"""The description before any run, against systems calculated by hand."""

from __future__ import annotations

import copy
import math
import subprocess
import sys
from typing import Any

import pytest

from sim.scenario.models import Scenario
from sim.topology import (
    advice,
    amplifications,
    depth,
    describe,
    fanouts,
    operation_cycles,
    service_cycles,
    service_loads,
    single_points,
    system_graph,
    timeout_problems,
)

SHOP: dict[str, Any] = {
    "version": 1,
    "title": "Shop",
    "duration": "100s",
    "workload": {
        "shoppers": {"calls": "web.checkout", "rate": "100/s"}, "browsers": {"calls": "web.browse", "rate": "50/s"},
    },
    "services": {
        "web": {"replicas": 2, "workers": 32, "operations": {
            "checkout": [{"work": "2ms"}, {"call": "orders.place"}], "browse": [{"work": "2ms"}]}},
        "orders": {"workers": 16, "operations": {"place": [{"work": "5ms"}, {"call": "payments.charge"}]}},
        "payments": {"replicas": 2, "workers": 4, "operations": {"charge": [{"work": "40ms"}, {"effect": "charged"}]}},
    },
    "links": {"web -> orders": {"latency": "1ms"}, "orders -> payments": {"latency": "1ms"}},
}  # fmt: skip


def system(base: dict[str, Any] = SHOP, **changes: Any) -> Scenario:
    return Scenario.model_validate(copy.deepcopy(base) | changes)


def chain(recipes: dict[str, Any], **changes: Any) -> Scenario:
    """One operation ``run`` per service, asked through the first one at 10/s."""
    services = {name: {"workers": 10, "operations": {"run": recipe}} for name, recipe in recipes.items()}
    workload = {"clients": {"calls": f"{next(iter(recipes))}.run", "rate": "10/s"}}
    return Scenario.model_validate(
        {"version": 1, "title": "Chain", "duration": "10s", "workload": workload, "services": services} | changes
    )


def test_load_counts_own_work_and_the_time_held_while_calling() -> None:
    web, orders, payments = service_loads(system())
    assert (web.arrivals_per_s, orders.arrivals_per_s, payments.arrivals_per_s) == (150, 100, 100)
    assert payments.held_load == pytest.approx(100 * 0.040 / 8)
    assert payments.capacity_per_s == pytest.approx(8 / 0.040)
    assert orders.work_load == pytest.approx(100 * 0.005 / 16)
    assert orders.held_load == pytest.approx(100 * (0.005 + 0.002 + 0.040) / 16)
    assert web.held_load == pytest.approx((100 * (0.002 + 0.002 + 0.047) + 50 * 0.002) / 64)


def test_workers_freed_while_calling_are_asked_for_their_own_work_only() -> None:
    services = copy.deepcopy(SHOP["services"])
    services["orders"]["while calling"] = "free"
    orders = service_loads(system(services=services))[1]
    assert orders.held_load == orders.work_load == pytest.approx(100 * 0.005 / 16)


def test_multiplicities_multiply_along_the_path() -> None:
    front = [
        {"repeat": 3, "call": "middle.run"},
        {"parallel": [{"call": "leaf.run"}], "times": 4},
        {"branch": "share 25%", "then": [{"call": "leaf.run"}], "else": [{"repeat": 2, "call": "leaf.run"}]},
    ]
    scenario = chain(
        {"front": front, "middle": [{"call": "leaf.run"}, {"call": "leaf.run"}], "leaf": [{"work": "1ms"}]}
    )
    (found,) = fanouts(scenario)
    assert found.visits == (("front", 1.0, 1), ("middle", 3.0, 3), ("leaf", 6 + 4 + 0.25 + 0.75 * 2, 6 + 4 + 2))
    assert found.calls == pytest.approx(1 + 3 + 11.75)
    assert found.answer_s == pytest.approx(0.001 * (6 + 1 + 1.75))
    assert service_loads(scenario)[2].arrivals_per_s == pytest.approx(117.5)


def test_what_fails_by_itself_ends_the_recipe_or_is_tried_again() -> None:
    front = [{"call": "flaky.run", "on error": "ignore"}, {"call": "flaky.run"}, {"call": "leaf.run"}]
    recipes = {"front": front, "flaky": [{"fail": "20%"}, {"work": "10ms"}], "leaf": [{"work": "1ms"}]}
    _, flaky, leaf = service_loads(chain(recipes))
    assert flaky.arrivals_per_s == pytest.approx(20)
    assert leaf.arrivals_per_s == pytest.approx(8)
    assert flaky.own_s == pytest.approx(0.8 * 0.010)
    _, flaky, leaf = service_loads(chain(recipes, links={"front -> flaky": {"retry": {"max attempts": 3}}}))
    assert flaky.arrivals_per_s == pytest.approx(20 * (1 + 0.2 + 0.04))
    assert leaf.arrivals_per_s == pytest.approx(10 * (1 - 0.2**3))


def test_an_error_recipe_is_played_for_the_failing_share() -> None:
    front = [{"call": "flaky.run", "on error": [{"call": "cache.run"}], "as": "first"},
             {"branch": "first failed", "then": [{"call": "log.run"}]}]  # fmt: skip
    recipes = {"front": front, "flaky": [{"fail": "30%"}], "cache": [{"work": "1ms"}], "log": [{"work": "1ms"}]}
    _, _, cache, log = service_loads(chain(recipes))
    assert (cache.arrivals_per_s, log.arrivals_per_s) == (pytest.approx(3), pytest.approx(3))


def test_messages_become_work_of_the_consumer_and_dead_letters_of_the_next() -> None:
    scenario = Scenario.model_validate({
        "version": 1, "title": "Queue", "duration": "10s", "workload": {"c": {"calls": "web.run", "rate": "10/s"}},
        "services": {
            "web": {"workers": 4, "operations": {"run": [{"repeat": 2, "send": "jobs"}]}},
            "worker": {
                "workers": 4, "consumes": {"jobs": "do"}, "operations": {"do": [{"fail": "50%"}, {"work": "1ms"}]},
            },
            "clerk": {"workers": 4, "consumes": {"bad": "look"}, "operations": {"look": [{"work": "1ms"}]}},
        },
        "queues": {"jobs": {"max deliveries": 3, "dead letters": "bad"}, "bad": {}},
    })  # fmt: skip
    _, worker, clerk = service_loads(scenario)
    assert worker.arrivals_per_s == pytest.approx(20 * (1 + 0.5 + 0.25))
    assert clerk.arrivals_per_s == pytest.approx(20 * 0.125)
    assert {(a.link, a.attempts, a.worst) for a in amplifications(scenario)} >= {("jobs -> worker", 3, 3)}
    assert [point.node for point in single_points(scenario)] == ["web", "jobs"]
    graph = system_graph(scenario)
    assert set(graph.edges) == {("c", "web"), ("web", "jobs"), ("jobs", "worker"), ("jobs", "bad"), ("bad", "clerk")}


def test_the_load_of_a_closed_loop_is_an_upper_bound() -> None:
    workload = {"users": {"calls": "web.browse", "users": 100, "think": "998ms"}}
    web = service_loads(system(workload=workload))[0]
    assert web.arrivals_per_s == pytest.approx(100)
    assert web.upper_bound and "at most 100" in "\n".join(describe(system(workload=workload)).lines())


def test_peaks_are_told_from_means() -> None:
    workload = {"shoppers": {"calls": "web.checkout", "rate": "steps 20/s 0s 180/s 90s"}}
    payments = service_loads(system(workload=workload))[2]
    assert payments.held_load == pytest.approx(36 * 0.04 / 8)
    assert payments.peak_held_load == pytest.approx(180 * 0.04 / 8)
    assert advice(system(workload=workload)) == ["payments: its workers are asked for 90% of their time at its peak"]


def test_three_layers_of_four_attempts_make_sixty_four() -> None:
    retry = {"retry": {"max attempts": 4}}
    recipes = {"a": [{"call": "b.run"}], "b": [{"call": "c.run"}], "c": [{"work": "1ms"}]}
    scenario = chain(recipes, links={"clients -> a": retry, "a -> b": retry, "b -> c": retry})
    assert [(a.link, a.attempts, a.worst) for a in amplifications(scenario)] == [
        ("clients -> a", 4, 4), ("a -> b", 4, 16), ("b -> c", 4, 64),
    ]  # fmt: skip
    assert sum("64 of this call" in line for line in advice(scenario)) == 1


def test_the_loss_of_a_needed_node_cuts_and_that_of_an_optional_one_does_not() -> None:
    front = [{"call": "ads.run", "on error": "ignore"}, {"parallel": [{"call": "a.run"}, {"call": "b.run"}], "join": 1},
             {"branch": "share 10%", "then": [{"call": "rare.run"}]}, {"call": "base.run"}, "reply",
             {"call": "late.run"}]  # fmt: skip
    leaf = [{"work": "1ms"}]
    recipes = {"front": front, **dict.fromkeys(["ads", "a", "b", "rare", "base", "late"], leaf)}
    found = {point.node: point for point in single_points(chain(recipes))}
    assert list(found) == ["front", "base"]
    assert found["base"].cuts == ("clients/front.run",)


def test_a_partial_loss_is_told_with_its_share() -> None:
    found = {point.node: point for point in single_points(system())}
    assert list(found) == ["orders"], "web and payments have two replicas"
    assert found["orders"].cuts == ("shoppers/web.checkout",) and found["orders"].harms == ()


def with_hosts(**hosts: list[str]) -> list[tuple[str, str, tuple[str, ...]]]:
    services = {name: {**SHOP["services"][name], "replicas": 2} for name in SHOP["services"]}
    return [(point.node, point.kind, point.takes) for point in single_points(system(services=services, hosts=hosts))]


def test_a_service_of_several_replicas_is_no_single_point_unless_one_host_takes_them_all() -> None:
    assert with_hosts() == []
    assert with_hosts(a=["web#0", "payments#0"], b=["web#1", "payments#1"]) == []
    assert with_hosts(a=["payments"], b=["web#1"]) == [("a", "host", ("payments",))]
    assert with_hosts(a=["orders#0", "payments#0", "payments#1"]) == [("a", "host", ("payments",))]


def test_a_host_is_a_single_point_by_what_stands_in_for_each_other_on_it() -> None:
    """Either of two services is enough, so neither is needed; their host is."""
    front = [{"parallel": [{"call": "a.run"}, {"call": "b.run"}], "join": 1}]
    leaf = [{"work": "1ms"}]
    apart = chain({"front": front, "a": leaf, "b": leaf}, hosts={"one": ["a"], "two": ["b"]})
    together = chain({"front": front, "a": leaf, "b": leaf}, hosts={"one": ["a", "b"], "two": ["front"]})
    assert [point.node for point in single_points(apart)] == ["front"]
    assert [(point.node, point.takes) for point in single_points(together)] == [
        ("front", ("front",)), ("one", ("a", "b")),
    ]  # fmt: skip
    titles, rows = describe(together).tables()["single points of failure"]
    assert titles == ["part", "kind", "its loss cuts"]
    assert rows[1] == ["one", "host with all of a, b", "clients/front.run"]


def test_a_table_of_single_points_says_everything_where_all_operations_are_cut() -> None:
    services = {**SHOP["services"], "web": {**SHOP["services"]["web"], "replicas": 1}}
    _, rows = describe(system(services=services)).tables()["single points of failure"]
    assert rows == [["web", "service", "everything"], ["orders", "service", "shoppers/web.checkout"]]


def test_circles_between_operations_are_found_and_end_the_description() -> None:
    """The models refuse such a scenario, so it is put together behind their back."""
    sound = chain({"a": [{"call": "b.run"}], "b": [{"repeat": 2, "call": "c.run"}], "c": [{"work": "1ms"}]})
    back = sound.services["c"].model_copy(update={"operations": {"run": sound.services["a"].operations["run"]}})
    circle = sound.model_copy(update={"services": {**sound.services, "c": back}})
    assert operation_cycles(sound) == [] and operation_cycles(circle) == [("b.run", "c.run")]
    assert describe(circle).loads == ()
    assert advice(circle)[0] == "operations call each other in a circle: b.run -> c.run -> b.run"


def test_circles_between_services_are_legal_and_can_deadlock() -> None:
    services = {
        "a": {"operations": {"ask": [{"call": "b.look"}], "tell": [{"work": "1ms"}]}},
        "b": {"operations": {"look": [{"call": "a.tell"}]}},
    }
    workload = {"c": {"calls": "a.ask", "rate": "1/s"}}
    scenario = system(services=services, workload=workload, links={})
    (found,) = service_cycles(scenario)
    assert (found.services, found.deadlocks, found.timeouts) == (("a", "b"), True, False)
    assert operation_cycles(scenario) == [] and depth(scenario) == 3
    assert any("wait for each other for ever" in line for line in advice(scenario))


def test_a_queue_that_feeds_itself_has_infinite_load() -> None:
    again = {"operations": {"go": [{"work": "1ms"}, {"send": "q"}]}, "consumes": {"q": "go"}}
    scenario = system(
        services={"a": again}, workload={"c": {"calls": "a.go", "rate": "1/s"}}, links={}, queues={"q": {}}
    )
    assert service_loads(scenario)[0].arrivals_per_s == math.inf
    services = {"a": again | {"operations": {"go": [{"branch": "share 50%", "then": [{"send": "q"}]}]}}}
    scenario = system(services=services, workload={"c": {"calls": "a.go", "rate": "1/s"}}, links={}, queues={"q": {}})
    assert service_loads(scenario)[0].arrivals_per_s == pytest.approx(2)


@pytest.mark.parametrize(
    "links, place, kind, limit_s, needed_s",
    [
        ({"web -> orders": {"timeout": "44ms"}}, "web -> orders", "below the minimum", 0.044, 0.045),
        ({"web -> orders": {"timeout": "46ms", "latency": "exponential 1ms"}}, "web -> orders", "below the mean",
         0.046, 0.047),
        ({"web -> orders": {"timeout": "3s"}, "orders -> payments": {"timeout": "1s", "retry": {
            "max attempts": 3, "backoff": "exponential 1s factor 2"}}},
         "web -> orders", "below the callee's own", 3, 6),
    ],
)  # fmt: skip
def test_timeouts_that_cannot_work_are_named(
    links: dict[str, Any], place: str, kind: str, limit_s: float, needed_s: float
) -> None:
    (found,) = timeout_problems(system(links=links))
    assert (found.place, found.kind) == (place, kind)
    assert (found.limit_s, found.needed_s) == (pytest.approx(limit_s), pytest.approx(needed_s))


def test_a_deadline_makes_a_longer_timeout_useless() -> None:
    workload = {"shoppers": SHOP["workload"]["shoppers"] | {"deadline": "1s"}}
    (found,) = timeout_problems(system(workload=workload, links={"shoppers -> web": {"timeout": "2s"}}))
    assert found.kind == "beyond the deadline" and not found.certain
    retry = {"timeout": "400ms", "retry": {"max attempts": 3}}
    (found,) = timeout_problems(system(workload=workload, links={"shoppers -> web": retry}))
    assert (found.kind, found.needed_s) == ("below the callee's own", pytest.approx(1.2))


def test_a_sound_system_gets_no_advice() -> None:
    assert advice(system()) == []


BOUTIQUE_CALLS = {
    "frontend": {
        "home": ["currency.supported", "catalog.list", "cart.get", (9, "currency.convert"), "ad.get"],
        "product": ["catalog.get", "currency.supported", "cart.get", "currency.convert",
                    "recommendation.list", "ad.get"],
        "checkout": ["checkout.place", "recommendation.list", "currency.supported"],
    },
    "checkout": {"place": ["cart.get", (2, "catalog.get"), (2, "currency.convert"), "shipping.quote",
                           "currency.convert", "payment.charge", "shipping.ship", "cart.empty", "email.confirm"]},
    "recommendation": {"list": ["catalog.list"]},
    "cart": {"get": ["redis.read"], "empty": ["redis.read"]},
    "currency": {"supported": [], "convert": []}, "catalog": {"list": [], "get": []}, "ad": {"get": []},
    "shipping": {"quote": [], "ship": []}, "payment": {"charge": []}, "email": {"confirm": []}, "redis": {"read": []},
}  # fmt: skip
"""GoogleCloudPlatform/microservices-demo at 34ffea917, frontend/handlers.go, checkoutservice/main.go; a cart of two."""


def boutique(page: str) -> Scenario:
    def step(call: Any) -> dict[str, Any]:
        if isinstance(call, tuple):
            return {"repeat": call[0], **step(call[1])}
        optional = call in ("ad.get", "cart.empty", "email.confirm")
        return {"call": call, "on error": "ignore"} if optional else {"call": call}

    services = {
        name: {
            "workers": 20,
            "operations": {op: [{"work": "1ms"}, *map(step, calls)] for op, calls in operations.items()},
        }
        for name, operations in BOUTIQUE_CALLS.items()
    }
    return system(services=services, workload={"users": {"calls": f"frontend.{page}", "rate": "1/s"}}, links={})


def test_the_home_page_of_online_boutique_makes_fourteen_calls() -> None:
    """Nine conversions, one after another, beside currencies, catalogue, cart (with its store behind) and ad."""
    (home,) = fanouts(boutique("home"))
    assert {name: most for name, _, most in home.visits} == {
        "frontend": 1, "currency": 10, "catalog": 1, "cart": 1, "redis": 1, "ad": 1,
    }  # fmt: skip
    assert home.calls == 15  # the request itself and fourteen calls
    assert home.answer_s == pytest.approx(0.015)
    assert [point.node for point in single_points(boutique("home"))] == [
        "frontend",
        "cart",
        "currency",
        "catalog",
        "redis",
    ]


def test_the_checkout_of_online_boutique_reaches_ten_services_three_deep() -> None:
    scenario = boutique("checkout")
    (found,) = fanouts(scenario)
    visits = {name: most for name, _, most in found.visits}
    assert (visits["currency"], visits["catalog"], visits["shipping"], visits["redis"]) == (4, 3, 2, 2)
    assert depth(scenario) == 4  # frontend, checkout, cart, its store
    assert "email" not in [point.node for point in single_points(scenario)]


def test_networkx_is_imported_on_first_use_only() -> None:
    code = "import sim.topology, sys; print('networkx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_tables_have_a_cell_for_every_title() -> None:
    for titles, rows in describe(boutique("checkout")).tables().values():
        assert rows and all(len(row) == len(titles) for row in rows)
