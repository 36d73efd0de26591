"""Values with units: durations, rates, shares, factors, sizes, and the laws of chance written in words.

Every parser takes the text of a scenario and returns a frozen value in SI units (seconds, per second, bytes);
``ParameterError`` names the expected form. The words hold no commas or brackets, so that they are safe in YAML's flow
style. ``forms`` describes texts, ``laws`` is the registry of the laws of chance.

Not modelled: calendar time, money, and units that a scenario does not need.
"""

from sim.quantities.backoff import BackoffLaw, parse_backoff
from sim.quantities.baulking import BaulkLaw, parse_baulking
from sim.quantities.law import Law
from sim.quantities.laws import LAW_FORMS, LAWS, parse_law, parse_positive_law, parse_work
from sim.quantities.line_order import LineOrder, Target, parse_line_order, parse_target
from sim.quantities.mixtures import Empirical, Mix
from sim.quantities.plain_laws import Constant, Exponential, Gamma, Lognormal, Normal, Uniform
from sim.quantities.rates import RateShape, parse_rate_shape
from sim.quantities.retry_after import RetryAfter, parse_retry_after, parse_retry_after_token
from sim.quantities.scaling_steps import ScalingStep, parse_scaling_step
from sim.quantities.units import (
    MOST_COUNTED,
    MOST_REPLICATIONS,
    UNLIMITED,
    parse_cores,
    parse_count,
    parse_duration,
    parse_factor,
    parse_positive_duration,
    parse_rate,
    parse_share,
    parse_size,
    parse_value,
)
from sim.quantities.words import (
    STEP_OUTCOMES,
    Arrivals,
    Balance,
    Condition,
    Keys,
    parse_arrivals,
    parse_balance,
    parse_condition,
    parse_keys,
)

__all__ = [
    "LAWS", "LAW_FORMS", "MOST_COUNTED", "MOST_REPLICATIONS", "STEP_OUTCOMES", "UNLIMITED",
    "Arrivals", "BackoffLaw", "Balance", "BaulkLaw", "Condition", "Constant", "Empirical", "Exponential", "Gamma",
    "Keys", "Law", "LineOrder", "Lognormal", "Mix", "Normal", "RateShape", "RetryAfter", "ScalingStep", "Target",
    "Uniform",
    "parse_arrivals", "parse_backoff", "parse_balance", "parse_baulking", "parse_condition", "parse_cores",
    "parse_count", "parse_duration", "parse_factor", "parse_keys", "parse_law", "parse_line_order",
    "parse_positive_duration", "parse_positive_law", "parse_rate", "parse_rate_shape",
    "parse_retry_after", "parse_retry_after_token", "parse_scaling_step",
    "parse_share", "parse_size", "parse_target", "parse_value", "parse_work",
]  # fmt: skip
