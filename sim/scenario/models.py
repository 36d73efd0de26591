"""The scenario as frozen pydantic models: what a system is, what is asked of it and what breaks, before any run.

The attribute docstrings are the JSON Schema's descriptions and the text of ``pileup explain-field``: one text for
editor, docs and command line. The models hold no behaviour; ``sim.scenario.check`` finds what no single field can
see. Left out: everything that the engine does not play.
"""

from __future__ import annotations

from typing import Annotated, Any, Callable, Iterable, Literal, Mapping, Union

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationInfo,
    model_validator,
)  # fmt: skip

from sim.quantities import UNLIMITED, Arrivals, BackoffLaw, Balance, Law
from sim.scenario.fields import (
    ArrivalsField,
    BackoffField,
    BalanceField,
    ConditionField,
    Count,
    Duration,
    Factor,
    KeysField,
    LawField,
    LinkName,
    PositiveCount,
    PositiveDuration,
    RateField,
    Share,
    Size,
    Value,
    Weight,
)  # fmt: skip


class Model(BaseModel):
    """Frozen, strict, and closed to unknown keys; keys are written with spaces."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        defer_build=True,
        populate_by_name=True,
        alias_generator=lambda name: name.rstrip("_").replace("_", " "),
    )


READY = "this document was normalised by the loader"
"""The validation context by which the loader says that the values need no further preparation."""

PATCH = object()
"""Marks a field that holds a merge patch on the whole scenario."""
Patch = Annotated[dict[str, Any], PATCH]

OnError = Annotated[
    Union[
        Annotated[Literal["fail", "ignore", "degraded"], Tag("a word")],
        Annotated["Recipe", Tag("steps")],
    ],
    Discriminator(lambda value: "steps" if isinstance(value, list) else "a word"),
]


# --- steps of a recipe --------------------------------------------------------------------------------------


class Work(Model):
    """A worker is busy for this long; the `slow` fault stretches it."""

    work: LawField
    """Service time, a duration or a law."""
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
    """Do several recipes at once and go on when enough of them ended well; losers are abandoned and run on."""

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
    "work": Work, "wait": Wait, "call": Call, "send": Send, "effect": Effect, "fail": Fail, "reply": Reply,
    "branch": Branch, "repeat": Repeat, "parallel": Parallel,
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


Step = Annotated[
    Union[
        Annotated[Work, Tag("work")], Annotated[Wait, Tag("wait")], Annotated[Call, Tag("call")],
        Annotated[Send, Tag("send")], Annotated[Effect, Tag("effect")], Annotated[Fail, Tag("fail")],
        Annotated[Reply, Tag("reply")], Annotated[Branch, Tag("branch")], Annotated[Repeat, Tag("repeat")],
        Annotated[Parallel, Tag("parallel")],
    ],
    Discriminator(step_kind),
    BeforeValidator(unfold_step),
]  # fmt: skip
Recipe = list[Step]


# --- workload -----------------------------------------------------------------------------------------------


class Task(Model):
    """What a user of a closed loop does in one go: requests one after another, without thinking in between."""

    weight: Weight = 1
    """How often this task is drawn, relative to the others."""
    requests: list[str]
    """The operations requested, in order, each as `service.operation`; may be empty."""


class Workload(Model):
    """Who asks: an open loop (arrivals at a rate, whatever happens) or a closed loop (users who wait, then think)."""

    calls: str | None = None
    """The operation every request calls, as `service.operation`."""
    mix: dict[str, Weight] | None = None
    """Several operations with weights, instead of `calls`: `{web.browse: 10, web.checkout: 1}`."""
    rate: RateField | None = None
    """Open loop: arrivals per second over time: `100/s`, `ramp 10/s to 100/s over 60s`, `steps 9/s 0s 20/s 20s`,
    `diurnal 10/s to 100/s every 24h`, `trace data/file.csv scale 20x compress 20x`. With batches: batches a second."""
    arrivals: ArrivalsField = Arrivals("poisson")
    """Open loop: `poisson` (default), `regular` (from time zero), `poisson batches of 5`, or `at 0s 1s 2s`."""
    users: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Closed loop: how many users."""
    think: LawField = Law("constant", 0.0, text="0s")
    """Closed loop: the pause after each task."""
    start: str | None = None
    """Closed loop: the task every user does once, first."""
    tasks: dict[str, Task] | None = None
    """Closed loop: weighted tasks of several requests, instead of `calls` or `mix`."""
    deadline: PositiveDuration | None = None
    """The client leaves this long after it first asked: outcome timeout, no more retries, callees go on."""
    done_within: PositiveDuration | None = None
    """Every due effect must be applied this long after the arrival for the request to count as done."""
    keys: KeysField | None = None
    """Business keys (customers, orders): `uniform 5000` or `zipf 5000 exponent 1.2`."""
    instances: Annotated[int, Field(ge=1, le=100_000)] = 1
    """How many client processes share the load; requests go to them in turn."""


