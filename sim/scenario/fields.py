"""Field types of the scenario models: text with a unit in, a frozen value in SI units out, the text kept for dumps."""

from __future__ import annotations

from typing import Annotated, Any, Callable

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from sim import quantities as q
from sim.errors import ParameterError


def _text(value: object) -> str:
    return str(value)


def _field(parse: Callable[[object], Any], types: type | tuple[type, ...], *examples: object) -> tuple[Any, ...]:
    """Return the annotations of a field that *parse* reads; values that are parsed already pass through."""

    def read(value: object) -> object:
        return value if isinstance(value, types) and not isinstance(value, (str, bool)) else parse(value)

    kind: object = ["string", "integer"] if any(isinstance(x, int) for x in examples) else "string"
    return (BeforeValidator(read), WithJsonSchema({"type": kind, "examples": list(examples)}))


class Written(float):
    """A quantity in SI units that remembers how it was written."""

    text: str


def _keeping(parse: Callable[[object], float]) -> Callable[[object], float]:
    def read(value: object) -> float:
        number = Written(parse(value))
        number.text = str(value)
        return number

    return read


def _in_unit(unit: str, per_unit: float = 1.0) -> PlainSerializer:
    """Return a serialiser that gives the text as it was written, or the number with its unit (for defaults)."""

    def write(value: float) -> object:
        text = getattr(value, "text", None)
        if text is not None:
            return text
        if value == q.UNLIMITED:
            return "unlimited"
        number = value * per_unit
        number = int(number) if number == int(number) else number
        return f"{number}{unit}" if unit else number

    return PlainSerializer(write, when_used="always")


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


_TEXT = PlainSerializer(_text, return_type=str)

Duration = Annotated[float, *_field(_keeping(q.parse_duration), Written, "250ms", "30s"), _in_unit("s")]
PositiveDuration = Annotated[
    float, *_field(_keeping(q.parse_positive_duration), Written, "250ms", "30s"), _in_unit("s")
]
Share = Annotated[float, *_field(_keeping(q.parse_share), Written, "5%"), _in_unit("%", 100)]
Factor = Annotated[float, *_field(_keeping(q.parse_factor), Written, "10x"), _in_unit("x")]
Size = Annotated[float, *_field(_keeping(q.parse_size), Written, "2GB"), _in_unit("B")]
Value = Annotated[float, *_field(_keeping(q.parse_value), Written, "10%", "15s", 800), _in_unit("")]
Count = Annotated[float, *_field(q.parse_count, (), 64, "unlimited"), _in_unit("")]
PositiveCount = Annotated[float, *_field(lambda x: q.parse_count(x, 1), (), 4, "unlimited"), _in_unit("")]
Weight = Annotated[
    float, BeforeValidator(_weight), WithJsonSchema({"type": "number", "minimum": 0, "examples": [1, 10]}), _in_unit("")
]
LinkName = Annotated[str, BeforeValidator(one_arrow)]
LawField = Annotated[q.Law, *_field(q.parse_law, q.Law, "5ms", "exponential 5ms"), _TEXT]
BackoffField = Annotated[q.BackoffLaw, *_field(q.parse_backoff, q.BackoffLaw, "exponential 1s factor 2"), _TEXT]
RateField = Annotated[
    q.RateShape, *_field(q.parse_rate_shape, q.RateShape, "100/s", "ramp 10/s to 100/s over 60s"), _TEXT
]
ArrivalsField = Annotated[q.Arrivals, *_field(q.parse_arrivals, q.Arrivals, "poisson", "at 0s 1s"), _TEXT]
KeysField = Annotated[q.Keys, *_field(q.parse_keys, q.Keys, "uniform 5000", "zipf 5000"), _TEXT]
BalanceField = Annotated[q.Balance, *_field(q.parse_balance, q.Balance, "round robin", "best of 2"), _TEXT]
ConditionField = Annotated[q.Condition, *_field(q.parse_condition, q.Condition, "share 30%", "charge failed"), _TEXT]
