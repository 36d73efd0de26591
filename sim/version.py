"""The version of the laboratory: part of what a run's bytes depend on."""

VERSION = "0.1.0"
