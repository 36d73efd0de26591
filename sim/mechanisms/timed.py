"""What faults and actions share: when they begin and how long they last, a name for their target, and their words."""

from __future__ import annotations

from typing import ClassVar

from sim.errors import not_played
from sim.fields.conditions import WhenField
from sim.fields.fault_fields import After, BeginField
from sim.fields.model import Model
from sim.fields.quantity import Duration, PositiveDuration


class Timed(Model):
    """Something that begins at an instant, after a fault, or when a condition on the running system holds."""

    verb: ClassVar[str]
    """The key of the format that names its target."""
    befalls: ClassVar[tuple[str, ...]]
    """The parts of a scenario where the name of its target is looked up; empty for a rule of its own."""
    not_tried: ClassVar[str] = ""
    """Why the fault matrix does not try it."""

    at: BeginField | None = None
    """When it begins, on the scenario's clock: an instant, a law that is drawn for each replication (`uniform 60s
    to 90s`), or after another fault: `5s after db down ends` (or `begins`), once for each of its windows.
    It may begin in the warm-up, so that a fault that comes and goes at random is warmed up too (`at: 0s`); it is
    measured from the warm-up's end."""
    when: WhenField | None = None
    """Instead of `at`: it begins, once, when a condition on the running system holds, such as `backlog of jobs above
    1000 for 30s`, `errors of web -> db above 20% over 10s` or `busy of web above 90% every 10s`. The condition is
    looked at each second (`every`), from 0s to the end of the duration, after all that happens at that instant; `for`
    is how long it must hold at every look, `over` the last seconds in which ends count (10s). What waits for a
    condition that never holds never begins."""
    after: Duration = 0.0
    """With `when`: how long after the condition holds it begins."""
    for_: PositiveDuration | None = None
    """How long it lasts. With `up` and `down`: how long it comes and goes; default until the end of the duration."""

    @property
    def label(self) -> str:
        """What it does to its target, in a word or two: for pictures."""
        raise not_played("picture", type(self).__name__)

    def sentence(self) -> str:
        """Return what it does, as the story's first clause, without its time."""
        raise not_played("story", type(self).__name__)

    @property
    def target_name(self) -> str:
        """What the verb names: a node, a link, a host; the sides of a partition."""
        value = getattr(self, self.verb.replace(" ", "_"))
        return " | ".join(value) if isinstance(value, dict) else str(value)

    @property
    def timing(self) -> str:
        """When it begins, in the words of its file: ``at 60s for 30s``, or ``5s after db down ends, for 10s``."""
        words = "" if self.at is None else f"{self.at}," if isinstance(self.at, After) else f"at {self.at}"
        if self.when is not None:
            words = f"{f'{self.after:g}s after' if self.after else 'when'} {self.when},"
        return " ".join(part for part in (words, "" if self.for_ is None else f"for {self.for_:g}s") if part)
