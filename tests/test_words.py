"""Prose has fewer and fewer of the patterns that `tests/words.py` lists, and no file gets a new one."""

import pytest

from tests.words import PATTERNS, ROOT, allowed, files, hits, uses

HELP = "python -m tests.words FILE lists them with what to write instead; after fewer: python -m tests.words --write"


def test_no_file_has_more_than_its_count_and_the_counts_shrink_with_the_uses() -> None:
    now, before = {path: len(some) for path, some in uses().items()}, allowed()
    assert {path: count for path, count in now.items() if count > before.get(path, 0)} == {}, HELP
    assert {path: count for path, count in before.items() if count > now.get(path, 0)} == {}, HELP


def test_every_kind_of_prose_is_read() -> None:
    read = files()
    for path in ("README.md", "docs/decisions.md", "sim/lab/lessons/18_bulkhead.yaml", "notebooks/00_start_here.py"):
        assert path in read
    assert any(path.endswith(".html") for path in read) and all((ROOT / path).is_file() for path in read)


@pytest.mark.parametrize(
    "text, found",
    [
        ("# the caller is told", ["told"]),
        ('"""When the run\n is   over, it stops."""', ["is over"]),
        ('x = "no such file"', ["no such"]),
        ("# an error, for it is late; this is no failure", [", for it", "is no"]),
        ('x = f"{1} of whom {2} fail"', ["whom"]),
        ("# such as this, and such that; there is no copy; so many that it fails; the run is over 5 s", []),
        ('tell = "told"  # a name and a word alone are no prose'.replace("are no", "are not"), []),
        ("# `told` and ``the run is over`` are names", []),
        ('"""Say it.\n\n    >>> say("who is told")\n    """', []),
    ],
)
def test_patterns_find_prose_and_leave_names(text: str, found: list[str]) -> None:
    assert [hit.found for hit in hits("sim/lab/x.py", text)] == found


def test_private_words_hold_where_they_were_names() -> None:
    assert [hit.found for hit in hits("sim/engine/x.py", "# the door; a dead letter; a letter")] == ["door", "letter"]
    assert hits("sim/lab/x.py", "# the door") == []
    assert all(one.write for one in PATTERNS)
