"""The callee's side: services, their replicas and waiting lines, admission, balancing, scaling and health."""
