"""Many runs: replications, comparisons, ablation, fault matrix, hysteresis, and the claims of a scenario."""
