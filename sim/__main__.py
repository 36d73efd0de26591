"""``python -m sim`` is ``pileup``."""

from sim.cli import main

main()
