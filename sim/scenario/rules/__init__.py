"""Rules across fields: names that must exist, parts that must fit together, and warnings."""
