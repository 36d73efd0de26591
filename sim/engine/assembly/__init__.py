"""From a scenario to a system that is ready to run: every look-up that a run needs is done here, once."""
