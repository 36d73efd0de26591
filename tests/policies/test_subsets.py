"""Subsets: which caller knows which replicas, dealt out or at random, and what changes when replicas come and go."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.policies.subsets import Subsets, Uniform


def stream(name: str) -> Uniform:
    return Random(name).random


def known(size: int, dealt: bool, callers: int, hosts: int) -> list[list[int]]:
    subsets, numbers = Subsets(size, dealt, stream), list(range(hosts))
    return [subsets.of(caller, numbers, numbers) for caller in range(callers)]


def test_a_round_deals_every_replica_once_and_the_next_round_otherwise() -> None:
    found = known(3, True, 8, 12)
    assert sorted(chain.from_iterable(found[:4])) == sorted(chain.from_iterable(found[4:])) == list(range(12))
    assert found[:4] != found[4:]


@pytest.mark.parametrize(
    "size, callers, hosts, least, most", [(3, 12, 12, 3, 3), (3, 10, 12, 2, 3), (30, 300, 300, 30, 30)]
)
def test_dealt_replicas_are_known_by_equally_many(size: int, callers: int, hosts: int, least: int, most: int) -> None:
    counts = Counter(chain.from_iterable(known(size, True, callers, hosts)))
    assert (min(counts.values()), max(counts.values()), len(counts)) == (least, most, hosts)


def test_of_ten_dealt_by_threes_one_is_left_out_in_each_round() -> None:
    found = known(3, True, 3, 10)
    assert len(set(chain.from_iterable(found))) == 9


def test_at_random_the_load_of_three_hundred_is_as_uneven_as_the_book_says() -> None:
    # ch. 20: 300 clients, 300 backends, subsets of 30: the least loaded has 63 % of the mean, the most loaded 121 %
    counts = Counter(chain.from_iterable(known(30, False, 300, 300)))
    mean, deviation = 30, (30 * 0.9) ** 0.5
    assert mean - 4 * deviation < min(counts.values()) < mean - 2 * deviation
    assert mean + 2 * deviation < max(counts.values()) < mean + 4 * deviation


@given(st.integers(1, 12), st.integers(0, 30), st.integers(1, 30), st.booleans())
def test_a_subset_has_its_size_and_is_the_same_when_asked_again(
    size: int, caller: int, hosts: int, dealt: bool
) -> None:
    subsets, numbers = Subsets(size, dealt, stream), list(range(hosts))
    found = subsets.of(caller, numbers, numbers)
    assert len(set(found)) == len(found) == min(size, hosts)
    subsets.of(caller + 1, numbers, numbers)
    assert subsets.of(caller, numbers, numbers) == found


@given(st.integers(1, 6), st.integers(0, 30), st.integers(7, 30), st.data())
def test_at_random_a_replica_that_goes_changes_one_of_a_subset_at_most(
    size: int, caller: int, hosts: int, data: st.DataObject
) -> None:
    subsets, numbers = Subsets(size, False, stream), list(range(hosts))
    before = set(subsets.of(caller, numbers, numbers))
    numbers.remove(data.draw(st.sampled_from(numbers)))
    after = set(subsets.of(caller, numbers, numbers))
    assert len(before - after) <= 1 and before - after <= set(range(hosts)) - set(numbers)
