"""The lab in the browser: pages over the same scenarios, runs and comparisons as the command line. No model code."""
