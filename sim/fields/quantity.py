"""Field types of the scenario models: text with a unit in, a frozen value in SI units out, the text kept for dumps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Callable

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from sim import quantities as q
from sim.errors import ParameterError
from sim.quantities import Empirical, Law


class Written(float):
    """A quantity in SI units that remembers how it was written."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """A field that *read* turns into a value and *write* back into what a file would hold.

    Values that are read already (*types*) pass through, so that Python can hand them on. *json* is the field's
    JSON Schema.
    """

    read: Callable[[object], Any]
    write: Callable[[Any], object]
    types: tuple[type, ...]
    json: dict[str, Any]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read by our own parser alone; pydantic need not know the value's class (which saves its start-up time)."""

        def validate(value: object) -> Any:
            return value if isinstance(value, self.types) else self.read(value)

        writer = core_schema.plain_serializer_function_ser_schema(self.write)
        return core_schema.no_info_plain_validator_function(validate, serialization=writer)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the JSON Schema given at construction."""
        return dict(self.json)


class LawQuantity(Quantity):
    """A law of chance: an empirical one has the values of its file, where the loader has read that."""

    __slots__ = ()

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read the law, then give it its values."""

        def validate(value: object, info: core_schema.ValidationInfo) -> Any:
            law = value if isinstance(value, Law) else self.read(value)
            tables = getattr(info.context, "tables", {})
            return law.with_values(tables[law.path]) if isinstance(law, Empirical) and law.path in tables else law

        writer = core_schema.plain_serializer_function_ser_schema(self.write)
        return core_schema.with_info_plain_validator_function(validate, serialization=writer)


def _examples(examples: tuple[object, ...]) -> dict[str, Any]:
    kind = "number" if any(isinstance(example, float) for example in examples) else "integer"
    numbers = any(isinstance(example, int | float) for example in examples)
    return {"type": ["string", kind] if numbers else "string", "examples": list(examples)}


def _number(parse: Callable[[object], float], write_default: Callable[[float], object], *examples: object) -> Quantity:
    """Return a number with a unit: it keeps its text; *write_default* gives the text of one that has none."""

    def read(value: object) -> float:
        number = Written(parse(value))
        number.text = str(value)
        return number

    def write(value: float) -> object:
        text = getattr(value, "text", None)
        return text if text is not None else write_default(value)

    return Quantity(read, write, (Written,), _examples(examples))


def _plain(number: float) -> float | str:
    if number == q.UNLIMITED:
        return "unlimited"
    return int(number) if number == int(number) else number


def _bytes(number: float) -> str:
    """Return a size in the largest unit that holds it a whole number of times."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= size and number % size == 0:
            return f"{int(number / size)}{unit}"
    return f"{number:g}B"


def _count(least: int, *examples: object) -> Quantity:
    return Quantity(lambda value: q.parse_count(value, least), _plain, (), _examples(examples))


def _words(parse: Callable[[object], Any], kind: type, *examples: str) -> Quantity:
    """Return a law or another value in words, written as its text."""
    return Quantity(parse, str, (kind,), _examples(examples))


def _law(parse: Callable[[object], Law], *examples: str) -> LawQuantity:
    return LawQuantity(parse, str, (Law,), _examples(examples))


def spaced(key: str) -> str:
    """Return a key of the format in its one spelling: ``max_attempts`` is ``max attempts``, ``for_`` is ``for``."""
    return " ".join(key.replace("_", " ").split())


def one_arrow(name: object) -> Any:
    """Return a link's name with one blank on each side of its arrow; anything else as it is.

    >>> one_arrow("web->orders")
    'web -> orders'
    """
    if not isinstance(name, str) or "->" not in name:
        return name
    return " -> ".join(part.strip() for part in name.split("->"))


def _weight(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < q.UNLIMITED:
        raise ParameterError("be a plain number of at least 0", value)
    return value


def _positive(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < q.UNLIMITED:
        raise ParameterError("be a plain number above 0", value)
    return value


Duration = Annotated[float, _number(q.parse_duration, lambda value: f"{_plain(value)}s", "250ms", "30s")]
PositiveDuration = Annotated[
    float, _number(q.parse_positive_duration, lambda value: f"{_plain(value)}s", "250ms", "30s")
]
Share = Annotated[float, _number(q.parse_share, lambda value: f"{_plain(value * 100)}%", "5%")]
Factor = Annotated[float, _number(q.parse_factor, lambda value: f"{_plain(value)}x", "10x")]
RateNumber = Annotated[float, _number(q.parse_rate, lambda value: f"{_plain(value)}/s", "10/s")]
Size = Annotated[float, _number(q.parse_size, _bytes, "2GB")]
Value = Annotated[float, _number(q.parse_value, _plain, "10%", "15s", 800, 2.5)]
Count = Annotated[float, _count(0, 64, "unlimited")]
PositiveCount = Annotated[float, _count(1, 4, "unlimited")]
Cores = Annotated[float, _number(q.parse_cores, _plain, 2, "500m", "unlimited")]
Weight = Annotated[float, Quantity(_weight, _plain, (), {"type": "number", "minimum": 0, "examples": [1, 10]})]
PositiveNumber = Annotated[
    float, Quantity(_positive, _plain, (), {"type": "number", "exclusiveMinimum": 0, "examples": [1, 2.5]})
]
ScalingStepField = Annotated[
    q.ScalingStep, _words(q.parse_scaling_step, q.ScalingStep, "4 replicas per 15s", "100% per 15s")
]
LinkName = Annotated[str, BeforeValidator(one_arrow)]
LawField = Annotated[Law, _law(q.parse_law, "5ms", "exponential 5ms")]
WorkField = Annotated[Law, _law(q.parse_work, "5ms", "exponential 5ms", "1s plus 10ms per request in flight")]
PatienceField = Annotated[Law, _law(q.parse_positive_law, "250ms", "exponential 30s")]
RetryAfterField = Annotated[q.RetryAfter, _words(q.parse_retry_after, q.RetryAfter, "2s", "never")]
NextTokenField = Annotated[q.RetryAfter, _words(q.parse_retry_after_token, q.RetryAfter, "next token", "2s")]
BackoffField = Annotated[q.BackoffLaw, _words(q.parse_backoff, q.BackoffLaw, "exponential 1s factor 2")]
RateField = Annotated[q.RateShape, _words(q.parse_rate_shape, q.RateShape, "100/s", "ramp 10/s to 100/s over 60s")]
ArrivalsField = Annotated[q.Arrivals, _words(q.parse_arrivals, q.Arrivals, "poisson", "gamma cv 2", "at 0s 1s")]
KeysField = Annotated[q.Keys, _words(q.parse_keys, q.Keys, "uniform 5000", "zipf 5000")]
BalanceField = Annotated[q.Balance, _words(q.parse_balance, q.Balance, "round robin", "best of 2", "peak ewma")]
BaulkField = Annotated[
    q.BaulkLaw,
    Quantity(
        q.parse_baulking, lambda law: law.text, (q.BaulkLaw,),
        {"type": ["string", "array"], "examples": ["1/(n+1)", "50% from 3", ["0%", "20%", "100%"]]},
    ),
]  # fmt: skip
ConditionField = Annotated[q.Condition, _words(q.parse_condition, q.Condition, "share 30%", "charge failed")]
TargetField = Annotated[q.Target, _words(q.parse_target, q.Target, "target 5ms interval 100ms")]
LineField = Annotated[
    q.LineOrder,
    _words(q.parse_line_order, q.LineOrder, "fifo", "lifo", "priority", "processor sharing", "adaptive lifo"),
]
