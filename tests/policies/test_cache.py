"""The cache: who is pushed out, when an answer stops being fresh, and what is left for a fallback."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ParameterError
from sim.policies.cache import Cache

KEYS_USED = "abcde"
KEYS = st.sampled_from(KEYS_USED)


def value(found: Any) -> Any:
    return None if found is None else found.value


def test_the_least_recently_used_is_pushed_out() -> None:
    cache = Cache(2, None)
    cache.put("a", 0.0, 1)
    cache.put("b", 0.0, 2)
    assert value(cache.get("a", 1.0)) == 1
    cache.put("c", 2.0, 3)
    assert [value(cache.get(key, 3.0)) for key in "abc"] == [1, None, 3]


def test_an_answer_that_is_renewed_was_used() -> None:
    cache = Cache(2, None)
    for now, key in enumerate("abac"):
        cache.put(key, float(now), now)
    assert [value(cache.get(key, 4.0)) for key in "abc"] == [2, None, 3]


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
    "entries, expire_after_s, message",
    [
        (0, None, "entries must be a whole number of at least 1, or 'unlimited', got 0"),
        (5, 0.0, "expire after must be a duration above zero, got 0.0"),
    ],
)
def test_a_cache_that_cannot_work_is_refused(entries: float, expire_after_s: float | None, message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        Cache(entries, expire_after_s)


@given(
    entries=st.sampled_from([1, 2, 3, float("inf")]),
    expire_after_s=st.sampled_from([None, 1.0, 4.0]),
    steps=st.lists(
        st.tuples(st.sampled_from(["get", "put", "put", "get", "clear"]), KEYS, st.integers(0, 3)),
        min_size=20,
        max_size=80,
    ),
)
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_any_history_reads_as_if_all_that_happened_were_read_backwards(
    entries: float, expire_after_s: float | None, steps: list[tuple[str, str, int]]
) -> None:
    cache, now = Cache(entries, expire_after_s), 0.0
    uses: list[str] = []
    put: dict[str, tuple[float, int]] = {}
    for number, (step, key, quarters) in enumerate(steps):
        now += quarters / 4
        kept = list(dict.fromkeys(reversed(uses)))[: len(KEYS_USED) if entries == float("inf") else int(entries)]
        assert len(cache) == len(kept)
        assert {k: value(cache.stale(k)) for k in KEYS_USED} == {k: put[k][1] if k in kept else None for k in KEYS_USED}
        if step == "clear" and number % 3 == 0:
            cache.clear()
            uses.clear()
        elif step == "put":
            cache.put(key, now, number)
            put[key] = (now, number)
            uses.append(key)
        else:
            fresh = key in kept and (expire_after_s is None or now < put[key][0] + expire_after_s)
            assert value(cache.get(key, now)) == (put[key][1] if fresh else None)
            uses += [key] * fresh
