"""What the arithmetic of loads (``sim.topology``) makes of a mechanism."""

IN_LOADS = "part of the arithmetic"
LEAVES_LOADS = "changes no load"
KNOWN = (IN_LOADS, LEAVES_LOADS)