# --- nodes --------------------------------------------------------------------------------------------------


class Service(Model):
    """A service: replicas with workers and a waiting line each, and the operations it offers."""

    operations: dict[str, Recipe] = Field(min_length=1)
    """What it can be asked, each a recipe: a list of steps."""
    replicas: Annotated[int, Field(ge=1, le=10_000)] = 1
    """How many identical copies."""
    workers: PositiveCount = 1
    """Threads per replica: each holds one request from start of service to the end of its recipe."""
    waiting: Count = 64
    """Waiting places per replica beside its workers; a call finding them full is rejected at once. Or `unlimited`."""
    max_wait: PositiveDuration | None = None
    """A request that has waited in line this long is withdrawn (rejected)."""
    balance: BalanceField = Balance("round robin")
    """How callers choose a replica: `round robin`, `random`, `least outstanding`, `best of 2`."""
    while_calling: Literal["hold", "free"] = "hold"
    """Whether a worker is held during calls (threads), or freed for other requests (event loop, virtual threads)."""
    in_flight: PositiveCount | None = None
    """With `while calling: free`: how many started requests a replica may have at once, or `unlimited` (default)."""
    consumes: dict[str, str] = {}
    """Queues whose messages free workers take, each with the operation that handles them: `{charges: charge}`."""


class Queue(Model):
    """A point-to-point queue: each message goes to one consumer at a time until one acknowledges it."""

    visibility_timeout: PositiveDuration = 30.0
    """A delivery without an answer for this long is given up and the message can be delivered again."""
    max_deliveries: PositiveCount = UNLIMITED
    """Deliveries in all before the message is dead-lettered, or lost where there are no dead letters."""
    dead_letters: str | None = None
    """The queue that gets messages which could not be handled."""
    redelivery: BackoffField = BackoffLaw()
    """How long a message rests after its handler failed: `exponential 1s factor 2`; default at once."""


# --- links --------------------------------------------------------------------------------------------------


class Retry(Model):
    """Try again after error, timeout, refused or rejected; never after a short-circuit."""

    max_attempts: Annotated[int, Field(ge=1, le=1000)]
    """Attempts in all, the first one counted (resilience4j's `maxAttempts`; Polly's `MaxRetryAttempts` is one less)."""
    backoff: BackoffField = BackoffLaw()
    """Waits between attempts: `none`, `100ms`, `linear 1s step 2s`, `exponential 1s factor 2 cap 20s`."""
    jitter: Literal["none", "full", "equal", "decorrelated"] = "none"
    """Chance in the waits: `full` is uniform from 0, `equal` keeps half, `decorrelated` grows from the last wait."""


class Breaker(Model):
    """Stop calling after consecutive failures, ask again after a while. The guide's defaults: 5, 30 s, 1."""

    failures: Annotated[int, Field(ge=1)] = 5
    """Consecutive failures that open it."""
    open_for: PositiveDuration = 30.0
    """It stays open for at least this long; calls meanwhile are short-circuited."""
    probes: Annotated[int, Field(ge=1)] = 1
    """Calls that pass half-open; all must succeed to close it, the first failure opens it again."""


class Link(Model):
    """How one end calls, sends to or is fed by another: network and the caller's policies. Undeclared: none of it."""

    latency: LawField = Law("constant", 0.0, text="0s")
    """One-way network time, drawn each way."""
    loss: Share = 0.0
    """Share of messages lost, each way drawn separately."""
    timeout: PositiveDuration | None = None
    """The caller gives an attempt up after this long, network and waiting included; the callee goes on."""
    retry: Retry | None = None
    """Try again."""
    breaker: Breaker | None = None
    """Circuit breaker of this link."""


# --- faults -------------------------------------------------------------------------------------------------


class Fault(Model):
    """Something injected in a window [at, at + for); windows may overlap, on one node too."""

    at: LawField
    """When it begins, on the scenario's clock; a law (`uniform 60s to 90s`) draws it anew for each replication."""
    for_: PositiveDuration
    """How long it lasts."""


