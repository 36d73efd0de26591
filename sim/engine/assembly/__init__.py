"""From a scenario to a system that is ready to run: every look-up of the run is done here, once."""
