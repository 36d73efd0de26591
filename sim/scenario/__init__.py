"""The description of a scenario: models, YAML with places, patches, checks, schema and catalogue."""

from sim.scenario.load import dump, load, loads, problems
from sim.scenario.models import Scenario

__all__ = ["Scenario", "dump", "load", "loads", "problems"]
