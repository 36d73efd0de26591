"""The examples in docstrings are run: those of every public name, and those of every module."""

from __future__ import annotations

import doctest
import importlib
from types import ModuleType

import pytest

import sim
from tests.test_house import MODULES

FINDER = doctest.DocTestFinder(exclude_empty=True)
WITH_EXAMPLES = [
    module for module, path in MODULES.items()
    if ">>> " in path.read_text(encoding="utf-8") and module not in ("sim.lab.app", "sim.__main__")
]  # fmt: skip


def run(examples: list[doctest.DocTest]) -> None:
    """Run *examples*, and show the text of each that fails."""
    runner, told = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS), []
    for example in examples:
        runner.run(example, out=told.append)
    assert runner.tries and not runner.failures, "".join(told)


@pytest.mark.parametrize("name", sim.__all__)
def test_every_public_name_says_what_it_is_and_has_an_example(name: str) -> None:
    value = getattr(sim, name)
    words = (value.__doc__ or "").partition(">>>")[0]
    assert len(words.split()) >= 6, f"{name} needs words"
    own = doctest.DocTestParser().get_examples(value.__doc__ or "")
    assert own, f"{name} needs an example"


@pytest.mark.slow
@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_the_examples_of_a_module_are_true(module: str) -> None:
    value: ModuleType = importlib.import_module(module)
    run([example for example in FINDER.find(value, module) if example.examples])
