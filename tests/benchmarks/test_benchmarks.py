"""The scripts of `benchmarks/` compare equal work, and each runs from beginning to end at a tiny size."""

from __future__ import annotations

import doctest
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks"
PAGE = ROOT / "docs" / "performance.md"
TINY = ("--scale", "0.001", "--rounds", "1")
TABLES = {
    "compare.py": ("others",),
    "itself.py": ("itself",),
    "split.py": ("split",),
    "growth.py": ("growth",),
    "long_run.py": ("long",),
    "commands.py": ("commands",),
}
"""The scripts that write tables, and the markers of these on the page."""


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the scripts importable by their names, as they are when one of them is started."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(FOLDER)
    yield
    for name in set(sys.modules) - before:
        if (FOLDER / f"{name}.py").is_file():
            del sys.modules[name]


def played(*words: str) -> str:
    """Return what a script printed; its status must be 0."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / words[0]), *words[1:]], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def script(name: str) -> ModuleType:
    return import_module(name)


@pytest.mark.usefixtures("scripts")
def test_examples_of_the_scripts_hold() -> None:
    for name, examples in {"_page": 2, "_equal_work": 2}.items():
        result = doctest.testmod(script(name))
        assert (result.failed, result.attempted) == (0, examples), name


@pytest.mark.usefixtures("scripts")
def test_seeds_are_tried_in_order_until_all_sides_do_equal_work() -> None:
    equal_work = script("_equal_work")
    ours = {1: 100, 2: 150, 3: 120}
    one = {1: 130, 2: 101, 3: 119}
    two = {1: 120, 2: 90, 3: 300}
    found = equal_work.equal_seeds(ours.__getitem__, {"one": one.__getitem__, "two": two.__getitem__})
    assert (found.ours, found.others) == ((3, 120), {"one": (3, 119), "two": (1, 120)})
    assert not found.unequal("one")


@pytest.mark.usefixtures("scripts")
def test_unequal_work_is_compared_by_attempt() -> None:
    sides = script("_sides")
    found = script("_equal_work").equal_seeds(lambda seed: 150, {"other": lambda seed: 100 + seed})
    assert found.others == {"other": (5, 105)}
    assert found.unequal("other")
    ours, other = (sides.Measured([2.0], 0.0, f"attempts={made} rows=1") for made in (150, 100))
    assert sides.ratios(ours, other, True, True) == [1.5]
    assert sides.ratios(ours, other, True, False) == [1.0]


@pytest.mark.usefixtures("scripts")
def test_the_ends_of_the_phases_exist() -> None:
    for places in script("phases").ENDS.values():
        for place in places:
            home, _, path = place.partition(":")
            owner: object = import_module(home)
            for name in path.split("."):
                owner = getattr(owner, name)
            assert callable(owner)


@pytest.mark.usefixtures("scripts")
def test_only_a_whole_table_is_written_and_only_between_its_markers(tmp_path: Path) -> None:
    page = script("_page")
    for words, dry in (((), False), (("--quick",), True), (("--scale", "0.5"), True), (("--dry",), True)):
        assert page.parsed(page.parser(""), words).dry is dry
    text = PAGE.read_text(encoding="utf-8")
    for name in (name for names in TABLES.values() for name in names):
        changed = page.put(text, name, "new")
        assert page.put(changed, name, "other") != changed
        assert re.sub(rf"(?s)(<!-- {name}: begin -->).*(<!-- {name}: end -->)", r"\1\2", text) == re.sub(
            rf"(?s)(<!-- {name}: begin -->).*(<!-- {name}: end -->)", r"\1\2", changed
        )
    with pytest.raises(SystemExit, match="must have the markers of 'nothing'"):
        page.put(text, "nothing", "new")


def test_every_script_is_run_by_a_test() -> None:
    names = {path.name for path in FOLDER.glob("*.py") if not path.name.startswith("_")}
    of_the_lab = {"lab_flips.py", "lab_load.py"}
    called = {"play.py", "phases.py", "short.py", "memory.py"}
    assert names == {*TABLES, *called, *of_the_lab, "all.py"}


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_script_prints_its_tables_and_leaves_the_page(name: str) -> None:
    before = PAGE.read_bytes()
    lines = played(name, *TINY).splitlines()
    assert PAGE.read_bytes() == before
    widths = [line.count("|") for line in lines if line.startswith("|")]
    heads = [i for i, line in enumerate(lines) if line.startswith("|---")]
    assert len(widths) > 2 * len(heads) > 0
    for at in heads:
        body = lines[at - 1 : lines.index("", at)]
        assert len({line.count("|") for line in body}) == 1, body
    assert sum(line.startswith("Measured ") for line in lines) == len(TABLES[name])


@pytest.mark.slow
def test_phases_of_a_process_and_the_command_add_up() -> None:
    for system in ("star:2", "compare"):
        found = json.loads(played("phases.py", system, "100").splitlines()[-1])
        assert min(found["phases"].values()) >= 0
        assert all(
            found["phases"][name] > 0 for name in ("imports", "load", "build", "play", "record", "measures", "verify")
        )


@pytest.mark.slow
def test_the_loop_in_c_plays_what_the_loop_in_python_plays(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no compiler (cc) here")
    program = tmp_path / "bare_loop"
    flags = ("-O2", "-std=c11", "-Wall", "-Wextra", "-Werror")
    subprocess.run([compiler, *flags, "-o", program, FOLDER / "reference" / "bare_loop.c", "-lm"], check=True)
    in_c = subprocess.run([program, "20000", "1"], capture_output=True, text=True, check=True).stdout
    in_python = played("reference/w2_loop.py", "20000", "1")
    means = [float(re.findall(r"mean_sojourn=([0-9.]+)", text)[0]) for text in (in_c, in_python)]
    assert "completed=20000" in in_c
    assert "completed=20000" in in_python
    assert means == pytest.approx([0.407, 0.407], rel=0.05)  # theory without retries; 20,000 of them at 70 % load
