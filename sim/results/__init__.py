"""Results: measures, identities, claims and story of a run. ``docs/architecture.md`` has the order of the parts."""
