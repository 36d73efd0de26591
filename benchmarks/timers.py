"""Long timers that almost never fire: python benchmarks/timers.py N [SEED] [none]."""

import sys

from _systems import arguments, report, timers

n, seed = arguments(200_000)
report("Timers", timers(n, None if "none" in sys.argv else "30s"), seed)
