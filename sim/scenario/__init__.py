"""The description of a scenario: models, YAML with places, patches, checks, schema and catalogue."""
