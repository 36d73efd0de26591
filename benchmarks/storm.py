"""Storm through the public API with the standard recording: python benchmarks/storm.py N [SEED]."""

from _systems import arguments, report, w2

n, seed = arguments(50_000)
report("Storm", w2(n, "1s"), seed)
