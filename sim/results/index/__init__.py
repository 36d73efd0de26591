"""The record, opened once: rows by name and window, intervals, and the states of breakers over time."""
