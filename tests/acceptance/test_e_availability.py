"""Availability (cases E01 to E09): products and majorities of independent failures, whatever the depth of the calls."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from sim import theory
from tests.acceptance._judging import Size, in_two_sizes, play, share_agrees
from tests.acceptance._systems import chain, failing, recipe, system


def asked(requests: float, services: dict[str, str], calls: str, links: dict[str, str] | None = None) -> Any:
    """Play *requests* regular requests in 100 s."""
    clients = {"clients": f"calls: {calls}, rate: {requests / 100}/s, arrivals: regular"}
    run = play(system(100, clients, services, links=links or {}))
    assert run.value("offered", "clients") == requests
    return run


def answered_agrees(run: Any, expected: float) -> None:
    """3 standard errors, for independent requests, of the share that is answered; whoever else fails is told why."""
    requests = run.value("offered", "clients")
    share_agrees(round(run.value("answered ratio", "clients") * requests), int(requests), expected)


@in_two_sizes
@pytest.mark.parametrize(
    "services, each, fails, requests, expected",
    [
        pytest.param(5, 0.999, "0.1%", (1e4, 2e5), 0.99501, id="E01"),  # 0.999^5
        pytest.param(30, 0.99, "1%", (1500, 3e4), 0.7397, id="E02"),  # 0.99^30
        pytest.param(12, 0.95, "5%", (2000, 3e4), 0.95**12, id="twelve"),
    ],
)
def test_a_synchronous_chain_needs_every_link(
    size: Size, services: int, each: float, fails: str, requests: tuple[float, float], expected: float
):
    run = asked(size.of(*requests), chain(services, fails), "s1.do")
    answered_agrees(run, expected)
    assert expected == pytest.approx(theory.serial_availability([each] * services), abs=5e-5)
    # every failure arose in some service, and as often in each as it was reached
    told = run.requests[run.requests["outcome"] == "error"]
    assert set(told["why"]) == {"fail step"}


@in_two_sizes
@pytest.mark.parametrize(
    "k, n, each, fails, requests, expected",
    [
        pytest.param(2, 3, 0.99, "1%", (1e4, 2e5), 0.999702, id="E03"),  # 0.99^3 + 3 * 0.99^2 * 0.01
        pytest.param(3, 5, 0.8, "20%", (5e3, 1e5), 0.94208, id="three of five"),
        pytest.param(1, 2, 0.7, "30%", (5e3, 1e5), 0.91, id="one of two"),
        pytest.param(3, 3, 0.9, "10%", (5e3, 1e5), 0.729, id="all"),
    ],
)
def test_a_majority_stands_the_failure_of_some(
    size: Size, k: int, n: int, each: float, fails: str, requests: tuple[float, float], expected: float
):
    replicas = {f"s{i}": failing(fails) for i in range(n)}
    front = recipe(f"{{parallel: [{', '.join(f'{{call: {name}.do}}' for name in replicas)}], join: {k}}}")
    run = asked(size.of(*requests), {"front": front, **replicas}, "front.do")
    answered_agrees(run, expected)
    assert expected == pytest.approx(theory.k_of_n_availability(k, n, each), abs=5e-7)


@in_two_sizes
@pytest.mark.parametrize(
    "hops, loss, kept, expected",
    [
        pytest.param(3, "2%", 0.98, 0.8858, id="E09"),  # 0.98^6: two ways a hop
        pytest.param(1, "10%", 0.9, 0.81, id="one hop"),
        pytest.param(5, "4%", 0.96, 0.96**10, id="five hops"),
    ],
)
def test_a_request_is_answered_if_nothing_is_lost_on_either_way(
    size: Size, hops: int, loss: str, kept: float, expected: float
):
    names = ["clients", *(f"s{i}" for i in range(1, hops + 1))]
    links = {f"{caller} -> {callee}": f"loss: {loss}" for caller, callee in itertools.pairwise(names)}
    run = asked(size.of(5e3, 1e5), chain(hops, "0%"), "s1.do", links)
    answered_agrees(run, expected)
    assert expected == pytest.approx(kept ** (2 * hops), abs=5e-5)
    # without a timeout nobody learns of a loss: the others wait for ever
    assert run.value("lost ratio", "clients") == pytest.approx(1 - run.value("answered ratio", "clients"), abs=1e-12)
    # the first hop's request arrives with one way kept, whatever comes later
    visits = run.record.attempts["entered_at"]
    first = run.attempts["caller"] == "clients"
    reached = int((visits[first.to_numpy()] >= 0).sum())
    share_agrees(reached, int(first.sum()), kept)


@in_two_sizes
def test_losses_with_retries_are_answered_unless_every_attempt_is_lost(size: Size):
    """Both ways of an attempt are kept with 0.9^2; of three attempts one gets through with 1 - (1 - 0.81)^3."""
    links = {"clients -> server": "loss: 10%, timeout: 1s, retry: {max attempts: 3}"}
    run = asked(size.of(5e3, 1e5), {"server": failing("0%")}, "server.do", links)
    answered_agrees(run, 1 - 0.19**3)


def outages(nodes: list[str], law: str) -> dict[str, str]:
    """Return the faults of nodes that are up for 90 s in the mean and down for 10 s, each from streams of its own."""
    return {f"{name} out": f"crash: {name}, mode: refuse, up: {law}90s, down: {law}10s" for name in nodes}


@in_two_sizes
@pytest.mark.parametrize(
    "up, down",
    [
        pytest.param("exponential 90s", "exponential 10s", id="E04"),
        pytest.param("gamma 90s cv 0.5", "gamma 10s cv 2", id="gamma"),
    ],
)
def test_a_node_is_available_for_its_share_of_time_up(size: Size, up: str, down: str):
    """Up for 90 of 100 s, whatever the laws: the limit of an alternating renewal process."""
    seconds = size.of(4000, 100_000)
    clients = {"clients": f"calls: s1.do, rate: {2000 / seconds}/s, arrivals: regular"}
    faults = {"out": f"crash: s1, mode: refuse, up: {up}, down: {down}"}
    run = play(system(seconds, clients, {"s1": failing("0%")}, faults=faults), size.replications)
    size.agrees_in_3_se(run.values["answered ratio", "clients", "all"], 0.9)


def test_a_node_that_is_up_and_down_for_fixed_times_is_available_for_exactly_its_share():
    clients = {"clients": "calls: s1.do, rate: 2/s, arrivals: regular"}
    run = play(system(1000, clients, {"s1": failing("0%")}, faults=outages(["s1"], "")))
    assert run.value("answered ratio", "clients") == 0.9
    assert run.record.down == [("s1", 0, 90.0 + 100 * i, 100.0 + 100 * i) for i in range(10)]


@in_two_sizes
def test_a_chain_of_nodes_with_outages_is_available_for_the_product(size: Size):
    """E05: five nodes, each up 90 % of the time and independent of the others: 0.9^5 = 0.59049."""
    seconds = size.of(4000, 40_000)
    clients = {"clients": f"calls: s1.do, rate: {2000 / seconds}/s, arrivals: regular"}
    faults = outages([f"s{i}" for i in range(1, 6)], "exponential ")
    run = play(system(seconds, clients, chain(5, "0%"), faults=faults), size.replications)
    size.agrees_in_3_se(run.values["answered ratio", "clients", "all"], 0.59049)
