"""Play one system with the standard recording: python benchmarks/play.py SYSTEM N [SEED].

SYSTEM is one of `_systems.py`, or the name of a shipped scenario, of which one replication is played as written (N is
not used then).
"""

import sys

from _systems import SYSTEMS, summary

import sim
from sim.engine.run import play

name, n = sys.argv[1], int(sys.argv[2])
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
scenario = SYSTEMS[name](n) if name in SYSTEMS else sim.load(name)
print(summary(name, play(scenario.resolve(), seed)))
