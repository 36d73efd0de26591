"""W1 through the public API with the standard recording: python benchmarks/w1.py N [SEED]."""

from _systems import arguments, report, w1

n, seed = arguments(200_000)
report("W1", w1(n), seed)
