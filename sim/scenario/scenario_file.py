"""A scenario that can still change: the model of the chosen combination, and the source of all combinations.

``sim.load`` returns one, and so does ``sim.Scenario(...)`` in Python; both are validated in every combination first.
The engine and the topology take the plain model (``models.Scenario``), the base class of ``ScenarioFile``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any, Callable, Iterable, Mapping

from pydantic import PrivateAttr, ValidationError, model_validator

from sim.errors import ScenarioError
from sim.mechanisms.nodes import NODE_KEYS
from sim.scenario.defaults import with_defaults
from sim.scenario.from_python import written
from sim.scenario.key_normalisation import normalise
from sim.scenario.models import Scenario
from sim.scenario.overrides import own_policies
from sim.scenario.pydantic_errors import problems_of
from sim.scenario.rules import claims, recipes
from sim.scenario.rules.names import several
from sim.scenario.settings import set_values
from sim.scenario.source import Chosen, Source, complete
from sim.scenario.yaml.nodes import Node, Problem, in_order, node_of, plain

MACHINERY = ("variants", "toggles", "expect")
"""The keys that change or judge a scenario; all others describe the system."""


class ScenarioFile(Scenario):
    """A scenario that can be resolved to any of its combinations, and changed.

    Built from keyword arguments (values, dicts or models inside), it is checked as a file would be, and raises
    ``ScenarioError`` with every problem. It is frozen: ``resolve`` and ``set`` return another one. Durations are in
    seconds, rates per second, shares between 0 and 1; each is written with its unit.

    >>> import sim
    >>> shop = sim.Scenario(
    ...     version=1, title="One shop", duration="20s",
    ...     workload={"people": {"calls": "shop.buy", "rate": "5/s"}},
    ...     services={"shop": {"operations": {"buy": [{"work": "exponential 100ms"}]}}},
    ... )
    >>> shop.set("services.shop.workers", 2).services["shop"].workers
    2
    """

    _source: Source = PrivateAttr()
    _root: Node = PrivateAttr()
    _notes: tuple[str, ...] = PrivateAttr(default=())
    _resolved: bool = PrivateAttr(default=False)

    @classmethod
    def of(cls, chosen: Chosen) -> ScenarioFile:
        """Return the scenario of a chosen combination."""
        file = cls.model_construct(chosen.model.model_fields_set, **dict(chosen.model))
        file._combination, file._notes, file._resolved = chosen.model._combination, chosen.notes, chosen.resolved
        file._source, file._root = chosen.source, chosen.root
        return file

    @model_validator(mode="wrap")
    @classmethod
    def _from_python(cls, values: Any, handler: Callable[[Any], ScenarioFile]) -> ScenarioFile:
        """Validate Python values as a document; *handler* is pydantic's validation, which fills the new object."""
        problems: list[Problem] = []
        source = Source(normalise(node_of(written(values)), problems))
        problems += source.problems()
        try:
            file = handler(plain(complete(source.root)))
        except ValidationError as error:
            problems += problems_of(error, source.root)
        if problems:
            raise ScenarioError(in_order(problems))
        file._source, file._root = source, source.root
        file._combination = replace(file._combination, own=own_policies(with_defaults(source.root)))
        return file

    @property
    def document(self) -> dict[str, object]:
        """The scenario as plain values; a resolved one without variants, toggles and claims on other combinations."""
        document: dict[str, Any] = plain(self._root)
        if not self._resolved:
            return document
        kept = {key: value for key, value in document.items() if key not in MACHINERY}
        used = recipes.links_used(self._root)  # a link that only other combinations use does not belong to this one
        links = {name: link for name, link in kept.pop("links", {}).items() if name in used}
        kept = {**kept, "links": links} if links else kept
        own = claims.of_combination(self._root, self.variant, self.toggles_on)
        return {**kept, "expect": own} if own else kept

    @property
    def plain(self) -> Scenario:
        """The model of this combination alone, without its source: short to send to another process."""
        model = Scenario.model_construct(self.model_fields_set, **dict(self))
        model._combination = self._combination
        return model

    @property
    def digest(self) -> str:
        """SHA-256 of the document, in its own order, and its data files: equal digests, equal runs."""
        content = json.dumps([self.document, self.tables], separators=(",", ":"), ensure_ascii=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on this combination for a reader, such as a toggle that changes nothing here."""
        return self._notes

    @property
    def file(self) -> str:
        """The file it was read from, as given; empty for one built in Python."""
        return self._source.name

    @property
    def warnings(self) -> list[str]:
        """Warnings about all combinations, one line each, in file order."""
        return in_order(self._source.warnings())

    def place_of(self, words: str) -> str:
        """Return FILE:LINE:COLUMN of the part named at the beginning of *words* or in them; else the file."""
        parts = {name: node for kind in ("links", *NODE_KEYS) for name, node in self._root.children(kind).items()}
        found = [name for name in parts if words.startswith(f"{name}:")] or [name for name in parts if name in words]
        at = parts[max(found, key=len)].key_at if found else None
        return str(at or self.file)

    def resolve(
        self,
        variant: str | None = None,
        with_: str | Iterable[str] = (),
        set_: Mapping[str, object] | Iterable[str] = (),
    ) -> ScenarioFile:
        """Return the combination to play: the file, a variant (default the first), toggles, then `--set`.

        *with_* is a name or several. *set_* is ``{path: value}`` or texts ``path=value``, as ``--set`` takes them. A
        resolved scenario keeps its variant and toggles unless others are given. Raises ``ScenarioError``.
        """
        with_ = several(with_)
        if self._resolved and variant is None:
            variant, with_ = self.variant, with_ or self.toggles_on
        return ScenarioFile.of(self._source.resolve(variant, with_, set_values(set_)))

    def set(self, path: str, value: object) -> ScenarioFile:
        """Return this scenario with one value changed; *path* as in ``links.orders:payments.timeout``.

        The chosen combination stays. Text is read as YAML, so that ``"150/s"`` and ``150`` mean the same as in a file.
        Raises ``ScenarioError``.
        """
        if self._resolved:
            return self.resolve(set_={path: value})
        return ScenarioFile.of(self._source.with_settings(set_values({path: value})).open())

    def __eq__(self, other: object) -> bool:
        """Two scenarios are equal when their documents and choices are."""
        if not isinstance(other, ScenarioFile):
            return NotImplemented
        return (self._combination, self.document) == (other._combination, other.document)

    def __hash__(self) -> int:
        """Hash by the digest, to agree with equality."""
        return hash(self.digest)
