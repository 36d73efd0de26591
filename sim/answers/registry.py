"""All exercises by number: the notebook's, then the place in it."""

from __future__ import annotations

from sim.answers import breakers, hero, queues, retries, start
from sim.answers.exercise import Exercise

EXERCISES: dict[str, Exercise] = {
    f"{lesson}.{place}": exercise
    for lesson, module in (("00", start), ("01", queues), ("02", hero), ("03", retries), ("04", breakers))
    for place, exercise in enumerate(module.EXERCISES, 1)
}
