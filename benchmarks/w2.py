"""W2 through the public API with the standard recording: python benchmarks/w2.py N [SEED]."""

from _systems import arguments, report, w2

n, seed = arguments(200_000)
report("W2", w2(n), seed)
