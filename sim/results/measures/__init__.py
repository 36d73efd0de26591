"""Measures: a family in each module, and the registry of all of them."""
