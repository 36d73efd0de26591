"""The whole file: its clock, its parts, what varies between runs, and what is claimed about it."""

from __future__ import annotations

from typing import Annotated, Any, Callable, Iterable, Literal, Mapping

from pydantic import Field, PrivateAttr, ValidationInfo, model_validator

from sim.quantities import MOST_REPLICATIONS
from sim.scenario.fields import Duration, LinkName, PositiveDuration, Size, Value
from sim.scenario.models.base import Model, Patch, Ready
from sim.scenario.models.faults import AnyFault
from sim.scenario.models.links import Link
from sim.scenario.models.nodes import Queue, Service, Store
from sim.scenario.models.workload import Workload


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
    """`all`, `before`, `fault`, `after`, a fault's name, or `500s to 600s`. Counts of a window that reaches `duration`
    include the drain."""
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
    """How long after `duration` to wait for what is in flight; default as long as `duration`. What happens then is
    counted in each window that reaches `duration`; rates and levels leave it out."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    """The seed of every stream of chance."""
    replications: Annotated[int, Field(ge=1, le=MOST_REPLICATIONS)] = 1
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
    stores: dict[str, Store] = {}
    """Stores by name, for the steps `read` and `write`."""
    links: dict[LinkName, Link] = {}
    """Links by `caller -> callee`; an end is a workload, a service or a queue."""
    hosts: dict[str, Annotated[list[str], Field(min_length=1)]] = {}
    """Hosts, racks or zones by name, each a list of what stands on it: services, single replicas (`payments#0`) or
    queues. A fault of a node can name one instead, and strikes all that is on it."""
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
        if isinstance(info.context, Ready):
            return handler(values)
        from sim.scenario.from_python import from_python

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

    def place_of(self, words: str) -> str:
        """Return FILE:LINE:COLUMN of the part that *words* begin with, or name; else the file."""
        from sim.scenario.rules.names import NODE_KINDS

        root = self._origin.root
        parts = {name: node for kind in ("links", *NODE_KINDS) for name, node in root.children(kind).items()}
        found = [name for name in parts if words.startswith(f"{name}:")] or [name for name in parts if name in words]
        at = parts[max(found, key=len)].key_at if found else None
        return str(at or self.file)

    def resolve(
        self,
        variant: str | None = None,
        with_: str | Iterable[str] = (),
        set_: Mapping[str, object] | Iterable[str] = (),
    ) -> Scenario:
        """Return the combination to play: the file, a variant (default the first), toggles, then `--set`.

        *with_* is a name or several. *set_* is ``{path: value}`` or texts ``path=value``, as ``--set`` takes them. A
        resolved scenario keeps its variant and toggles unless others are given. Raises ``ScenarioError``.
        """
        from sim.scenario.rules.names import several
        from sim.scenario.yaml.scenario_file import set_values

        origin, with_ = self._origin, several(with_)
        if origin.resolved and variant is None:
            variant, with_ = origin.variant, with_ or origin.toggles_on
        resolved: Scenario = origin.source.resolve(variant, with_, set_values(set_))
        return resolved

    def set(self, path: str, value: object) -> Scenario:
        """Return this scenario with one value changed; *path* as in ``links.orders:payments.timeout``.

        Text is read as YAML, so that ``"150/s"`` and ``150`` mean what they mean in a file. Raises ``ScenarioError``.
        """
        from sim.scenario.yaml.scenario_file import changed

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
