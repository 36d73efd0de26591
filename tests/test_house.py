"""The order of the rooms, what each may import, and what no file may mention."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import networkx
import pytest

import sim

ROOT = Path(__file__).parent.parent

FACES = ("sim.cli", "sim.lab", "sim.answers", "sim.__main__")
ROOMS: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
    (("sim.version", "sim.errors", "sim.glossary", "sim.number_words", "sim.outcomes"), ()),
    (("sim.core",), ("pileup_core",)),
    (("sim.quantities", "sim.chance"), ("numpy", "scipy")),
    (("sim.markup",), ("jinja2", "markupsafe")),
    (("sim.policies",), ("numpy",)),
    (("sim.fields",), ("pydantic", "pydantic_core")),
    (("sim.mechanisms",), ("pydantic",)),
    (("sim.scenario",), ("pydantic", "pydantic_core", "ruamel", "numpy")),
    (("sim.topology",), ("networkx",)),
    (("sim.theory",), ("numpy", "scipy")),
    (("sim.record",), ("numpy",)),
    (("sim.engine",), ("simpy", "numpy")),
    (("sim.results",), ("numpy", "pandas", "scipy")),
    (("sim.diagram",), ("networkx",)),
    (("sim.plots", "sim.replay"), ("numpy", "matplotlib", "markupsafe")),
    (("sim.experiments",), ("numpy", "pandas", "dask", "pyarrow", "matplotlib")),
    (("sim.export",), ("numpy", "pandas", "pyarrow", "matplotlib")),
    (FACES, ("typer", "click", "rich", "streamlit", "numpy", "pandas", "matplotlib", "segno")),
]
"""From top to bottom: the modules of a room, and the packages from outside that it may use, heavy ones in functions."""

FRONT_DOOR = set(sim.__all__)
"""What ``import sim`` offers to people; the house itself takes only the version from there."""

FLOORS: dict[str, list[tuple[str, ...]]] = {
    "sim.scenario": [
        ("scaffold", "shipped"), ("yaml",), ("models", "data"), ("measures",),
        ("from_python", "key_normalisation", "schema"), ("product_words",),
        ("merge_patch", "presets", "pydantic_errors"), ("rules", "settings"), ("overrides",), ("defaults",),
        ("source",), ("scenario_file",), ("loading",), ("catalogue",),
    ],
    "sim.engine": [
        ("clock",), ("calls",), ("services", "operations", "clients"), ("messaging",), ("system", "livelock"),
        ("faults", "census", "ending"), ("actions",), ("assembly",), ("run",),
    ],
    "sim.results": [
        ("index",), ("wanted",), ("rows", "prospects", "wasted_work"), ("effect_accounting", "statistics"), ("book",),
        ("audit", "onset", "recovery_time", "trace"), ("headlines", "symptoms"), ("blast",), ("measures",),
        ("claims", "series", "story"), ("frames",),
    ],
    "sim.plots": [
        ("style", "picture"), ("over_time", "system", "ablation", "matrix", "hysteresis", "beside"),
        ("records", "compare"),
    ],
    "sim.replay": [("clock",), ("nodes", "links"), ("timeline",), ("html",)],
    "sim.experiments": [
        ("processes", "sides", "figures", "rows"), ("pool",), ("replications",), ("run", "fault_matrix"),
        ("compare", "check", "hysteresis", "breakers"), ("ablation",),
    ],
    "sim.lab": [
        ("selection", "session", "glossary", "own_scenario"), ("selected", "navigation"), ("server",), ("widgets",),
        ("pages",), ("app",),
    ],
}  # fmt: skip
"""The order inside a room: each part imports only from itself or from floors above it, type-only imports counted."""

HEAVY = ("altair", "dask", "jinja2", "markupsafe", "matplotlib", "networkx", "pandas", "pyarrow", "scipy", "streamlit")
"""Imported only inside the functions that need them: a run works without them, and the command line starts fast."""

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "sim").rglob("*.py"))
}


def room_of(module: str) -> int | None:
    for number, (names, _) in enumerate(ROOMS):
        if any(module == name or module.startswith(name + ".") for name in names):
            return number
    return None


def imports_in(tree: ast.AST, *, at_top_only: bool = False) -> Iterator[str]:
    """The dotted names imported anywhere in *tree*, or only those that are imported when the module is."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the room"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif at_top_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        elif at_top_only and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        else:
            yield from imports_in(node, at_top_only=at_top_only)


