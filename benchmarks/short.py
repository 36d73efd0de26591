"""Play short runs and judge their claims, as a sweep does: python benchmarks/short.py RUNS.

Prints the CPU of a run in milliseconds (without start and load), and the requests and attempts of the first.
"""

import sys
import time

from _systems import short

import sim
from sim.engine.run import play

runs = int(sys.argv[1])
scenario = short()
sim.check(scenario, replications=1)  # what is imported on first use is not a run's
first = play(scenario.resolve())
began = time.process_time()
checked = sim.check(scenario, replications=runs)
each_ms = (time.process_time() - began) / runs * 1000
if not checked.holds:
    sys.exit(f"the claims must hold, got {[str(one) for one in checked.verdicts.values()]}")
print(f"{each_ms:.3f} {len(first.requests['id'])} {len(first.attempts['id'])}")
