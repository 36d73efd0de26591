"""What a worker does for a request: the steps of an operation, forks and joins, stores, and expected effects."""
