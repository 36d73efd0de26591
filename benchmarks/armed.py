"""Twenty services with every defence on: python benchmarks/armed.py N [SEED]; compare the CPU per row with W2's."""

from _systems import arguments, armed, report

n, seed = arguments(10_000)
report("Armed", armed(n), seed)
