"""The compiled core: chosen as asked, refused where it is old, and the same as the Python sources to the last byte."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DECLARED = sorted((ROOT / "sim").rglob("*.pxd"))
WRITTEN_AGAIN = ("rows", "heap", "ids")


def python(*arguments: str, core: str | None = None, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, with *core* as ``PILEUP_CORE`` and *path* before all other packages."""
    env = {name: value for name, value in os.environ.items() if name != "PILEUP_CORE"}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(path or ""), str(ROOT), env.get("PYTHONPATH")]))
    if core is not None:
        env["PILEUP_CORE"] = core
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )  # fmt: skip


@pytest.fixture(scope="module")
def compiled() -> str:
    """Return the name of the compiled core; the test is skipped where it is not built from these sources."""
    version = python("-m", "sim", "--version").stdout
    if "compiled core)" not in version:
        pytest.skip(version)
    return "compiled"


# --- the declarations -----------------------------------------------------------------------------------------------


def slots_of(source: Path) -> dict[str, set[str]]:
    """Return the slots of every class in *source* that has some."""
    found: dict[str, set[str]] = {}
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == "__slots__":
                    found[node.name] = set(ast.literal_eval(part.value))
    return found


def declared_in(declarations: Path) -> dict[str, set[str]]:
    """Return the public attributes of every class in a .pxd file."""
    found: dict[str, set[str]] = {}
    here: set[str] = set()
    for line in declarations.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "@")):
            here = set()
        if match := re.match(r"cdef class (\w+).*:$", line):
            here = found.setdefault(match[1], set())
        elif match := re.match(r"    cdef public .*?(\w+)$", line):
            here.add(match[1])
    return found


@pytest.mark.parametrize("file", DECLARED, ids=lambda file: file.stem)
def test_a_declaration_has_exactly_the_slots_of_its_class(file: Path) -> None:
    if file.stem in WRITTEN_AGAIN:
        pytest.skip("this module has a definition of its own in core/")
    declared, slots = declared_in(file), slots_of(file.with_suffix(".py"))
    assert bool(declared) == ("cdef class" in file.read_text(encoding="utf-8"))
    assert declared == {name: slots[name] for name in declared}


def test_what_is_written_twice_has_the_same_public_names() -> None:
    for stem in WRITTEN_AGAIN:
        (source,) = (ROOT / "sim").rglob(f"{stem}.pxd")
        public = [
            node.name
            for node in ast.parse(source.with_suffix(".py").read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        ]
        again = (ROOT / "core" / f"{stem}.pyx").read_text(encoding="utf-8")
        assert [name for name in public if not re.search(rf"^(def|cdef class|cpdef) {name}\b", again, re.M)] == []


# --- which core -----------------------------------------------------------------------------------------------------


def test_python_can_always_be_chosen() -> None:
    assert python("-m", "sim", "--version", core="python").stdout.endswith("(python core)\n")


def test_an_unknown_core_is_an_error_of_the_command_with_the_intended_word() -> None:
    found = python("-m", "sim", "run", "hedging", core="compild")
    assert (found.returncode, found.stdout) == (2, "")
    assert "PILEUP_CORE must be python or compiled, got 'compild'; did you mean 'compiled'?" in found.stderr
    assert "Traceback" not in found.stderr


def pretended(folder: Path) -> Path:
    """Write a compiled core that was built from other sources."""
    package = folder / "pileup_core"
    package.mkdir()
    (package / "__init__.py").write_text('DIGEST = "of other sources"\nMODULES = ["sim.engine.clock.kernel"]\n')
    return folder


def test_a_core_that_was_built_from_other_sources_is_left_alone_and_reported(tmp_path: Path) -> None:
    found = python("-m", "sim", "--version", path=pretended(tmp_path))
    assert "python core; the compiled core was built from other sources; `make core` builds it again" in found.stdout


def test_a_core_that_was_built_from_other_sources_cannot_be_insisted_on(tmp_path: Path) -> None:
    found = python("-m", "sim", "run", "hedging", core="compiled", path=pretended(tmp_path))
    assert found.returncode == 2
    assert "PILEUP_CORE must be python here, got 'compiled'; the compiled core was built" in found.stderr


def test_the_modules_of_the_engine_are_the_compiled_ones(compiled: str) -> None:
    found = python("-c", "import sim.engine.calls.attempt as one; print(one.__file__)", core=compiled)
    assert not found.stdout.strip().endswith(".py"), found.stderr


# --- the same bytes -------------------------------------------------------------------------------------------------


def digests(core: str, most: int) -> list[str]:
    found = python("-m", "tests.core.systems", str(most), core=core)
    assert found.returncode == 0, found.stderr
    name, *lines = found.stdout.splitlines()
    assert name == core
    return lines


@pytest.mark.slow
def test_both_cores_record_the_same_bytes_for_every_kind_of_system(compiled: str) -> None:
    assert digests(compiled, 400) == digests("python", 400)


def test_both_cores_record_the_same_bytes_for_a_few_systems(compiled: str) -> None:
    assert digests(compiled, 5) == digests("python", 5)


# --- the stack ------------------------------------------------------------------------------------------------------

FAN_OUT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_STACK, (1024 * 1024, resource.getrlimit(resource.RLIMIT_STACK)[1]))
import os
if len(sys.argv) == 1:  # the limit holds for what is started now
    os.execv(sys.executable, [sys.executable, "-c", sys.orig_argv[2], "again"])
import sim
from sim.engine.run import play
calls = "".join(f"  s{i}: {{workers: unlimited, operations: {{x: [{{call: s{i + 1}.x}}, {{call: s{i + 1}.x}}]}}}}\\n"
                for i in range(20))
text = "version: 1\\ntitle: D\\nduration: 1s\\nworkload: {c: {calls: s0.x, arrivals: at 0s}}\\nservices:\\n" + calls
try:
    play(sim.loads(text + "  s20: {operations: {x: []}}").resolve())
except sim.BudgetError as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the stack to set")
def test_a_nest_of_calls_ends_before_a_small_stack_does(compiled: str) -> None:
    found = python("-c", FAN_OUT, core=compiled)
    assert (found.returncode, "without taking time" in found.stdout) == (0, True), found.stderr
