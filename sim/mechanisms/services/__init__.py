"""Defences of a service: what its replicas do about more work than they can do, a declaration each.

Each replica decides by itself. The fields of ``Service`` list them (``sim.scenario.models.nodes.SERVICE_RULES``).
"""
