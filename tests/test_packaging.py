"""Packaging: requirements, extras, constraints and the shipped scenarios agree."""

import re
import tomllib
from pathlib import Path

import pytest

from sim.scenario.shipped import shipped_folder, shipped_scenario

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
THE_CARD = ("simpy", "networkx", "matplotlib", "pandas", "jupyter", "streamlit", "pytest")


def lines(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement)[0].lower().replace("_", "-")


def test_requirements_are_the_dependencies_with_the_extras_for_looking_learning_and_testing() -> None:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    assert lines("requirements.txt") == [*project["dependencies"], *extras["ui"], *extras["notebooks"], *extras["test"]]


def test_requirements_hold_the_seven_packages_of_the_design() -> None:
    assert set(THE_CARD) <= {name_of(line) for line in lines("requirements.txt")}


def test_every_requirement_has_a_lower_bound_and_simpy_an_upper_one() -> None:
    requirements = [*lines("requirements.txt"), *PROJECT["project"]["optional-dependencies"]["dev"]]
    assert all(">=" in requirement for requirement in requirements)
    assert "simpy>=4.1,<4.2" in requirements


def test_constraints_are_exact_and_cover_every_requirement() -> None:
    constraints = lines("constraints.txt")
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in constraints)
    wanted = [*lines("requirements.txt"), *PROJECT["project"]["optional-dependencies"]["dev"]]
    assert {name_of(line) for line in wanted} <= {name_of(line) for line in constraints}


def test_the_wheel_carries_the_scenarios_where_an_installed_copy_looks_for_them() -> None:
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"] == {
        "scenarios": "sim/_scenarios",
        "app.py": "sim/_app/app.py",
        ".streamlit/config.toml": "sim/_app/.streamlit/config.toml",
    }
    assert shipped_folder().name in ("scenarios", "_scenarios")


def test_shipped_scenarios_are_found_by_name() -> None:
    names = [path.stem for path in shipped_folder().glob("*.yaml")]
    assert names
    assert all(shipped_scenario(name) == shipped_folder() / f"{name}.yaml" for name in names)


@pytest.mark.parametrize("name", ["missing", "../pyproject", "data/missing"])
def test_what_was_not_shipped_is_not_found(name: str) -> None:
    assert shipped_scenario(name) is None


def test_a_ci_run_starts_from_make_test() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
