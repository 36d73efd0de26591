"""The bundles for the browser are made from ``web/``: each is fresh, and the lock file names no host."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WEB = ROOT / "web"
BUNDLES = dict(re.findall(r'"([a-z/_]+\.js)": "\.\./(sim/[a-z/_]+\.js)"', (WEB / "build.js").read_text("utf-8")))
TOOLS = ("build.js", "package-lock.json", "package.json")
IMPORT = re.compile(r'^(?:import|export)\b[^;"]*?\bfrom "(\.[^"]+)";', re.MULTILINE)


def sources_of(entry: str) -> set[str]:
    """The modules that a bundle is made of: the entry, and what is imported from there."""
    found, coming = set(), [entry]
    while coming:
        file = coming.pop()
        if file not in found:
            found.add(file)
            for other in IMPORT.findall((WEB / file).read_text("utf-8")):
                coming.append((WEB / file).parent.joinpath(other).resolve().relative_to(WEB).as_posix())
    return found


def test_every_script_of_the_package_is_a_bundle() -> None:
    assert set(BUNDLES.values()) == {path.relative_to(ROOT).as_posix() for path in (ROOT / "sim").rglob("*.js")}


@pytest.mark.parametrize("entry", BUNDLES)
def test_a_bundle_was_made_from_the_sources_as_they_are(entry: str) -> None:
    digest = hashlib.sha256()
    for file in sorted({*sources_of(entry), *TOOLS}):
        digest.update(f"{file}\n{(WEB / file).read_text('utf-8')}\n".encode())
    header = (ROOT / BUNDLES[entry]).read_text("utf-8").split("\n", 1)[0]
    assert header == f"/* made by web/build.js, sources sha256:{digest.hexdigest()} */", "run `make web`"


@pytest.mark.slow
def test_a_bundle_made_again_has_the_same_bytes() -> None:
    node = shutil.which("node")
    if node is None or not (WEB / "node_modules" / "esbuild").is_dir():
        pytest.skip("node or web/node_modules is not there: `make web` installs them")
    made = subprocess.run([node, "build.js", "--check"], cwd=WEB, capture_output=True, text=True, check=False)
    assert (made.returncode, made.stderr) == (0, "")


def test_every_version_is_exact_and_no_host_is_named() -> None:
    package = json.loads((WEB / "package.json").read_text("utf-8"))
    wanted = {**package.get("dependencies", {}), **package["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    lock = (WEB / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock and "://" not in re.sub(r'"url": "[^"]*"', "", lock)


def test_the_licences_of_what_is_bundled_are_with_it() -> None:
    licences = (ROOT / "sim/lab/compose/codemirror.licences.txt").read_text("utf-8")
    for name, version in json.loads((WEB / "package.json").read_text("utf-8"))["dependencies"].items():
        assert f"{name} {version} (MIT)" in licences
    assert "sim/lab/compose/codemirror.licences.txt" in (ROOT / "pyproject.toml").read_text("utf-8")


def test_no_module_is_in_a_circle_of_imports() -> None:
    modules = {path.relative_to(WEB).as_posix() for path in WEB.rglob("*.js") if "node_modules" not in path.parts}
    assert [module for module in sorted(modules) if module in set().union(*map(sources_of, direct(module)))] == []


def direct(module: str) -> list[str]:
    """The modules that a module imports itself."""
    folder = (WEB / module).parent
    return [
        folder.joinpath(other).resolve().relative_to(WEB).as_posix()
        for other in IMPORT.findall((WEB / module).read_text("utf-8"))
    ]
