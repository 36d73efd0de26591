"""The steps of a recipe: what an operation does, from the first instant on a worker to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Sequence, Union

from pydantic import BeforeValidator, Discriminator, Field, Tag

from sim.fields.model import Model
from sim.fields.quantity import ConditionField, LawField, Share, WorkField

if TYPE_CHECKING:
    pass

OnError = Annotated[
    Union[
        Annotated[Literal["fail", "ignore", "degraded"], Tag("a word")],
        Annotated["Recipe", Tag("steps")],
    ],
    Discriminator(lambda value: "steps" if isinstance(value, list) else "a word"),
]


class Work(Model):
    """A worker is busy for this long; the `slow` fault stretches it."""

    work: WorkField
    """Service time, a duration or a law; or one that grows with what else the replica has begun when the step begins:
    `1s plus 10ms per request in flight`."""
    as_: str | None = None
    """A name for this step, so that a patch or a reader can address it."""


class Wait(Model):
    """Time without CPU (I/O, a pause): the worker is held, but `slow` does not stretch it."""

    wait: LawField
    """How long, a duration or a law."""
    as_: str | None = None
    """A name for this step."""


class Call(Model):
    """A synchronous call: the recipe goes on when the answer is here, or the link's policies gave up."""

    call: str
    """The operation called, as `service.operation`."""
    on_error: OnError = "fail"
    """What a failed call means here: `fail` answers error, `ignore` goes on, `degraded` goes on and the answer is
    degraded, or a list of steps to do instead."""
    as_: str | None = None
    """A name for this step; a later `branch` can ask how it ended."""


class Send(Model):
    """Publish a message to a queue and go on when the queue has acknowledged it. An acknowledgement is not success."""

    send: str
    """The queue."""
    on_error: OnError = "fail"
    """What a failed send means here, as for `call`."""
    as_: str | None = None
    """A name for this step."""


class Effect(Model):
    """What the business sees (charged, shipped): counted in the ledger at the instant it is reached."""

    effect: str
    """The name of the effect."""
    once_per: Literal["request", "key"] = "request"
    """Whose effect it is: one for each request (default), or one for each business key."""
    as_: str | None = None
    """A name for this step."""


class Read(Model):
    """Read the request's row of a store (one row for each key), so that a later write can compare."""

    read: str
    """The store."""
    as_: str | None = None
    """A name for this step."""


class Write(Model):
    """Write the request's row of a store."""

    write: str
    """The store."""
    if_unchanged: bool = False
    """Only if nobody has written the row since this request read it (compare and set); otherwise fail, and the answer
    is an error."""
    as_: str | None = None
    """A name for this step."""


class Fail(Model):
    """Answer error with this probability, independently each time."""

    fail: Share
    """The share of executions that fail here."""
    as_: str | None = None
    """A name for this step."""


class Reply(Model):
    """Answer now and go on (202 Accepted): the worker stays held to the end of the recipe."""

    reply: Literal["accepted"]
    """The word `accepted`; the step may also be written as the bare word `reply`."""
    as_: str | None = None
    """A name for this step."""


class Branch(Model):
    """Go one of two ways: by a share of requests (a request's retries go the same way), by key, or by an outcome."""

    branch: ConditionField
    """`share 30%`, `key 7 8`, or an earlier step's name and outcome: `charge failed`, `charge timeout`."""
    then: Recipe
    """Steps to do when the condition holds."""
    else_: Recipe = []
    """Steps to do otherwise."""
    as_: str | None = None
    """A name for this step."""


class Repeat(Model):
    """Do the same steps several times, one after another."""

    repeat: Annotated[int, Field(ge=1, le=100_000)]
    """How many times."""
    steps: Recipe
    """The steps; a single one may stand beside `repeat` itself."""
    as_: str | None = None
    """A name for this step."""


class Parallel(Model):
    """Do several recipes at once and go on when enough of them ended well.

    Losers are abandoned and run on until the recipe around them is over; then they begin nothing more, no retry either.
    """

    parallel: list[Annotated[Recipe, BeforeValidator(lambda x: [x] if isinstance(x, dict) else x)]] = Field(
        min_length=1
    )
    """The recipes; a single step needs no list."""
    times: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Play the whole set this many times."""
    join: Annotated[
        Union[Annotated[Literal["all"], Tag("a word")], Annotated[int, Field(ge=1), Tag("a number")]],
        Discriminator(lambda value: "a word" if isinstance(value, str) else "a number"),
    ] = "all"
    """`all`, or how many must end well; it fails as soon as that is impossible."""
    on_error: OnError = "fail"
    """What a failed join means here, as for `call`."""
    as_: str | None = None
    """A name for this step."""


STEPS: dict[str, type[Model]] = {
    "work": Work, "wait": Wait, "call": Call, "send": Send, "effect": Effect, "read": Read, "write": Write,
    "fail": Fail, "reply": Reply, "branch": Branch, "repeat": Repeat, "parallel": Parallel,
}  # fmt: skip


def step_kind(step: Any) -> str | None:
    """Return the verb of a step (``repeat`` before the verb that it repeats), or None."""
    if isinstance(step, Model):
        return type(step).__name__.lower()
    if not isinstance(step, dict):
        return None
    if "repeat" in step:
        return "repeat"
    return next((verb for verb in STEPS if verb in step), None)


def unfold_step(step: Any) -> Any:
    """Return *step* in its full form: the bare word ``reply``, and a verb written beside ``repeat``."""
    if step == "reply":
        return {"reply": "accepted"}
    if isinstance(step, dict) and "repeat" in step and "steps" not in step:
        outer = {key: value for key, value in step.items() if key in ("repeat", "as")}
        return {**outer, "steps": [{key: value for key, value in step.items() if key not in ("repeat", "as")}]}
    return step


def nested(step: Model) -> list[tuple[str, Recipe]]:
    """Return the recipes that stand inside *step*, each after what its place adds to the step's own: ``.on error``.

    >>> [place for place, _ in nested(Branch(branch="share 5%", then=["reply"], else_=[{"wait": "1s"}]))]
    ['.then', '.else']
    """
    found: list[tuple[str, Recipe]] = []
    for name in type(step).model_fields:
        value = getattr(step, name)
        place = "" if name == "steps" else "." + name.rstrip("_").replace("_", " ")
        if isinstance(value, list) and any(isinstance(inner, Model) for inner in value):
            found.append((place, value))
        elif isinstance(value, list):
            found += [(f"{place}[{i}]", inner) for i, inner in enumerate(value) if isinstance(inner, list)]
    return found


Step = Annotated[
    Union[
        Annotated[Work, Tag("work")], Annotated[Wait, Tag("wait")], Annotated[Call, Tag("call")],
        Annotated[Send, Tag("send")], Annotated[Effect, Tag("effect")], Annotated[Read, Tag("read")],
        Annotated[Write, Tag("write")], Annotated[Fail, Tag("fail")],
        Annotated[Reply, Tag("reply")], Annotated[Branch, Tag("branch")], Annotated[Repeat, Tag("repeat")],
        Annotated[Parallel, Tag("parallel")],
    ],
    Discriminator(step_kind),
    BeforeValidator(unfold_step),
]  # fmt: skip
Recipe = list[Step]


def walk(steps: Sequence[Any]) -> list[Any]:
    """Return all steps of a recipe, those inside others included, outer ones first."""
    found: list[Any] = []
    for step in steps:
        found.append(step)
        for _, inner in nested(step):
            found += walk(inner)
    return found
