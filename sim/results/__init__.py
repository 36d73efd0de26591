"""Look: what a run's record means. Nothing here plays anything; ``docs/architecture.md`` has the order of the parts."""