class Slow(Fault):
    """Work begun inside takes longer."""

    slow: str
    """The service."""
    by: Factor
    """The factor; overlapping ones multiply."""


class Crash(Fault):
    """Every replica dies: work in flight and the line are lost; after the window it is back, empty."""

    crash: str
    """The service (or the queue: its messages survive)."""
    mode: Literal["silent", "refuse"]
    """`silent`: callers hear nothing. `refuse`: calls in flight and new ones are answered refused at once."""


class Pause(Fault):
    """Freezes work and resumes it (garbage collection, live migration); arrivals queue up."""

    pause: str
    """The service, or a queue (which then delivers nothing)."""


class Errors(Fault):
    """A share of requests is answered error."""

    errors: str
    """The service."""
    share: Share
    """The share of requests; overlapping ones combine independently."""
    after_work: bool = False
    """Fail after the work is done instead of before it."""


class Cut(Fault):
    """A link carries nothing, in either direction."""

    cut: LinkName
    """The link, as `caller -> callee`."""
    mode: Literal["silent", "refuse"]
    """`silent`: what is sent is lost. `refuse`: the caller learns it at once."""


class Delay(Fault):
    """A link takes longer, each way."""

    delay: LinkName
    """The link, as `caller -> callee`."""
    by: LawField
    """The added one-way time; overlapping ones add."""


class Lose(Fault):
    """A link loses messages, each way."""

    lose: LinkName
    """The link, as `caller -> callee`."""
    share: Share
    """The share lost; overlapping ones combine independently."""


class Spike(Fault):
    """More arrivals of a workload, from a stream of their own."""

    spike: str
    """The workload (an open loop)."""
    by: Factor
    """The rate is multiplied by this; at least 1x."""


FAULTS: dict[str, type[Fault]] = {
    "slow": Slow, "crash": Crash, "pause": Pause, "errors": Errors, "cut": Cut, "delay": Delay, "lose": Lose,
    "spike": Spike,
}  # fmt: skip


def fault_kind(fault: Any) -> str | None:
    """Return the verb of a fault, or None."""
    if isinstance(fault, Model):
        return type(fault).__name__.lower()
    return next((verb for verb in FAULTS if verb in fault), None) if isinstance(fault, dict) else None


AnyFault = Annotated[
    Union[
        Annotated[Slow, Tag("slow")], Annotated[Crash, Tag("crash")], Annotated[Pause, Tag("pause")],
        Annotated[Errors, Tag("errors")], Annotated[Cut, Tag("cut")], Annotated[Delay, Tag("delay")],
        Annotated[Lose, Tag("lose")], Annotated[Spike, Tag("spike")],
    ],
    Discriminator(fault_kind),
]  # fmt: skip


# --- variants, claims, the whole ----------------------------------------------------------------------------


class Toggle(Model):
    """A switch that a participant can flip: a merge patch with a word about it."""

    about: str = ""
    """What it does, in a sentence."""
    for_: list[str] | None = None
    """Variants it belongs to; elsewhere it is greyed. Default: all."""
    patch: Patch
    """An RFC 7386 merge patch on the scenario; null removes a key."""


class Claim(Model):
    """A sentence that is checked: a measure, of something, in a window, within bounds."""

    variant: str | None = None
    """The variant it speaks of; default the first."""
    with_: list[str] = []
    """Toggles that are on."""
    measure: str
    """The measure's name, as in the results."""
    of: LinkName = "system"
    """A workload, workload/operation, service, link, queue, effect, or `system`."""
    during: str = "all"
    """`all`, `before`, `fault`, `after`, a fault's name, or `500s to 600s`."""
    above: Value | None = None
    """Holds above this value."""
    below: Value | None = None
    """Holds below this value."""
    at_least: Value | None = None
    """Holds at this value or above."""
    at_most: Value | None = None
    """Holds at this value or below."""
    between: Annotated[list[Value], Field(min_length=2, max_length=2)] | None = None
    """Holds from the first to the second value."""
    is_: Value | None = None
    """Holds at exactly this value."""
    than: str | None = None
    """Judge the difference to this variant (this one minus that one) instead of the value itself."""
    in_: str = "every"
    """`every` replication (default), `mean`, or `9 of 10`."""


