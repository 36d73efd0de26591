"""``python -m sim`` is ``pileup``."""

from sim.cli import main

if __name__ == "__main__":
    main()
