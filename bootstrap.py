"""Set Pileup up in ``.venv`` and run one of its tasks: ``python3 bootstrap.py demo`` (``py bootstrap.py demo``).

Needs Python 3.11 or later and nothing else; packages are installed with uv where it is present, with pip otherwise.
A second call finds the stamp of the first and starts at once. The Makefile only passes its targets on to this file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from difflib import get_close_matches
from pathlib import Path

OLDEST = (3, 11)
PINNED = ((3, 11), (3, 12), (3, 13))  # the Pythons that constraints.txt is known to fit
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "pileup-setup.sha256"
DEMO = ROOT / "out" / "demo"


class SetupError(Exception):
    """Something that the person at the keyboard has to know and can change."""


def say(text: str) -> None:
    print(f"[pileup] {text}", file=sys.stderr, flush=True)


def run(*command: object, **options: object) -> int:
    """Run *command* in the project's folder, and return its exit status."""
    return subprocess.run([str(word) for word in command], cwd=ROOT, check=False, **options).returncode  # type: ignore


def must(complaint: str, *command: object) -> None:
    if run(*command) != 0:
        raise SetupError(complaint)


# --- set-up -------------------------------------------------------------------------------------------------


def with_a_newer_python() -> int:
    """Pass the task on to a Python that is new enough, if this machine has one on its path."""
    for minor in range(15, OLDEST[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        if other and subprocess.run([other, "-c", ""], capture_output=True, check=False).returncode == 0:
            say(f"this is Python {sys.version.split()[0]}; going on with {other}")
            return run(other, Path(__file__).resolve(), *sys.argv[1:])
    raise SetupError(
        f"Pileup needs Python {OLDEST[0]}.{OLDEST[1]} or later; this is {sys.version.split()[0]} ({sys.executable}).\n"
        "Install a newer Python and start this with it, for example: python3.12 bootstrap.py demo"
    )


def wanted_stamp() -> str:
    """Digest of all that decides what is installed."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for name in ("requirements.txt", "constraints.txt", "pyproject.toml", "bootstrap.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def set_up() -> None:
    """Make ``.venv`` hold what requirements.txt and pyproject.toml say; do nothing when it does already."""
    stamp = wanted_stamp()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == stamp:
        return
    install("-r", "requirements.txt", "-e", ".[dev]")
    STAMP.write_text(stamp)
    say("ready")


def install(*what: str) -> None:
    """Install into ``.venv``, which is made where there is none."""
    wanted = ["-c", "constraints.txt", *what] if sys.version_info[:2] in PINNED else list(what)
    uv = shutil.which("uv")
    if not (uv and set_up_with_uv(uv, wanted)):
        set_up_with_pip(wanted)


def set_up_with_uv(uv: str, wanted: list[str]) -> bool:
    """Install with uv; False hands over to pip."""
    say(f"setting up .venv for Python {sys.version.split()[0]} with uv (a few seconds)")
    if not venv_works() and run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV) != 0:
        return False
    if run(uv, "pip", "install", "--quiet", "--python", PYTHON, *wanted) == 0:
        return True
    say("uv could not install the packages; trying pip")
    return False


def set_up_with_pip(wanted: list[str]) -> None:
    say(f"setting up .venv for Python {sys.version.split()[0]} with pip (one or two minutes, about 800 MB)")
    if not venv_works() or run(PYTHON, "-m", "pip", "--version", stdout=subprocess.DEVNULL) != 0:
        must(
            "could not make a virtual environment; on Debian and Ubuntu: apt install python3-venv",
            sys.executable, "-m", "venv", "--clear", VENV,
        )  # fmt: skip
    must(
        "could not install the packages (pip's reason is above). The first set-up needs the network;\n"
        "behind a proxy or with a mirror of your own, set HTTPS_PROXY or PIP_INDEX_URL and try again.",
        PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted,
    )  # fmt: skip


def venv_works() -> bool:
    """Whether ``.venv`` exists, runs, and is of this Python's version."""
    if not PYTHON.exists():
        return False
    asked = subprocess.run(
        [str(PYTHON), "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() == str(sys.version_info[:2])


# --- tasks --------------------------------------------------------------------------------------------------


def scenarios() -> list[str]:
    return [str(path.relative_to(ROOT)) for path in sorted((ROOT / "scenarios").glob("*.yaml"))]


def setup(*_: str) -> int:
    """Set up .venv and stop."""
    return 0


def demo(*extra: str) -> int:
    """Play the same fault in a synchronous and an asynchronous design, side by side."""
    status = run(
        PYTHON,
        "-m",
        "sim",
        "compare",
        "scenarios/cascade_vs_backlog.yaml",
        "--variants",
        "synchronous,asynchronous",
        "--out",
        DEMO,
        "--force",
        *extra,
    )
    if status == 0:
        for path in sorted(DEMO.rglob("*")):
            if path.suffix in (".html", ".md", ".png", ".svg"):
                say(f"wrote {path.relative_to(ROOT)}")
    return status


def lab(*extra: str) -> int:
    """Open the lab in the browser, on this machine (a room of participants: add `--room`)."""
    return run(PYTHON, "-m", "sim", "lab", *extra)


def test(*extra: str) -> int:
    """Run the tests (the slow ones: add `-m slow`)."""
    return run(PYTHON, "-m", "pytest", "-n", "auto", *extra)


def browser(*extra: str) -> int:
    """Install what drives a browser and run the tests that need one (Chromium must be there)."""
    install("-e", ".[browser]")
    return run(PYTHON, "-m", "pytest", "-m", "browser", "-rs", *extra)


def pictures(*extra: str) -> int:
    """Take the pictures again that the browser tests compare the lab with (look at them before you commit)."""
    os.environ["PILEUP_PICTURES"] = "keep"
    return browser("tests/browser/test_pictures.py", *extra)


def web(*extra: str) -> int:
    """Check, test and bundle what the pages run in a browser (needs Node 20.19 or later and npm)."""
    npm = shutil.which("npm")
    if npm is None:
        raise SetupError("the scripts of the pages are bundled with Node, and npm is not on the path")
    within = (npm, "--prefix", ROOT / "web")
    must("could not install the packages of web/ (npm's reason is above)", *within, "ci", "--no-progress")
    return max([run(*within, "run", "--silent", step) for step in ("check", "test", "build", *extra)])


def lint(*_: str) -> int:
    """Check with ruff (lint and layout), mypy (strict types) and codespell."""
    commands = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("codespell_lib",))
    return max([run(PYTHON, "-m", *command) for command in commands])


def schema(*_: str) -> int:
    """Write scenarios/scenario.schema.json, docs/format.md and docs/glossary.md from what they are made of."""
    pages = (
        ("scenarios/scenario.schema.json", ("sim", "schema")),
        ("docs/format.md", ("sim", "schema", "--markdown")),
        ("docs/glossary.md", ("sim.glossary",)),
    )
    for path, how in pages:
        command = (str(PYTHON), "-X", "utf8", "-m", *how)
        made = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)
        if made.returncode:
            return made.returncode
        (ROOT / path).write_bytes(made.stdout.replace(b"\r\n", b"\n"))
        say(f"wrote {path}")
    return 0


def check(*extra: str) -> int:
    """Play every claim of every scenario."""
    return run(PYTHON, "-m", "sim", "check", *scenarios(), *extra)


def notebooks(*extra: str) -> int:
    """Execute the notebooks again, from the texts next to them (open them with .venv/bin/jupyter lab notebooks)."""
    return run(PYTHON, "notebooks/build.py", *extra)


def bench(*extra: str) -> int:
    """Measure the speed and write docs/performance.md (--quick: print smaller tables, write nothing)."""
    return run(PYTHON, "benchmarks/all.py", *extra)


def core(*_: str) -> int:
    """Compile the engine (needs a C compiler; all works without it, two to three times as slowly)."""
    compilers = ("cl",) if os.name == "nt" else ("cc", "gcc", "clang")
    if not any(shutil.which(compiler) for compiler in compilers):
        raise SetupError(
            f"no C compiler is on the path ({', '.join(compilers)}); Pileup works without the compiled engine, "
            "and gives the same numbers"
        )
    if run(
        PYTHON,
        "-c",
        "import Cython, setuptools; assert int(setuptools.__version__.split('.')[0]) >= 77",
        stderr=subprocess.DEVNULL,
    ):
        install("cython>=3.1,<4", "setuptools>=77")
    say("compiling the engine (one to three minutes; later only what has changed)")
    how = ["--no-build-isolation", "--no-deps", ROOT / "core"]
    uv = shutil.which("uv")
    if uv:
        again = ("--reinstall-package", "pileup-core", "--refresh-package", "pileup-core")
        status = run(uv, "pip", "install", "--quiet", "--python", PYTHON, *again, *how)
    else:
        quietly = ("--quiet", "--disable-pip-version-check", "--force-reinstall")
        status = run(PYTHON, "-m", "pip", "install", *quietly, *how)
    return status or run(PYTHON, "-m", "sim", "--version")


TASKS = {
    task.__name__: task
    for task in (setup, demo, lab, test, browser, pictures, web, lint, schema, check, notebooks, bench, core)
}


def main() -> int:
    """Do the task named on the command line; return an exit status."""
    name = sys.argv[1] if len(sys.argv) > 1 else "help"
    if name not in TASKS:
        near = get_close_matches(name, TASKS, n=1)
        if near:
            say(f"there is no task {name!r}; did you mean {near[0]!r}?")
        print(f"usage: {Path(sys.executable).name} bootstrap.py TASK [arguments of the tool behind it]\n")
        print("\n".join(f"  {task:11}{function.__doc__}" for task, function in TASKS.items()))
        return 0 if name in ("help", "-h", "--help") else 2
    if sys.version_info < OLDEST:
        return with_a_newer_python()
    set_up()
    return TASKS[name](*sys.argv[2:])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SetupError as problem:
        say(str(problem))
        sys.exit(1)
    except PermissionError as problem:
        say(f"{problem.filename} cannot be used: permission denied; it may belong to another user")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
