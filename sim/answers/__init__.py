"""Exercises of the notebooks: each student's own numbers, and answers held against a formula or a run.

A question's numbers come from the student's name, so neighbours compare ideas and not results. What is expected is
worked out when an answer is checked; nothing is stored. Left out: marks, accounts, and any record of who answered.
"""

from __future__ import annotations

from sim.answers.bank import EXERCISES
from sim.answers.exercise import Task, Verdict, judge, numbers_for
from sim.errors import ParameterError, did_you_mean

__all__ = ["check_answer", "exercise"]


def exercise(name: str, seed: int | str) -> Task:
    """Return exercise *name* (``"01.2"``) with the numbers of *seed*: a student's name, or a whole number.

    A notebook shows its question; ``given`` holds its numbers and ``scenario`` what to play, where there is a run in
    it. Raises ``ParameterError`` for an exercise that does not exist or a seed that names nobody.

    >>> exercise("03.1", "Ada Lovelace") == exercise("03.1", "  ada  LOVELACE")
    True
    """
    if name not in EXERCISES:
        hint = did_you_mean(str(name), EXERCISES) or f"there are {', '.join(EXERCISES)}"
        raise ParameterError("be the number of an exercise", name, hint, "exercise")
    return Task(name, EXERCISES[name], numbers_for(EXERCISES[name], name, seed))


def check_answer(exercise_name: str, answer: object, seed: int | str) -> Verdict:
    """Hold *answer* against what a formula or a run gives for the numbers of *seed*, and tell why.

    *answer* is a number in the unit that the question names, or text with a unit (``"250 ms"``, ``"45 %"``), or a
    word where one is asked for; None is no answer yet. The verdict is true when the answer is right; shown, it says
    what was expected, why, and what a typical slip has mixed up. Raises ``ParameterError`` as ``exercise`` does.
    """
    return judge(exercise(exercise_name, seed), answer)
