"""Field types of the scenario models: text with a unit in, a frozen value in SI units out, the text kept for dumps."""

from __future__ import annotations

from typing import Annotated, Any, Callable

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from sim import quantities as q


def _text(value: object) -> str:
    return str(value)


def _field(parse: Callable[[object], Any], types: type | tuple[type, ...], *examples: object) -> tuple[Any, ...]:
    """Return the annotations of a field that *parse* reads; values that are parsed already pass through."""

    def read(value: object) -> object:
        return value if isinstance(value, types) and not isinstance(value, (str, bool)) else parse(value)

    kind: object = ["string", "integer"] if any(isinstance(x, int) for x in examples) else "string"
    return (BeforeValidator(read), WithJsonSchema({"type": kind, "examples": list(examples)}))


class _Seconds(float):
    """A duration that remembers how it was written."""

    text: str


def _keeping(parse: Callable[[object], float]) -> Callable[[object], float]:
    def read(value: object) -> float:
        number = _Seconds(parse(value))
        number.text = str(value)
        return number

    return read


def _written(value: float) -> object:
    text = getattr(value, "text", None)
    if text is not None:
        return text
    return "unlimited" if value == q.UNLIMITED else value


_KEEP = PlainSerializer(_written, when_used="always")
_TEXT = PlainSerializer(_text, return_type=str)

Duration = Annotated[float, *_field(_keeping(q.parse_duration), _Seconds, "250ms", "30s"), _KEEP]
PositiveDuration = Annotated[float, *_field(_keeping(q.parse_positive_duration), _Seconds, "250ms", "30s"), _KEEP]
Share = Annotated[float, *_field(_keeping(q.parse_share), _Seconds, "5%"), _KEEP]
Factor = Annotated[float, *_field(_keeping(q.parse_factor), _Seconds, "10x"), _KEEP]
Size = Annotated[float, *_field(_keeping(q.parse_size), _Seconds, "2GB"), _KEEP]
Value = Annotated[float, *_field(_keeping(q.parse_value), _Seconds, "10%", "15s", 800), _KEEP]
Count = Annotated[float, *_field(q.parse_count, (), 64, "unlimited"), _KEEP]
PositiveCount = Annotated[float, *_field(lambda x: q.parse_count(x, 1), (), 4, "unlimited"), _KEEP]
LawField = Annotated[q.Law, *_field(q.parse_law, q.Law, "5ms", "exponential 5ms"), _TEXT]
BackoffField = Annotated[q.BackoffLaw, *_field(q.parse_backoff, q.BackoffLaw, "exponential 1s factor 2"), _TEXT]
RateField = Annotated[q.RateShape, *_field(q.parse_rate_shape, q.RateShape, "100/s", "ramp 10/s to 100/s over 60s"), _TEXT]
ArrivalsField = Annotated[q.Arrivals, *_field(q.parse_arrivals, q.Arrivals, "poisson", "at 0s 1s"), _TEXT]
KeysField = Annotated[q.Keys, *_field(q.parse_keys, q.Keys, "uniform 5000", "zipf 5000"), _TEXT]
BalanceField = Annotated[q.Balance, *_field(q.parse_balance, q.Balance, "round robin", "best of 2"), _TEXT]
ConditionField = Annotated[q.Condition, *_field(q.parse_condition, q.Condition, "share 30%", "charge failed"), _TEXT]