class Scenario(Model):
    """One file: how a system talks, what is asked of it, what breaks and when, and what is claimed about it."""

    version: Literal[1]
    """The version of the format: 1."""
    title: str
    """What it is called in lists and on figures."""
    question: str = ""
    """What a participant should predict before running it."""
    lesson: str = ""
    """What it teaches."""
    source: str = ""
    """Where the system or its numbers come from."""
    assumptions: list[str] = []
    """What is assumed or left out, shown with the results."""
    duration: PositiveDuration
    """How long clients arrive, warm-up included; what is in flight then drains."""
    warmup: Duration = 0.0
    """What arrives before this is not measured."""
    drain: Duration | None = None
    """How long after `duration` to wait for what is in flight; default as long as `duration`."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    """The seed of every stream of chance."""
    replications: Annotated[int, Field(ge=1, le=100_000)] = 1
    """How many independent runs the claims are judged on."""
    max_events: Annotated[int, Field(ge=1)] = 50_000_000
    """A run that needs more events than this is cut off, and says so."""
    max_memory: Size = 4e9
    """A run whose records need more than this is cut off, and says so."""
    workload: dict[str, Workload] = Field(min_length=1)
    """Who asks, by name."""
    services: dict[str, Service] = Field(min_length=1)
    """Services by name."""
    queues: dict[str, Queue] = {}
    """Point-to-point queues by name."""
    links: dict[LinkName, Link] = {}
    """Links by `caller -> callee`; an end is a workload, a service or a queue."""
    faults: dict[str, AnyFault] = {}
    """What is injected, by name."""
    variants: dict[str, Patch] = {}
    """Named RFC 7386 merge patches on this file; the first is the baseline."""
    toggles: dict[str, Toggle] = {}
    """Switches that a participant can flip."""
    expect: dict[str, Claim] = {}
    """Claims, checked over the replications."""

    _origin: Any = PrivateAttr(default=None)

    @model_validator(mode="wrap")
    @classmethod
    def _prepare(cls, values: Any, handler: Callable[[Any], Scenario], info: ValidationInfo) -> Scenario:
        """Give a scenario that is built in Python the same checks and origin as one read from a file."""
        if info.context == READY:
            return handler(values)
        from sim.scenario.python import from_python

        return from_python(values, handler)

    @property
    def variant(self) -> str:
        """The variant this is, once resolved; empty when there are none."""
        return str(self._origin.variant)

    @property
    def toggles_on(self) -> tuple[str, ...]:
        """The toggles that are on, in file order."""
        return tuple(self._origin.toggles_on)

    @property
    def tables(self) -> dict[str, tuple[float, ...]]:
        """The data files it uses: counts per second of a `trace`, seconds of an `empirical` law, by path."""
        return dict(self._origin.tables)

    @property
    def document(self) -> dict[str, Any]:
        """The scenario as plain values; once resolved without variants, toggles and claims on other combinations."""
        return dict(self._origin.document)

    @property
    def digest(self) -> str:
        """SHA-256 of the document and its data files: equal digests, equal runs."""
        return str(self._origin.digest)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know about this combination, such as a toggle that changes nothing here."""
        return tuple(self._origin.notes)

    @property
    def file(self) -> str:
        """The file it was read from, as given; empty for one built in Python."""
        return str(self._origin.source.name)

    def resolve(
        self, variant: str | None = None, with_: Iterable[str] = (), set_: Mapping[str, object] | Iterable[str] = ()
    ) -> Scenario:
        """Return the combination to play: the file, a variant (default the first), toggles, then `--set`.

        *set_* is ``{path: value}`` or texts ``path=value``. A resolved scenario keeps its variant and toggles unless
        others are given. Raises ``ScenarioError``.
        """
        from sim.scenario.source import set_values

        origin, with_ = self._origin, tuple(with_)
        if origin.resolved and variant is None:
            variant, with_ = origin.variant, with_ or origin.toggles_on
        resolved: Scenario = origin.source.resolve(variant, with_, set_values(set_))
        return resolved

    def set(self, path: str, value: object) -> Scenario:
        """Return this scenario with one value changed; *path* as in ``links.orders:payments.timeout``.

        Text is read as YAML, so that ``"150/s"`` and ``150`` mean what they mean in a file. Raises ``ScenarioError``.
        """
        from sim.scenario.source import changed

        return changed(self, path, value)

    def __eq__(self, other: object) -> bool:
        """Two scenarios are equal when their documents and choices are."""
        if not isinstance(other, Scenario):
            return NotImplemented
        mine, theirs = self._origin, other._origin
        return (mine.variant, mine.toggles_on, mine.tables, mine.document) == (
            theirs.variant, theirs.toggles_on, theirs.tables, theirs.document,
        )  # fmt: skip

    def __hash__(self) -> int:
        """Hash by the digest, as equality asks."""
        return hash(self.digest)
