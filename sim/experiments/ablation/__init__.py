"""Every combination of toggles on the same seeds: which defence did the work."""
