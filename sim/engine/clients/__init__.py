"""Where requests come from: arrivals of open workloads, and users of closed ones."""