def tree_of(module: str) -> ast.AST:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def test_every_module_has_a_room() -> None:
    assert [module for module in MODULES if module != "sim" and room_of(module) is None] == []


@pytest.mark.parametrize("module", [module for module in MODULES if module != "sim"])
def test_imports_come_from_the_same_room_or_from_above(module: str) -> None:
    room = room_of(module)
    assert room is not None
    for name in imports_in(tree_of(module)):
        package = name.split(".")[0]
        if name == "sim":
            used = set(re.findall(r"\bsim\.(\w+)", MODULES[module].read_text(encoding="utf-8"))) & FRONT_DOOR
            assert not used or module in FACES, f"{module} uses {sorted(used)} of the front door, not their room"
        elif package == "sim":
            other = room_of(name)
            assert other is not None or module in FACES, f"{module} imports {name}: a room, please, not the front door"
            assert other is None or other <= room, f"{module} imports {name} from a room below"
        elif package not in sys.stdlib_module_names:
            assert package in ROOMS[room][1], f"{module} imports {name}, which its room does not use"


def module_named(name: str) -> str | None:
    """The module that an imported dotted name belongs to: itself, or the one that holds it."""
    return next((found for found in (name, name.rpartition(".")[0]) if found in MODULES), None)


def part_of(module: str, room: str) -> str:
    return module.removeprefix(room + ".").split(".")[0]


@pytest.mark.parametrize("room", FLOORS)
def test_the_parts_of_a_room_import_only_from_floors_above(room: str) -> None:
    floors = {part: number for number, parts in enumerate(FLOORS[room]) for part in parts}
    inside = [module for module in MODULES if module.startswith(room + ".")]
    assert {part_of(module, room) for module in inside} == set(floors), "every part has a floor, and no floor is empty"
    below = []
    for module in inside:
        part = part_of(module, room)
        for name in imports_in(tree_of(module)):
            other = part_of(name, room) if name.startswith(room + ".") else part
            if other != part and floors[other] >= floors[part]:
                below.append(f"{module} imports {name}")
    assert below == []


def test_no_circle_of_files_remains_anywhere() -> None:
    """Type-only imports and those inside functions are counted."""
    arrows = networkx.DiGraph()
    for module in MODULES:
        for name in imports_in(tree_of(module)):
            other = module_named(name)
            if other is not None and other != module:
                arrows.add_edge(module, other)
    assert [sorted(circle) for circle in networkx.strongly_connected_components(arrows) if len(circle) > 1] == []


@pytest.mark.parametrize("module", MODULES)
def test_nothing_heavy_is_imported_with_the_module(module: str) -> None:
    heavy = [name for name in imports_in(tree_of(module), at_top_only=True) if name.split(".")[0] in HEAVY]
    allowed = ("streamlit",) if module.startswith("sim.lab") else ()
    assert [name for name in heavy if name.split(".")[0] not in allowed] == []


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith(("sim.policies", "sim.engine", "sim.results"))])
def test_nothing_that_decides_plays_or_looks_reads_a_clock_or_a_shared_generator(module: str) -> None:
    forbidden = ("time", "datetime", "random", "threading", "multiprocessing", "socket")
    assert [name for name in imports_in(tree_of(module)) if name.split(".")[0] in forbidden] == []


NOT_OURS = {".git", ".venv", "out", "build", "dist", "__pycache__", "node_modules", ".hypothesis", ".ipynb_checkpoints"}
TEXT = {".py", ".md", ".yaml", ".yml", ".toml", ".txt", ".json", ".ipynb", ".csv", ".html", ".css", ".js", ""}
PLACES = re.compile(
    r"(?<![\w.$}~-])/(?:work|root|home|opt|Users)/"  # paths of somebody's machine
    r"|\.\./(?:shared)\b"
    r"|py(?:pi\.org|thonhosted\.org)|npm(?:js\.org|js\.com)|deb(?:ian\.org/debian)"  # registries
)


def our_files() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        ours = not any(part in NOT_OURS or part.endswith(("_cache", ".egg-info")) for part in parts)
        if ours and path.is_file() and path.suffix in TEXT:
            yield path


def test_no_file_mentions_a_place_that_only_one_machine_has() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in our_files()
        for match in PLACES.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_search_for_places_finds_them() -> None:
    assert PLACES.search("see " + "/" + "home/ada/notes") and PLACES.search("from .." + "/" + "shared/x")
    assert not PLACES.search("docs/home/index.html")
