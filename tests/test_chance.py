"""Numbered random choices: the same numbers always give the same value."""

import numpy as np

from sim.chance import coin, coins


def test_scalar_and_vector_give_the_identical_doubles():
    for seed, replication, branch in [(0, 0, ""), (1, 3, "orders.place/2"), (2**63 - 1, 99_999, "ü")]:
        requests = np.array([0, 1, 2, 999, 2**31, 2**53])
        assert coins(seed, replication, branch, requests).tolist() == [
            coin(seed, replication, branch, int(n)) for n in requests
        ]


def test_values_are_a_pure_function_that_no_release_may_change():
    assert coin(1, 0, "orders.place/2", 7) == 0.11539354115478695


def test_coins_are_uniform_and_branches_are_independent():
    a, b = (coins(5, 0, name, np.arange(100_000)) for name in ("a", "b"))
    assert a.min() >= 0 and a.max() < 1
    # 5 standard errors: a false alarm once in two million
    assert abs(a.mean() - 0.5) < 5 * (1 / 12 / a.size) ** 0.5
    assert abs((a < 0.05).mean() - 0.05) < 5 * (0.05 * 0.95 / a.size) ** 0.5
    assert abs(np.corrcoef(a, b)[0, 1]) < 5 / a.size**0.5
    assert abs(np.corrcoef(a[1:], a[:-1])[0, 1]) < 5 / a.size**0.5


def test_no_request_gives_no_coins():
    assert coins(1, 0, "a", np.array([], dtype=np.int64)).shape == (0,)
