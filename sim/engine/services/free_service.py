"""A service of replicas whose workers are free while calling."""

from __future__ import annotations

from sim.engine.calls.attempt import Attempt
from sim.engine.calls.ends import close
from sim.engine.services.service import Service


class FreeService(Service):
    """A service whose workers are free while calling: the end of a recipe also ends its stay in flight."""

    __slots__ = ()

    def finish(self, attempt: Attempt) -> None:
        """The recipe is over: release the worker, then answer."""
        attempt.left_at = self.env._now
        if attempt.step.answers_first:
            attempt.step.route.answer(attempt)
            attempt.replica.finish(attempt)
            return
        attempt.replica.finish(attempt)
        attempt.step.route.answer(attempt)

    def finish_replied(self, attempt: Attempt) -> None:
        """The end of a recipe that may have replied before."""
        if not attempt.replied:
            self.finish(attempt)
            return
        attempt.left_at = self.env._now
        attempt.replica.finish(attempt)
        close(attempt)
