"""Every fault on every part of a system: the cost of each, and the switches that reduce it."""
