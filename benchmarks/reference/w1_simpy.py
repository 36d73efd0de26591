"""W1 as SimPy's documentation teaches it: a process for each request, and a Resource. python w1_simpy.py N [SEED]."""

import random
import sys

import simpy

requests = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
env = simpy.Environment()
station = simpy.Resource(env, capacity=1)
sojourns: list[float] = []


def visit():
    arrived = env.now
    with station.request() as turn:
        yield turn
        yield env.timeout(chance.expovariate(1.0))
    sojourns.append(env.now - arrived)


def arrivals():
    for _ in range(requests):
        yield env.timeout(chance.expovariate(0.8))
        env.process(visit())


env.process(arrivals())
env.run()
print(
    f"W1 simpy completed={len(sojourns)} mean_sojourn={sum(sojourns) / len(sojourns):.4f} attempts={requests} failed=0"
)
