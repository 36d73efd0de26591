"""Defences of a caller: what stands on a link between a step that calls and the network, a declaration each.

From the outside in: cache, fallback, hedge, retry and its budget, breaker, throttle, limit, bulkhead, timeout, unless
a link states another order (``order``). Names
are those that resilience4j and Polly share; where they differ the field says so. The fields of ``Link`` list them
(``sim.scenario.models.links.LINK_DEFENCES``).
"""
