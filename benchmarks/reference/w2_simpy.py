"""W2 (and Storm: a third argument of 1) as SimPy's documentation teaches it: processes, Resources, ``call | timeout``.

python w2_simpy.py N [SEED] [TIMEOUT]
"""

import random
import sys

import simpy

requests = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
timeout_s = float(sys.argv[3]) if len(sys.argv) > 3 else 2.0
env = simpy.Environment()
stations = [simpy.Resource(env, capacity=4) for _ in range(3)]
sojourns: list[float] = []
attempts = failed = 0


def through_the_stations():
    for station in stations:
        with station.request() as turn:
            yield turn
            yield env.timeout(chance.expovariate(10.0))


def client():
    global attempts, failed
    arrived = env.now
    for wait_s in (0.1, 0.2, None):
        attempts += 1
        call = env.process(through_the_stations())
        first = yield call | env.timeout(timeout_s)
        if call in first:
            break
        if wait_s is not None:
            yield env.timeout(wait_s)
    else:
        failed += 1
    sojourns.append(env.now - arrived)


def arrivals():
    for _ in range(requests):
        yield env.timeout(chance.expovariate(28.0))
        env.process(client())


env.process(arrivals())
env.run()
mean = sum(sojourns) / len(sojourns)
print(f"W2 simpy completed={len(sojourns)} mean_sojourn={mean:.4f} attempts={attempts} failed={failed}")
