"""What `import sim` promises: few names, all of them there, and quick."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import sim

ROOT = Path(__file__).parent.parent


def test_every_public_name_exists_and_there_are_few() -> None:
    assert len(sim.__all__) <= 30
    for name in sim.__all__:
        assert getattr(sim, name) is not None


def test_an_unknown_name_is_an_attribute_error_with_the_nearest_one() -> None:
    with pytest.raises(AttributeError, match="did you mean 'compare'"):
        sim.comparre  # noqa: B018  # codespell:ignore comparre


def test_a_run_and_its_measures_need_no_heavy_library() -> None:
    code = (
        "import sys, sim\n"
        "run = sim.run(sim.load('scenarios/poison_message.yaml'), replications=1)\n"
        "assert run.rows and run.identities\n"
        "heavy = {'pandas', 'matplotlib', 'scipy', 'pyarrow', 'networkx', 'streamlit', 'rich', 'typer'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_type_checkers_see_the_names_that_are_loaded_on_first_use() -> None:
    tree = ast.parse((ROOT / "sim" / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    homes = {
        alias.asname: f"{node.module}.{alias.name}"
        for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }  # fmt: skip
    assert sorted(homes) == sim.__all__ == sorted(sim.__all__)
    for name, home in homes.items():
        module, _, own_name = home.rpartition(".")
        assert getattr(sim, name) is getattr(importlib.import_module(module), own_name), home


def signatures(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every annotation that a reader of the public *name* sees, as it is written."""
    if isinstance(value, ModuleType):
        for inner in value.__all__:
            yield from signatures(f"{name}.{inner}", getattr(value, inner))
    elif inspect.isclass(value):
        for base in value.__mro__:
            if base.__module__.startswith("sim"):
                fields = vars(base).get("__annotations__", {})
                yield from ((f"{name}.{key}", str(kind)) for key, kind in fields.items() if not key.startswith("_"))
                for key, member in vars(base).items():
                    if key == "__init__" or not key.startswith("_"):
                        yield from signatures(f"{name}.{key}", unwrapped(member))
    elif inspect.isfunction(value):
        missing = [key for key in inspect.signature(value).parameters if key not in ("self", "cls")]
        missing = [key for key in missing if key not in value.__annotations__]
        assert not missing and "return" in value.__annotations__, f"{name} has a part without a type: {missing}"
        yield from ((f"{name}({key})", str(kind)) for key, kind in value.__annotations__.items())


def unwrapped(member: Any) -> Any:
    """The function behind a method, a property or a cached property."""
    if isinstance(member, property):
        return member.fget
    return getattr(member, "__func__", None) or getattr(member, "func", None) or member


@pytest.mark.parametrize("name", sim.__all__)
def test_no_public_signature_says_any(name: str) -> None:
    found = dict(signatures(name, getattr(sim, name)))
    assert found or issubclass(getattr(sim, name), Exception)
    assert {place: kind for place, kind in found.items() if re.search(r"\bAny\b", kind)} == {}


USES = """
import sim
reveal_type(sim.load("hedging"))
reveal_type(sim.run("hedging"))
reveal_type(sim.compare("hedging"))
reveal_type(sim.run("hedging").rows[0]["mean"])
reveal_type(sim.run("hedging").explain())
sim.rnu("hedging")
sim.run("hedging").attemts  # codespell:ignore attemts
sim.run(5)
"""


@pytest.mark.slow
def test_a_type_checker_knows_what_the_public_names_give_and_finds_slips(tmp_path: Path) -> None:
    (tmp_path / "uses.py").write_text(USES)
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", str(tmp_path / "uses.py")]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout
    for line, words in {
        3: 'Revealed type is "sim.scenario.scenario_file.ScenarioFile"',
        4: 'Revealed type is "sim.experiments.run.Run"',
        5: 'Revealed type is "sim.experiments.compare.Comparison"',
        6: 'Revealed type is "float | None"',
        7: 'Revealed type is "sim.results.story.story.Story"',
        8: 'Module has no attribute "rnu"',
        9: '"Run" has no attribute "attemts"',  # codespell:ignore attemts
        10: 'Argument 1 to "run" has incompatible type "int"',
    }.items():
        assert re.search(rf"uses\.py:{line}: \w+: {re.escape(words)}", told), told


def test_the_package_says_that_it_has_types() -> None:
    assert (ROOT / "sim" / "py.typed").is_file()
