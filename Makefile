# Each target sets everything up in .venv first; `python3 bootstrap.py TASK` (Windows: `py bootstrap.py TASK`) is the same.
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help setup demo lab test browser pictures web lint schema check notebooks bench core

help setup demo lab test browser pictures web lint schema check notebooks bench core:
	@$(PYTHON) bootstrap.py $@
