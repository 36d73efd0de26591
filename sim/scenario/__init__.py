"""The description of a scenario: models, YAML with places, patches, checks, schema and catalogue."""

from sim.scenario.catalogue import Summary, catalogue
from sim.scenario.loading import dump, load, loads, problems
from sim.scenario.scenario_file import ScenarioFile
from sim.scenario.schema import explain_field, schema

__all__ = ["ScenarioFile", "Summary", "catalogue", "dump", "explain_field", "load", "loads", "problems", "schema"]
