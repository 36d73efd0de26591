"""The description of a scenario: models, YAML with places, patches, checks, schema and catalogue."""

from sim.scenario.catalogue import Summary, catalogue
from sim.scenario.models import Scenario
from sim.scenario.schema import explain_field, schema
from sim.scenario.yaml.load import dump, load, loads, problems

__all__ = ["Scenario", "Summary", "catalogue", "dump", "explain_field", "load", "loads", "problems", "schema"]
