"""The identities that every run must satisfy: counts, time, and what the engine's own census saw."""
