"""The identities that every run must satisfy: counts, time, and the census of the engine."""
