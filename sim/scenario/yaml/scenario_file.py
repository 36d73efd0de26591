"""A scenario with its patches before anything is chosen: merges, judges every combination, and hands one out.

Order of change: the file (with what it extends), the variant, the toggles in file order, ``--set``. A problem is
placed in the patch that causes it; one that all variants share, in the file itself.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Iterable, Mapping

from pydantic import ValidationError

from sim.errors import ParameterError, ScenarioError, describe, did_you_mean
from sim.scenario.data import Table, read_table
from sim.scenario.models import Ready, Scenario
from sim.scenario.rules import check, claims, names, recipes
from sim.scenario.rules.workloads import silent_workloads
from sim.scenario.yaml.merge_patch import NoSuchPath, assign, covered, merge
from sim.scenario.yaml.nodes import (
    SET,
    SET_IN_PYTHON,
    SETS,
    Node,
    Problem,
    Words,
    at_key,
    at_value,
    grown,
    in_order,
    plain,
    shown,
)
from sim.scenario.yaml.parse import read
from sim.scenario.yaml.pydantic_errors import problems_of

MACHINERY = ("variants", "toggles", "expect")
"""The keys of a scenario that say how to change or judge it, not what it is."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a scenario object comes from: its source, the combination chosen, and the merged document."""

    source: Source
    root: Node
    variant: str
    toggles_on: tuple[str, ...]
    tables: dict[str, Table]
    notes: tuple[str, ...] = ()
    resolved: bool = False

    @property
    def document(self) -> dict[str, Any]:
        """The merged document as plain values; once resolved without variants, toggles and others' claims."""
        document: dict[str, Any] = plain(self.root)
        if not self.resolved:
            return document
        kept = {key: value for key, value in document.items() if key not in MACHINERY}
        used = recipes.links_used(self.root)  # a link that only other combinations use is no part of this one
        links = {name: link for name, link in kept.pop("links", {}).items() if name in used}
        kept = {**kept, "links": links} if links else kept
        mine = claims.of_combination(self.root, self.variant, self.toggles_on)
        return {**kept, "expect": mine} if mine else kept

    @property
    def digest(self) -> str:
        """SHA-256 of the document, in its own order, and its data files, as hexadecimal digits."""
        content = json.dumps([self.document, self.tables], separators=(",", ":"), ensure_ascii=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()


@dataclass(slots=True)
class Source:
    """A normalised document with everything that can change it."""

    root: Node
    name: str = ""
    folder: Path | None = None
    sets: tuple[tuple[str, Node], ...] = ()
    _tables: dict[str, Table | ParameterError] = field(default_factory=dict)

    # --- the parts ---

    @property
    def variants(self) -> list[str]:
        """The names of the variants; a scenario without any is played as the one named by the empty string."""
        return list(self.root.children("variants")) or [""]

    def home_of(self, toggle: str) -> list[str]:
        """Return the variants that a toggle belongs to."""
        node = self.root.children("toggles")[toggle].get("for")
        if node is None or not isinstance(node.value, list):
            return self.variants
        named = [item.value for item in node.value]
        return [variant for variant in self.variants if variant in named]

    def _patch(self, kind: str, name: str) -> Node:
        node = self.root.children(kind).get(name)
        if node is not None and kind == "toggles":
            node = node.get("patch")
        return node if node is not None and isinstance(node.value, dict) else Node({})

    def merged(self, variant: str, toggles: Iterable[str] = ()) -> Node:
        """Return the document of one combination, without ``--set``."""
        root = merge(self.root, self._patch("variants", variant))
        for toggle in toggles:
            root = merge(root, self._patch("toggles", toggle))
        return root

    # --- judging ---

    def structure(self, root: Node) -> tuple[Scenario | None, list[Problem]]:
        """Return the model of a merged document, or what is wrong with its keys and values."""
        tables, _ = self.load_tables(root)
        try:
            return Scenario.model_validate(plain(root), context=Ready(tables)), []
        except ValidationError as error:
            return None, problems_of(error, root)

    def _model(self, root: Node) -> Scenario | None:
        return self.structure(root)[0]

    def judge(self, root: Node) -> tuple[Scenario | None, dict[str, Table], list[Problem]]:
        """Return the model of a merged document, its tables, and everything that is wrong with it."""
        model, problems = self.structure(root)
        tables, missing = self.load_tables(root)
        return model, tables, [*problems, *check.problems(root), *missing]

    def load_tables(self, root: Node) -> tuple[dict[str, Table], list[Problem]]:
        """Return the data files that a document uses, and those that cannot be read."""
        tables, problems = {}, []
        for node, path, rule in check.data_files(root):
            if path not in self._tables:
                try:
                    self._tables[path] = read_table(path, self.folder, rule)
                except ParameterError as error:
                    self._tables[path] = error
            found = self._tables[path]
            if isinstance(found, ParameterError):
                problems.append(at_value(node, rule, found.hint, value=path))
            else:
                tables[path] = found
        return tables, problems

    def problems(self) -> list[Problem]:
        """Return what is wrong in the file, in any variant, or with any toggle that is on alone."""
        _, found = self.structure(self.root)
        found += names.patch_problems(self.root)
        if any(len(self.root.children(kind)) > names.MAX_PATCHES for kind in ("variants", "toggles")):
            return found
        alone = {variant: self.judge(self.merged(variant))[2] for variant in self.variants}
        lines = {variant: {problem.line for problem in alone[variant]} for variant in alone}
        shared = set.intersection(*lines.values())
        combinations = list(alone.values())
        own = {problem.line for problem in found}
        for variant, problems in alone.items():
            patch = self.root.children("variants").get(variant)
            found += [_blamed(p, "variants", variant, patch, p.line in shared) for p in problems if p.line not in own]
        for toggle, patch in self.root.children("toggles").items():
            found += self._toggle_problems(toggle, patch, alone, combinations)
        unused = [{p.line for p in problems if p.unused} for problems in combinations]
        never = set.intersection(*unused)
        found = [p for p in found if not p.unused or p.line in never]
        return found + list(claims.problems(self.root, self.variants, self.home_of, self.merged, self._model))

    def _toggle_problems(
        self, toggle: str, patch: Node, alone: dict[str, list[Problem]], combinations: list[list[Problem]]
    ) -> list[Problem]:
        found: list[Problem] = []
        inside = patch.get("patch")
        homes = self.home_of(toggle)
        changes = False
        for variant in homes:
            before, after = self.merged(variant), self.merged(variant, [toggle])
            changes = changes or plain(before) != plain(after)
            problems = self.judge(after)[2]
            combinations.append(problems)
            known = {problem.line for problem in alone[variant]}
            found += [_blamed(p, "toggles", toggle, patch, False) for p in problems if p.line not in known]
        if homes and not changes and inside is not None and isinstance(inside.value, dict):
            rule = "change something in a variant it belongs to"
            found.append(at_key(inside, rule, value=Words("one that changes nothing")))
        return found

    # --- choosing ---

    def open(self) -> Scenario:
        """Return the scenario with nothing chosen; raises ``ScenarioError`` with every problem."""
        problems = self.problems()
        if problems:
            raise ScenarioError(in_order(problems))
        root = self.root
        for path, value in self.sets:
            try:
                root = assign(root, path, value)
            except NoSuchPath as error:
                if not self._exists_elsewhere(path, value, [(name, ()) for name in self.variants]):
                    raise ScenarioError([error.problem.line]) from None
        model, problems = self.structure(root)
        if model is None:
            raise ScenarioError(in_order(problems))
        tables, _ = self.load_tables(root)
        return attach(model, Origin(self, root, "", (), tables))

    def resolve(self, variant: str | None, with_: Iterable[str], sets: tuple[tuple[str, Node], ...]) -> Scenario:
        """Return one combination, ready to be played; raises ``ScenarioError``."""
        variant = self.variants[0] if variant is None else variant
        if variant not in self.variants:
            raise _unknown("variant", variant, self.variants)
        toggles = self._in_file_order(with_, variant)
        root, notes = self.merged(variant), []
        for i, toggle in enumerate(toggles):
            after = self.merged(variant, toggles[: i + 1])
            if plain(after) == plain(root):
                notes.append(f"the toggle {toggle!r} changes nothing here")
            root = after
        _must_not_overlap(self.merged(variant, toggles), sets)
        choice = replace(self, sets=(*self.sets, *sets))
        root = choice._with_sets(root, variant, notes)
        model, tables, problems = self.judge(root)
        problems = [problem for problem in problems if not problem.unused]
        if model is None or problems:
            raise ScenarioError(in_order(problems))
        scenario = attach(model, Origin(choice, root, variant, tuple(toggles), tables, tuple(notes), True))
        silent = [
            f"{name} asks for nothing: its rate is {model.workload[name].rate}" for name in silent_workloads(scenario)
        ]
        scenario._origin = replace(scenario._origin, notes=(*notes, *silent))
        return scenario

    def _in_file_order(self, with_: Iterable[str], variant: str) -> list[str]:
        known, wanted = list(self.root.children("toggles")), list(with_)
        for name in wanted:
            if name not in known:
                raise _unknown("toggle", name, known)
            if variant not in self.home_of(name):
                homes = ", ".join(self.home_of(name)) or "none"
                rule = f"be on only in a variant it belongs to ({homes})"
                raise ScenarioError([describe(f"toggle {name!r}", rule, variant)])
        toggles = [name for name in known if name in wanted]
        problem = claims.disagreement(self.root, toggles)
        if problem:
            raise ScenarioError([problem])
        return toggles

    def _with_sets(self, root: Node, variant: str, notes: list[str]) -> Node:
        for path, value in self.sets:
            try:
                root = assign(root, path, value)
            except NoSuchPath as error:
                toggles = self.root.children("toggles")
                others = [(name, [t]) for t in toggles for name in self.home_of(t)]
                if not self._exists_elsewhere(path, value, [*((name, []) for name in self.variants), *others]):
                    raise ScenarioError([error.problem.line]) from None
                notes.append(f"{value.loc[0]} {path} changes nothing here: this combination has no such place")
        return root

    def _exists_elsewhere(self, path: str, value: Node, combinations: Iterable[tuple[str, Iterable[str]]]) -> bool:
        for variant, toggles in combinations:
            try:
                assign(self.merged(variant, toggles), path, value)
            except NoSuchPath:
                continue
            return True
        return False


def _must_not_overlap(root: Node, sets: tuple[tuple[str, Node], ...]) -> None:
    """Refuse settings given at once of which a later one replaces an earlier one."""
    for i, (path, value) in enumerate(sets):
        for later, other in sets[i + 1 :]:
            if covered(root, path, later):
                given = Words(f"{shown(value)} and {shown(other)}")
                hint = "" if path == later else f"{later!r} is the same place, or around it"
                raise ScenarioError([describe(f"{value.loc[0]} {path}", "be given once", given, hint)])


def attach(model: Scenario, origin: Origin) -> Scenario:
    """Give a scenario model its origin and return it."""
    model._origin = origin
    return model


def _blamed(problem: Problem, kind: str, name: str, patch: Node | None, shared: bool) -> Problem:
    """Return *problem* moved to the patch that causes it, unless it is written in a patch or everyone has it."""
    if shared or patch is None or (problem.loc and problem.loc[0] in ("variants", "toggles", *SETS)):
        return problem
    return replace(problem, at=patch.key_at, note=f" (with {kind[:-1]} {name!r})")


def _unknown(kind: str, name: str, known: Iterable[str]) -> ScenarioError:
    names = [word for word in known if word]
    hint = did_you_mean(name, names) or (f"there are {', '.join(names)}" if names else f"there are no {kind}s")
    return ScenarioError([describe(kind, "name one that exists", name, hint)])


def changed(scenario: Scenario, path: str, value: object) -> Scenario:
    """Return *scenario* with one more ``--set``; what was chosen stays chosen."""
    origin: Origin = scenario._origin
    sets = set_values({path: value})
    if origin.resolved:
        return origin.source.resolve(origin.variant, origin.toggles_on, sets)
    return replace(origin.source, sets=(*origin.source.sets, *sets)).open()


def set_values(values: Mapping[str, object] | Iterable[str]) -> tuple[tuple[str, Node], ...]:
    """Return the patches of ``{path: value}`` or of ``path=value`` texts; text values are read as YAML."""
    if isinstance(values, Mapping):
        return tuple((path, _value(SET_IN_PYTHON, path, value)) for path, value in values.items())
    pairs = []
    for text in values:
        path, equals, value = text.partition("=")
        if not equals:
            raise ScenarioError([describe(SET, "be written path=value", text)])
        pairs.append((path.strip(), _value(SET, path.strip(), value)))
    return tuple(pairs)


def _value(label: str, path: str, value: object) -> Node:
    """Return the tree of a value that *label* (one of ``SETS``) gives, normalised as what stands at *path*."""
    if not isinstance(value, str):
        return grown(value, (label,))
    node, problems = read("value: " + value, f"{label} {path}={value}")
    inner = node.get("value") if node is not None and len(node.value) == 1 else None
    if not value.strip():
        raise ScenarioError([describe(f"{label} {path}", "have a value", None, "write null to take it out")])
    if inner is None or problems:
        raise ScenarioError([describe(f"{label} {path}", "be one readable YAML value", value)])
    return replace(inner, loc=(label,))
