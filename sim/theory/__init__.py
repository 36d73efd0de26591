"""Closed forms to check runs against: queues, defences, and availability.

Every function is plain arithmetic with its source in the docstring. Not modelled: anything that needs a simulation,
and transients (only ``fluid_backlog`` has time in it).

>>> import sim
>>> sim.theory.mm1(8, 10).sojourn_s
0.5
"""

from sim.theory.defences import (
    BackoffWait,
    adaptive_throttle_sent,
    breaker_opens,
    exhausted_ratio,
    expected_attempts,
    expected_deliveries,
    jittered_wait,
    retry_amplification,
    token_bucket_admitted,
)
from sim.theory.disciplines import (
    limited_sharing,
    mm1_baulking,
    preemptive_sojourns,
    processor_sharing,
    quota_span,
    restarted_span,
)
from sim.theory.lines import Impatient, closed_network, mm1_interrupted, mmc_impatient, priority_waits
from sim.theory.parts import (
    fan_out_slow_ratio,
    fork_join_mean,
    fork_join_quantile,
    k_of_n_availability,
    serial_availability,
    steady_availability,
)
from sim.theory.queues import (
    Backlog,
    Steady,
    batch_mm1,
    erlang_b,
    erlang_c,
    fluid_backlog,
    machine_repair,
    md1,
    mg1,
    mm1,
    mm1_patience,
    mm1_sojourn_tail,
    mmc,
    mmck,
    power_of_choices_sojourn,
)
from sim.theory.series import hypoexponential_cdf, hypoexponential_mean, hypoexponential_quantile, tandem

__all__ = [
    "Backlog", "BackoffWait", "Impatient", "Steady", "adaptive_throttle_sent", "batch_mm1", "breaker_opens",
    "closed_network", "erlang_b", "erlang_c", "exhausted_ratio", "expected_attempts", "expected_deliveries",
    "fan_out_slow_ratio", "fluid_backlog", "fork_join_mean", "fork_join_quantile", "hypoexponential_cdf",
    "hypoexponential_mean", "hypoexponential_quantile", "jittered_wait", "k_of_n_availability", "limited_sharing",
    "machine_repair", "md1", "mg1", "mm1", "mm1_baulking", "mm1_interrupted", "mm1_patience", "mm1_sojourn_tail",
    "mmc", "mmc_impatient", "mmck", "power_of_choices_sojourn", "preemptive_sojourns", "priority_waits",
    "processor_sharing", "quota_span", "restarted_span", "retry_amplification", "serial_availability",
    "steady_availability", "tandem", "token_bucket_admitted",
]  # fmt: skip
