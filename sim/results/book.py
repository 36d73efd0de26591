"""The book of a run: its indexed record, with columns that need several tables and serve several families.

Each column is computed on first use.

Not modelled: any one measure.
"""

from __future__ import annotations

import numpy as np

from sim.results import effect_accounting, wasted_work
from sim.results.effect_accounting import EffectLedger
from sim.results.index.columns import Bools, Floats
from sim.results.index.derived import derived
from sim.results.index.record_index import RecordIndex


class Book(RecordIndex):
    """An indexed record with the ledger of effects, the good requests, and the work done for callers that had left."""

    @derived
    def ledger(self) -> EffectLedger:
        """The ledger's entries."""
        return effect_accounting.effect_ledger(self)

    @derived
    def done(self) -> Bools:
        """Requests whose due effects were all applied exactly once, within `done within`, and certainly stay so."""
        return self.ledger.fulfilled & (self.ledger.fulfilled_at <= self.done_by)

    @derived
    def good(self) -> Bools:
        """Requests that were answered and done, and certainly stay so."""
        return self.answered & self.done

    @derived
    def may_be_good(self) -> Bools:
        """Requests that are good, or may become so: more than ``good`` if something is undecided at the end."""
        return (self.answered | self.open) & self.ledger.may_be_in_time

    @derived
    def undecided(self) -> Bools:
        """Requests that may become good, and may not."""
        return self.may_be_good & ~self.good

    @derived
    def good_at(self) -> Floats:
        """The instant at which each good request became good; infinity for the others."""
        return np.where(self.good, np.maximum(self.answered_at, self.ledger.fulfilled_at), np.inf)

    @derived
    def work(self) -> tuple[Floats, Floats, Floats]:
        """Worker-seconds of each visit: (work, the part of it for callers that had left, time held)."""
        return wasted_work.work_s(self)

    @derived
    def tried_once(self) -> Bools:
        """Attempts that would have been made if every call were tried once."""
        return wasted_work.tried_once(self)
