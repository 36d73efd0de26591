"""Every fault on every part of a system: what hurts most, and which switch helps."""
