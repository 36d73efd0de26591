"""What `import sim` promises: few names, all of them there, and quick."""

import subprocess
import sys
from pathlib import Path

import pytest

import sim

ROOT = Path(__file__).parent.parent


def test_every_public_name_exists_and_there_are_few() -> None:
    assert len(sim.__all__) <= 30
    for name in sim.__all__:
        assert getattr(sim, name) is not None


def test_an_unknown_name_is_an_attribute_error_with_the_nearest_one() -> None:
    with pytest.raises(AttributeError, match="did you mean 'compare'"):
        sim.comparre  # noqa: B018


def test_a_run_and_its_measures_need_no_heavy_library() -> None:
    code = (
        "import sys, sim\n"
        "run = sim.run(sim.load('scenarios/poison_message.yaml'), replications=1)\n"
        "assert run.rows and run.identities\n"
        "heavy = {'pandas', 'matplotlib', 'scipy', 'pyarrow', 'networkx', 'streamlit', 'rich', 'typer'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
