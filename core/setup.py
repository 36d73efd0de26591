"""Builds ``pileup-core``: each module of ``sim`` that has a ``.pxd`` file, compiled by Cython from its ``.py`` file.

Only the rows' buffer, the heap's comparison and the ids are written twice (``rows``, ``heap``, ``ids``). The modules
are named as the modules that they stand for and lie in the package ``pileup_core``; ``sim.core`` finds them there.
Floats are the same to the last bit: no fast math, and no fused multiply-add (which would round once where Python rounds
twice).
"""

import os
import shutil
import sys
from hashlib import sha256
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HERE = Path(__file__).resolve().parent
SOURCES, STAGED = HERE.parent / "sim", HERE / "sources"
WRITTEN_AGAIN = ("rows", "heap", "ids")
"""The modules whose Python is a list, ``heapq`` and ``count``: their ``.pyx`` files lie here."""
DIRECTIVES = {
    "language_level": 3,
    "annotation_typing": False,  # the .pxd files type what is hot; annotations are for readers and mypy
    "nonecheck": True,  # None where a part is expected is an error as in Python, not a crash
    "binding": True,
    "embedsignature": False,
}


def stage() -> list[str]:
    """Copy the modules to compile next to their declarations; return their names."""
    if SOURCES.exists():
        declared = sorted(SOURCES.rglob("*.pxd"))
        for path in STAGED.rglob("*.pxd"):
            if not (SOURCES.parent / path.relative_to(STAGED)).exists():
                path.unlink()
        for path in declared:
            for file in (path, path.with_suffix(".py")):
                update(file, STAGED / file.relative_to(SOURCES.parent))
        for path in STAGED.rglob("*.pxd"):
            (path.parent / "__init__.py").touch()
        for room in ("", "engine"):
            (STAGED / "sim" / room / "__init__.py").touch()
        update(SOURCES / "version.py", STAGED / "sim" / "version.py")
    return [".".join(path.relative_to(STAGED).with_suffix("").parts) for path in sorted(STAGED.rglob("*.pxd"))]


def update(source: Path, into: Path) -> None:
    """Copy *source* if it differs, so that only what has changed is compiled again."""
    if not into.exists() or into.read_bytes() != source.read_bytes():
        into.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, into)


def digest(names: list[str]) -> str:
    """Return the digest of all sources, as ``sim.core`` computes it for the installed ones."""
    found = sha256()
    for name in names:
        for suffix in (".py", ".pxd"):
            found.update((STAGED / Path(*name.split("."))).with_suffix(suffix).read_bytes().replace(b"\r\n", b"\n"))
    return found.hexdigest()


def version() -> str:
    """Return the version of ``sim``."""
    text = (STAGED / "sim" / "version.py").read_text(encoding="utf-8")
    return text.split('VERSION = "')[1].split('"')[0]


class BuildInPackage(build_ext):
    """Puts ``sim.engine.x`` into ``pileup_core/engine/x``."""

    def get_ext_fullpath(self, ext_name: str) -> str:
        """Return the path of the extension that stands for ``sim.engine.x``."""
        path, lib = Path(super().get_ext_fullpath(ext_name)), Path(self.build_lib)
        return str(lib / "pileup_core" / path.relative_to(lib / "sim"))


names = stage()
package = HERE / "build" / "pileup_core"
package.mkdir(parents=True, exist_ok=True)
(package / "__init__.py").write_text(
    f'"""The compiled core of Pileup; ``sim.core`` imports it."""\n\nDIGEST = "{digest(names)}"\nMODULES = {names!r}\n',
    encoding="utf-8",
)
is_msvc = sys.platform == "win32"
extensions = []
for name in names:
    source = (STAGED / Path(*name.split("."))).with_suffix(".py")
    if source.stem in WRITTEN_AGAIN:
        source = source.with_suffix(".pyx")
        update(HERE / source.name, source)
    options = ["/O2", "/fp:precise"] if is_msvc else ["-O2", "-ffp-contract=off", "-g0"]
    extensions.append(Extension(name, [source.relative_to(HERE).as_posix()], extra_compile_args=options))

modules = cythonize(
    extensions,
    include_path=[str(STAGED)],
    compiler_directives=DIRECTIVES,
    nthreads=os.cpu_count() or 1,
    quiet=True,
)
for module in modules:  # setuptools wants paths from here
    module.sources = [os.path.relpath(source, HERE).replace(os.sep, "/") for source in module.sources]

setup(
    version=version(),
    packages=["pileup_core"],
    package_dir={"pileup_core": "build/pileup_core"},
    ext_modules=modules,
    cmdclass={"build_ext": BuildInPackage},
    options={"build_ext": {"parallel": os.cpu_count() or 1}},
)
