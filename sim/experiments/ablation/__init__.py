"""Every combination of toggles on the same seeds: the effect of each defence."""
