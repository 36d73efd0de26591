"""Streams of chance: pure functions of their names, on every platform and however they are drawn."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from sim.engine.clock.streams import Streams
from sim.quantities import Constant, Empirical, Exponential, Gamma, Law, Normal, Uniform, parse_law

UNIFORM = [0.8814481260519009, 0.25666940147494777, 0.6857397318065245]
EXPONENTIAL = [0.012011167879545615, 0.001427234149682326, 0.001326067697414755]


def streams(seed: int = 1, replication: int = 0) -> Streams:
    return Streams(seed, replication)


def read(text: str) -> Law:
    """The law written in *text*; an empirical one has three values."""
    law = parse_law(text)
    return law.with_values([0.25, 0.5, 4.0]) if isinstance(law, Empirical) else law


def test_the_first_numbers_of_a_stream_are_these() -> None:
    """Constants, so that a change of the streams is noticed: it would change every run ever made."""
    uniform = streams().uniform("orders", "work")
    assert [uniform() for _ in range(3)] == UNIFORM
    exponential = streams(7, 3).draw(parse_law("exponential 10ms"), "orders -> payments", "out")
    assert [exponential() for _ in range(3)] == EXPONENTIAL


def test_the_same_name_gives_the_same_numbers_in_another_process_under_any_hash_seed() -> None:
    code = (
        "from sim.engine.clock.streams import Streams\n"
        "draw = Streams(5, 2).uniform('a', 'b')\n"
        "print([draw() for _ in range(200)][-1].hex())"
    )
    here = Streams(5, 2).uniform("a", "b")
    expected = [here() for _ in range(200)][-1].hex()
    for hash_seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.getcwd()}
        told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert told.stdout.strip() == expected


@pytest.mark.parametrize("change", [("seed", 2), ("replication", 1), ("component", "b"), ("purpose", "wait")])
def test_every_part_of_the_name_makes_another_stream(change: tuple[str, object]) -> None:
    name = {"seed": 1, "replication": 0, "component": "a", "purpose": "work"}
    other = {**name, change[0]: change[1]}

    def first(of: dict) -> float:
        return Streams(of["seed"], of["replication"]).uniform(of["component"], of["purpose"])()

    assert first(name) != first(other)


def test_names_that_join_alike_are_different_streams() -> None:
    assert Streams(1, 11).uniform("a", "b")() != Streams(11, 1).uniform("a", "b")()
    assert streams().uniform("a b", "c")() != streams().uniform("a", "b c")()


def test_seed_zero_works() -> None:
    draw = streams(0).uniform("a", "b")
    numbers = [draw() for _ in range(1000)]
    assert 0.4 < np.mean(numbers) < 0.6


LAWS = [
    "exponential 10ms", "lognormal 40ms cv 2", "lognormal p50 40ms p99 400ms", "gamma 5ms cv 0.5",
    "normal 10ms sd 2ms", "uniform 1ms to 3ms", "mix 99% 100ms 1% exponential 2s", "empirical sample.csv",
]  # fmt: skip


@pytest.mark.parametrize("text", LAWS)
def test_one_number_at_a_time_or_a_block_at_once_is_the_same(text: str) -> None:
    """Handing out starts with a small block and continues with large ones; the generator's own sequence is what counts.

    A mixture draws the choice and every part for a whole block, so its sequence depends on the sizes of the blocks,
    which are fixed: small first, then large.
    """
    law = read(text)
    draw = streams().draw(law, "a", "work")
    one_by_one = [draw() for _ in range(5000)]
    sampler = law.sampler(streams().generator("a", "work"))
    blocks = np.concatenate([sampler(64), sampler(4096), sampler(4096)])
    assert one_by_one == blocks[:5000].tolist()


@pytest.mark.parametrize("text", LAWS[:6])
def test_plain_laws_do_not_depend_on_the_sizes_of_blocks(text: str) -> None:
    law = read(text)
    sampler = law.sampler(streams().generator("a", "work"))
    whole = law.sampler(streams().generator("a", "work"))(1000)
    assert np.concatenate([sampler(10), sampler(990)]).tolist() == whole.tolist()


@pytest.mark.parametrize("text", LAWS[:7])
def test_laws_have_the_mean_they_say(text: str) -> None:
    """200,000 draws: within five standard errors, from the law's own squared coefficient of variation."""
    law = read(text)
    sample = law.sampler(streams().generator("a", "work"))(200_000)
    scv = law.scv
    assert abs(np.mean(sample) - law.mean) <= 5 * law.mean * (max(scv, 1e-9) / 200_000) ** 0.5
    if isinstance(law, Exponential | Gamma | Uniform | Normal):
        assert np.var(sample) == pytest.approx(law.scv * law.mean**2, rel=0.03)


def test_a_constant_draws_nothing() -> None:
    assert [streams().draw(Constant(0.25, text="250ms"), "a", "b")() for _ in range(3)] == [0.25] * 3


def test_an_empirical_law_draws_only_what_is_in_its_file() -> None:
    draw = streams().draw(read("empirical sample.csv"), "a", "work")
    assert {draw() for _ in range(500)} == {0.25, 0.5, 4.0}
