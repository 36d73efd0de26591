"""The cache: who is pushed out, when an answer stops being fresh, and what is left for a fallback."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sim.errors import ParameterError
from sim.policies.cache import Cache

KEYS = st.sampled_from("abcde")


def value(found: Any) -> Any:
    return None if found is None else found.value


def test_the_least_recently_used_is_pushed_out() -> None:
    cache = Cache(2, None)
    cache.put("a", 0.0, 1)
    cache.put("b", 0.0, 2)
    assert value(cache.get("a", 1.0)) == 1
    cache.put("c", 2.0, 3)
    assert [value(cache.get(key, 3.0)) for key in "abc"] == [1, None, 3]


def test_a_hit_is_true_even_when_the_value_is_not() -> None:
    cache = Cache(2, None)
    cache.put("a", 0.0)
    assert cache.get("a", 1.0) and not cache.get("b", 1.0)


def test_an_answer_is_fresh_until_just_before_it_expires_and_use_does_not_prolong_it() -> None:
    cache = Cache(2, 10.0)
    cache.put("a", 5.0, 1)
    assert cache.get("a", 14.75)
    assert cache.get("a", 15.0) is None


def test_an_expired_answer_is_left_for_a_fallback_with_its_age() -> None:
    cache = Cache(2, 10.0)
    cache.put("a", 5.0, 1)
    left = cache.stale("a")
    assert cache.get("a", 20.0) is None and left is not None
    assert (left.value, left.put_at) == (1, 5.0)
    cache.put("a", 21.0, 2)
    assert value(cache.get("a", 22.0)) == value(cache.stale("a")) == 2


def test_a_cold_start_forgets_the_stale_too() -> None:
    cache = Cache(2, 10.0)
    cache.put("a", 0.0, 1)
    cache.clear()
    assert (len(cache), cache.get("a", 1.0), cache.stale("a")) == (0, None, None)


def test_without_a_bound_nothing_is_pushed_out() -> None:
    cache = Cache(float("inf"), None)
    for key in range(10_000):
        cache.put(key, 0.0)
    assert len(cache) == 10_000 and cache.get(0, 1e9)


@pytest.mark.parametrize(
    ("entries", "expire_after_s", "message"),
    [
        (0, None, "entries must be a whole number of at least 1, or 'unlimited', got 0"),
        (5, 0.0, "expire after must be a duration above zero, got 0.0"),
    ],
)
def test_a_cache_that_cannot_work_is_refused(entries: float, expire_after_s: float | None, message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        Cache(entries, expire_after_s)


class CacheAgainstModel(RuleBasedStateMachine):
    """Gets and puts in any order, against a list of all that ever happened, read backwards."""

    @initialize(entries=st.sampled_from([1, 2, 3, float("inf")]), expire_after_s=st.sampled_from([None, 1.0, 4.0]))
    def build(self, entries: float, expire_after_s: float | None) -> None:
        self.cache, self.now, self.puts = Cache(entries, expire_after_s), 0.0, 0
        self.uses: list[str] = []
        self.put_at: dict[str, tuple[float, int]] = {}

    def kept(self) -> list[str]:
        """The keys used last, newest first, as many as there is room for."""
        order = list(dict.fromkeys(reversed(self.uses)))
        return order if self.cache.entries == float("inf") else order[: int(self.cache.entries)]

    @rule(quarters=st.integers(0, 8))
    def time_passes(self, quarters: int) -> None:
        self.now += quarters / 4

    @rule(key=KEYS)
    def get(self, key: str) -> None:
        put_at, expected = self.put_at.get(key, (0.0, None))
        fresh = key in self.kept() and self.now < put_at + self.cache.expire_after_s
        assert value(self.cache.get(key, self.now)) == (expected if fresh else None)
        if fresh:
            self.uses.append(key)

    @rule(key=KEYS)
    def put(self, key: str) -> None:
        self.puts += 1
        self.cache.put(key, self.now, self.puts)
        self.uses.append(key)
        self.put_at[key] = (self.now, self.puts)

    @rule()
    def clear(self) -> None:
        self.cache.clear()
        self.uses.clear()

    @invariant()
    def the_same_is_kept(self) -> None:
        kept = self.kept()
        assert len(self.cache) == len(kept)
        for key in "abcde":
            assert value(self.cache.stale(key)) == (self.put_at[key][1] if key in kept else None)


TestCacheAgainstModel = CacheAgainstModel.TestCase
TestCacheAgainstModel.settings = settings(max_examples=40, deadline=None, derandomize=True, database=None)
