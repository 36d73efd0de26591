"""Every decision has a number of its own, a date and a status, and stands in the index."""

from tests.decisions import INDEX, PAGE, decisions, index

TEXT = PAGE.read_text(encoding="utf-8")
ALL = decisions(TEXT)


def test_numbers_are_unique_and_in_order() -> None:
    numbers = [one.number for one in ALL]
    assert numbers == sorted(set(numbers))


def test_each_has_a_date_and_a_status() -> None:
    assert [one.number for one in ALL if not one.date] == [], "python -m tests.decisions writes it"


def test_a_decision_that_takes_the_place_of_another_is_a_later_one() -> None:
    assert {one.number for one in ALL if one.by is not None} >= {8, 60}
    numbers = {one.number for one in ALL}
    assert all(one.by in numbers and one.by > one.number for one in ALL if one.by is not None)


def test_the_index_lists_them_all() -> None:
    found = INDEX.search(TEXT)
    assert found is not None and found[0] == index(TEXT), "python -m tests.decisions writes it"


def test_the_status_of_a_decision_is_read_from_its_line() -> None:
    lines = ("*Accepted 2026-11-22, revised 2026-11-30.*", "*Accepted 2026-11-23, superseded by 3.*")
    first, second, third = decisions(f"## 1. A\n\n{lines[0]}\n\n## 2. B `x` -> y\n\n{lines[1]}\n\n## 3. C\n")
    assert (first.date, first.status, first.by) == ("2026-11-22", "revised 2026-11-30", None)
    assert (second.status, second.by, second.anchor()) == ("superseded by 3", 3, "2-b-x---y")
    assert (third.date, third.status) == ("", "")
