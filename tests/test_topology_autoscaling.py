"""The replicas that an autoscaler settles at, calculated before a run, and metrics that see too little of the load."""

from __future__ import annotations

import pytest

import sim
from sim import topology
from sim.topology import settled
from sim.topology.traffic import traffic_of


def scenario(scale: str, steps: str = "{work: exponential 50ms}, {call: bank.pay}", more: str = "") -> sim.Scenario:
    return sim.loads(f"""
version: 1
title: Settled
duration: 400s
workload: {{people: {{calls: shop.buy, rate: 60/s}}}}
services:
  shop:
    {more or "workers: 16"}
    replicas: 4
    balance: least outstanding
    autoscale: {{max replicas: 30, every: 5s, boot: 2s, down after: 20s, tolerance: 5%, {scale}}}
    operations: {{buy: [{steps}]}}
  bank: {{workers: unlimited, operations: {{pay: [{{work: 100ms}}]}}}}
""").resolve()


def one(model: sim.Scenario, service: str = "shop") -> topology.Settled:
    (found,) = settled(model, service, traffic_of(model))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("target, cores, replicas", [("50%", 1, 6), ("30%", 1, 10), ("80%", 2.5, 2)])
def test_by_cpu_it_settles_at_the_busy_cores_over_the_target(target: str, cores: float, replicas: int) -> None:
    """60/s * 50 ms = 3 cores; waits for the bank do not count."""
    model = scenario(f"target cpu: {target}, cores: {cores}")
    assert one(model).replicas == replicas and one(model).metric == "CPU"
    run = sim.run(model, during=["200s to 400s"])
    assert run.value("replicas mean", of="shop", during="200s to 400s") == pytest.approx(replicas, rel=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("target, replicas", [(1, 13), (4, 4)])
def test_by_calls_in_flight_it_settles_at_these_over_the_target(target: int, replicas: int) -> None:
    """60/s * 150 ms = 9 in flight, of which 0.7 or 2.8 a replica."""
    keys = f"concurrency: {{target: {target}}}"
    model = sim.loads(f"""
version: 1
title: Settled
duration: 300s
workload: {{people: {{calls: shop.buy, rate: 60/s, arrivals: regular}}}}
services:
  shop:
    workers: 16
    autoscale: {{max replicas: 30, every: 2s, boot: 2s, {keys}}}
    operations: {{buy: [{{work: 150ms}}]}}
""").resolve()
    assert one(model).replicas == replicas
    run = sim.run(model, during=["200s to 300s"])
    assert run.value("replicas mean", of="shop", during="200s to 300s") == pytest.approx(replicas, abs=1)


@pytest.mark.slow
def test_by_backlog_it_needs_no_fewer_than_the_work_does() -> None:
    body = """
version: 1
title: Settled
duration: 600s
workload: {people: {calls: web.order, rate: 3/s}}
services:
  web: {workers: unlimited, operations: {order: [{send: jobs}]}}
  shop:
    consumes: {jobs: do}
    autoscale: {max replicas: 30, every: 5s, boot: 2s, down after: 30s, backlog: {per replica: TARGET}}
    operations: {do: [{work: 1s}]}
queues: {jobs: {}}
"""
    few, many = (sim.loads(body.replace("TARGET", target)).resolve() for target in ("0.5", "20"))
    assert one(few).replicas == 6 and "backlog" not in one(few).arithmetic
    assert one(many).replicas == 3 and "a backlog of 20 each stays" in one(many).arithmetic
    run = sim.run(many, during=["300s to 600s"])
    assert run.value("replicas mean", of="shop", during="300s to 600s") == pytest.approx(3, abs=0.5)
    assert run.value("backlog mean", of="jobs", during="300s to 600s") > 20


def test_the_bounds_are_said_next_to_the_number_that_is_asked_for() -> None:
    model = scenario("target cpu: 10%, max replicas: 8".replace("max replicas: 8", "cores: 0.5"))
    assert (one(model).asked, one(model).replicas) == (60, 30)
    lines = topology.describe(model).lines()
    assert any(
        "settles at 30 replicas instead of 60: 3 cores busy with work, 10% of 0.5 a replica" in line for line in lines
    )


def test_a_metric_that_cannot_exceed_its_target_is_a_warning() -> None:
    """4 workers, a third of their time at work: 133 % of a core at most; of 8 cores this is 17 %."""
    waits = (
        "shop: its autoscaler reads CPU; it counts 33% of the time that workers are held, so a callee that gets slower"
    )
    blind = (
        "shop: its autoscaler reads CPU; with all workers held it reads 17% at most, which asks for no more replicas"
    )
    seen = topology.advice(scenario("target cpu: 20%, cores: 8", more="workers: 4"))
    assert blind in seen
    assert any(line.startswith(waits) for line in topology.advice(scenario("target cpu: 20%", more="workers: 4")))
    only_work = topology.advice(scenario("target cpu: 60%", steps="{work: 50ms}, {wait: 10ms}", more="workers: 4"))
    assert not [line for line in only_work if "autoscaler" in line]


def test_more_calls_than_a_replica_has_room_for_are_never_in_flight() -> None:
    model = sim.loads("""
version: 1
title: Room
duration: 60s
workload: {people: {calls: shop.buy, rate: 6/s}}
services:
  shop: {workers: 4, waiting: 16, autoscale: {preset: knative, max replicas: 9}, operations: {buy: [{work: 100ms}]}}
""").resolve()
    assert one(model).blind == "a replica has room for 20 calls only"
