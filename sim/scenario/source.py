"""A document with all its patches: merges them, and validates every combination.

Order of change: the file (with what it extends), the variant, the toggles in file order, ``--set``. A problem is placed
in the patch that causes it. A problem of all variants is placed in the file itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Iterable

from pydantic import ValidationError

from sim.errors import ParameterError, ScenarioError, describe, did_you_mean
from sim.scenario.data import Table, data_files, read_table
from sim.scenario.defaults import with_defaults
from sim.scenario.merge_patch import NoSuchPath, assign, merge
from sim.scenario.models import Combination, Scenario
from sim.scenario.overrides import own_policies, with_overrides, written_out
from sim.scenario.presets import with_presets
from sim.scenario.pydantic_errors import problems_of
from sim.scenario.rules import check, claims, lint, names
from sim.scenario.rules.workloads import silent_workloads
from sim.scenario.settings import Settings, must_not_overlap
from sim.scenario.yaml.nodes import SETS, Node, Problem, Unquoted, at_key, at_value, in_order, plain


@dataclass(frozen=True, slots=True)
class Chosen:
    """A scenario with the merged document that it was made from, and the *source* that other choices come from.

    *resolved*: one combination is chosen; *notes* are remarks on it for a reader.
    """

    model: Scenario
    root: Node
    source: Source
    notes: tuple[str, ...] = ()
    resolved: bool = False


@dataclass(slots=True)
class Source:
    """A normalised document with its variants and toggles; *sets* change each combination."""

    root: Node
    name: str = ""
    folder: Path | None = None
    sets: Settings = ()
    _tables: dict[str, Table | ParameterError] = field(default_factory=dict)

    # --- the parts ---

    @property
    def variants(self) -> list[str]:
        """The names of the variants; a scenario without variants has one, named by the empty string."""
        return list(self.root.children("variants")) or [""]

    def variants_of(self, toggle: str) -> list[str]:
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

    def structure(
        self, root: Node, variant: str = "", toggles: Iterable[str] = ()
    ) -> tuple[Scenario | None, list[Problem]]:
        """Return the model of a merged document, or the problems of its keys and values."""
        root = with_defaults(root)
        tables, _ = self.load_tables(root)
        combination = Combination(tables, variant, tuple(toggles), own_policies(root))
        root, _ = with_presets(with_overrides(root))
        try:
            return Scenario.model_validate(plain(root), context=combination), []
        except ValidationError as error:
            return None, problems_of(error, root)

    def _model(self, root: Node) -> Scenario | None:
        return self.structure(root)[0]

    def judge(
        self, root: Node, variant: str = "", toggles: Iterable[str] = ()
    ) -> tuple[Scenario | None, list[Problem]]:
        """Return the model of a merged document, and all its problems."""
        root = with_defaults(root)
        model, problems = self.structure(root, variant, toggles)
        _, missing = self.load_tables(root)
        root, contradictions = with_presets(with_overrides(root))
        return model, [*problems, *contradictions, *check.problems(root), *missing]

    def load_tables(self, root: Node) -> tuple[dict[str, Table], list[Problem]]:
        """Return the data files that a document uses, and those that cannot be read."""
        tables, problems = {}, []
        for node, path, rule in data_files(root):
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
        """Return the problems of the file, of each variant, and of each toggle alone."""
        _, found = self.structure(self.root)
        found += names.patch_problems(self.root)
        if any(len(self.root.children(kind)) > names.MAX_PATCHES for kind in ("variants", "toggles")):
            return found
        alone = {variant: self.judge(self.merged(variant))[1] for variant in self.variants}
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
        return found + list(claims.problems(self.root, self.variants, self.variants_of, self.merged, self._model))

    def _toggle_problems(
        self, toggle: str, patch: Node, alone: dict[str, list[Problem]], combinations: list[list[Problem]]
    ) -> list[Problem]:
        found: list[Problem] = []
        inside = patch.get("patch")
        homes = self.variants_of(toggle)
        changes = False
        for variant in homes:
            before, after = self.merged(variant), self.merged(variant, [toggle])
            changes = changes or plain(before) != plain(after)
            problems = self.judge(after)[1]
            combinations.append(problems)
            known = {problem.line for problem in alone[variant]}
            found += [_blamed(p, "toggles", toggle, patch, False) for p in problems if p.line not in known]
        if homes and not changes and inside is not None and isinstance(inside.value, dict):
            rule = "change something in a variant it belongs to"
            found.append(at_key(inside, rule, value=Unquoted("one that changes nothing")))
        return found

    def warnings(self) -> list[Problem]:
        """Return the warnings about each variant, and about each toggle alone."""
        combinations: list[tuple[str, tuple[str, ...]]] = [(variant, ()) for variant in self.variants]
        for toggle in self.root.children("toggles"):
            combinations += [(variant, (toggle,)) for variant in self.variants_of(toggle)]
        found: list[Problem] = []
        for variant, toggles in combinations:
            root = self.merged(variant, toggles)
            model = self._model(root)
            found += lint.warnings(complete(root), model) if model is not None else ()
        return found

    # --- choosing ---

    def open(self) -> Chosen:
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
        return Chosen(model, root, self)

    def with_settings(self, sets: Settings) -> Source:
        """Return this source with more settings, for every combination that is chosen from it."""
        return replace(self, sets=(*self.sets, *sets))

    def resolve(self, variant: str | None, with_: Iterable[str], sets: Settings) -> Chosen:
        """Return one combination, ready to be played; raises ``ScenarioError``."""
        variant = self.variants[0] if variant is None else variant
        if variant not in self.variants:
            raise _unknown("variant", variant, self.variants)
        toggles = self._in_file_order(with_, variant)
        root, notes = self.merged(variant), []
        for i, toggle in enumerate(toggles):
            after = self.merged(variant, toggles[: i + 1])
            if plain(written_out(after)) == plain(written_out(root)):
                notes.append(f"the toggle {toggle!r} changes nothing here")
            root = after
        must_not_overlap(self.merged(variant, toggles), sets)
        source = self.with_settings(sets)
        root = source._with_sets(root, variant, notes)
        root = written_out(with_defaults(root))
        model, problems = self.judge(root, variant, toggles)
        problems = [problem for problem in problems if not problem.unused]
        if model is None or problems:
            raise ScenarioError(in_order(problems))
        silent = [
            f"{name} asks for nothing: its rate is {model.workload[name].rate}" for name in silent_workloads(model)
        ]
        return Chosen(model, root, source, (*notes, *silent), True)

    def _in_file_order(self, with_: Iterable[str], variant: str) -> list[str]:
        known, wanted = list(self.root.children("toggles")), list(with_)
        for name in wanted:
            if name not in known:
                raise _unknown("toggle", name, known)
            if variant not in self.variants_of(name):
                homes = ", ".join(self.variants_of(name)) or "none"
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
                others = [(name, [t]) for t in toggles for name in self.variants_of(t)]
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


def complete(root: Node) -> Node:
    """Return a merged document with its defaults, its overrides and the values of its presets."""
    return with_presets(with_overrides(with_defaults(root)))[0]


def _blamed(problem: Problem, kind: str, name: str, patch: Node | None, shared: bool) -> Problem:
    """Return *problem* moved to the patch that causes it, unless it is written in a patch or all variants share it."""
    if shared or patch is None or (problem.loc and problem.loc[0] in ("variants", "toggles", *SETS)):
        return problem
    return replace(problem, at=patch.key_at, note=f" (with {kind[:-1]} {name!r})")


def _unknown(kind: str, name: str, known: Iterable[str]) -> ScenarioError:
    names = [word for word in known if word]
    hint = did_you_mean(name, names) or (f"there are {', '.join(names)}" if names else f"there are no {kind}s")
    return ScenarioError([describe(kind, "name one that exists", name, hint)])
